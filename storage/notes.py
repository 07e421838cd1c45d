"""What members tell each other about a case, and whom a note names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from core.errors import InputError
from core.text import written
from storage.cases import refuse_merged
from storage.casework import record
from storage.notices import notify
from storage.presence import stop_typing
from storage.rows import existing_case, id_of
from storage.tables import EventKind, Member, Note, NoteDraft, NoticeKind
from storage.teams import locked_case, take_up

MOST_MENTIONS: Final = 50
_AT: Final = re.compile(r"(?<![\w.+-])@(?=\w)")
_WORD: Final = re.compile(r"[\w.+'’-]*\w")


@dataclass(frozen=True, slots=True)
class Added:
    """A note that was kept, and the names of those who are told of it."""

    note: Note
    told: tuple[str, ...]


def add_note(session: Session, case_id: int, member_id: int, text: str, now: datetime) -> Added:
    """Keep a note for the other members and tell those whom it names with an @.

    An @ followed by a member's name, e-mail address or the first word of either names that member. Raises InputError
    for an empty note, one that is too long, one where it is open which of several members is meant, and for a case
    that was merged, where nobody would find it.
    """
    words = written(text)
    if not words:
        raise InputError("The note is empty: write something first.")
    case = locked_case(session, case_id)
    refuse_merged(case)
    named = [member for member in members_named(words, _members(session)) if member.id != member_id]
    note = Note(case_id=case_id, member_id=member_id, text=words, created_at=now)
    session.add(note)
    record(session, case, EventKind.NOTED, now, member_id)
    writer = session.get_one(Member, member_id)
    for member in named:
        notify(session, id_of(member), case_id, NoticeKind.MENTIONED, {"by": writer.name, "words": words}, now)
    take_up(session, case_id, member_id, now)
    save_note_draft(session, case_id, member_id, "", now)
    stop_typing(session, case_id, member_id)
    case.updated_at = now
    session.add(case)
    session.flush()
    return Added(note, tuple(member.name for member in named))


def note_draft_of(session: Session, case_id: int, member_id: int) -> str:
    """Return what the member has written of a note so far, or nothing."""
    draft = session.get(NoteDraft, (case_id, member_id))
    return draft.text if draft else ""


def save_note_draft(session: Session, case_id: int, member_id: int, text: str, now: datetime) -> None:
    """Keep what the member has written of a note so far; a text in which nothing is seen takes it away.

    Raises InputError for a text that is too long, and where there is no such case.
    """
    words = written(text, strip=False)
    draft = session.get(NoteDraft, (case_id, member_id))
    if not words:
        if draft:
            session.delete(draft)
            session.flush()
        return
    if draft is None:
        existing_case(session, case_id)
        draft = NoteDraft(case_id=case_id, member_id=member_id, updated_at=now)
    draft.text, draft.updated_at = words, now
    session.add(draft)


def members_named(text: str, members: Sequence[Member]) -> list[Member]:
    """Return the members whom a note names with an @, each once, in order.

    The longest name counts: "@Dana Fischer" is her alone, where "@Dana" could be another Dana too. What is nobody's
    name is left as it is. Raises InputError that says who could be meant where several could.
    """
    found: dict[int, Member] = {}
    for at in list(_AT.finditer(text))[:MOST_MENTIONS]:
        for member in _meant(text[at.end() : at.end() + 320], members):
            found[id_of(member)] = member
    return list(found.values())


def _meant(rest: str, members: Sequence[Member]) -> list[Member]:
    folded = rest.casefold()
    whole = [(name, member) for member in members for name in (member.email.casefold(), member.name.casefold())]
    longest = max((len(name) for name, _ in whole if name and _begins(folded, name)), default=0)
    if longest:
        named = {id_of(member): member for name, member in whole if len(name) == longest and _begins(folded, name)}
        return _one_of(list(named.values()), rest[:longest])
    word = _WORD.match(rest)
    if word is None:
        return []
    short = word[0].casefold()
    return _one_of([member for member in members if short in _short_names(member)], word[0])


def _begins(folded: str, name: str) -> bool:
    return folded.startswith(name) and not folded[len(name) : len(name) + 1].isalnum()


def _short_names(member: Member) -> set[str]:
    first = member.name.casefold().split()[:1]
    return {*first, member.email.casefold().partition("@")[0]}


def _one_of(members: Sequence[Member], word: str) -> list[Member]:
    if len(members) > 1:
        who = " or ".join(f"{member.name} ({member.email})" for member in members[:4])
        raise InputError(
            f"@{word} could be {who}: write the e-mail address after the @. The note was not added, and nobody was "
            "told."
        )
    return list(members)


def _members(session: Session) -> Sequence[Member]:
    return session.exec(select(Member).where(col(Member.disabled_at).is_(None)).order_by(col(Member.name))).all()
