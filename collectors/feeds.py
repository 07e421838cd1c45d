"""RSS and Atom feeds.

https://www.rssboard.org/rss-specification and https://www.rfc-editor.org/rfc/rfc4287

A feed lists its newest entries only, often ten, and does not say what fell out in between: read it more often than it
turns over. Reading is free, and an unchanged feed answers 304.
"""

import calendar
import io
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final
from xml.sax import SAXException

import feedparser
import httpx
from feedparser.mixin import _FeedParserMixin

from collectors.base import (
    PAGE_SIZE,
    Credentials,
    NeedsNothing,
    SourceConfig,
    fingerprint,
    language_code,
    plain,
    read_cursor,
    short_id,
    web_address,
    write_cursor,
)
from collectors.dates import moment_at
from collectors.text import matcher, plain_text
from collectors.web import get, http_client, http_date
from core.errors import BadResponseError, ConfigError
from core.types import Page, Post, PostKind, Rejection

READ_HEADERS: Final = ("content-type", "content-language", "content-location")  # what feedparser looks at
CHARACTER: Final = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,9})|([0-9]{1,9}));?")
MAX_AUTHOR: Final = 300  # characters
MAX_TAGS: Final = 100  # categories of one entry; we use none
MAX_ATTRIBUTES: Final = 1_000  # of one element
ELEMENT: Final = re.compile(rb"<\0?[a-zA-Z](?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+")
NAME_BEHIND_ADDRESS: Final = re.compile(r"[^\s@]++@[^\s@()]++\s*+\((.+)\)")
ADDRESS_IN_BRACKETS: Final = re.compile(r"\([^\s@()]++@[^\s@()]++\)\Z")
CUT_OFF: Final = "The feed ends in the middle: entries are missing."
END: Final = re.compile(rb"</\s*(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


def _with_short_author(parser: Any, key: str = "author", sync: Any = _FeedParserMixin._sync_author_detail) -> None:
    context = parser._get_context()
    if isinstance(context.get(key), str):
        context[key] = context[key][:MAX_AUTHOR]
    sync(parser, key)


def _with_few_tags(
    parser: Any, term: object, scheme: object, label: object, add: Any = _FeedParserMixin._add_tag
) -> None:
    if len(parser._get_context().get("tags", ())) < MAX_TAGS:
        add(parser, term, scheme, label)


# feedparser looks for an address in the author's name with a pattern that takes a minute for 100 kB of "a", and
# compares each category with all before it; the parser below it does so with attributes.
_FeedParserMixin._sync_author_detail = _with_short_author
_FeedParserMixin._add_tag = _with_few_tags


class Feeds(NeedsNothing):
    """The entries of one feed, those that hold the words of `query` where one is given.

    An entry without a date, or with one that no post can be from, takes the feed's own, else the moment at which the
    server sent the feed; the store keeps the date that it saw first. The cursor holds what the server wants back to
    answer 304.
    """

    options: ClassVar[frozenset[str]] = frozenset({"kind"})

    def __init__(self, config: SourceConfig, client: httpx.Client) -> None:
        self.service = f'Feed "{config.name}"'
        self.url = feed_url(config)
        self.address = httpx.URL(config.base_url).join(self.url.raw_path.decode()) if config.base_url else self.url
        self.kind = post_kind(config)
        self.wanted = matcher(config.query)
        self.client = client

    @classmethod
    def build(
        cls,
        config: SourceConfig,
        credentials: Credentials,  # noqa: ARG003  (a feed has none)
        timeout: tuple[float, float] | None = None,
    ) -> "Feeds":
        """Return the collector with an httpx client that has timeouts."""
        return cls(config, http_client(base_url=config.base_url, timeout=timeout))

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield the feed's entries where it changed; only the last page carries the new cursor."""
        state = read_cursor(cursor)
        asked = {"If-None-Match": state.get("etag"), "If-Modified-Since": state.get("modified")}
        response, body = get(
            self.service, self.client, self.address, {name: str(value) for name, value in asked.items() if value}
        )
        if response.status_code == 304:
            return
        headers = {name: response.headers[name] for name in READ_HEADERS if name in response.headers}
        feed = parse(self.service, body, {"content-location": str(self.url), **headers})
        # Many feeds are ill-formed for good, and feedparser reads on behind the fault; one without its end is worse.
        broken = CUT_OFF if isinstance(feed.get("bozo_exception"), SAXException) and not END.search(body) else ""
        posts, rejected = to_posts(feed, str(self.url), self.kind, http_date(response.headers.get("date", "")))
        posts = [post for post in posts if self.wanted(f"{post.title}\n{post.text}")]
        kept = {"etag": response.headers.get("etag"), "modified": response.headers.get("last-modified")}
        fresh = "" if broken else write_cursor(**{name: value for name, value in kept.items() if value})
        while len(posts) > PAGE_SIZE:
            yield Page(tuple(posts[:PAGE_SIZE]), cursor)
            posts = posts[PAGE_SIZE:]
        yield Page(tuple(posts), fresh, tuple(rejected), broken)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()


def feed_url(config: SourceConfig) -> httpx.URL:
    """Return the feed's address; raises `ConfigError` where there is none that can be asked."""
    try:
        url = httpx.URL(config.url)
    except httpx.InvalidURL as error:
        raise ConfigError(f'Source "{config.name}": its url cannot be read as an address.') from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f'Source "{config.name}" needs a url that begins with https:// or http://.')
    return url


def post_kind(config: SourceConfig) -> PostKind:
    """Return what the entries are: articles, unless the option kind says posts or comments."""
    given = config.options.get("kind", PostKind.ARTICLE)
    try:
        return PostKind(given)
    except ValueError as error:
        raise ConfigError(f'Source "{config.name}": kind must be post, comment or article, not "{given}".') from error


def parse(service: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """Return feedparser's view of `body`; raises `BadResponseError` where it is no feed."""
    if any(element[0].count(b"=") > MAX_ATTRIBUTES for element in ELEMENT.finditer(body)):
        raise BadResponseError(f"{service} sent a feed that cannot be taken apart.")
    whole = CHARACTER.sub(_possible, body)
    try:
        # A stream: a bare string or bytes would first be tried as an address and as the name of a local file.
        # Nothing of the HTML is kept, so it need be neither made harmless nor given whole addresses.
        feed = feedparser.parse(
            io.BytesIO(whole), response_headers=dict(headers), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # what strangers write makes feedparser fail in a dozen ways, KeyError among them
        raise BadResponseError(f"{service} sent a feed that cannot be taken apart.") from error
    if not feed.get("version") and not feed.entries:
        raise BadResponseError(f"{service} did not send RSS or Atom.")
    return feed


def to_posts(feed: Any, url: str, kind: PostKind, sent_at: datetime | None) -> tuple[list[Post], list[Rejection]]:
    """Return the feed's entries as posts, and those that cannot be one."""
    posts, rejected = [], []
    for row, entry in enumerate(feed.entries, start=1):
        try:
            posts.append(to_post(entry, feed.feed, url, kind, sent_at))
        except ValueError as error:
            raw = plain(entry.get("title") or entry.get("link") or entry.get("id"))
            rejected.append(Rejection(row, str(error), raw[:500]))
    return posts, rejected


def to_post(
    entry: Mapping[str, Any], feed: Mapping[str, Any], url: str, kind: PostKind, sent_at: datetime | None
) -> Post:
    """Return an entry as a post; raises `ValueError` with the reason where it lacks words or any date."""
    title, text = plain(plain_text(entry.get("title", ""))), plain(_words(entry))
    if not title and not text:
        raise ValueError("the entry has no words")
    posted_at = _date(entry) or _date(feed) or sent_at
    if posted_at is None:
        raise ValueError("neither the entry nor the feed nor the server says when")
    parent = entry.get("thr_in-reply-to") or {}
    return Post(
        platform="feeds",
        platform_id=entry_id(entry, url, title, text),
        text=text or title,
        title=title if text else "",
        author=author_of(plain(entry.get("author") or feed.get("author"))),
        posted_at=posted_at,
        url=web_address(plain(entry.get("link"))),
        language=language_code(plain(feed.get("language"))),
        parent_id=short_id(plain(parent.get("ref"))),
        kind=PostKind.COMMENT if parent else kind,
    )


def entry_id(entry: Mapping[str, Any], url: str, title: str, text: str) -> str:
    """Return an id that is the entry's own in the whole world: a bare "17" is put behind the feed's address."""
    given = plain(entry.get("id") or entry.get("link"))
    if not given:
        given = fingerprint(title, text)
    named = "://" in given or given.startswith(("tag:", "urn:"))
    return short_id(given if named else f"{url}#{given}")


def author_of(value: str) -> str:
    """Return the name in "dora@example.org (Dora)" or "Dora (dora@example.org)", and anything else as it stands.

    feedparser has names too, but takes addresses apart wrongly where the last part has more than four letters.
    """
    value = value[:MAX_AUTHOR]
    if found := NAME_BEHIND_ADDRESS.fullmatch(value):
        return found[1].strip()
    if (found := ADDRESS_IN_BRACKETS.search(value)) and (name := value[: found.start()].strip()):
        return name
    return value


def _possible(reference: re.Match[bytes]) -> bytes:
    """Return the reference where there is such a character; one comment with another would cost the whole feed."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if number < 0xD800 or 0xDFFF < number < 0x110000 else b"&#xFFFD;"


def _words(entry: Mapping[str, Any]) -> str:
    """Return the entry's whole text where the feed gives it, else its summary."""
    parts = [*(entry.get("content") or []), entry.get("summary_detail") or {}]
    words = (
        part.get("value", "") if part.get("type") == "text/plain" else plain_text(part.get("value") or "")
        for part in parts
    )
    return max(words, key=len)


def _date(thing: Any) -> datetime | None:
    for name in ("published_parsed", "updated_parsed"):
        moment = dict.get(thing, name)  # feedparser's own get warns where it takes one date for the other
        if isinstance(moment, time.struct_time):
            try:
                return moment_at(calendar.timegm(moment))
            except (ValueError, OverflowError):
                continue
    return None
