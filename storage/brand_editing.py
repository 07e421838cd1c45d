"""Brands as managers keep them on the board: checked and taken over as a configuration file is, one at a time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from core.configuration import BrandEntry, parse_entry
from core.errors import FormError, InputError
from core.thresholds import parse_threshold
from storage.brands import all_brands, take_over_brand
from storage.changes import Changes
from storage.editing import check_unchanged, clean_name, fields_of
from storage.tables import Brand

BRAND_FIELDS: Final = tuple(
    name for name in BrandEntry.model_fields if name != "threshold"
)  # that has a page of its own


def save_brand(
    session: Session,
    brand_id: int | None,
    said: Mapping[str, Any],
    now: datetime,
    seen: Mapping[str, object] | None = None,
) -> Brand:
    """Keep a brand that is `said` as a table of a configuration file; under a new name it keeps all that is its own.

    Raises FormError for what cannot stand, ChangedError where the row does not say `seen` any more.
    """
    row = Brand(name="", created_at=now) if brand_id is None else session.get(Brand, brand_id, with_for_update=True)
    if row is None:
        raise InputError("There is no such brand any more, and nothing was saved. Go back to the list.")
    if seen and brand_id is not None:
        check_unchanged(row.name, fields_of(row, BRAND_FIELDS), seen)
    try:
        name = clean_name(said["name"])
    except InputError as error:
        raise FormError({"name": str(error)}) from error
    entry: BrandEntry = parse_entry("brands", {**said, "name": name, "threshold": parse_threshold(row.threshold)})
    with session.no_autoflush:
        others = [brand.name for brand in all_brands(session) if brand.id != row.id]
    taken = next((other for other in others if other.casefold() == entry.name.casefold()), None)
    if taken is not None:
        raise FormError({"name": f"There is a brand {taken} already: change that one, or choose another name."})
    take_over_brand(session, row, entry, Changes())
    session.flush()
    return row
