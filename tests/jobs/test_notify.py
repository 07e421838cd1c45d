"""Members are told of cases by e-mail: at once, bundled or never, and only of what still concerns them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.types import CaseStatus, Role
from jobs.classify import classify
from jobs.deliver import deliver
from jobs.notify import SETTLING, SHOWN, notify
from jobs.parts import Parts
from jobs.route import route
from storage.cases import set_status
from storage.database import Session
from storage.members import create_member
from storage.notices import BUNDLE
from storage.notices import notify as keep_notice
from storage.routing import RuleFields, save_rule
from storage.staff import Working, save_team, set_working
from storage.tables import NoticeKind, Notify, Outbox
from storage.teams import send_case, take_up
from storage.tombstones import record_deleted
from tests.fakes import Clock, FakeClassifier, FakeSender, post
from tests.jobs.conftest import other, outbox, store

ANN, BOB = 1, 2


@pytest.fixture
def staffed(parts: Parts) -> Parts:
    """Ann, whose evening is in New York, and Bob; a rule sends every case to Ann."""
    with parts.database.write() as session:
        for name in ("Ann", "Bob"):
            create_member(session, f"{name}@team.example", name, Role.RESPONDER, None, parts.now())
        save_team(session, None, "Evening", [ANN], parts.now())
        save_rule(session, None, RuleFields("All", team_id=1), parts.now())
    told(parts, ANN, Notify.AT_ONCE)
    return parts


def told(parts: Parts, member_id: int, how: Notify) -> None:
    with parts.database.write() as session:
        set_working(session, member_id, Working("America/New_York", [], None, how))


def complain(parts: Parts, *numbers: int, text: str = "late again") -> None:
    store(parts, *(post(number, text, author=f"author{number}") for number in numbers))
    while classify(parts, FakeClassifier()):
        pass
    route(parts)


def written(parts: Parts) -> list[tuple[str, list[int]]]:
    """Return the mails to members so far, each with its cases."""
    return [
        (mail.recipient, [case["case_id"] for case in mail.content["cases"]])
        for mail in outbox(parts)
        if mail.kind == "assignment"
    ]


def act(parts: Parts, command: Callable[[Session], object]) -> None:
    with parts.database.write() as session:
        command(session)


def test_who_is_told_at_once_gets_one_mail_for_all_that_was_sent_together(staffed: Parts, clock: Clock) -> None:
    complain(staffed, *range(1, 51))
    assert notify(staffed) == 0  # there may be more to come
    clock.move(SETTLING)
    assert notify(staffed) == 1
    [mail] = [mail for mail in outbox(staffed) if mail.kind == "assignment"]
    assert (mail.recipient, len(mail.content["cases"]), mail.content["more"]) == ("ann@team.example", SHOWN, 50 - SHOWN)
    clock.move(BUNDLE / 4)
    assert notify(staffed) == 0


def test_what_does_not_settle_is_told_all_the_same(staffed: Parts, clock: Clock) -> None:
    for number in range(1, 30):
        complain(staffed, number)
        clock.move(timedelta(seconds=1))
        if notify(staffed):
            break
    assert 19 <= len(written(staffed)[0][1]) <= 21


def test_who_is_told_bundled_gets_no_second_mail_within_the_hour(staffed: Parts, clock: Clock) -> None:
    told(staffed, ANN, Notify.BUNDLED)
    complain(staffed, 1)
    clock.move(SETTLING)
    assert notify(staffed) == 1
    complain(staffed, 2, 3)
    clock.move(BUNDLE - timedelta(seconds=1))
    act(staffed, lambda session: send_case(session, 1, to_member=BOB, by_member=ANN, now=clock()))
    assert notify(staffed) == 0
    clock.move(timedelta(seconds=2))
    assert notify(staffed) == 2
    assert written(staffed) == [
        ("ann@team.example", [1]), ("ann@team.example", [2, 3]), ("bob@team.example", [1])
    ]  # fmt: skip


def test_who_wants_no_mail_gets_none_later_either(staffed: Parts, clock: Clock) -> None:
    told(staffed, ANN, Notify.NEVER)
    complain(staffed, 1)
    assert notify(staffed, timedelta()) == 0
    told(staffed, ANN, Notify.AT_ONCE)
    clock.move(BUNDLE / 2)
    assert (notify(staffed), written(staffed)) == (0, [])


@pytest.mark.parametrize("what", ["begun", "closed", "sent on"])
def test_what_is_over_before_the_mail_is_not_told(staffed: Parts, clock: Clock, what: str) -> None:
    complain(staffed, 1, 2)
    with staffed.database.write() as session:
        if what == "begun":
            take_up(session, 1, ANN, clock())
        elif what == "closed":
            set_status(session, 1, CaseStatus.RESOLVED, BOB, clock())
        else:
            send_case(session, 1, to_member=BOB, by_member=BOB, now=clock())
    assert notify(staffed, timedelta()) == 1
    assert written(staffed) == [("ann@team.example", [2])]


def test_mentions_and_what_came_back_are_told_too(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1)
    detail = {"by": "Bob", "words": "Ann, call her on 0161 496 0000 please"}
    act(staffed, lambda session: keep_notice(session, ANN, 1, NoticeKind.MENTIONED, detail, clock()))
    assert notify(staffed, timedelta()) == 1
    clock.move(BUNDLE)
    route(staffed)
    assert notify(staffed, timedelta()) == 1
    sender = FakeSender()
    while deliver(staffed, sender):
        pass
    first, second = (mail.get_body(("plain",)).get_content() for mail in sender.sent)  # type: ignore[union-attr]
    assert "News of 2 cases" in first
    assert "Sent by the rule “All” for the team Evening." in first
    assert "Bob writes: “Ann, call her on [number] please”" in first
    assert "You did not take it up within 60 minutes" in second


def test_the_mail_says_when_in_the_members_own_time_and_leads_to_the_case(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1, text="late 3, call me: zoe@home.example, DPD lost it")
    notify(staffed, timedelta())
    sender = FakeSender()
    deliver(staffed, sender)
    [mail] = [mail for mail in sender.sent if mail["To"] == "ann@team.example"]
    assert mail["Subject"] == "Afterclick: cases for you"
    assert (mail["Auto-Submitted"], mail["List-Id"]) == ("auto-generated", "<cases.afterclick.board.example>")
    for kind in ("plain", "html"):
        words = " ".join(mail.get_body((kind,)).get_content().split())  # type: ignore[union-attr]
        for fact in ("Sat 21 Nov, 08:00 EST", "Sat 21 Nov, 11:00 EST", "Accuses", "Late", "[e-mail]", "DPD", "a…"):
            assert fact in words, (kind, fact)
        assert "zoe@home" not in words
        assert "author1" not in words
    assert "https://board.example/?case=1&view=mine" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "https://board.example/?case=1&amp;view=mine" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_what_a_platform_deleted_leaves_the_mail_too(staffed: Parts, clock: Clock) -> None:
    complain(staffed, 1, 2, text="late, my street is Mill Lane")
    notify(staffed, timedelta())
    act(staffed, lambda session: record_deleted(session, "x", {"1": "deleted"}, clock()))
    [mail] = outbox(staffed)
    gone, there = mail.content["cases"]
    assert (gone["excerpt"], gone["author"]) == ("(deleted on the platform)", "unknown")
    assert "Mill Lane" in there["excerpt"]


def test_two_workers_tell_once(staffed: Parts) -> None:
    complain(staffed, 1)
    assert notify(staffed, timedelta()) + notify(other(staffed), timedelta()) == 1


def test_a_crash_before_the_mail_is_kept_tells_the_next_time(staffed: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    complain(staffed, 1)

    def die(*_: object) -> Outbox:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("jobs.notify.mark_told", die)
        with pytest.raises(RuntimeError):
            notify(staffed, timedelta())
    assert written(staffed) == []
    assert notify(staffed, timedelta()) == 1
    assert notify(staffed, timedelta()) == 0
    assert written(staffed) == [("ann@team.example", [1])]


@pytest.mark.parametrize("how", [Notify.AT_ONCE, Notify.BUNDLED])
def test_a_clock_that_was_ahead_for_a_while_keeps_no_mail_back(staffed: Parts, clock: Clock, how: Notify) -> None:
    told(staffed, ANN, how)
    clock.move(timedelta(days=300))
    complain(staffed, 1)
    clock.move(SETTLING)
    assert notify(staffed) == 1
    complain(staffed, 2)
    clock.move(timedelta(days=-300))
    assert notify(staffed) == 1
    assert written(staffed) == [("ann@team.example", [1]), ("ann@team.example", [2])]
