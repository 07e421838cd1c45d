"""In what encoding a feed is written, whatever it, its server or nobody says."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collectors import Collector
from collectors.encodings import decoded
from collectors.entries import parse
from core.errors import BadResponseError
from tests.collectors.archive import all_posts
from tests.collectors.conftest import Script

Open = Callable[..., Collector]
WORDS = {
    "koi8-r": "Посылка опять не пришла, служба поддержки не отвечает уже третью неделю. Деньги списали сразу.",
    "windows-1251": "Посылка опять не пришла, служба поддержки не отвечает уже третью неделю.",
    "big5": "包裹又遲到了，客服電話一直沒有人接，我已經等了三個星期。",
    "gb2312": "包裹又迟到了，客服电话一直没有人接，我已经等了三个星期。",
    "windows-1255": "החבילה שוב לא הגיעה, שירות הלקוחות לא עונה כבר שלושה שבועות.",
    "euc-kr": "택배가 또 늦었습니다 고객센터는 전화를 받지 않습니다",
    "shift_jis": "荷物がまた届きません。お客様センターは電話に出ません。",
    "iso-8859-1": "Le colis n'est jamais arrivé, le service après-vente ne répond pas à mes courriers.",
}


def feed(words: str, encoding: str, declared: str) -> bytes:
    says = f' encoding="{declared}"' if declared else ""
    return (
        f'<?xml version="1.0"{says}?><rss version="2.0"><channel><title>News</title><item><guid>a:1</guid>'
        f"<title>News</title><description>{words}</description></item></channel></rss>"
    ).encode(encoding)


@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize(
    ("content_type", "declared"),
    [
        ("application/xml", "{}"),
        ("application/xml; charset={}", ""),
        ("text/xml", "{}"),
        ("text/html; charset=iso-8859-1", "{}"),
        ("text/xml; charset=utf-8", "{}"),
        ("application/rss+xml; charset={}", "utf-8"),
        ("application/xml", "utf-8"),
        ("application/xml; charset=no-such-charset", ""),
        ("application/octet-stream", ""),
    ],
    ids=[
        *("by the feed", "by the server", "text", "against the server's default", "against the server"),
        *("against the feed", "wrongly", "by a name that is none", "by nobody"),
    ],
)
def test_a_feed_is_read_in_its_encoding_however_that_is_declared(
    server: Script, open_source: Open, encoding: str, content_type: str, declared: str
) -> None:
    body = feed(WORDS[encoding], encoding, declared.format(encoding))
    server.say(body, Content_Type=content_type.format(encoding))
    (post,) = all_posts(list(open_source("feeds", server.url, url="http://feeds.example/news.xml").fetch("")))

    assert post.text == WORDS[encoding]


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "koi8-r", "big5", "windows-1255", "gb2312", ""])
def test_what_shows_itself_to_be_utf_8_is_that_whatever_is_declared(words: str, declared: str) -> None:
    body = feed(words, "utf-8", declared)

    assert decoded(body, f"text/xml; charset={declared}", declared) == body.decode()


def test_a_feed_of_plain_letters_is_never_guessed_at() -> None:
    body = feed("late again", "ascii", "utf-8")

    assert decoded(body, "", "big5") == body.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "gb2312"])
def test_one_word_cut_in_its_middle_spoils_no_other(encoding: str) -> None:
    words = WORDS["big5" if encoding == "utf-8" else encoding] * 3
    raw = words.encode(encoding)
    body = feed("@", "ascii", encoding).replace(b"@", raw + raw[:1] + b"</description><x>" + raw + b"</x><description>")
    text = decoded(body, "", encoding)

    assert text is not None
    assert text.count(words) == 2
    assert text.count("\ufffd") <= 1


def test_a_feed_that_ends_in_the_middle_of_a_letter_keeps_all_others() -> None:
    body = feed(WORDS["koi8-r"], "utf-8", "utf-8")
    end = body.index("неделю".encode()) + 3

    assert decoded(body[:end], "", "utf-8") == body[: end - 1].decode()


def test_bytes_that_are_no_text_are_left_alone() -> None:
    assert decoded(bytes(range(256)) * 400, "", "") is None


@pytest.mark.replay
def test_feeds_of_feedparsers_own_suite_without_a_declaration_are_read_in_their_encoding(
    replay: Callable[..., object], shared: Path
) -> None:
    root = shared / "replay" / "feeds"
    expected: dict[str, dict[str, Any]] = json.loads((root / "expect.json").read_text())
    paths = sorted((root / "feedparser" / "illformed" / "chardet").glob("*.xml"))
    for path in paths:
        said = expected[f"illformed/chardet/{path.name}"]["expect"]
        encoding = re.search(r"encoding == '([^']+)'", said)
        entries = parse("Feed", path.read_bytes(), {}).entries
        assert encoding
        assert entries
        assert all(entry.title in path.read_text(encoding[1]) for entry in entries if "title" in entry), path.name
    assert len(paths) >= 4


@pytest.mark.replay
def test_the_words_of_every_feed_that_feedparser_reads_rightly_stay_as_they_are(
    replay: Callable[..., object], shared: Path
) -> None:
    """But for those that declare nothing and are written in no UTF-8: there feedparser guesses nothing."""
    import io

    import feedparser

    root = shared / "replay" / "feeds"
    expected: dict[str, dict[str, Any]] = json.loads((root / "expect.json").read_text())
    differ, count = [], 0
    for name, about in expected.items():
        path = root / "feedparser" / name
        if not path.is_file() or "chardet" in name:
            continue
        headers = {key.lower(): value for key, value in about["headers"].items()}
        theirs = feedparser.parse(
            io.BytesIO(path.read_bytes()), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
        try:
            ours = parse("Feed", path.read_bytes(), headers)
        except BadResponseError:
            assert not theirs.entries, name
            continue
        count += 1
        if [(e.get("title"), e.get("summary")) for e in theirs.entries] != [
            (e.get("title"), e.get("summary")) for e in ours.entries
        ]:
            differ.append(name)
    assert differ == []
    assert count > 900
