"""Mails as they are put together and handed over."""

import email
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import Any

import pytest

from alerts.mail import Envelope, compose, open_sender
from alerts.rendering import Wording
from alerts.severe import SevereCase, as_content, wording
from core.errors import ConfigError, DeliveryError
from tests.smtp import MailServer, free_port

ENVELOPE = Envelope(
    "<incident-1.1.abc@board.example>",
    "afterclick@board.example",
    "ops@parcelo.example",
    datetime(2026, 11, 21, 12, tzinfo=UTC),
    "<incident-1.1.abc@board.example>",
)


def alert(**fields: Any) -> SevereCase:
    values: dict[str, Any] = {
        "brand": "Parcelo",
        "timezone": "Europe/London",
        "case_id": 17,
        "severity": 4,
        "confidence": 0.964,
        "reasons": ("late", "broken_promise"),
        "parties": ("courier",),
        "platform": "x",
        "author": "a…",
        "excerpt": "Third week, @parcelo. Crooks!",
        "language": "en",
        "posted_at": "2026-07-01T11:00:00+00:00",
        "post_count": 3,
        "reach": 4200,
        "link": "https://board.example/?case=17",
    }
    return SevereCase(**(values | fields))


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    words = wording(as_content(alert()))
    for part in (words.text, words.html):
        for fact in ("Condemns", "Late", "Broken promise", "Third week, @parcelo. Crooks!", "3", "4,200", "courier"):
            assert fact in part
        assert "https://board.example/?case=17" in part
        assert "Wed 01 Jul 2026, 12:00 BST" in part
        assert "96 %" in part
    assert words.subject == "[Parcelo] Severe complaint, case 17"


def test_only_the_likeliest_reasons_are_named() -> None:
    text = wording(as_content(alert(reasons=("late", "lost", "refund", "billing", "other", "faulty")))).text
    assert "Late, Lost or not received, Refund or return, Billing, 2 more" in text


def test_a_strangers_words_are_text_in_html() -> None:
    hostile = '<script>alert(1)</script> <img src=x onerror=y> {{ 7*7 }} " onmouseover='
    html = wording(as_content(alert(excerpt=hostile, author="<b>"))).html
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7*7 }}" in html


def test_nothing_is_loaded_from_outside() -> None:
    html = wording(as_content(alert())).html
    assert "src=" not in html
    assert html.count("http") == html.count("https://board.example/?case=17")


def test_a_line_break_in_a_brands_name_is_no_header() -> None:
    message = compose(ENVELOPE, wording(as_content(alert(brand="Parcelo\r\nBcc: eve@x.example"))))
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]


def test_an_address_that_would_be_a_header_is_refused_for_good() -> None:
    bad = Envelope("<a@b>", "a@b.example", "x@y.example\nBcc: eve@x.example", ENVELOPE.sent_at)
    with pytest.raises(DeliveryError) as refused:
        compose(bad, Wording("s", "t", "<p>t</p>"))
    assert refused.value.permanent


def test_the_headers_that_keep_machines_quiet_are_there() -> None:
    message = compose(ENVELOPE, wording(as_content(alert())))
    assert message["Message-ID"] == ENVELOPE.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_without_a_server_mails_become_files_and_a_repeat_replaces_the_first(tmp_path: Path) -> None:
    sender = open_sender(f"file:{tmp_path}/mail")
    for _ in range(2):
        sender.send(compose(ENVELOPE, wording(as_content(alert(excerpt="zu spät 📦")))))
    (file,) = (tmp_path / "mail").glob("*.eml")
    read = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    body = read.get_body(("plain",))
    assert body is not None
    assert "zu spät 📦" in body.get_content()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file in the way")
    with pytest.raises(DeliveryError, match="cannot be written"):
        open_sender(f"file:{tmp_path}/mail").send(compose(ENVELOPE, wording(as_content(alert()))))


def test_a_mail_arrives_at_a_real_server_as_it_was_put_together() -> None:
    with MailServer() as server:
        open_sender(server.url).send(compose(ENVELOPE, wording(as_content(alert(excerpt="zu spät\n.\nende")))))
    (arrived,) = server.mails
    body = arrived.get_body(("plain",))
    assert body is not None
    assert "zu spät\n.\nende" in body.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("554 never", True), ("drop", False)])
def test_what_the_server_says_tells_whether_to_try_again(answer: str, permanent: bool) -> None:
    with MailServer(lambda _: answer) as server, pytest.raises(DeliveryError) as failed:
        open_sender(server.url).send(compose(ENVELOPE, wording(as_content(alert()))))
    assert failed.value.permanent is permanent


def test_a_server_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(DeliveryError, match=f"127.0.0.1:{port} could not be reached"):
        open_sender(f"smtp://127.0.0.1:{port}").send(compose(ENVELOPE, wording(as_content(alert()))))


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="AFTERCLICK_SMTP_URL"):
        open_sender("ftp://host")


@pytest.mark.parametrize("answer", ["530 5.7.0 Authentication required", "535 wrong", "421 busy"])
def test_what_concerns_every_mail_is_told_apart(answer: str) -> None:
    with MailServer(lambda _: answer) as server, pytest.raises(DeliveryError) as failed:
        open_sender(server.url).send(compose(ENVELOPE, wording(as_content(alert()))))
    assert (failed.value.permanent, failed.value.concerns_all) == (False, answer[0] == "5")


def test_a_password_that_breaks_the_address_is_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        open_sender("smtp://user:pa#ss@host:25")
    assert "pa" not in str(refused.value).replace("password", "")
