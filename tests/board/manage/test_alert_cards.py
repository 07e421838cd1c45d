"""What a card of the Alerts page says of a post that no case holds, of a case that is due and of a broken promise."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from board import parts
from board.alerts.overview import forget
from storage.alerting.shown import incidents_shown
from storage.rows import id_of
from storage.tables import Brand, Case, Incident, IncidentItem, Member, PostRow, Promise
from tests.board.manage.managing import OpenPage, shown
from tests.board.seeding import DANA

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    forget()


def add_incident(installed: parts.Parts, now: datetime, **thing: Any) -> None:
    with installed.database.write() as session:
        incident = Incident(brand_id=1, key="one", title="One", opened_at=now)
        session.add(incident)
        session.flush()
        session.add(IncidentItem(incident_id=id_of(incident), key="thing", began_at=now, **thing))


def card(open_page: OpenPage) -> dict[str, Any]:
    (incident,) = shown(open_page("alerts", DANA), "incident_list")["open"]
    (item,) = incident["items"]
    return item  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("url", "link"), [("https://x.example/zoe/7", "https://x.example/zoe/7"), ("javascript:alert(1)", ""), ("", "")]
)
def test_a_post_without_a_case_is_quoted_with_the_way_to_it(
    open_page: OpenPage, installed: parts.Parts, now: datetime, url: str, link: str
) -> None:
    with installed.database.write() as session:
        session.exec(select(Brand)).one().handles = ["brindle"]
        post = PostRow(platform="mastodon", platform_id="77", brand_id=1, author="zoe.hart", url=url, posted_at=now,
                       text="@brindle we are at the vet, ring +44 7700 900123", collected_at=now)  # fmt: skip
        session.add(post)
        session.flush()
        number = post.id
    add_incident(installed, now, words="It says “vet”.", facts={"post_id": number})
    item = card(open_page)
    assert (item["case"], item["link"], item["from"]) == (None, link, "zoe.hart on Mastodon")
    assert item["excerpt"] == "@brindle we are at the vet, ring [number]"


def test_a_post_that_its_platform_no_longer_has_is_not_quoted(installed: parts.Parts, now: datetime) -> None:
    with installed.database.write() as session:
        post = PostRow(platform="x", platform_id="77", brand_id=1, author="", posted_at=now, collected_at=now,
                       deleted_at=now, text="")  # fmt: skip
        session.add(post)
        session.flush()
        number = post.id
    add_incident(installed, now, words="It says “vet”.", facts={"post_id": number})
    with installed.database.read() as session:
        (item,) = incidents_shown(session, now).open[0].items
    assert (item.excerpt, item.author, item.url) == ("(deleted on the platform)", "", "")


def test_a_case_that_is_due_says_until_when(open_page: OpenPage, installed: parts.Parts, now: datetime) -> None:
    with installed.database.write() as session:
        session.get_one(Case, 1).due_at = now + HOUR
    seen = {"due_at": (now - HOUR).isoformat()}  # as it was when the rule saw it
    add_incident(installed, now, words="Nobody has answered it.", case_id=1, facts=seen)
    assert card(open_page)["due_at"] == (now + HOUR).timestamp()


def test_a_broken_promise_says_by_whom_and_until_when(
    open_page: OpenPage, installed: parts.Parts, now: datetime
) -> None:
    with installed.database.write() as session:
        member = session.exec(select(Member)).first()
        assert member is not None
        promise = Promise(case_id=1, member_id=member.id, text="A refund", due_at=now - HOUR, created_at=now - HOUR)
        session.add(promise)
        session.flush()
        name, number = member.name, promise.id
    add_incident(installed, now, words="Promised and not kept: “A refund”", case_id=1, facts={"promise_id": number})
    item = card(open_page)
    assert (item["promised_by"], item["promised_for"], item["due_at"]) == (name, (now - HOUR).timestamp(), None)
