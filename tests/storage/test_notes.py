"""Notes to the team, and the colleagues whom they name."""

from datetime import datetime

import pytest
from sqlmodel import select

from core.errors import InputError
from core.types import Role
from storage.database import Database
from storage.members import create_member
from storage.notes import add_note, members_named, note_draft_of, save_note_draft
from storage.tables import Member, Note, NoteDraft, Notice, NoticeKind
from tests.conftest import NOW
from tests.storage.answering import ANN, BOB, add_case_to_answer


def member(key: int, name: str, email: str) -> Member:
    return Member(id=key, name=name, email=email, created_at=NOW)


TEAM = (
    member(1, "Ann Lee", "ann.lee@team.example"),
    member(2, "Ann Wolf", "ann.wolf@team.example"),
    member(3, "Émile O’Neil", "emile@team.example"),
    member(4, "Jo", "jo@team.example"),
    member(5, "Jo Ann", "joann@team.example"),
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ann Lee please look", [1]),
        ("(@ann wolf, @ANN LEE)", [2, 1]),
        ("@ann.wolf@team.example and @ann.wolf", [2]),
        ("@émile, or @Émile O’Neil?", [3]),
        ("@Jo call, @Jo Ann wait", [4, 5]),
        ("@jo: @joann", [4, 5]),
        ("mail to me@ann.lee or ask @brindlehome", []),
        ("@", []),
        ("", []),
    ],
)
def test_note_names_colleagues(text: str, named: list[int]) -> None:
    assert [each.id for each in members_named(text, TEAM)] == named


def test_name_that_several_have_is_asked_about() -> None:
    with pytest.raises(InputError, match=r"@Ann could be Ann Lee \(ann.lee@team.example\) or Ann Wolf"):
        members_named("@Ann can you?", TEAM)
    twins = (member(1, "Ann Lee", "one@team.example"), member(2, "Ann Lee", "two@team.example"))
    with pytest.raises(InputError, match="write the e-mail address"):
        members_named("@Ann Lee can you?", twins)
    assert [each.id for each in members_named("@two@team.example", twins)] == [2]


def test_those_whom_a_note_names_are_told_once(any_database: Database, now: datetime) -> None:
    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        save_note_draft(session, 1, ANN, "@Bob", now)
        added = add_note(session, 1, ANN, "@Bob Ray, @bob and @Ann: ring the depot", now)
    assert added.told == ("Bob Ray",)
    with any_database.read() as session:
        (notice,) = session.exec(select(Notice)).all()
        assert (notice.member_id, notice.case_id, notice.kind) == (BOB, 1, NoticeKind.MENTIONED)
        assert notice.detail == {"by": "Ann Lee", "words": "@Bob Ray, @bob and @Ann: ring the depot"}
        assert session.exec(select(NoteDraft)).all() == []


def test_note_whose_mention_is_open_is_not_added(any_database: Database, now: datetime) -> None:
    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        create_member(session, "bob2@team.example", "Bob Fox", Role.RESPONDER, None, now)
        save_note_draft(session, 1, ANN, "@Bob?", now)
    with pytest.raises(InputError, match="@Bob could be"), any_database.write() as session:
        add_note(session, 1, ANN, "@Bob?", now)
    with any_database.read() as session:
        assert session.exec(select(Note)).all() == []
        assert note_draft_of(session, 1, ANN) == "@Bob?"


def test_note_is_a_draft_of_its_writer_alone(any_database: Database, now: datetime) -> None:
    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        save_note_draft(session, 1, ANN, "Ring the", now)
        save_note_draft(session, 1, ANN, "Ring the depot", now)
        assert (note_draft_of(session, 1, ANN), note_draft_of(session, 1, BOB)) == ("Ring the depot", "")
        save_note_draft(session, 1, ANN, "\u200b ", now)
        assert note_draft_of(session, 1, ANN) == ""
        with pytest.raises(InputError, match="There is no case 77"):
            save_note_draft(session, 77, ANN, "Ring", now)
        with pytest.raises(InputError, match="The note is empty"):
            add_note(session, 1, ANN, "\u200b\u2060", now)
