"""Name couriers: cases that were opened before a courier was known by its names get theirs."""

from typing import Final

from jobs.parts import Parts
from storage.naming import is_naming_due, name_couriers

BATCH: Final = 200  # cases a transaction, some tenths of a second


def name_some_couriers(parts: Parts) -> bool:
    """Go through the next cases; tell whether there may be more."""
    with parts.database.read() as session:
        if not is_naming_due(session):
            return False
    with parts.database.write() as session:
        return name_couriers(session, parts.now(), BATCH) == BATCH
