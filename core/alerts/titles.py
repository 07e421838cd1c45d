"""What an incident is called, the same words for as long as it lasts."""

from core.alerts.episodes import Group
from core.alerts.kinds import KINDS, AlertKind
from core.taxonomy import Reason


def title_of(kind: AlertKind, group: Group) -> str:
    """Return what an incident is, without numbers ("Severe case: Late, DPD", "Watched word: recall")."""
    if kind is AlertKind.WATCH_WORDS and group.reason:
        return f"Watched word: {group.reason}"
    about = ", ".join(word for word in (reason_words(group.reason), group.courier) if word)
    return f"{KINDS[kind].title}: {about}" if about else KINDS[kind].title


def reason_words(name: str) -> str:
    """Return a reason in words; one that this code does not know as it is."""
    return Reason(name).words if name in list(Reason) else name
