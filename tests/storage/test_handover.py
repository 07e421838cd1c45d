"""A case is put to a courier or a supplier in the member's own words, once."""

import re
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from alerts import handover as alert
from alerts.mail import open_sender
from board.case.timeline import history_data
from core.configuration import parse_configuration
from core.errors import InputError
from core.types import Role
from jobs.classify import classify
from jobs.deliver import deliver
from jobs.parts import Parts
from storage import handover
from storage.brands import apply_configuration
from storage.claims import free_claims
from storage.database import Database
from storage.handover import HELD, contacts_for, hand_over, suggested_text
from storage.members import create_member
from storage.outbox import claim_messages
from storage.posts import store_posts
from storage.queue.case_detail import case_detail
from storage.queue.surroundings import handovers_of
from storage.rows import id_of
from storage.tables import CaseEvent, Courier, EventKind, Handover, Member, Outbox, OutboxState, Supplier
from storage.undo import keep, snapshot, steps_of, undo
from storage.unsaying import HANDED_OVER
from tests.fakes import Clock, FakeClassifier, FakeSender, post
from tests.smtp import MailServer

COURIER = "claims@dpd.example"


@pytest.fixture
def with_case(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}]}), now)
        create_member(session, "ann@team.example", "Ann", Role.RESPONDER, None, now)
        session.add(Courier(name="DPD", contact=COURIER))
        session.add(Courier(name="Evri", contact=""))
        session.add(Courier(name="A First", contact="first@couriers.example"))
        session.add(Supplier(name="Lamp Works", contact="orders@lamps.example"))
        late = post(1, "DPD is late, tracking 1Z999AA10123456784", url="https://x.example/1")
        store_posts(session, [late], brand_id=1, source_id=None, own_handles=[], now=now)
    classify(Parts(any_database, now=Clock()), FakeClassifier())
    return any_database


def send(database: Database, now: datetime, text: str, name: str = "DPD", recipient: str = COURIER) -> None:
    with database.write() as session:
        hand_over(session, 1, 1, name, recipient, text, "board.example", now)


def test_the_courier_that_the_case_names_comes_first(with_case: Database) -> None:
    with with_case.read() as session:
        assert [contact.name for contact in contacts_for(session, 1)] == ["DPD", "A First", "Lamp Works"]


def test_the_suggested_words_say_what_the_courier_needs(with_case: Database) -> None:
    with with_case.read() as session:
        words = suggested_text(session, 1, 1)
    for fact in ("Parcelo", "“DPD is late", "https://x.example/1", "Tracking number: 1Z999AA10123456784", "Ann"):
        assert fact in words


def test_what_leaves_is_what_the_member_wrote_and_the_answer_goes_to_them(with_case: Database, now: datetime) -> None:
    text = "Hello,\n\nwhere is it?\n\n<b>Ann</b> {{ 7*7 }}"
    send(with_case, now, text)
    sender = FakeSender()
    deliver(Parts(with_case, mail_from="afterclick@board.example", now=lambda: now + HELD), sender)
    [mail] = sender.sent
    assert (mail["From"], mail["To"], mail["Reply-To"]) == ("afterclick@board.example", COURIER, "ann@team.example")
    assert mail["Subject"] == "[Parcelo] A customer's complaint, case 1"
    assert (mail["Auto-Submitted"], mail["List-Id"]) == (None, None)
    assert mail.get_body(("plain",)).get_content().strip() == text  # type: ignore[union-attr]
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "&lt;b&gt;Ann&lt;/b&gt; {{ 7*7 }}" in html
    with with_case.read() as session:
        [done] = handovers_of(session, 1)
        assert (done.name, done.state) == ("DPD", "sent")
        [event] = session.exec(select(CaseEvent).where(CaseEvent.kind == EventKind.HANDED_OVER)).all()
        assert (event.member_id, event.detail) == (1, {"name": "DPD", "handover_id": 1})


def test_one_that_the_server_refuses_is_shown_as_failed(with_case: Database, now: datetime) -> None:
    with with_case.write() as session:
        session.get_one(Courier, 1).contact = "nobody@dpd.example"
    send(with_case, now, "Where is it?", recipient="nobody@dpd.example")
    with MailServer() as server:
        deliver(Parts(with_case, now=lambda: now + HELD), open_sender(server.url))
    with with_case.read() as session:
        assert [each.state for each in handovers_of(session, 1)] == ["failed"]


@pytest.mark.parametrize(
    ("name", "recipient", "text", "said"),
    [
        ("DPD", COURIER, " \n ", "the message is empty"),
        ("DPD", COURIER, "x" * 10_001, "shorten the message"),
        ("DPD", "eve@elsewhere.example", "Where is it?", "is not the address of DPD"),
        ("Lamp Works", COURIER, "Where is it?", "is not the address of Lamp Works"),
        ("DPD", f"{COURIER}\r\nBcc: eve@elsewhere.example", "Where is it?", "is not the address of DPD"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(
    with_case: Database, now: datetime, name: str, recipient: str, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        send(with_case, now, text, name, recipient)
    with with_case.read() as session:
        assert session.exec(select(Outbox)).all() == []


def test_an_address_that_could_smuggle_in_a_header_is_refused_even_where_it_is_kept(
    with_case: Database, now: datetime
) -> None:
    bad = "a@dpd.example,eve@elsewhere.example"
    with with_case.write() as session:
        session.get_one(Courier, 1).contact = bad
    with pytest.raises(InputError, match="is no e-mail address"):
        send(with_case, now, "Where is it?", recipient=bad)


def test_a_second_click_sends_nothing(with_case: Database, now: datetime) -> None:
    send(with_case, now, "Where is it?")
    with pytest.raises(InputError, match="a moment ago"):
        send(with_case, now + timedelta(seconds=5), "Where is it?")
    send(with_case, now + timedelta(minutes=2), "Where is it?")
    with with_case.read() as session:
        assert len(session.exec(select(Handover)).all()) == 2


MOMENT = timedelta(microseconds=1)


def send_so_that_it_can_be_undone(database: Database, at: datetime, text: str = "Where is it?") -> int:
    """Hand case 1 over to its courier; return the step that takes this back."""
    with database.write() as session:
        before = snapshot(session, [1])
        handed = hand_over(session, 1, 1, "DPD", COURIER, text, "board.example", at)
        before.written["handover"] = [id_of(handed)]
        keep(session, before, text, HANDED_OVER.format(name="DPD"), 1, at)
        return steps_of(session, text, 1)[0]


def what_is_left(database: Database, at: datetime) -> list[FakeSender]:
    sender = FakeSender()
    deliver(Parts(database, now=lambda: at), sender)
    return sender.sent


def history(database: Database) -> list[str]:
    with database.read() as session:
        detail = case_detail(session, 1, 1)
        assert detail is not None
        return [line["what"] for line in history_data(detail.history, detail.handovers)]


def test_a_message_waits_so_long_that_it_can_be_taken_back(with_case: Database, now: datetime) -> None:
    step = send_so_that_it_can_be_undone(with_case, now)
    assert history(with_case)[0] == "handed the case over to DPD by e-mail, which leaves in a few seconds"
    assert what_is_left(with_case, now + HELD - MOMENT) == []
    with with_case.write() as session:
        assert undo(session, step, 1, now + HELD - MOMENT).done == (1,)
    assert what_is_left(with_case, now + HELD) == []
    assert what_is_left(with_case, now + timedelta(days=1)) == []
    assert history(with_case)[0] == "took back: handed the case over to DPD"
    assert not any("by e-mail" in line for line in history(with_case))
    with with_case.read() as session:
        assert handovers_of(session, 1) == ()
        [message] = session.exec(select(Outbox)).all()
        assert (message.state, message.last_error) == (OutboxState.CANCELLED, "Taken back by Ann")
    send(with_case, now + HELD, "Where is it?")  # the same words again are no second click


def test_a_message_that_has_left_cannot_be_taken_back_and_says_when_it_left(with_case: Database, now: datetime) -> None:
    with with_case.write() as session:
        session.get_one(Member, 1).timezone = "Europe/Warsaw"
    step = send_so_that_it_can_be_undone(with_case, now)
    left_at = now + HELD
    assert len(what_is_left(with_case, left_at)) == 1
    before = history(with_case)
    for wait, at in ((timedelta(seconds=5), "13:00"), (timedelta(hours=20), "13:00 on Sat 21 Nov")):
        words = f"The e-mail to DPD left at {at} and cannot be taken back. The case stays as it is."
        with pytest.raises(InputError, match=re.escape(words)), with_case.write() as session:
            undo(session, step, 1, left_at + wait)
    assert history(with_case) == before
    assert before[0] == "handed the case over to DPD by e-mail, sent at"
    with with_case.read() as session:
        [done] = handovers_of(session, 1)
        assert (done.state, done.sent_at) == (OutboxState.SENT, left_at)


def test_a_message_that_a_sender_has_in_hand_cannot_be_taken_back(with_case: Database, now: datetime) -> None:
    step = send_so_that_it_can_be_undone(with_case, now)
    with with_case.write() as session:
        assert len(claim_messages(session, "ahead", now + HELD, timedelta(minutes=5), 5)) == 1
    with pytest.raises(InputError, match="is leaving by now"), with_case.write() as session:
        undo(session, step, 1, now)
    with with_case.write() as session:
        free_claims(session, lambda _: True)  # it died, perhaps between sending the message and saying so
    with pytest.raises(InputError, match="is leaving by now"), with_case.write() as session:
        undo(session, step, 1, now + HELD)


def test_a_message_is_never_both_sent_and_taken_back(with_case: Database, now: datetime) -> None:
    for number in range(30):
        at = now + number * timedelta(minutes=1)
        step = send_so_that_it_can_be_undone(with_case, at, f"Where is it? {number}")
        start, came = Barrier(2), dict[str, bool]()

        def claim(at: datetime = at, start: Barrier = start, came: dict[str, bool] = came) -> None:
            start.wait()
            with with_case.write() as session:
                came["sent"] = bool(claim_messages(session, "worker", at + HELD, timedelta(days=1), 5))

        def take_back(
            at: datetime = at, step: int = step, start: Barrier = start, came: dict[str, bool] = came
        ) -> None:
            start.wait()
            try:
                with with_case.write() as session:
                    came["undone"] = bool(undo(session, step, 1, at + HELD - MOMENT).done)
            except InputError:
                came["undone"] = False

        threads = [Thread(target=claim), Thread(target=take_back)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert came["sent"] is not came["undone"]


def test_store_and_mail_call_the_message_the_same() -> None:
    assert handover.KIND == alert.KIND
