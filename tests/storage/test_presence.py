"""Who looks at a case is known for seconds, and written sparingly."""

from datetime import datetime, timedelta

from sqlmodel import select

from jobs.parts import Parts
from jobs.tidy import tidy
from storage.database import Database
from storage.presence import is_due, look, lookers, others, stop_typing
from storage.tables import Presence
from tests.fakes import Clock
from tests.storage.answering import ANN, BOB, CAT, add_case_to_answer

SECOND = timedelta(seconds=1)


def test_others_are_seen_and_those_who_type_come_first(any_database: Database, now: datetime) -> None:
    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        look(session, 1, ANN, now)
        look(session, 1, BOB, now)
        look(session, 1, CAT, now, typing=True)
        look(session, 1, CAT, now + 2 * SECOND)  # the page was read again: the typing stays
    with any_database.write() as session:
        seen = others(session, 1, ANN, now + 3 * SECOND)
        assert [(each.name, each.typing) for each in seen] == [("Cat Oz", True), ("Bob Ray", False)]
        assert [each.member_id for each in lookers(session, [1, 2], now)[1]] == [CAT, ANN, BOB]
        stop_typing(session, 1, CAT)
    with any_database.read() as session:
        assert not any(each.typing for each in others(session, 1, ANN, now + 3 * SECOND))
        assert [each.name for each in others(session, 1, ANN, now + 13 * SECOND)] == ["Cat Oz"]
        assert others(session, 1, ANN, now + 20 * SECOND) == []


def test_looking_is_written_every_few_seconds_and_forgotten(any_database: Database, now: datetime) -> None:
    add_case_to_answer(any_database, now)
    with any_database.write() as session:
        assert is_due(session, 1, ANN, now)
        look(session, 1, ANN, now)
        assert not is_due(session, 1, ANN, now + 5 * SECOND)
        assert is_due(session, 1, ANN, now + 6 * SECOND)
        look(session, 1, BOB, now + 90 * SECOND)
    tidy(Parts(any_database, now=Clock(now + 100 * SECOND)))
    with any_database.read() as session:
        assert [row.member_id for row in session.exec(select(Presence))] == [BOB]
