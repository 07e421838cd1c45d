"""Who looks at a case is known for seconds, and written sparingly."""

from datetime import datetime, timedelta

from sqlmodel import select

from jobs.parts import Parts
from jobs.tidy import tidy
from storage.database import Database
from storage.presence import is_due, look, lookers, stop_typing
from storage.tables import Presence
from tests.fakes import Clock
from tests.storage.answering import ANN, BOB, CAT, add_case_to_answer

SECOND = timedelta(seconds=1)


def test_those_who_look_are_seen_and_those_who_type_come_first(any_database: Database, now: datetime) -> None:
    def seen(after_s: int) -> list[tuple[str, bool]]:
        with any_database.read() as session:
            found = lookers(session, now + after_s * SECOND)
            return [(each.name, each.typing) for each in found.get(1, ())]

    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        look(session, 1, ANN, now)
        look(session, 1, BOB, now)
        look(session, 1, CAT, now, typing=True)
        look(session, 1, CAT, now + 2 * SECOND)  # the page was read again: the typing stays
    assert seen(3) == [("Cat Oz", True), ("Ann Lee", False), ("Bob Ray", False)]
    with any_database.write() as session:
        stop_typing(session, 1, CAT)
    assert not any(typing for _, typing in seen(3))
    assert [name for name, _ in seen(13)] == ["Cat Oz"]
    assert seen(20) == []


def test_looking_is_written_every_few_seconds_and_forgotten(any_database: Database, now: datetime) -> None:
    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        assert is_due((), ANN, now)
        look(session, 1, ANN, now)
        looking = lookers(session, now)[1]
        assert not is_due(looking, ANN, now + 5 * SECOND)
        assert is_due(looking, ANN, now + 6 * SECOND)
        assert is_due(looking, BOB, now)
        look(session, 1, BOB, now + 90 * SECOND)
    tidy(Parts(any_database, now=Clock(now + 100 * SECOND)))
    with any_database.read() as session:
        assert [row.member_id for row in session.exec(select(Presence))] == [BOB]
