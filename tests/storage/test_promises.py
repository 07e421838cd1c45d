"""What was promised is kept in mind until somebody says what became of it."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest

from core.errors import InputError
from storage.database import Database
from storage.promises import add_promise, promises_of, settle_promise
from storage.rows import id_of
from storage.tables import EventKind, PromiseState
from tests.storage.answering import ANN, BOB, add_case_to_answer, events


@pytest.fixture
def promising(any_database: Database, now: datetime) -> Database:
    add_case_to_answer(any_database, now)
    return any_database


def test_open_promises_come_first_the_next_due_at_the_top(promising: Database, now: datetime) -> None:
    with promising.write() as session:
        add_promise(session, 1, "A call some time", None, ANN, now)
        later = add_promise(session, 1, "A refund", now + timedelta(days=2), ANN, now)
        add_promise(session, 1, "A call", now + timedelta(days=1), BOB, now)
        same = add_promise(session, 1, " A refund ", now + timedelta(days=2), BOB, now)
        assert same.id == later.id
        assert settle_promise(session, id_of(later), PromiseState.KEPT, BOB, now)
        assert not settle_promise(session, id_of(later), PromiseState.BROKEN, ANN, now)
    with promising.read() as session:
        found = [(each.text, each.by, each.state) for each in promises_of(session, 1)]
    assert found == [
        ("A call", "Bob Ray", PromiseState.OPEN),
        ("A call some time", "Ann Lee", PromiseState.OPEN),
        ("A refund", "Ann Lee", PromiseState.KEPT),
    ]
    assert [event.detail["text"] for event in events(promising, EventKind.PROMISED)] == [
        "A call some time",
        "A refund",
        "A call",
    ]


def test_settled_promise_can_be_opened_again(promising: Database, now: datetime) -> None:
    with promising.write() as session:
        key = id_of(add_promise(session, 1, "A call", now + timedelta(days=1), ANN, now))
        assert not settle_promise(session, key, PromiseState.OPEN, ANN, now)
        assert settle_promise(session, key, PromiseState.BROKEN, ANN, now)
        assert settle_promise(session, key, PromiseState.OPEN, ANN, now)
    with promising.read() as session:
        (promise,) = promises_of(session, 1)
    assert (promise.state, promise.settled_at) == (PromiseState.OPEN, None)
    assert [event.detail["state"] for event in events(promising, EventKind.PROMISE_SETTLED)] == ["broken", "open"]


def test_of_two_who_settle_at_once_one_does(promising: Database, now: datetime) -> None:
    with promising.write() as session:
        key = id_of(add_promise(session, 1, "A call", None, ANN, now))
    barrier, done = Barrier(2), []

    def settle(state: PromiseState) -> None:
        barrier.wait()
        with promising.write() as session:
            done.append(settle_promise(session, key, state, ANN, now))

    threads = [Thread(target=settle, args=(state,)) for state in (PromiseState.KEPT, PromiseState.BROKEN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True]
    assert len(events(promising, EventKind.PROMISE_SETTLED)) == 1


def test_promise_that_cannot_be_is_refused(promising: Database, now: datetime) -> None:
    wrong = ((" \u200b", None, "empty"), ("x" * 501, None, "too long"), ("A call", now, "is over already"))
    with promising.write() as session:
        for text, due_at, words in wrong:
            with pytest.raises(InputError, match=words):
                add_promise(session, 1, text, due_at, ANN, now)
        with pytest.raises(InputError, match="There is no case 77"):
            add_promise(session, 77, "A call", None, ANN, now)
        with pytest.raises(InputError, match="no such promise"):
            settle_promise(session, 77, PromiseState.KEPT, ANN, now)
