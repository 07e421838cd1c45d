"""What strangers write to keep us busy or to make a later sum fail; each of these once hung or overflowed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from html import escape

import pytest

from collectors.base import reach_of
from collectors.columns import ROUNDED, find_columns
from collectors.dates import is_ambiguous, order_shown, parse_date, within_bounds
from collectors.delimited import sniff_delimiter
from collectors.encodings import decoded
from collectors.entries import MAX_AUTHOR, REPLY, author_of, link_of, parse
from collectors.entries import to_posts as feed_posts
from collectors.hackernews import to_posts as hn_posts
from collectors.pages import CHARSET, page_id
from collectors.reddit import to_posts as reddit_posts
from collectors.text import plain_text, unescaped
from collectors.web import error_for
from collectors.x import to_posts as x_posts
from collectors.youtube.api import refusal
from collectors.youtube.comments import to_posts as youtube_posts
from core.errors import BadResponseError, InputError
from core.queries import match, parse_query
from core.types import PostKind
from tests.collectors.archive import snowflake

SIZE = 100_000
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PIECES = ["a", "1", " ", "@", "(", "@a(", "(@a", "a@", "a.", "-", "<", "<a", "<a ", "&", "&#", "&#1", "</", ":", "1:"]
PIECES += ["1 ", "+01:", "jan ", "1/1/", "\n ", "E+", "1E+", '"', ",", '",', "=", "\\", "é", "</a ", "<!--", "]]>"]
LONG = [
    *(piece * (SIZE // len(piece)) for piece in PIECES),
    "<" + "a" * SIZE,
    "&#" + "9" * SIZE + ";",
    "(" + "@a(" * SIZE,
]
pytestmark = pytest.mark.timeout(60)


def ignoring(error: type[Exception], call: Callable[[str], object]) -> Callable[[str], None]:
    def called(text: str) -> None:
        with suppress(error):
            call(text)

    return called


READERS: dict[str, Callable[[str], object]] = {
    "author": author_of,
    "date": ignoring(ValueError, parse_date),
    "day order": lambda text: (order_shown(text), is_ambiguous(text), order_shown("1/1/2026 " + text)),
    "words": plain_text,
    "references": unescaped,
    "query": lambda text: match(parse_query('parcelo OR hail -"parcelo jobs"'), text),
    "reply": REPLY.match,
    "link": lambda text: link_of({"link": "https://www.google.com/url?" + text}),
    "encoding": lambda text: (decoded(text.encode(), text, text), decoded(text.encode() + b"\xff", "", "")),
    "columns": ignoring(InputError, lambda text: find_columns("a.csv", (text, "text"), {})),
    "rounded id": ROUNDED.fullmatch,
    "reach": reach_of,
    "delimiter": sniff_delimiter,
    "error": lambda text: error_for("X", 400, {}, text.encode()),
    "Hacker News": lambda text: hn_posts(
        [{"objectID": "7", "comment_text": text, "author": text, "created_at_i": 1795168800, "parent_id": text}]
    ),
    "YouTube": lambda text: youtube_posts(
        [{"id": text, "snippet": {"textDisplay": text, "authorDisplayName": text, "publishedAt": text}}]
    ),
    "refusal of YouTube": lambda text: refusal(403, {}, text.encode(), NOON),
    "page": lambda text: (page_id("https://a.example/?" + text, text), CHARSET.search(text.encode())),
    "X": lambda text: x_posts(
        {"data": [{"id": "7", "text": text, "created_at": text, "lang": text, "author_id": text}], "meta": {}}
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_hundred_kilobytes_keep_a_reader_busy(reader: str) -> None:
    for text in LONG:
        READERS[reader](text)


@pytest.mark.parametrize("element", ["author", "description", "link", "pubDate"])
def test_no_field_of_a_feed_keeps_us_busy(element: str) -> None:
    for text in LONG:
        body = f"<{element}>{escape(text)}</{element}>"
        xml = f'<?xml version="1.0"?><rss version="2.0"><channel><item>{body}</item><title>t</title></channel></rss>'
        posts, rejected = feed_posts(parse("Feed", xml.encode(), {}), "http://a.example", PostKind.ARTICLE, NOON)

        assert len(posts) + len(rejected) == 1
        assert all(len(post.author) <= MAX_AUTHOR for post in posts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_number_of_attributes_or_categories_keeps_us_busy(encoding: str) -> None:
    def feed(inner: str) -> bytes:
        start = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>t</title>'
        return f"{start}<item><title>a</title>{inner}</item></channel></rss>".encode(encoding)

    categories = "".join(f"<category>{number}</category>" for number in range(60_000))
    attributes = "<x " + " ".join(f'a{number}=">"' for number in range(60_000)) + "/>"

    assert len(parse("Feed", feed(categories), {}).entries) == 1
    with pytest.raises(BadResponseError, match="cannot be taken apart"):
        parse("Feed", feed(attributes), {})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("dora@example.org (Dora)", "Dora"),
        ("dora@parcels.example (Dora (the first))", "Dora (the first)"),
        ("Dora (dora@parcels.example)", "Dora"),
        ("Dora (the first) (dora@parcels.example)", "Dora (the first)"),
        ("(dora@parcels.example)", "(dora@parcels.example)"),
        ("Dora (no address)", "Dora (no address)"),
        ("dora@parcels.example", "dora@parcels.example"),
        ("", ""),
    ],
)
def test_an_author_is_called_by_the_name_beside_the_address(given: str, name: str) -> None:
    assert author_of(given) == name


@pytest.mark.parametrize("created_at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "1970-01-01", None])
def test_a_post_of_x_with_an_impossible_date_takes_that_of_its_id(created_at: str | None) -> None:
    raw = {"id": str(snowflake(NOON)), "text": "late", "created_at": created_at}
    (post,), rejected = x_posts({"data": [raw], "meta": {}})

    assert post.posted_at == NOON
    assert rejected == ()


@pytest.mark.parametrize("post_id", ["9" * 30, "9" * 300, "-" + "9" * 300])
def test_a_post_of_x_whose_id_is_of_no_time_either_is_rejected(post_id: str) -> None:
    posts, rejected = x_posts({"data": [{"id": post_id, "text": "late"}], "meta": {}})

    assert posts == ()
    assert len(rejected) == 1


@pytest.mark.parametrize("created", [253_402_300_799, -62_135_596_800, 1e30, 0, float("nan"), float("inf"), "soon"])
def test_an_item_of_reddit_with_an_impossible_date_is_rejected(created: object) -> None:
    data = {"name": "t3_a", "title": "late", "selftext": "late", "created_utc": created}
    good = {**data, "name": "t3_b", "created_utc": NOON.timestamp()}
    posts, rejected = reddit_posts([{"kind": "t3", "data": data}, {"kind": "t3", "data": good}])

    assert [post.platform_id for post in posts] == ["t3_b"]
    assert [rejection.row for rejection in rejected] == [1]


def test_a_moment_without_a_zone_is_not_taken_for_the_machines() -> None:
    assert within_bounds(datetime(2026, 11, 20, 12)) == NOON  # noqa: DTZ001
