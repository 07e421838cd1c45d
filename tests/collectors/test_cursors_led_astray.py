"""Ids and times that no honest server sends: none of them may move a cursor past posts that are still to come."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from collectors import Collector
from tests.collectors.archive import all_posts, snowflake
from tests.collectors.conftest import Answer, Script
from tests.collectors.test_walks_random import World, hackernews, mastodon, status, x

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Open = Callable[..., Collector]


def numbers_of(server: Script, open_source: Open, platform: str, poisoned: Callable[..., Answer]) -> set[int]:
    """What is stored of 120 posts, 60 of them written after a first run to whose first answer something was added."""
    from random import Random

    world, is_first = World(Random(1), timedelta()), [True]
    world.write(60)
    cursor, stored = "", set[int]()
    server.respond = lambda path: poisoned(world, path, is_first.pop() if is_first else False)
    settings = {"mastodon": {"query": "#parcelo", "options": {"search": "false"}}}.get(platform, {"query": "parcelo"})
    for _ in range(2):
        for page in open_source(platform, server.url, **settings).fetch(cursor):
            stored |= {int(post.text.rsplit(" ", 1)[1]) for post in all_posts([page])}
            cursor = page.cursor
        world.write(60)
    return stored


def asked_in(path: str) -> dict[str, str]:
    from urllib.parse import parse_qs, urlsplit

    return {name: each[0] for name, each in parse_qs(urlsplit(path).query).items()}


@pytest.mark.parametrize("post_id", [2**62, snowflake(NOW + timedelta(days=900)), 5])
def test_a_post_of_x_with_an_id_of_another_time_hides_no_other(server: Script, open_source: Open, post_id: int) -> None:
    def poisoned(world: World, path: str, is_first: bool) -> Answer:
        answer = x(world, path, asked_in(path))
        if is_first or (post_id == 5 and "since_id" in path):
            body: dict[str, Any] = json.loads(answer.body)
            body["data"] = [*body.get("data", []), {"id": str(post_id), "text": "late 999", "author_id": "5"}]
            answer.body = json.dumps(body).encode()
        return answer

    found = numbers_of(server, open_source, "x", poisoned)

    assert found >= set(range(60, 120)) if post_id == 5 else found >= set(range(120))


def test_a_status_with_an_id_of_forty_digits_hides_no_other(server: Script, open_source: Open) -> None:
    def poisoned(world: World, path: str, is_first: bool) -> Answer:
        answer = mastodon(world, path, asked_in(path))
        if is_first:
            body = json.loads(answer.body)
            answer.body = json.dumps([*body, status(10**39, 0, world)]).encode()
        return answer

    assert numbers_of(server, open_source, "mastodon", poisoned) >= set(range(1, 120))


def test_a_hit_that_is_older_than_was_asked_for_ends_no_search(server: Script, open_source: Open) -> None:
    def poisoned(world: World, path: str, is_first: bool) -> Answer:
        answer = hackernews(world, path, asked_in(path))
        body = json.loads(answer.body)
        body["hits"].append({"objectID": "7", "comment_text": "parcelo, number 999", "created_at_i": 1_000_000_000})
        answer.body = json.dumps(body).encode()
        answer.headers["Date"] = format_datetime(world.now, usegmt=True)
        return answer

    assert numbers_of(server, open_source, "hackernews", poisoned) >= set(range(60, 120))
