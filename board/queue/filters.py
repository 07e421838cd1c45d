"""The filters of the queue: what they can be set to, and what is set. Each stands in the page's address by a name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import streamlit as st

from board.queue import selection
from board.queue.selection import Words
from board.words import PARTY_WORDS
from core.errors import InputError
from core.platforms import platform_words
from core.searching import parse
from core.taxonomy import Party, Reason, Severity
from storage.queue.filters import NOBODY, Filter
from storage.queue.offered import Choices

# The name in the address, and the field of the filter.
_FIELDS: Final = {
    "platform": "platform",
    "brand": "brand_id",
    "reason": "reason",
    "severity": "least_severity",
    "party": "party",
    "courier": "courier",
    "assignee": "assignee_id",
    "team": "team_id",
    "age": "oldest",  # whole hours in the address
    "language": "language",
    "sort": "sort",
    "q": "text",
}
_NOBODY: Final = "nobody"  # in the address, among those who may have a case
_HOUR_S: Final = 3600
_AGES: Final = {"1": "The last hour", "24": "The last day", "72": "The last 3 days", "168": "The last week",
                "720": "The last 30 days"}  # fmt: skip
OPERATORS: Final = (
    ('"sorry we missed you"', "these words beside each other"),
    ("late OR lost", "one of the two"),
    ("-refund", "without this word"),
    ("author:mara_lenz", "who wrote it"),
    ("reason:late", "why they complain"),
    ("severity:>=3", "how far they go, from 1 to 4"),
    ("courier:dpd", "the courier that they name"),
    ("party:courier", "who is at fault"),
    ("platform:reddit", "where it was written"),
    ("language:de", "in which language"),
    ("assignee:me", "who has it; team: for a team"),
    ("is:unassigned", "also new, waiting, snoozed, overdue, unsure, answered"),
    ("after:2026-11-01", "on this day or later; before: for earlier"),
    ("began:2026-11-01..2026-11-07", "the first post came on these days"),
    ("#123", "the case with this number"),
)


def filter_of(words: Mapping[str, Words], base: Filter | None = None) -> Filter:
    """Return the filter that the words mean; what cannot be read counts as not given."""
    kept: dict[str, Any] = {_FIELDS[name]: value for name, value in words.items() if name in _FIELDS}
    if "oldest" in kept:
        hours = str(kept["oldest"])
        kept["oldest"] = int(hours) * _HOUR_S if hours.isdecimal() and len(hours) < 7 else None
    if "assignee_id" in kept:
        kept["assignee_id"] = [str(NOBODY) if key == _NOBODY else key for key in _listed(kept["assignee_id"])]
    return replace(Filter.from_dict(kept), view=(base or Filter()).view)


def words_of(wanted: Filter) -> dict[str, Words]:
    """Return the filter in words as they stand in the address; the view is none of them."""
    kept: dict[str, Any] = {**wanted.to_dict()}
    if wanted.oldest is not None:
        kept["oldest"] = max(wanted.oldest // timedelta(hours=1), 1)
    if wanted.assignee_ids:
        kept["assignee_id"] = [_NOBODY if key == NOBODY else key for key in wanted.assignee_ids]
    return {
        name: [str(each) for each in _listed(kept[field])] if name in selection.SEVERAL else str(kept[field])
        for name, field in _FIELDS.items()
        if field in kept
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def set_filter(words: Mapping[object, object]) -> None:
    """Set what a browser asks for; the search stays as it was typed."""
    said = {str(name): value for name, value in words.items() if isinstance(value, (str, list)) and name in _FIELDS}
    text = said.pop("q", "")
    search = text.strip()[: selection.LONGEST_WORDS] if isinstance(text, str) else ""
    selection.set_filter_words({**words_of(filter_of(said)), "q": search})


def present_filter() -> Filter:
    """Return the filter that is set. While a search cannot be read, the last one that could holds."""
    wanted = filter_of({name: value for name, value in selection.filter_words().items() if name != "q"})
    if not search_error():
        st.session_state.good_search = selection.search_words()
    return replace(wanted, view=selection.view(), text=st.session_state.get("good_search", ""))


def search_error() -> str:
    """Return what is wrong with the search, in a sentence, or nothing."""
    try:
        parse(selection.search_words())
    except InputError as error:
        return str(error)
    return ""


def fields_shown(choices: Choices, me: int) -> list[dict[str, Any]]:
    """Return what each filter can be set to, for those that leave a choice; `several` where it takes many values."""
    mine = {str(me): f"{choices.members[me]} (you)"} if me in choices.members else {}
    others = {str(key): name for key, name in choices.members.items() if key != me}
    people = {_NOBODY: "Nobody", **mine, **others}
    offered = (
        ("platform", "Platform", "Any platform", {name: platform_words(name) for name in choices.platforms}),
        ("brand", "Brand", "Any brand", {str(key): name for key, name in choices.brands.items()}),
        ("reason", "Reason", "Any reason", {reason.value: reason.words for reason in Reason}),
        ("severity", "Severity", "Any severity", _severities()),
        ("party", "At fault", "Anybody", {party.value: PARTY_WORDS[party] for party in Party}),
        ("courier", "Courier", "Any courier", {name: name for name in choices.couriers}),
        ("assignee", "Who has it", "Anybody or nobody", people),
        ("team", "Team", "Any team", {str(key): name for key, name in choices.teams.items()}),
        ("age", "Last post", "At any time", _AGES),
        ("language", "Language", "Any language", {code: code for code in choices.languages if code}),
    )
    set_now = selection.filter_words()
    return [
        {
            "name": name,
            "label": label,
            "any": any_words,
            "several": name in selection.SEVERAL,
            "choices": [_choice(name, *item) for item in words.items()],
        }
        for name, label, any_words, words in offered
        if len(words) > 1 or name in set_now or (words and name not in ("brand", "language"))
    ]


def _choice(name: str, value: str, words: str) -> dict[str, str]:
    group = Reason(value).group.value.capitalize() if name == "reason" else ""
    return {"value": value, "words": words, "group": group}


def _severities() -> dict[str, str]:
    words = {str(int(level)): f"{level.words} or worse" for level in (Severity.DISAPPROVAL, Severity.ACCUSATION)}
    return {**words, str(int(Severity.BLAME)): f"{Severity.BLAME.words} only"}
