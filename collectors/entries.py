"""The entries of an RSS or Atom feed as posts.

https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287 and, for comments,
https://www.rfc-editor.org/rfc/rfc4685
"""

import calendar
import io
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import feedparser
from feedparser.mixin import _FeedParserMixin

from collectors.base import fingerprint, language_code, plain, short_id, web_address
from collectors.dates import moment_at
from collectors.encodings import decoded
from collectors.text import plain_text
from core.errors import BadResponseError
from core.types import Post, PostKind, Rejection

CHARACTER: Final = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,9})|([0-9]{1,9}));?")
MAX_AUTHOR: Final = 300  # characters
MAX_TAGS: Final = 100  # categories of one entry; we use none
MAX_ATTRIBUTES: Final = 1_000  # of one element
ELEMENT: Final = re.compile(rb"<\0?[a-zA-Z](?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+")
NAME_BEHIND_ADDRESS: Final = re.compile(r"[^\s@]++@[^\s@()]++\s*+\((.+)\)")
DECLARATION: Final = re.compile(rb"\s{0,100}<\?xml[^<>]{0,200}?encoding\s?=\s?[\"']([^\"'<>]{1,40})[\"']")
OPENING: Final = re.compile(r"\s{0,100}<\?xml[^<>]{0,300}>")
# WordPress: wp-includes/feed-rss2-comments.php, and get_comment_text() for the words before a reply
COMMENT: Final = re.compile(r"#comment-(\d{1,20})\Z")
REPLY: Final = re.compile(
    r"\s{0,20}(?:<p>)?[^<>]{0,60}<a\s[^<>]{0,500}#comment-(\d{1,20})[\"'][^<>]{0,100}>[^<>]{0,300}</a>[^<>]{0,60}"
    r"(?:</p>|<br ?/?>|\n)"
)
COMMENT_PAGE: Final = re.compile(r"/comment-page-\d{1,6}/?(?=#|\Z)")
ADDRESS_IN_BRACKETS: Final = re.compile(r"\([^\s@()]++@[^\s@()]++\)\Z")


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


def parse(service: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """Return feedparser's view of `body`; raises `BadResponseError` where it is no feed."""
    body, headers = _in_utf8(body, headers)
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


def _in_utf8(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """Return the feed in UTF-8, with headers that say so; as it stands where nobody can tell how it is written."""
    declared = DECLARATION.match(body)
    own = declared[1].decode("ascii", "ignore") if declared else ""
    text = decoded(body, headers.get("content-type", ""), own)
    if text is None:
        return body, headers
    whole = '<?xml version="1.0" encoding="utf-8"?>' + OPENING.sub("", text.removeprefix("\ufeff"), count=1)
    return whole.encode("utf-8", "replace"), {**headers, "content-type": "application/xml; charset=utf-8"}


def to_posts(feed: Any, url: str, kind: PostKind, sent_at: datetime | None) -> tuple[list[Post], list[Rejection]]:
    """Return the feed's entries as posts, and those that cannot be one."""
    posts, rejected = [], []
    for row, entry in enumerate(feed.entries, start=1):
        try:
            posts.append(to_post(entry, feed.feed, url, kind, sent_at))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
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
    posted_at = date_of(entry) or date_of(feed) or sent_at
    if posted_at is None:
        raise ValueError("neither the entry nor the feed nor the server says when")
    own_id, parent, conversation = entry_id(entry, url, title, text), *_thread(entry)
    author = entry.get("author") or ("" if parent else feed.get("author"))  # a blog's owner wrote no comment
    return Post(
        platform="feeds",
        platform_id=own_id,
        text=text or title,
        title=title if text else "",
        author=author_of(plain(author)),
        posted_at=posted_at,
        url=link_of(entry),
        language=language_code(plain(feed.get("language"))),
        parent_id=short_id(parent),
        conversation_id=short_id(conversation),
        kind=PostKind.COMMENT if parent else kind,
    )


def link_of(entry: Mapping[str, Any]) -> str:
    """Return the address that the entry leads to, "" for none: of Google Alerts the page, not the counter before it."""
    link = web_address(plain(entry.get("link")))
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        if parts.path != "/url" or not f".{host}".rpartition(".google.")[1] or host.count(".") > 3:
            return link
        asked = parse_qs(parts.query, max_num_fields=20)
    except ValueError:
        return link
    return next((found for name in ("url", "q") for each in asked.get(name, ()) if (found := web_address(each))), link)


def _thread(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the ids of what a comment answers and of what it stands under, "" twice for an entry that is none.

    WordPress numbers comments in their addresses, which are ids too; one that answers another begins with a link to it.
    """
    answers = entry.get("thr_in-reply-to")  # its attributes, or its words where it has none
    told = plain(answers.get("ref")) if isinstance(answers, Mapping) else ""
    own = next((each for name in ("id", "link") if COMMENT.search(each := plain(entry.get(name)))), "")
    if not own:
        return told, ""
    article = COMMENT_PAGE.sub("/", own.rpartition("#")[0])
    answered = next((found[1] for part in _contents(entry) if (found := REPLY.match(part))), "")
    return told or (f"{article}#comment-{answered}" if answered else article), article


def entry_id(entry: Mapping[str, Any], url: str, title: str, text: str) -> str:
    """Return an id that is the entry's own in the whole world: a bare "17" is put behind the feed's address."""
    given = plain(entry.get("id")) or link_of(entry) or plain(entry.get("link"))
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


def _contents(entry: Mapping[str, Any]) -> list[str]:
    found = _parts(entry.get("content"))
    return [part.get("value") or "" for part in found if part.get("type") != "text/plain"]


def _parts(content: object) -> list[Mapping[str, Any]]:
    """Return the texts that feedparser made of an element; one of a stranger's own by its name gives none."""
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []


def _words(entry: Mapping[str, Any]) -> str:
    """Return the entry's whole text where the feed gives it, else its summary.

    Of an answer in WordPress, without the words that lead to what it answers: they are not its author's.
    """
    answers = [REPLY.sub("", part, count=1) for part in _contents(entry) if REPLY.match(part)]
    if answers and _thread(entry)[1]:
        return plain_text(answers[0])
    words = (
        part.get("value", "") if part.get("type") == "text/plain" else plain_text(part.get("value") or "")
        for part in [*_parts(entry.get("content")), *_parts([entry.get("summary_detail")])]
    )
    return max(words, key=len, default="")


def date_of(thing: Any) -> datetime | None:
    """Return the date that an entry or a feed gives itself, None for none that a post can be from."""
    for name in ("published_parsed", "updated_parsed"):
        moment = dict.get(thing, name)  # feedparser's own get warns where it takes one date for the other
        if isinstance(moment, time.struct_time):
            try:
                return moment_at(calendar.timegm(moment))
            except (ValueError, OverflowError):
                continue
    return None
