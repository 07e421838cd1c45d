"""Random schedules: posts come between pages and late, go, requests fail, runs are killed; nothing is lost silently.

Each platform is a small server of ours that pages as the platform does. Whatever happened, every post that stayed is
stored in the end, or a gap that was reported covers its time.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors.mastodon.statuses import id_at
from core.errors import CollectError
from core.types import Gap, Page
from tests.collectors.archive import snowflake
from tests.collectors.bluesky_answers import iso, session
from tests.collectors.conftest import Answer, Script

RUNS = int(os.environ.get("RANDOM_WALKS", "3"))  # schedules a platform
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FAULTS = [Answer(b"", 503), Answer(b"<html>over capacity</html>"), Answer(b"", 429), Answer(b'{"cut', cut=True)]
pytestmark = pytest.mark.timeout(120)


@dataclass
class World:
    """What was written, when, and from when on it is shown; `now` is the platform's clock, which each request moves."""

    dice: Random
    late: timedelta  # the most by which a post is shown later than it is dated
    url: str = ""
    now: datetime = BEGIN
    at: list[datetime] = field(default_factory=list)
    shown_at: list[datetime] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def write(self, count: int) -> None:
        for _ in range(count):
            self.now += SECOND * self.dice.choice([1, 1, 2, 7, 30, 300])
            is_late = self.late and self.dice.random() < 0.15
            self.at.append(self.now)
            self.shown_at.append(self.now + (self.late * self.dice.random() if is_late else timedelta()))

    def live(self) -> None:
        """Let a little happen, as between any two requests."""
        self.now += SECOND * self.dice.choice([0, 1, 5, 60])
        if self.dice.random() < 0.5:
            self.write(self.dice.choice([1, 1, 2, 9]))
        if self.dice.random() < 0.3 and self.at:
            self.gone |= {self.dice.randrange(len(self.at)) for _ in range(self.dice.choice([1, 1, 4]))}

    def listed(self) -> list[int]:
        """The numbers of the posts that are shown now, newest first."""
        shown = [each for each in range(len(self.at)) if self.shown_at[each] <= self.now and each not in self.gone]
        return sorted(shown, key=lambda each: (self.at[each], each), reverse=True)

    def answer(self, body: Any, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Date": format_datetime(self.now, usegmt=True)}
        return Answer(raw, headers=sent | headers)

    def some(self) -> int:
        """How many posts the server puts on a page: as often as not fewer than were asked for."""
        return self.dice.choice([3, 10, 10, 25])


Responds = Callable[[World, str, dict[str, str]], Answer]


def words(number: int) -> str:
    return f"parcelo lost it, number {number}"


def x(world: World, path: str, asked: dict[str, str]) -> Answer:
    ids = {snowflake(world.at[each], each): each for each in world.listed()}
    below = min(int(asked.get("until_id", 2**63)), int(asked.get("next_token", 2**63)))
    found = sorted((each for each in ids if int(asked.get("since_id", 0)) < each < below), reverse=True)
    if found and world.dice.random() < 0.15:  # X also sends empty pages although more follows
        return world.answer({"meta": {"result_count": 0, "next_token": str(found[0] + 1)}})
    page = found[: world.some()]
    more = {"next_token": str(page[-1])} if len(page) < len(found) else {}
    data = [{"id": str(each), "text": words(ids[each]), "author_id": "5"} for each in page]
    return world.answer({"data": data, "meta": {"result_count": len(page), **more}})


def mastodon(world: World, path: str, asked: dict[str, str]) -> Answer:
    ids = {int(id_at(world.at[each])) + each: each for each in world.listed()}
    found = sorted((each for each in ids if each < int(asked.get("max_id", 2**70))), reverse=True)
    return world.answer([status(each, ids[each], world) for each in found[: min(world.some(), int(asked["limit"]))]])


def status(status_id: int, number: int, world: World) -> dict[str, Any]:
    return {
        "id": str(status_id),
        "uri": f"https://elsewhere.example/users/bo/statuses/{number}",
        "url": f"https://elsewhere.example/@bo/{number}",
        "created_at": world.at[number].isoformat().replace("+00:00", "Z"),
        "content": f"<p>{words(number)}</p>",
        "visibility": "public",
        "account": {"acct": "bo@elsewhere.example", "url": "https://elsewhere.example/@bo"},
    }


def bluesky(world: World, path: str, asked: dict[str, str]) -> Answer:
    if "createSession" in path or "refreshSession" in path:
        return world.answer(session())
    since, until = asked.get("since", ""), asked.get("until", "")
    found = [each for each in world.listed() if (not since or iso(world.at[each]) >= since)]
    found = [each for each in found if not until or iso(world.at[each]) < until]
    start, count = int(asked.get("cursor", "0")), world.some()
    views = [
        {
            "uri": f"at://did:plc:bo/app.bsky.feed.post/{each}",
            "author": {"did": "did:plc:bo", "handle": "bo.example"},
            "record": {"text": words(each), "createdAt": iso(world.at[each])},
            "indexedAt": iso(world.shown_at[each]),
        }
        for each in found[start : start + count]
    ]
    return world.answer({"posts": views} | ({"cursor": str(start + count)} if len(found) > start + count else {}))


def hackernews(world: World, path: str, asked: dict[str, str]) -> Answer:
    low, high = 0, 2**40
    for rule in filter(None, asked.get("numericFilters", "").split(",")):
        low, high = (int(rule.split("=")[1]), high) if ">=" in rule else (low, int(rule.split("=")[1]))
    found = [each for each in world.listed() if low <= world.at[each].timestamp() <= high]
    hits = [
        {"objectID": str(each + 1), "comment_text": words(each), "created_at_i": int(world.at[each].timestamp())}
        for each in found[: 20 + world.some()]
    ]
    return world.answer({"hits": hits, "nbHits": len(found)})


def reddit(world: World, path: str, asked: dict[str, str]) -> Answer:
    if "access_token" in path:
        return world.answer({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"})
    names = {f"t3_{base36(10**9 + each)}": each for each in world.listed()}
    found = list(names)[:1000]
    if "after" in asked:  # below an item that is gone Reddit lists nothing
        found = found[found.index(asked["after"]) + 1 :] if asked["after"] in found else []
    page = found[: world.some()]
    children = [{"kind": "t3", "data": submission(name, names[name], world)} for name in page]
    after = page[-1] if len(page) < len(found) else None
    return world.answer({"kind": "Listing", "data": {"children": children, "after": after}})


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def submission(name: str, number: int, world: World) -> dict[str, Any]:
    at = world.at[number].timestamp()
    return {"id": name[3:], "name": name, "title": "t", "selftext": words(number), "author": "bo", "created_utc": at}


def youtube(world: World, path: str, asked: dict[str, str]) -> Answer:
    below = int(asked.get("pageToken", "t9999999").removeprefix("t"))
    found = [each for each in world.listed() if each < below]
    page = found[: world.some()]
    items = [
        {"id": f"c{each}", "snippet": {"topLevelComment": comment(each, world), "totalReplyCount": 0}} for each in page
    ]
    return world.answer({"items": items} | ({"nextPageToken": f"t{page[-1]}"} if len(page) < len(found) else {}))


def comment(number: int, world: World) -> dict[str, Any]:
    return {"id": f"c{number}", "snippet": {"textDisplay": words(number), "publishedAt": world.at[number].isoformat()}}


def feeds(world: World, path: str, asked: dict[str, str]) -> Answer:
    if "story" in path:
        return Answer(b"not here", 404)
    items = "".join(
        f"<item><guid>a:{each}</guid><title>{words(each)}</title><link>{world.url}/story/{each}</link>"
        f"<pubDate>{format_datetime(world.at[each])}</pubDate></item>"
        for each in world.listed()[:20]
    )
    xml = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'
    return world.answer(xml.encode(), **{"Content-Type": "application/xml"})


@dataclass(frozen=True)
class Platform:
    responds: Responds
    settings: dict[str, Any]
    late: timedelta = timedelta()
    rounds: int = 3  # calm runs after which all is read
    is_brief: bool = False  # whether it lists a few posts only, so that what came before the first reading is no loss


PLATFORMS = {
    "x": Platform(x, {"query": "parcelo"}, timedelta(minutes=4)),
    "mastodon": Platform(mastodon, {"query": "#parcelo", "options": {"search": "false"}}, timedelta(minutes=50)),
    "bluesky": Platform(bluesky, {"query": "parcelo"}, timedelta(minutes=50)),
    "hackernews": Platform(hackernews, {"query": "parcelo"}, timedelta(minutes=100)),
    "reddit": Platform(reddit, {"options": {"subreddit": "shopping", "listings": "new"}}),
    "youtube": Platform(
        youtube, {"query": "", "options": {"channel": "UCkettlekettlekettleketA", "quota_per_day": "100000"}}
    ),
    "feeds": Platform(feeds, {"url": "http://feeds.example/feed.xml"}, is_brief=True),
    "articles": Platform(
        feeds, {"url": "http://feeds.example/feed.xml", "options": {"allow_private": "true"}}, rounds=8, is_brief=True
    ),
}


class Reader:
    """One source that is read by one run after the other: what was stored, and what was said to be missing."""

    def __init__(self, start: Callable[[str], Iterator[Page]]) -> None:
        self.start, self.cursor = start, ""
        self.stored, self.gaps = set[int](), list[Gap]()

    def run(self, most: int) -> bool:
        """Store up to so many pages, and return whether the walk came to its end; a fault ends it as a kill does."""
        with suppress(CollectError):
            for count, page in enumerate(self.start(self.cursor), start=1):
                self.stored |= {int(post.text.rsplit(" ", 1)[1]) for post in page.posts}
                self.gaps += [page.gap] if page.gap else []
                self.cursor = page.cursor
                if count >= most:
                    return False
            return True
        return False


def schedule(seed: int, platform: str, server: Script, open_source: Callable[..., Any]) -> None:
    """Play one schedule and look at what is missing in the end."""
    dice, kind = Random(seed), PLATFORMS[platform]
    world, is_calm = World(dice, kind.late, server.url), kind.is_brief

    def respond(path: str) -> Answer:
        if not is_calm:
            world.live()
            if dice.random() < 0.1:
                return dice.choice(FAULTS)
        parts = urlsplit(path)
        return kind.responds(world, parts.path, {name: each[0] for name, each in parse_qs(parts.query).items()})

    def start(cursor: str) -> Iterator[Page]:
        collector = open_source(platform, server.url, **kind.settings)
        if platform == "articles":
            collector.extract = lambda *_: None
        return collector.fetch(cursor)  # type: ignore[no-any-return]

    server.respond = respond
    reader = Reader(start)
    world.write(10 if kind.is_brief else dice.choice([0, 5, 60, 150]))
    if kind.is_brief:
        reader.run(1)
        is_calm = False
    for _ in range(dice.randint(2, 6)):
        reader.run(dice.choice([1, 2, 3, 1000]))
        world.write(dice.choice([0, 1, 15, 60]))
        world.now += timedelta(minutes=dice.choice([0, 5, 200]))
    world.now += kind.late
    is_calm = True
    calm = 0
    for _ in range(40):
        calm += reader.run(10_000)
        if calm == kind.rounds:
            break

    assert calm == kind.rounds, "in the end the source is read"
    stayed = [each for each in range(len(world.at)) if each not in world.gone]
    missing = [each for each in stayed if each not in reader.stored and not is_covered(world.at[each], reader.gaps)]
    assert missing == [], f"schedule {seed}: of {len(world.at)} posts these are missing without a word: {missing}"


def is_covered(at: datetime, gaps: list[Gap]) -> bool:
    return any((not gap.from_at or gap.from_at <= at) and (not gap.until_at or at <= gap.until_at) for gap in gaps)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_whatever_happens_each_post_that_stays_is_stored_or_its_time_was_said_to_be_missing(
    platform: str, server: Script, open_source: Callable[..., Any]
) -> None:
    for seed in range(RUNS):
        schedule(seed, platform, server, open_source)
