"""What every form of the managers' pages needs of the store: a row that is still what its editor saw, and names."""

from collections.abc import Iterable, Mapping
from typing import Final

from core.errors import ChangedError, InputError
from core.text import storable

LONGEST_NAME: Final = 200
_WORDS: Final = {
    "brand_id": "brand",
    "team_id": "team",
    "member_id": "member",
    "team_ids": "teams",
    "member_ids": "members",
    "most_cases": "limit",
    "away_until": "absence",
    "least_severity": "severity",
    "notify": "how they are told",
    "timezone": "time zone",
    "every_seconds": "how often it is read",
    "enabled": "whether it is on",
    "native_query": "the search in the platform’s own words",
    "map": "columns",
    "budget_posts_per_month": "budget of posts",
    "budget_usd_per_month": "budget of dollars",
    "recheck_hours": "hours until posts are looked up again",
    "take_up_minutes": "minutes to begin with a case",
}


def fields_of(row: object, names: Iterable[str]) -> dict[str, object]:
    """Return what these fields of the row say, as a form keeps it to find out later whether somebody changed them."""
    return {name: getattr(row, name) for name in names}


def check_unchanged(title: str, present: Mapping[str, object], seen: Mapping[str, object]) -> None:
    """Raise ChangedError where a field no longer says what the editor saw when they opened the form."""
    changed = [name for name, value in seen.items() if present.get(name) != value]
    if changed:
        fields = " and ".join(_WORDS.get(name, name) for name in changed)
        raise ChangedError(
            f"Somebody else changed {title} while you were editing it ({fields}). Nothing was saved. Your version "
            "is still here: save again to put it in place of theirs, or start over to see theirs.",
            present,
        )


def clean_name(text: str) -> str:
    """Return a name on one line; raises InputError where nothing is left of it or it is too long."""
    name = " ".join(storable(text).split())
    if not name:
        raise InputError("Give it a name.")
    if len(name) > LONGEST_NAME:
        raise InputError(f"The name is too long: {LONGEST_NAME} characters are the most.")
    return name
