"""The brand answers on the platform by itself: the collector brings the answer, and the case waits."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from collectors import class_of
from collectors.base import Collector, SourceConfig
from core.types import CaseStatus
from jobs.classify import classify
from jobs.collect import collect
from jobs.parts import Parts
from tests.collectors.archive import SECRETS, snowflake
from tests.collectors.conftest import Answer, Script
from tests.collectors.conftest import server as server
from tests.collectors.test_mastodon_walks import status_id
from tests.collectors.x_answers import MINE, page_of, raw_post
from tests.fakes import START, Clock, FakeClassifier
from tests.jobs.conftest import cases, set_up, source_of

ASKED = START - timedelta(hours=2)
ANSWERED = START - timedelta(minutes=30)
COMPLAINT = "@parcelo my parcel is late"
ANSWER = "Sorry to hear that! We look into it."
Told = Callable[[str, bool], Any]  # a path with its query, and whether the brand has answered -> what the server says


def x(path: str, is_answered: bool) -> Any:
    """A mention in the mentions timeline, its answer in the account's own."""
    if "/by/username/" in path:
        return {"data": {"id": "7", "username": "parcelo"}}
    asked, answered = snowflake(ASKED), snowflake(ANSWERED)
    complaint = raw_post(asked, COMPLAINT, conversation_id=str(asked))
    replied = [{"type": "replied_to", "id": str(asked)}]
    reply = raw_post(answered, f"@ann {ANSWER}", author_id="7", conversation_id=str(asked), referenced_tweets=replied)
    listed = {"mentions": [complaint], "tweets": [reply] if is_answered else []}
    page = page_of(*listed.get(urlsplit(path).path.rpartition("/")[2], []))
    return page | {"includes": {"users": [{"id": "5", "username": "ann"}, {"id": "7", "username": "parcelo"}]}}


def reddit(path: str, is_answered: bool) -> Any:
    """A submission that search finds, its answer among the subreddit's comments."""
    if "access_token" in path:
        return {"access_token": "a", "token_type": "bearer", "expires_in": 86400, "scope": "*"}
    submission = {"id": "1pc001", "name": "t3_1pc001", "title": "Parcelo", "selftext": COMPLAINT, "author": "ann"}
    comment = {"id": "nk7x01", "name": "t1_nk7x01", "body": ANSWER, "author": "Parcelo"}
    comment |= {"parent_id": "t3_1pc001", "link_id": "t3_1pc001", "created_utc": ANSWERED.timestamp()}
    place = {"subreddit": "shopping", "permalink": "/r/shopping/comments/1pc001/parcelo/"}
    if "/comments" in path:
        items = [{"kind": "t1", "data": comment | place}] if is_answered else []
    else:
        items = [{"kind": "t3", "data": submission | place | {"created_utc": ASKED.timestamp(), "is_self": True}}]
    return {"kind": "Listing", "data": {"children": items, "after": None, "before": None}}


def mastodon(path: str, is_answered: bool) -> Any:
    """A post under a hashtag, its answer among what the account of the source's own server posted."""
    asked, answered = status_id(ASKED), status_id(ANSWERED)

    def status(own_id: str, name: str, words: str, answers: str | None = None) -> dict[str, Any]:
        address = f"https://shop.example/@{name}"
        return {
            "id": own_id,
            "uri": f"{address}/{own_id}",
            "url": f"{address}/{own_id}",
            "content": f"<p>{words}</p>",
            "visibility": "public",
            "reblog": None,
            "in_reply_to_id": answers,
            "created_at": None,
            "account": {"acct": name, "url": address},
        }

    complaint = status(asked, "ann", f"#parcelo {COMPLAINT}")
    if "/search" in path:
        return {"statuses": []}
    if "/accounts/lookup" in path:
        return {"id": "42"}
    if "/accounts/42/statuses" in path:
        return [status(answered, "Parcelo", ANSWER, asked)] if is_answered and "max_id" not in path else []
    if "/timelines/tag" in path:
        return [complaint] if "max_id" not in path else []
    return [complaint]  # what is answered, asked for by its number


def hackernews(path: str, is_answered: bool) -> Any:
    """A story that search finds, its answer among what the account wrote."""
    story = {"objectID": "45000001", "author": "ann", "title": COMPLAINT, "created_at_i": int(ASKED.timestamp())}
    comment = {"objectID": "45000002", "author": "parcelo", "comment_text": ANSWER, "story_id": 45000001}
    comment |= {"parent_id": 45000001, "created_at_i": int(ANSWERED.timestamp())}
    hits = ([comment] if is_answered else []) if "author_parcelo" in path else [story]
    return {"hits": hits, "nbHits": len(hits)}


SOURCES: dict[str, tuple[Told, dict[str, Any]]] = {
    "x": (x, {}),
    "reddit": (reddit, {"subreddit": "shopping"}),
    "mastodon": (mastodon, {"options": {"server": "shop.example"}}),
    "hackernews": (hackernews, {}),
}


def real(config: SourceConfig) -> Collector:
    return class_of(config.platform).build(config, SECRETS | MINE)


@pytest.mark.parametrize("platform", SOURCES)
def test_an_answer_that_the_brand_gives_on_the_platform_itself_stops_the_first_response_clock_by_default(
    parts: Parts, clock: Clock, server: Script, platform: str
) -> None:
    told, settings = SOURCES[platform]
    is_answered, date = False, {"Date": format_datetime(START, usegmt=True)}
    server.respond = lambda path: Answer(json.dumps(told(path, is_answered)).encode(), headers=date)
    set_up(parts, platform=platform, base_url=server.url, **settings)

    assert collect(parts, source_of(parts), real).error == ""
    classify(parts, FakeClassifier())
    (case,) = cases(parts)
    assert (case.status, case.first_reply_at) == (CaseStatus.NEW, None)

    is_answered = True
    clock.move(timedelta(minutes=5))
    assert collect(parts, source_of(parts), real).added == 1
    classify(parts, FakeClassifier())
    (case,) = cases(parts)
    assert (case.status, case.first_reply_at) == (CaseStatus.WAITING, ANSWERED)
