"""What a message says of an incident's things: posts without a case, times that end, promises."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from alerts.incident import wording
from alerts.slack import payload as slack_payload
from alerts.telling import Told, ToldIncident, as_content
from alerts.webhook import payload as webhook_payload
from core.alerts.engine import News
from core.alerts.kinds import AlertKind, Channel
from core.types import CaseStatus
from jobs.parts import Parts
from jobs.telling import incident_told
from storage.alerting.tellings import Address, ToTell, add_tellings, queue_telling, settle
from storage.rows import id_of
from storage.tables import AlertRule, Case, Incident, IncidentItem, Member, Outbox, PostRow, Promise, Telling
from storage.tombstones import record_deleted
from tests.fakes import START

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
POST = {
    "platform": "mastodon",
    "platform_id": "7",
    "brand_id": 1,
    "author": "zoe.hart",
    "text": "@parcelo my hedgehog is at the vet, call me on +44 7700 900123",
    "url": "https://mastodon.example/@zoe/7",
    "posted_at": START,
    "collected_at": START,
}


def told(
    parts: Parts, kind: AlertKind, things: list[dict[str, Any]], news: News = News.OPENED, **settings: Any
) -> ToldIncident:
    """What the recipient is told of an incident of these things."""
    with parts.database.write() as session:
        rule = AlertRule(brand_id=1, name="Rule", kind=kind, settings=settings, created_at=START)
        session.add(rule)
        session.flush()
        incident = Incident(brand_id=1, rule_id=rule.id, key=f"{rule.id}", title="Title", opened_at=START)
        session.add(incident)
        session.flush()
        items = [
            IncidentItem(**({"incident_id": id_of(incident), "key": f"{n}", "words": "", "began_at": START} | thing))
            for n, thing in enumerate(things)
        ]
        session.add_all(items)
        session.flush()
        found = ToTell(incident, rule, news, items, len(items), len(items))
        return incident_told(session, found, "ops@parcelo.example", b"key", parts)


def add(parts: Parts, *rows: Any) -> None:
    with parts.database.write() as session:
        for row in rows:
            session.add(row)
            session.flush()


def watched(parts: Parts, **settings: Any) -> ToldIncident:
    thing = {"key": "post:1", "words": "It says “vet”.", "facts": {"post_id": 1}}
    return told(parts, AlertKind.WATCH_WORDS, [thing], words=["vet"], **settings)


def case(**values: Any) -> Case:
    given = {"status": CaseStatus.NEW, "platform": "x", "author": "ann", "author_key": "ann"} | values
    return Case(brand_id=1, first_posted_at=START, last_posted_at=START, opened_at=START, updated_at=START, **given)


def test_a_watched_post_without_a_case_is_quoted_with_the_way_to_it(parts: Parts) -> None:
    add(parts, PostRow(**POST))
    incident = watched(parts)
    (item,) = incident.items
    assert (item.case_id, item.post_id, item.link) == (None, 1, POST["url"])
    assert (item.author, item.platform) == ("z…", "mastodon")
    assert item.excerpt == "@parcelo my hedgehog is at the vet, call me on [number]"
    content = as_content(Told("Europe/London", (incident,)))
    words = wording(content)
    for form in (words.text, words.html):
        assert "hedgehog" in form
        assert POST["url"] in form
        assert "z… on Mastodon" in form
    assert "Open the post" in words.html
    assert "Open case" not in words.html
    assert webhook_payload(content)["incidents"][0]["items"][0]["link"] == POST["url"]
    blocks = slack_payload(content)["blocks"]
    assert "hedgehog" in str(blocks)
    assert [each["url"] for each in blocks[-1]["elements"] if each["text"]["text"] == "Open the post"] == [POST["url"]]


def test_a_rule_that_does_not_mask_quotes_the_post_as_it_is(parts: Parts) -> None:
    add(parts, PostRow(**POST))
    (item,) = watched(parts, masks=False).items
    assert (item.author, item.excerpt) == ("zoe.hart", POST["text"])


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "https://a.example/\nBcc: x", "https://" + "a" * 1000, "//x", "http://[x"]
)
def test_only_the_address_of_a_page_becomes_a_link(parts: Parts, url: str) -> None:
    add(parts, PostRow(**POST | {"url": url}))
    incident = watched(parts)
    assert incident.items[0].link == ""
    assert "Open the post" not in wording(as_content(Told("UTC", (incident,)))).html


def test_a_watched_post_that_became_a_case_leads_to_it(parts: Parts) -> None:
    add(parts, case(), PostRow(**POST | {"case_id": 1}))
    (item,) = watched(parts).items
    assert (item.case_id, item.link) == (1, parts.case_link(1))


def test_what_its_platform_no_longer_has_goes_out_of_the_mails_too(parts: Parts) -> None:
    add(parts, PostRow(**POST))
    incident = watched(parts)
    to = Address(Channel.EMAIL, "ops@parcelo.example")
    with parts.database.write() as session:
        row = session.get_one(Incident, incident.incident_id)
        rule = session.get_one(AlertRule, row.rule_id)
        add_tellings(session, rule, row, News.OPENED, to.channel, [to.recipient], START)
        session.flush()
        content = as_content(Told("UTC", (incident,)))
        message = queue_telling(session, "incidents", to, content, "board.example", START)
        session.flush()
        settle(session, session.exec(select(Telling)).all(), message, START)
    with parts.database.write() as session:
        assert record_deleted(session, "mastodon", {"7": "gone"}, START) == 1
    with parts.database.read() as session:
        (left,) = session.exec(select(Outbox)).all()
        assert "hedgehog" not in str(left.content)
        assert POST["url"] not in str(left.content)
        assert "z…" not in str(left.content)


@pytest.mark.parametrize(
    ("due_in", "words"),
    [
        (47 * MINUTE, "Due at 12:47, in 47 minutes. Nobody has answered it."),
        (MINUTE, "Due at 12:01, in 1 minute. Nobody has answered it."),
        (150 * MINUTE, "Due at 14:30, in 2 hours. Nobody has answered it."),
        (20 * HOUR, "Due on Sun 22 Nov, 08:00, in 20 hours. Nobody has answered it."),
        (-20 * MINUTE, "Overdue since 11:40. Nobody has answered it."),
        (-20 * HOUR, "Overdue since Fri 20 Nov, 16:00. Nobody has answered it."),
    ],
)
def test_a_case_that_is_due_says_until_when(parts: Parts, due_in: timedelta, words: str) -> None:
    add(parts, case(due_at=START + due_in))
    facts = {"due_at": (START + HOUR).isoformat()}  # as it was when the rule saw it
    thing = {"words": "Nobody has answered it.", "case_id": 1, "facts": facts}
    assert told(parts, AlertKind.DUE, [thing], timezone="UTC").summary == words
    two = told(parts, AlertKind.DUE, [thing, {**thing, "key": "other"}], timezone="UTC")
    assert [item.words for item in two.items] == [words, words]


def test_a_promise_is_masked_and_says_by_whom_and_until_when(parts: Parts) -> None:
    text = "Refund for the kennel, to fred@mail.example"
    add(parts, Member(email="ann@parcelo.example", name="Ann Vale", created_at=START), case())
    add(parts, Promise(case_id=1, member_id=1, text=text, due_at=START + HOUR, created_at=START))
    thing = {"words": f"Promised and not kept: “{text}”", "case_id": 1, "facts": {"promise_id": 1}}
    incident = told(parts, AlertKind.BROKEN_PROMISE, [thing], timezone="UTC")
    when = f"{START + HOUR:%a %d %b, %H:%M} UTC"
    said = f"Promised by Ann Vale for {when}, and not kept: “Refund for the kennel, to [e-mail]”."
    assert incident.summary == said
    assert "fred@" not in str(incident)
    assert "fred@" in told(parts, AlertKind.BROKEN_PROMISE, [thing], masks=False).summary
    assert "fred@" not in told(parts, AlertKind.BROKEN_PROMISE, [thing | {"facts": {}}]).summary
