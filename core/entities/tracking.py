"""Tracking numbers by their shape and check digit.

No library: `tracking-numbers` 0.1.8 on PyPI, generated from jkeen/tracking_number_data, has had no release since 2022,
tests whole strings only, and calls any ten hexadecimal digits a parcel of CDL. The shapes below are those that the data
documents (https://github.com/jkeen/tracking_number_data/tree/main/couriers, one file a courier, read November 2026)
and that posts are likely to hold. Where neither letters nor a long prefix make a shape its courier's own, it counts
only where the words around it say so: one number in ten passes any check digit.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from core.entities.checks import passes_fedex, passes_mod_7, passes_mod_10, passes_mod_37_36, passes_s10
from core.entities.entity import Entity, EntityKind

_BEFORE: Final = 60  # characters before a number in which a word may say that it is a tracking number
_TOLD: Final = re.compile(
    r"\b(?:track(?:ing|ed)?|consignment|waybill|awb|parcel|package|shipment|barcode|label)\b", re.IGNORECASE
)


def _usps_or_fedex(number: str) -> bool:
    return passes_mod_10(number, 3, 1)


def _is_ups(number: str) -> bool:
    return passes_mod_10(number[2:], 1, 2)


class Shape(NamedTuple):
    """Signs in a row that are one courier's; single spaces and hyphens may stand in them."""

    courier: str
    pattern: re.Pattern[str]
    passes: Callable[[str], bool] = lambda _number: True


def _lettered(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?<!\w-){pattern}(?!\w)(?!-\w)", re.IGNORECASE | re.ASCII)


_D: Final = r"(?:[ -]?\d)"
_S10_OWNERS: Final = {
    "AU": "Australia Post", "BE": "bpost", "CA": "Canada Post", "DE": "Deutsche Post", "ES": "Correos",
    "FR": "La Poste", "GB": "Royal Mail", "IE": "An Post", "NL": "PostNL", "CH": "Swiss Post", "US": "USPS",
}  # fmt: skip
SHAPES: Final = (
    Shape("UPS", _lettered(rf"1Z(?:[ -]?[0-9A-Z]){{8}}{_D}{{8}}"), _is_ups),
    # The UPU's S10: two letters, eight digits, check digit, country
    Shape("", _lettered(rf"[A-Z]{{2}}{_D}{{9}} ?[A-Z]{{2}}"), lambda number: passes_s10(number[2:11])),
    Shape("Amazon Logistics", _lettered(r"TBA ?\d{12}")),
    Shape("Yodel", _lettered(rf"JJ?D ?0002{_D}{{12}}")),
    # The data has 9 or 10 digits (Express); parcels of Deutsche Post are posted with up to 18.
    Shape("DHL", _lettered(rf"J(?:JD|D|VGL){_D}{{9,18}}")),
    Shape("DHL", _lettered(r"GM ?\d{16,18}")),
    Shape("OnTrac", _lettered(r"C\d{14}"), lambda number: passes_mod_10(f"4{number[1:]}", 1, 2)),
    Shape("OnTrac", _lettered(r"D\d{14}"), lambda number: passes_mod_10(f"5{number[1:]}", 1, 2)),
    Shape("LaserShip", _lettered(r"(?:LX1[3-8]\d{6}|1LS7[12]\d{10}(?:-1)?)")),
    # The parcel number with its check sign; the data has only the 28 signs of the whole barcode around it.
    Shape("DPD", _lettered(rf"\d{_D}{{13}} ?[A-Z]"), passes_mod_37_36),
    Shape("USPS", _lettered(rf"420{_D}{{27}}"), lambda number: _usps_or_fedex(number[8:])),
    Shape("USPS", _lettered(rf"420{_D}{{31}}"), lambda number: _usps_or_fedex(number[12:])),
    Shape("USPS", _lettered(rf"9[1-5]{_D}{{20}}"), _usps_or_fedex),
    Shape("USPS", _lettered(rf"9[1-5]{_D}{{24}}"), _usps_or_fedex),
    Shape("USPS", _lettered(rf"(?:03|71|73|77|81){_D}{{18}}"), lambda n: _usps_or_fedex(n) or _usps_or_fedex(f"91{n}")),
    Shape("FedEx", _lettered(rf"96{_D}{{20}}"), lambda number: passes_mod_10(number[7:], 1, 3)),
)
# Shapes that need words: the courier named anywhere in the text, or a word of _TOLD before the number.
PLAIN_SHAPES: Final = (
    Shape("FedEx", _lettered(rf"\d{_D}{{11}}"), passes_fedex),
    Shape("FedEx", _lettered(rf"\d{_D}{{14}}"), lambda number: passes_mod_10(number, 1, 3)),
    Shape("DHL", _lettered(rf"\d{_D}{{9,10}}"), passes_mod_7),
    Shape("Canada Post", _lettered(rf"\d{_D}{{15}}"), lambda number: passes_mod_10(number, 3, 1)),
    Shape("DPD", _lettered(rf"\d{_D}{{13}}")),
    # No page of Evri was found that states its form or check digit: as people post it, so only beside words.
    Shape("Evri", _lettered(rf"(?:[A-Z][A-Z0-9]{{5}}\d{{10}}|\d{_D}{{15}})")),
)


def find_tracking_numbers(text: str, named: frozenset[str] = frozenset()) -> Iterator[Entity]:
    """Yield the tracking numbers of `text`; `named` are the carriers (of CARRIERS) that it names.

    The qualifier is a carrier of CARRIERS or empty.
    """
    for shape in SHAPES:
        for match in shape.pattern.finditer(text):
            number = plain(match[0])
            if shape.passes(number):
                owner = shape.courier or _S10_OWNERS.get(number[-2:], "")
                yield _entity(text, match, number, owner)
    for shape in PLAIN_SHAPES:
        for match in shape.pattern.finditer(text):
            told = _TOLD.search(text, max(0, match.start() - _BEFORE), match.start())
            if (told or shape.courier in named) and shape.passes(plain(match[0])):
                # The words alone do not tell whose a number without letters is.
                yield _entity(text, match, plain(match[0]), shape.courier if shape.courier in named else "")


def plain(number: str) -> str:
    """Return a number in upper case without what people put between its signs."""
    return re.sub(r"[\s-]", "", number).upper()


def _entity(text: str, match: re.Match[str], number: str, owner: str) -> Entity:
    return Entity(
        EntityKind.TRACKING_NUMBER, match.start(), match.end(), text[match.start() : match.end()], number, owner
    )
