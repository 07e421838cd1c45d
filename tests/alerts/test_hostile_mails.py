"""Whatever strangers write is text in a mail: it runs nowhere, loads nothing, breaks nothing."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from alerts import incident, slack, webhook
from alerts.mail import Envelope, compose, open_sender
from alerts.telling import ToldIncident, ToldItem
from tests.alerts.reading import body, page_of, read
from tests.alerts.samples import BOARD, message, several, source, spike
from tests.alerts.samples import incident as told_incident
from tests.alerts.samples import item as told_item
from tests.conftest import chromium
from tests.smtp import MailServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ENVELOPE = Envelope(
    "<incident-1.1.abc@board.example>",
    "afterclick@board.example",
    "ops@parcelo.example",
    datetime(2026, 11, 21, 12, tzinfo=UTC),
)
HOSTILE = {
    "header": "late\r\nBcc: eve@evil.example\r\n\r\n<b>body</b>\nX-Evil: 1\u2028Cc: eve@evil.example\x85To: x",
    "html": '"><script>window.ran=1</script><img src=https://evil.example/x.png onerror=window.ran=1>'
    "<svg/onload=window.ran=1><style>*{background:url(https://evil.example/y)}</style><iframe src=https://evil.example></iframe>"
    "<base href=https://evil.example><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "breaking out": "</blockquote></p></td></table></body></html><!--[if mso]> --> <!-- ]]> ' onclick=window.ran=1 x='",
    "template": "{{ 7*7 }} {% for x in range(9) %}{{ told }}{% endfor %} ${7*7} %(x)s {0} <%= 1 %>",
    "markdown": "![x](https://evil.example/x.png) [click](javascript:alert(1)) **bold**\n# heading\n> quote\n| a | b |",
    "direction": "\u202eevil\u202c \u2066\u2067\u2068\u2069 \u200f\u061c שלום \u202dabc",
    "unseen": "z\u200be\u200dr\u200co\ufeff w\u2060i\u00addth \U000e0041\U000e007f\u180e\u034f\ufff9x\x00\x1b[31m\x07",
    "halves": "half \ud800 pair \udfff",
    "stacked": "Z" + "\u0301\u0327\u0489" * 3000 + "a",
    "a megabyte": "late " * 200_000,
    "a megabyte without a space": "x" * 1_000_000,
    "a megabyte of marks": "<" * 1_000_000,
    "links": "see https://evil.example/track?u=1 www.evil.example evil.example/a javascript:alert(1) data:text/html,x",
    "dot": "a\n.\nQUIT\n.",
}
SAFE_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tr",
    "td",
    "p",
    "h1",
    "h2",
    "span",
    "a",
    "blockquote",
    "bdi",
    "img",
    "strong",
    "br",
}


def written_everywhere(words: str) -> dict[str, Any]:
    """A message in which every word that may come from others is this."""
    texts = ("words", "excerpt", "author", "platform", "language", "courier")
    item = replace(told_item(), **dict.fromkeys(texts, words))
    ours = ("brand", "rule", "title", "summary", "repeats_after")
    whole = replace(spike(), **dict.fromkeys(ours, words), details=(words,), items=(item, item))
    return message(whole)


def written_by_a_stranger(words: str) -> dict[str, Any]:
    return message(told_incident(items=(told_item(excerpt=words, author=words),)))


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self.styles: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self.styles.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


hostile = pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())


@hostile
@pytest.mark.parametrize("written", [written_everywhere, written_by_a_stranger])
def test_a_mail_has_our_headers_and_our_parts_alone(words: str, written: Any) -> None:
    mail = read(compose(ENVELOPE, incident.wording(written(words))))
    known = {
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    }
    assert set(mail.keys()) == known
    assert mail["To"] == "ops@parcelo.example"
    assert not mail.defects
    assert {part.get_content_type() for part in mail.walk()} <= {
        "multipart/alternative",
        "multipart/related",
        "text/plain",
        "text/html",
        "image/png",
    }


@hostile
@pytest.mark.parametrize("written", [written_everywhere, written_by_a_stranger])
def test_the_html_is_ours_alone(words: str, written: Any) -> None:
    html = incident.wording(written(words)).html
    seen, usual = Seen(html), Seen(incident.wording(written("late")).html)
    assert seen.tags <= SAFE_TAGS
    assert {name for name, _ in seen.attributes} <= {name for name, _ in usual.attributes}
    assert seen.comments == usual.comments
    assert all(value.startswith("cid:") for name, value in seen.attributes if name == "src")
    assert all(value.startswith(f"{BOARD}/") for name, value in seen.attributes if name == "href")
    assert "url(" not in " ".join(value for _, value in seen.attributes if value not in words)
    assert seen.styles == usual.styles


@hostile
def test_neither_form_has_what_is_not_seen_or_turns_words_around(words: str) -> None:
    mail = read(compose(ENVELOPE, incident.wording(written_everywhere(words))))
    for said in (body(mail, "html"), body(mail, "plain"), mail["Subject"]):
        assert not set(said) & set(
            "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u2060\ufeff\x00\x1b"
        )
    assert "\u0301" * 4 not in body(mail, "html")


@hostile
def test_a_mail_stays_small(words: str) -> None:
    wording = incident.wording(written_everywhere(words))
    assert len(wording.html.encode()) < 100_000  # mail programs cut off what is longer
    assert len(wording.text) < 20_000
    assert len(wording.subject) < 250
    assert max(map(len, wording.text.splitlines())) < 1000


def test_a_strangers_links_are_left_out_and_the_boards_are_not() -> None:
    wording = incident.wording(written_by_a_stranger(HOSTILE["links"]))
    for form in (wording.text, wording.html):
        assert "evil" not in form
        assert "javascript" not in form
        assert form.count("[link]") >= 5
        assert f"{BOARD}/?case=17" in form


def test_a_strangers_words_are_one_line_of_the_text_form() -> None:
    text = incident.wording(written_by_a_stranger("late\n\n--\nAcknowledge: pay here\r\nSnooze\u2028: now")).text
    assert "“late -- Acknowledge: pay here Snooze : now”" in text
    assert len([line for line in text.splitlines() if line.startswith("Acknowledge:")]) == 1


def test_a_template_in_a_post_is_not_filled_in() -> None:
    assert "{{ 7*7 }}" in incident.wording(written_by_a_stranger(HOSTILE["template"])).html


@hostile
def test_a_hostile_mail_arrives_at_a_real_server_once_and_whole(words: str) -> None:
    mail = compose(ENVELOPE, incident.wording(written_everywhere(words)))
    with MailServer() as server:
        open_sender(server.url).send(mail)
    [arrived] = server.mails
    assert body(arrived, "plain") == body(mail, "plain")


@hostile
def test_webhook_and_slack_get_json_of_a_bearable_size(words: str) -> None:
    for payload in (webhook.payload, slack.payload):
        body = json.dumps(payload(written_by_a_stranger(words)))
        assert len(body) < 20_000
        assert json.loads(body)
        assert "evil.example/" not in body


def test_every_word_of_others_is_tried() -> None:
    known = {each.name for kind in (ToldItem, ToldIncident) for each in fields(kind) if each.type is str}
    ours = {"at", "link", "opened_at", "acknowledge_link", "snooze_link", "stop_link", "kind", "news"}
    tried = {
        "words",
        "excerpt",
        "author",
        "platform",
        "language",
        "courier",
        "brand",
        "rule",
        "title",
        "summary",
        "repeats_after",
    }
    assert known - ours == tried


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    playwright = pytest.importorskip("playwright.sync_api")
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.browser
def test_in_a_browser_nothing_runs_loads_or_gets_wider(browser: "Browser") -> None:
    page = browser.new_context(viewport={"width": 390, "height": 700}).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name, words in HOSTILE.items():
        for written in (written_everywhere, written_by_a_stranger):
            page.set_content(incident.wording(written(words)).html, wait_until="domcontentloaded")
            assert page.evaluate("window.ran") is None, name
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert [url for url in asked if not url.startswith("cid:")] == []
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_is_shown_once_and_everything_fits_a_phone(browser: "Browser", scheme: Any) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 700}, color_scheme=scheme).new_page()
    for content, charts in ((message(spike()), 1), (several(), 1), (message(source()), 0)):
        page.set_content(page_of(read(compose(ENVELOPE, incident.wording(content))), "html"))
        shown = page.locator("img").evaluate_all(
            "images => images.filter(each => each.offsetWidth > 300 && each.naturalWidth > 900).map(each => each.alt)"
        )
        assert len(shown) == charts
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()
