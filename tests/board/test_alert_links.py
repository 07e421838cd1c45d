"""The pages behind the links of alert mails, asked by mail scanners, mail programs, strangers and the people meant."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from board import parts
from board.alert_links import ACTS, LOOKS, SNOOZE, AlertLinks
from board.gate import Gate
from board.headers import SecurityHeaders
from core.alerts.engine import News
from core.alerts.kinds import AlertKind
from core.alerts.links import Act, link, rule_name
from core.types import Role
from storage.alerting.keys import signing_key
from storage.database import Database
from storage.members import create_member, start_session
from storage.outbox import queue_mail
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Incident, IncidentItem, Mute, Telling
from tests.fakes import Clock

BOARD = "http://testserver"
OPS, EVE = "ops@parcelo.example", "eve@parcelo.example"
SURE, BACK = {"sure": "yes"}, {"sure": "back"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Mails:
    """A rule of two managers with an open incident, the links of its mails, and a browser without a session."""

    def __init__(self, database: Database, client: TestClient, clock: Clock) -> None:
        self.database, self.client, self.clock = database, client, clock
        with database.write() as session:
            self.key = signing_key(session, clock())
            brand = Brand(name="Parcelo", managers=[OPS, EVE], timezone="Europe/Berlin", created_at=clock())
            session.add(brand)
            session.flush()
            self.brand = id_of(brand)
            rule = AlertRule(brand_id=self.brand, name="Grave", kind=AlertKind.SEVERE, created_at=clock())
            session.add(rule)
            session.flush()
            self.rule = id_of(rule)
            incident = Incident(
                brand_id=self.brand, rule_id=self.rule, key="one", title="Severe case: theft", opened_at=clock()
            )
            session.add(incident)
            session.flush()
            self.number = id_of(incident)

    def link(self, act: Act, recipient: str = OPS, *ids: int) -> str:
        """Return a link of these incidents or rules, which need not be there."""
        if act is not Act.STOP:
            return link("", self.key, act, [str(each) for each in ids or (self.number,)], recipient)
        with self.database.read() as session:
            rules = {each: session.get(AlertRule, each) for each in ids or (self.rule,)}
        names = [rule_name(each, rule.created_at if rule else self.clock()) for each, rule in rules.items()]
        return link("", self.key, act, names, recipient)

    @property
    def incident(self) -> Incident:
        with self.database.read() as session:
            return session.get_one(Incident, self.number)

    @property
    def muted(self) -> list[str]:
        with self.database.read() as session:
            return list(session.exec(select(Mute.recipient)))

    def tell(self, *keys: str) -> None:
        """Let a mail tell of these things of the incident, five minutes ago."""
        now = self.clock()
        with self.database.write() as session:
            message = queue_mail(session, "incidents", OPS, {}, "board.example", now)
            told = {"recipient": OPS, "news": News.GREW, "created_at": now, "sent_on_at": now, "outbox_id": message.id}
            session.add(Telling(incident_id=self.number, rule_id=self.rule, **told))
            for key in keys:
                row = session.get(IncidentItem, (self.number, key))
                row = row or IncidentItem(incident_id=self.number, key=key, began_at=now)
                row.told_at = now
                session.add(row)
        self.clock.move(timedelta(minutes=5))

    def resolve(self) -> None:
        with self.database.write() as session:
            session.get_one(Incident, self.number).resolved_at = self.clock()

    def stands_untouched(self) -> bool:
        found = self.incident
        return (found.acknowledged_at, found.snoozed_until, self.muted) == (None, None, [])


@pytest.fixture
def mails(any_database: Database) -> Iterator[Mails]:
    clock = Clock()
    parts.install(parts.Parts(any_database, BOARD, clock))
    app = Starlette(routes=AlertLinks().routes(), middleware=[Middleware(SecurityHeaders), Middleware(Gate)])
    with TestClient(app, base_url=BOARD, follow_redirects=False) as client:
        yield Mails(any_database, client, clock)
    parts.install(None)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_scanner_that_opens_or_posts_a_link_does_nothing(mails: Mails, act: Act, method: str) -> None:
    answer = mails.client.request(method, mails.link(act))
    assert answer.status_code in (200, 413)
    assert mails.stands_untouched()
    for body in ({"x": "1"}, {"sure": ""}, {"sure": "YES"}, {"List-Unsubscribe": "Maybe"}, {}):
        assert mails.client.post(mails.link(act), data=body).status_code in (200, 413)
    assert mails.stands_untouched()


def test_acknowledging_needs_one_click_more(mails: Mails) -> None:
    asks = mails.client.get(mails.link(Act.ACKNOWLEDGE))
    assert "Acknowledge this alert?" in asks.text
    done = mails.client.post(mails.link(Act.ACKNOWLEDGE), data=SURE)
    assert done.status_code == 303
    after = mails.client.get(done.headers["location"])
    assert (after.status_code, "<h1>Acknowledged</h1>" in after.text, "<button" in after.text) == (200, True, False)
    assert (mails.incident.acknowledged_at, mails.incident.acknowledged_by) == (mails.clock(), OPS)


def test_a_link_acknowledges_what_was_told_and_says_how_much_is_newer(mails: Mails) -> None:
    mails.tell("case:1")
    newer = [f"case:{number}" for number in range(2, 10)]
    with mails.database.write() as session:
        for key in newer:
            session.add(IncidentItem(incident_id=mails.number, key=key, began_at=mails.clock()))
    asks = mails.client.get(mails.link(Act.ACKNOWLEDGE)).text
    assert "9 cases, since" in asks
    assert "8 of them are newer than what was told here: not acknowledged with it, and told all the same." in asks
    mails.client.post(mails.link(Act.ACKNOWLEDGE), data=SURE)
    assert mails.incident.acknowledged_at is None
    after = mails.client.get(mails.link(Act.ACKNOWLEDGE)).text
    assert "<h1>Nothing left to acknowledge</h1>" in after
    assert "8 of them are newer than what was told here, and are told all the same." in after
    assert "<button" not in after
    mails.tell(*newer)
    assert "newer" not in mails.client.get(mails.link(Act.ACKNOWLEDGE)).text
    mails.client.post(mails.link(Act.ACKNOWLEDGE), data=SURE)
    assert mails.incident.acknowledged_by == OPS


def test_of_two_who_acknowledge_the_first_one_did(mails: Mails) -> None:
    mails.client.post(mails.link(Act.ACKNOWLEDGE, EVE), data=SURE)
    mails.clock.move(timedelta(minutes=1))
    mails.client.post(mails.link(Act.ACKNOWLEDGE, OPS), data=SURE)
    assert mails.incident.acknowledged_by == EVE


def test_a_member_who_is_signed_in_acknowledges_under_their_name(mails: Mails) -> None:
    with mails.database.write() as session:
        member = create_member(
            session, "dana@parcelo.example", "Dana", Role.RESPONDER, "a long password", mails.clock()
        )
        token = start_session(session, id_of(member), mails.clock(), "testclient", "test")
    mails.client.post(mails.link(Act.ACKNOWLEDGE), data=SURE, headers={"cookie": f"afterclick_session={token}"})
    assert mails.incident.acknowledged_by == "Dana"


def test_a_link_snoozes_for_four_hours_and_no_longer_when_it_is_sent_again(mails: Mails) -> None:
    assert "21 November, 17:00 (Europe/Berlin)" in mails.client.get(mails.link(Act.SNOOZE)).text
    began = mails.clock()
    mails.client.post(mails.link(Act.SNOOZE), data=SURE)
    mails.clock.move(timedelta(hours=3))
    mails.client.post(mails.link(Act.SNOOZE, EVE), data=SURE)
    assert mails.incident.snoozed_until == began + SNOOZE
    assert "<h1>Snoozed</h1>" in mails.client.get(mails.link(Act.SNOOZE)).text
    mails.clock.move(timedelta(hours=2))
    assert "Snooze this alert for 4 hours?" in mails.client.get(mails.link(Act.SNOOZE)).text


def test_stopping_is_for_this_recipient_alone_and_can_be_taken_back(mails: Mails) -> None:
    assert "Stop these mails?" in mails.client.get(mails.link(Act.STOP)).text
    assert mails.client.post(mails.link(Act.STOP), data=SURE).status_code == 303
    assert mails.muted == [OPS]
    assert "Send them again" in mails.client.get(mails.link(Act.STOP)).text
    assert "Stop these mails?" in mails.client.get(mails.link(Act.STOP, EVE)).text
    assert mails.client.post(mails.link(Act.STOP), data=BACK).status_code == 303
    assert mails.muted == []


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_one_click_unsubscribing_needs_no_page_and_no_session(mails: Mails, form: str) -> None:
    given = {"data": ONE_CLICK} if form == "urlencoded" else {"files": {"List-Unsubscribe": (None, "One-Click")}}
    for _ in range(2):
        answer = mails.client.post(mails.link(Act.STOP), headers={"origin": "https://mail.example"}, **given)
        assert (answer.status_code, answer.text) == (200, "Stopped.")
    assert mails.muted == [OPS]


@pytest.mark.parametrize("act", [Act.ACKNOWLEDGE, Act.SNOOZE])
def test_one_click_unsubscribing_does_nothing_else(mails: Mails, act: Act) -> None:
    mails.client.post(mails.link(act), data=ONE_CLICK)
    assert mails.stands_untouched()


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_page_of_another_site_presses_no_button(mails: Mails, headers: dict[str, str]) -> None:
    for act in Act:
        mails.client.post(mails.link(act), data=SURE, headers=headers)
    assert mails.stands_untouched()


def add_rule(mails: Mails, number: int | None = None) -> int:
    with mails.database.write() as session:
        rule = AlertRule(id=number, brand_id=mails.brand, name="More", kind=AlertKind.REACH, created_at=mails.clock())
        session.add(rule)
        session.flush()
        return id_of(rule)


@pytest.mark.parametrize("data", [SURE, ONE_CLICK])
def test_a_link_of_a_rule_that_is_gone_stops_no_later_one_with_its_number(mails: Mails, data: dict[str, str]) -> None:
    number = add_rule(mails)
    old = mails.link(Act.STOP, OPS, number)
    with mails.database.write() as session:
        session.delete(session.get_one(AlertRule, number))
    mails.clock.move(timedelta(minutes=1))
    add_rule(mails, number)
    assert "Nothing to stop" in mails.client.get(old).text
    mails.client.post(old, data=data)
    assert mails.muted == []
    mails.client.post(mails.link(Act.STOP, OPS, number), data=data)
    assert mails.muted == [OPS]


def test_one_click_stops_every_rule_that_the_mail_was_about(mails: Mails) -> None:
    numbers = [add_rule(mails) for _ in range(16)]
    assert mails.client.post(mails.link(Act.STOP, OPS, *numbers), data=ONE_CLICK).text == "Stopped."
    with mails.database.read() as session:
        assert sorted(session.exec(select(Mute.rule_id))) == numbers


def test_what_is_over_or_gone_says_so_and_changes_nothing(mails: Mails) -> None:
    mails.resolve()
    for act in (Act.ACKNOWLEDGE, Act.SNOOZE):
        assert "This alert is over" in mails.client.get(mails.link(act)).text
        assert mails.client.post(mails.link(act), data=SURE).status_code == 303
        assert mails.client.get(mails.link(act, OPS, 999)).status_code == 404
        assert mails.client.post(mails.link(act, OPS, 999), data=SURE).status_code == 303
    assert "Nothing to stop" in mails.client.get(mails.link(Act.STOP, OPS, 999)).text
    mails.client.post(mails.link(Act.STOP, OPS, 999), data=SURE)
    assert mails.stands_untouched()


def test_who_is_told_no_more_acts_no_more(mails: Mails) -> None:
    with mails.database.write() as session:
        session.get_one(Brand, mails.brand).managers = [EVE]
    for act in (Act.ACKNOWLEDGE, Act.SNOOZE):
        assert mails.client.get(mails.link(act)).status_code == 404
        mails.client.post(mails.link(act), data=SURE)
    assert mails.stands_untouched()


def forged(mails: Mails) -> list[str]:
    ours = mails.link(Act.STOP)
    return [
        ours.replace("do=stop", "do=acknowledge"), ours.replace("ops%40", "eve%40"), ours + "x", ours[:-1],
        ours.replace("&", "&amp;"), ours.replace("of=", "of=1."), ours + "&sig=" + "A" * 32, ours + "&to=" + EVE,
        "/alert", "/alert?", "/alert?do=stop", "/alert?sig=%00&do=%ff&of=%0d%0a&to=%f0", ours + "&x=" + "y" * 60_000,
        "/alert?" + "a&" * 20_000, link("", b"other" * 7, Act.STOP, [rule_name(mails.rule, mails.clock())], OPS),
    ]  # fmt: skip


def test_what_was_made_up_mangled_or_is_very_long_is_one_page_that_gives_nothing_away(mails: Mails) -> None:
    pages = set()
    for address in forged(mails):
        shown = mails.client.get(address)
        assert shown.status_code == 404, address
        pages.add(shown.text)
        assert mails.client.post(address, data=SURE).status_code == 404
        assert mails.client.post(address, data=ONE_CLICK).status_code == 404
    assert len(pages) == 1
    assert mails.stands_untouched()


def test_what_was_made_up_never_reaches_the_database(mails: Mails, monkeypatch: pytest.MonkeyPatch) -> None:
    mails.client.get(mails.link(Act.STOP))
    addresses = forged(mails)

    def read(_self: Database) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(Database, "read", read)
    for address in addresses:
        assert mails.client.post(address, data=SURE).status_code == 404


@pytest.mark.parametrize("act", [Act.ACKNOWLEDGE, Act.SNOOZE])
def test_a_page_names_its_incident_as_the_mail_does(mails: Mails, act: Act) -> None:
    with mails.database.write() as session:
        for number in range(3):
            session.add(
                IncidentItem(incident_id=mails.number, key=f"case:{number}", words="Blames", began_at=mails.clock())
            )
    for _ in ("asks", "done"):
        text = mails.client.get(mails.link(act)).text
        assert "Parcelo · Severe case: theft" in text
        assert "3 cases, since 21 November, 13:00 (Europe/Berlin)." in text
        mails.client.post(mails.link(act), data=SURE)


def test_a_page_tells_a_stranger_nothing_of_posts_recipients_and_who_acted(mails: Mails) -> None:
    with mails.database.write() as session:
        session.add(IncidentItem(incident_id=mails.number, key="a", words="Blames DPD", began_at=mails.clock()))
    mails.client.post(mails.link(Act.ACKNOWLEDGE, EVE), data=SURE)
    for act in Act:
        text = mails.client.get(mails.link(act)).text
        assert "Severe case" in text
        for word in ("parcelo.example", "Grave", "Blames", "Eve", "eve@"):
            assert word not in text, (act, word)


def test_a_page_says_that_others_are_told_only_where_they_are(mails: Mails) -> None:
    assert "Others still would." in mails.client.get(mails.link(Act.STOP)).text
    mails.client.post(mails.link(Act.STOP), data=SURE)
    assert "Others still do." in mails.client.get(mails.link(Act.STOP)).text
    mails.client.post(mails.link(Act.STOP, EVE), data=SURE)
    for recipient in (OPS, EVE):
        text = mails.client.get(mails.link(Act.STOP, recipient)).text
        assert "Nobody else is told by it." in text
        assert "Others" not in text


def test_pages_are_kept_nowhere_run_nothing_and_load_nothing_foreign(mails: Mails) -> None:
    for address in (mails.link(Act.ACKNOWLEDGE), "/alert"):
        answer = mails.client.get(address)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "<script" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "set-cookie" not in answer.headers


def test_a_link_that_is_used_too_often_rests_and_others_do_not(mails: Mails) -> None:
    for _ in range(ACTS):
        assert mails.client.post(mails.link(Act.STOP), data=SURE).status_code == 303
    assert mails.client.post(mails.link(Act.STOP), data=BACK).status_code == 429
    assert mails.client.post(mails.link(Act.STOP) + "&x=1", data=BACK).status_code == 429, "another form of it"
    assert mails.muted == [OPS]
    assert mails.client.post(mails.link(Act.ACKNOWLEDGE), data=SURE).status_code == 303
    for _ in range(LOOKS):
        mails.client.get(mails.link(Act.STOP))
    assert mails.client.get(mails.link(Act.STOP)).status_code == 429
    mails.clock.move(timedelta(minutes=16))
    assert mails.client.post(mails.link(Act.STOP), data=BACK).status_code == 303
    assert mails.muted == []


def test_large_and_broken_bodies_are_refused(mails: Mails) -> None:
    address = mails.link(Act.STOP)
    kinds = {"content-type": "application/x-www-form-urlencoded"}
    assert mails.client.post(address, content=b"sure=yes&x=" + b"y" * 20_000, headers=kinds).status_code == 413
    chunks = iter([b"sure=", b"yes"])
    assert mails.client.post(address, content=chunks, headers=kinds).status_code == 413
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert mails.client.post(address, content=b"--x\r\nnonsense", headers=broken).status_code in (200, 400)
    assert mails.client.post(address, content=b"\xff" * 100, headers=kinds).status_code == 200
    assert mails.client.post(address, data={f"f{n}": "x" for n in range(50)}).status_code in (200, 400)
    assert mails.client.put(address).status_code == 405
    assert mails.stands_untouched()


def test_after_acting_the_browser_goes_to_our_own_page_and_nowhere_else(mails: Mails) -> None:
    address = mails.link(Act.ACKNOWLEDGE) + "&next=https://evil.example&%0d%0aLocation:%20https://evil.example"
    location = mails.client.post(address, data=SURE).headers["location"]
    assert urlsplit(location)[:3] == ("", "", "/alert")
    assert {name for name, _ in parse_qsl(urlsplit(location).query)} == {"do", "of", "to", "sig"}


def test_links_in_a_webhook_say_that_it_was_one(mails: Mails) -> None:
    hook = {"channel": "slack", "url": "https://hooks.example/T0/x"}
    with mails.database.write() as session:
        session.get_one(AlertRule, mails.rule).settings = hook
    mails.client.post(mails.link(Act.ACKNOWLEDGE, str(hook["url"])), data=SURE)
    assert mails.incident.acknowledged_by == "slack"


def test_before_the_first_mail_no_link_is_ours(any_database: Database, now: datetime) -> None:
    parts.install(parts.Parts(any_database, BOARD, lambda: now))
    with TestClient(Starlette(routes=AlertLinks().routes()), base_url=BOARD) as client:
        assert client.get(link("", b"", Act.STOP, [rule_name(1, now)], OPS)).status_code == 404
    parts.install(None)
