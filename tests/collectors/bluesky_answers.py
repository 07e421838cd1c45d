"""A scripted Bluesky: invented posts, found as its services find them."""

import base64
import json
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.collectors.archive import EVERY, START
from tests.collectors.conftest import Answer


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def uri_of(number: int) -> str:
    return f"at://did:plc:anna{number % 7}/app.bsky.feed.post/3k{number:05d}"


def view(number: int, arrived: datetime | None = None, **record: Any) -> dict[str, Any]:
    """What Bluesky shows of a post that was written two seconds before it arrived."""
    arrived = arrived or START + EVERY * number
    author = f"anna{number % 7}"
    return {
        "uri": uri_of(number),
        "cid": f"bafy{number}",
        "author": {"did": f"did:plc:{author}", "handle": f"{author}.example", "displayName": author.title()},
        "record": {
            "$type": "app.bsky.feed.post",
            "text": f"where is my parcel number {number}",
            "createdAt": iso(arrived - timedelta(seconds=2)),
            "langs": ["en"],
            **record,
        },
        "indexedAt": iso(arrived),
    }


def token(lasts: float = 7200) -> str:
    """A session's token, as far as the client looks into it."""
    parts = [{"alg": "none"}, {"exp": int(time.time() + lasts), "sub": "did:plc:brand"}]
    written = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*written, "unsigned"])


def session(**more: Any) -> dict[str, Any]:
    known = {"did": "did:plc:brand", "handle": "brand.example", "accessJwt": token(), "refreshJwt": token(9e6)}
    return known | more


class Sky:
    """Answers by the path. Search sorts by the earlier of claim and arrival, pages by counting, to `cap` posts."""

    def __init__(self, views: list[dict[str, Any]], cap: int = 10_000) -> None:
        self.views, self.cap, self.asked = views, cap, list[str]()
        self.before_search: list[Any] = []  # called in turn, one a search
        self.answers: dict[str, list[Answer]] = {}  # by the end of the path, instead of what would be said

    def __call__(self, path: str) -> Answer:
        split = urlsplit(path)
        name = split.path.removeprefix("/xrpc/")
        self.asked.append(name)
        if self.answers.get(name):
            return self.answers[name].pop(0)
        query = parse_qs(split.query)
        found = {
            "com.atproto.server.createSession": lambda _: session(),
            "com.atproto.server.refreshSession": lambda _: session(),
            "app.bsky.feed.searchPosts": self.search,
            "app.bsky.feed.getAuthorFeed": self.feed,
            "app.bsky.feed.getPosts": lambda query: {"posts": [v for v in self.views if v["uri"] in query["uris"]]},
        }[name](query)
        return Answer(json.dumps(found).encode(), headers={"Content-Type": "application/json; charset=utf-8"})

    def search(self, query: dict[str, list[str]]) -> dict[str, Any]:
        if self.before_search:
            self.before_search.pop(0)()
        since, until = (query.get(name, [""])[0] for name in ("since", "until"))
        word = query["q"][0].strip('"').lower()
        found = sorted((v for v in self.views if word in v["record"]["text"].lower()), key=self.sort_at, reverse=True)
        found = [v for v in found if (not since or self.sort_at(v) >= since) and (not until or self.sort_at(v) < until)]
        start, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
        listed = found[: self.cap][start : start + limit]
        more = {"cursor": str(start + limit)} if len(found[: self.cap]) > start + limit else {}
        return {"posts": listed, **more}

    def feed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start = int(query.get("cursor", ["0"])[0])
        shown = [v for v in self.views if v["author"]["handle"] == query["actor"][0] or "reposted" in v]
        shown = sorted(shown, key=self.sort_at, reverse=True)
        more = {"cursor": str(start + 100)} if len(shown) > start + 100 else {}
        return {"feed": [{"post": v} for v in shown[start : start + 100]], **more}

    @staticmethod
    def sort_at(shown: dict[str, Any]) -> str:
        return str(min(shown["record"]["createdAt"], shown["indexedAt"]))
