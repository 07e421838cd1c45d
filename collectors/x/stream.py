"""X's filtered stream: posts within seconds, while somebody listens.

https://docs.x.com/x-api/posts/filtered-stream/introduction - an app has one connection and 1,000 rules, a rule up to
1,024 characters in the language of search; a blank line comes every 20 seconds. What is not delivered is not kept for
us, so the stream moves no cursor: the search of the next run goes over the same time once more, and finds what a broken
connection, a late start or a restart of X left out. Posts read twice on one UTC day are charged once; the search
counts them.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import requests

from collectors.base import plain
from collectors.web import live_lines
from collectors.x.api import Api, errors_of
from collectors.x.posts import read_answer
from core.errors import BadResponseError, CollectError, NotPermittedError, UnreachableError
from core.types import Page, Post, Rejection

URL: Final = "https://api.twitter.com/2/tweets/search/stream"
RULES: Final = "/2/tweets/search/stream/rules"
PAGE_SIZE: Final = 50  # posts a page
PAGE_SECONDS: Final = 2.0  # how long posts are gathered for one page
SIGN_OF_LIFE: Final = 15.0  # seconds after which a page without posts lets the caller renew its lease, or stop


def stream(
    api: Api, session: requests.Session, queries: Sequence[str], tag: str, seconds: float, cursor: str
) -> Iterator[Page]:
    """Yield what the stream brings in so many seconds, always under the same cursor.

    Raises what `Collector.fetch` raises, `UnreachableError` where the connection breaks; it is not made again.
    """
    rules = set_rules(api, queries, tag)
    headers = {"Authorization": f"Bearer {api.client.bearer_token}", "User-Agent": api.client.user_agent}
    response = session.get(URL, params=api.fields, headers=headers, stream=True)
    yield from pages(live_lines("X", response, seconds), rules, cursor)


def set_rules(api: Api, queries: Sequence[str], tag: str) -> frozenset[str]:
    """Let the app's rules with this tag be these queries, and return the ids of the rules that are; others stay."""
    rules = _rules(api.ask("GET", RULES, {}))
    ids = {rule["value"]: rule["id"] for rule in rules if rule["value"] in queries}
    stale = [rule["id"] for rule in rules if rule["tag"] == tag and rule["value"] not in queries]
    missing = [query for query in queries if query not in ids]
    if missing:
        answer = api.ask("POST", RULES, {}, {"add": [{"value": query, "tag": tag} for query in missing]})
        refused = [each for each in errors_of(answer) if each.get("title") != "DuplicateRule"]
        if refused:
            raise NotPermittedError(f"X refused a rule of the stream: {_reason(refused[0])}.")
        ids |= {rule["value"]: rule["id"] for rule in _rules(answer)}
    if stale:
        api.ask("POST", RULES, {}, {"delete": {"ids": stale}})
    return frozenset(ids.values())


def pages(lines: Iterable[bytes], rules: frozenset[str], cursor: str) -> Iterator[Page]:
    """Yield the posts of a stream in small pages; where it breaks, what came before is yielded first."""
    posts: dict[str, Post] = {}
    rejected: list[Rejection] = []
    last = time.monotonic()
    try:
        for line in lines:
            if line:
                new, bad = read_line(line, rules)
                posts |= {post.platform_id: post for post in new}
                rejected += bad
            waited = time.monotonic() - last
            due = waited >= PAGE_SECONDS or len(posts) >= PAGE_SIZE if posts or rejected else waited >= SIGN_OF_LIFE
            if due:
                yield Page(tuple(posts.values()), cursor, tuple(rejected))
                posts, rejected, last = {}, [], time.monotonic()
    except CollectError:
        if posts or rejected:
            yield Page(tuple(posts.values()), cursor, tuple(rejected))
        raise
    if posts or rejected:
        yield Page(tuple(posts.values()), cursor, tuple(rejected))


def read_line(line: bytes, rules: frozenset[str]) -> tuple[tuple[Post, ...], tuple[Rejection, ...]]:
    """Return the post of one line, unless only somebody else's rule brought it; raises where X ends the stream."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadResponseError("X sent something else than JSON in its stream.") from error
    if not isinstance(answer, dict):
        raise BadResponseError("X sent a line of another shape in its stream.")
    if not answer.get("data"):
        raise UnreachableError(f"X ended the stream: {_reason(next(iter(errors_of(answer)), answer))}.")
    matching = answer.get("matching_rules")
    matched = (
        {str(rule.get("id")) for rule in matching if isinstance(rule, dict)} if isinstance(matching, list) else set()
    )
    if rules and matched and not matched & rules:
        return (), ()
    read = read_answer(answer)
    return read.posts, read.rejected


def _rules(answer: Mapping[str, Any]) -> list[dict[str, str]]:
    data = answer.get("data") or []
    if not isinstance(data, list):
        raise BadResponseError("X sent its stream's rules in another shape.")
    return [
        {name: str(rule.get(name) or "") for name in ("id", "value", "tag")} for rule in data if isinstance(rule, dict)
    ]


def _reason(problem: Mapping[str, Any]) -> str:
    return plain(problem.get("detail") or problem.get("title") or "it did not say why").rstrip(". ")[:300]
