"""Phone numbers, by Google's metadata."""

import re
from collections.abc import Iterator
from typing import Final

from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

from core.entities.entity import Entity, EntityKind

_ANY: Final = re.compile(r"\d\D{0,4}\d\D{0,4}\d\D{0,4}\d\D{0,4}\d\D{0,4}\d")


def find_phones(text: str, region: str) -> Iterator[Entity]:
    """Yield the valid phone numbers of `text`; one without a country code is read as of `region` ("GB")."""
    if not _ANY.search(text):  # the matcher costs more than all other finders together
        return
    for match in PhoneNumberMatcher(text, region):
        value = format_number(match.number, PhoneNumberFormat.E164)
        yield Entity(EntityKind.PHONE, match.start, match.end, text[match.start : match.end], value)
