"""Order, case, booking and other references: a number, and the words around it that say what it is."""

import re
from collections.abc import Iterator
from typing import Final

from core.entities.entity import Entity, EntityKind
from core.entities.tracking import plain

_ROLES: Final = {
    "order": "order", "ord": "order", "purchase": "order", "po": "order",
    "ref": "reference", "reference": "reference",
    "case": "case", "ticket": "ticket", "complaint": "complaint", "claim": "claim", "incident": "case",
    "enquiry": "case", "inquiry": "case", "query": "case", "sr": "case",
    "booking": "booking", "reservation": "booking", "confirmation": "booking",
    "invoice": "invoice", "receipt": "invoice", "parcel": "parcel", "package": "parcel", "shipment": "parcel",
    "delivery": "parcel", "return": "return", "returns": "return", "rma": "return", "refund": "return",
    "account": "account", "acct": "account", "customer": "account", "membership": "account", "job": "job",
    "tracking": "tracking", "track": "tracking", "consignment": "tracking", "waybill": "tracking", "awb": "tracking",
}  # fmt: skip
_ID: Final = r"(?=[A-Z_/-]{0,12}\d)[A-Z0-9](?:[A-Z0-9]|[-_/](?=[A-Z0-9])){2,39}(?![\w-])"
_TOLD: Final = re.compile(
    rf"(?<![\w#@])(?P<role>{'|'.join(_ROLES)})(?P<told>(?:[ \t]{{1,3}}(?:no|nr|num|number|id|ref|reference|code)\b\.?"
    rf"|[ \t]{{0,2}}№){{0,2}}(?:[ \t]{{1,3}}(?:is|was)\b)?[ \t]{{0,2}}[:#=(-]{{0,2}}[ \t]{{0,2}}#?)(?P<id>{_ID})",
    re.IGNORECASE | re.ASCII,
)
_HASHED: Final = re.compile(
    r"(?<![\w#&]#)(?<!flight #)(?<!flt #)(?<!room #)(?<!gate #)(?<=#)(?!(?:19|20)\d\d\b)\d[\d-]{3,19}(?<!-)(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_BARE: Final = (
    # The shape of Amazon's order numbers; like the next one as people post it, no page states it.
    (re.compile(r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])", re.ASCII), "order"),
    (re.compile(r"(?<![\w-])\d{2}-\d{5}-\d{5}(?![\w-])", re.ASCII), "order"),  # eBay's
    (_HASHED, ""),
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_COUNTED: Final = re.compile(
    r"\s{0,2}(?:%|[.,]\d|units?\b|piece|pcs\b|pairs?\b|items?\b|hours?\b|days?\b|people\b|times?\b|miles?\b|words?\b"
    r"|customers?\b|orders?\b|parcels?\b|[ap]m\b|of\b)",
    re.IGNORECASE,
)
_FEWEST: Final = 4  # digits of a number that a role stands right before; "order 66" is no reference
_FEWEST_TOLD: Final = 3  # digits or signs after "number", "ref" or a mark


def find_references(text: str) -> Iterator[Entity]:
    """Yield the references of `text`, and the tracking numbers that only words tell (kind tracking_number).

    A bare "#10432" has no qualifier. Months and years are none: "order 2024" and "in case 2000 people" stay.
    """
    for match in _TOLD.finditer(text):
        role = _ROLES[match["role"].lower()]
        is_told = bool(match["told"].strip(" \t")) or role == "reference"
        if _is_reference(text, match, is_told):
            kind = EntityKind.TRACKING_NUMBER if role == "tracking" else EntityKind.ORDER_REFERENCE
            value = plain(match["id"]) if role == "tracking" else match["id"].upper()
            yield Entity(
                kind, match.start("id"), match.end("id"), match["id"], value, "" if role == "tracking" else role
            )
    for pattern, role in _BARE:
        for match in pattern.finditer(text):
            yield Entity(EntityKind.ORDER_REFERENCE, match.start(), match.end(), match[0], match[0], role)


def _is_reference(text: str, match: re.Match[str], is_told: bool) -> bool:
    number, before = match["id"], text[max(0, match.start() - 4) : match.start()].lower()
    digits = sum(sign.isdigit() for sign in number)
    if _COUNTED.match(text, match.end()) or (match["role"].lower() == "case" and before.endswith("in ")):
        return False
    if not match["told"]:
        return False
    if is_told:
        return digits >= _FEWEST_TOLD or (digits > 1 and len(number) > 4 and not number.isdigit())
    return digits >= _FEWEST and not _YEAR.fullmatch(number)
