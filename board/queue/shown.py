"""The queue as the browser gets it: plain values, with every name already in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from board.words import PARTY_WORDS, initials
from core.platforms import platform_words
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.queue.filters import Filter, Sort, View
from storage.queue.listing import QueueRow
from storage.queue.offered import Choices
from storage.teams import Responder

VIEWS: Final = {
    View.UNASSIGNED: "Unassigned",
    View.MINE: "Mine",
    View.DUE: "Due soon",
    View.UNSURE: "Needs a look",
    View.WAITING: "Waiting",
    View.OPEN: "All open",
    View.ALL: "All complaints",
    View.RESOLVED: "Resolved",
    View.DISMISSED: "Dismissed",
}
_CLOSED: Final = (View.ALL, View.RESOLVED, View.DISMISSED)
_SORTS: Final = {Sort.URGENT: "Most urgent first", Sort.DUE: "Due first", Sort.NEWEST: "Newest first"}
_EMPTY: Final = {
    View.UNASSIGNED: (
        "Nothing is waiting",
        "Every complaint has somebody or waits for its author. New ones appear here by themselves.",
    ),
    View.MINE: ("You have no cases", "Take one from Unassigned with “Assign to me”, or press a."),
    View.OPEN: ("No open cases", "New complaints appear here by themselves, within seconds of being read."),
    View.UNSURE: ("Nothing to check", "Posts that the model is not sure about come here for a person’s look."),
    View.DUE: ("Nothing is due soon", "Cases that must be answered within two hours come here."),
    View.WAITING: ("Nothing is waiting", "Answered cases wait here for their author, and those that were put off."),
    View.RESOLVED: ("Nothing resolved yet", "Resolved cases are kept here."),
    View.DISMISSED: ("Nothing dismissed yet", "Cases that were no complaints are kept here."),
    View.ALL: ("No complaints yet", "Open and resolved cases are listed here, whoever has them."),
}
_NOTHING_MATCHES: Final = (
    "Nothing matches",
    "No case in this tab matches the search and the filters above. Another tab may hold some.",
)


def row_shown(row: QueueRow, me: int, *, view: View, brands: int, counted: bool) -> dict[str, Any]:
    """Return a case as one line of the list."""
    is_snoozed = row.snoozed_until is not None
    return {
        "id": row.id,
        "author": row.author_name or row.author or "Unknown author",
        "platform": platform_words(row.platform),
        "brand": row.brand if brands > 1 else "",
        "excerpt": row.excerpt,
        "severity": int(row.severity),
        "severity_words": row.severity.words,
        "reasons": [reason.words for reason in row.reasons],
        "priority_why": row.priority_why,
        "fault": fault_words(row.courier, row.parties),
        "unsure": row.unsure and view is not View.UNSURE,
        "returned": row.returned_at is not None,
        "waits": row.status is CaseStatus.WAITING and not is_snoozed and view is not View.WAITING,
        "snoozed_until": row.snoozed_until.timestamp() if row.snoozed_until else None,
        "posts": row.post_count,
        "assignee": "You" if row.assignee_id == me else row.assignee,
        "assignee_initials": initials(row.assignee),
        "is_mine": row.assignee_id == me,
        "team": row.team,
        "team_initials": initials(row.team),
        "posted_at": row.last_posted_at.timestamp(),
        "due_at": row.due_at.timestamp() if row.due_at else None,
        "is_counted": counted,
    }


def fault_words(courier: str, parties: Sequence[Party]) -> str:
    """Return who is at fault as a responder reads it: the courier by its name where it is known."""
    names = [PARTY_WORDS[party] for party in parties if party is not Party.COURIER or not courier]
    return ", ".join([courier, *names] if courier else names)


def views_shown(counts: Mapping[View, int]) -> list[dict[str, Any]]:
    """Return the tabs in their order, with how many cases each holds."""
    return [
        {"name": view.value, "label": label, "count": counts[view], "is_closed": view in _CLOSED}
        for view, label in VIEWS.items()
    ]


def sorts_shown() -> list[dict[str, str]]:
    """Return the orders; the first is the one that needs no word in the address."""
    return [{"value": "" if sort is Sort.URGENT else sort.value, "words": words} for sort, words in _SORTS.items()]


def empty_words(wanted: Filter) -> tuple[str, str]:
    """Return what a list without cases says: what that means, and what to do or to expect."""
    return _NOTHING_MATCHES if wanted.narrows else _EMPTY[wanted.view]


def receivers_shown(responders: Sequence[Responder], choices: Choices, me: int) -> dict[str, Any]:
    """Return whom cases can be sent to, those on shift first."""
    people = sorted(responders, key=lambda each: (not each.on_shift, each.open_cases))
    return {
        "teams": [{"id": key, "name": name} for key, name in choices.teams.items()],
        "people": [
            {"id": each.id, "name": f"{each.name} (you)" if each.id == me else each.name, "note": _load(each)}
            for each in people
        ],
    }


def _load(person: Responder) -> str:
    if person.away_until:
        return "away"
    return f"{person.open_cases} open" if person.on_shift else f"off shift, {person.open_cases} open"


def labels_shown() -> dict[str, Any]:
    """Return what a person can say that a case is."""
    levels = [level for level in Severity if level is not Severity.NONE]
    return {
        "reasons": [{"value": reason.value, "words": reason.words} for reason in Reason],
        "severities": [{"value": int(level), "words": level.words} for level in levels],
        "parties": [{"value": party.value, "words": PARTY_WORDS[party]} for party in Party],
    }
