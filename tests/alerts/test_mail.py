"""Mails as they are put together and handed over."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import Any

import pytest

from alerts.mail import Envelope, compose, open_sender
from alerts.rendering import Image, Wording
from core.errors import ConfigError, DeliveryError
from tests.alerts.reading import body, read
from tests.smtp import MailServer, free_port

ENVELOPE = Envelope(
    "<incident-1.1.abc@board.example>",
    "afterclick@board.example",
    "ops@parcelo.example",
    datetime(2026, 11, 21, 12, tzinfo=UTC),
)


def words(text: str = "Late again.", **fields: Any) -> Wording:
    return Wording("[Parcelo] Severe case", f"{text}\n", f"<p>{text}</p>", **fields)


def test_an_address_that_would_be_a_header_is_refused_for_good() -> None:
    bad = Envelope("<a@b>", "a@b.example", "x@y.example\nBcc: eve@x.example", ENVELOPE.sent_at)
    with pytest.raises(DeliveryError) as refused:
        compose(bad, words())
    assert refused.value.permanent


def test_the_headers_that_keep_machines_quiet_are_there() -> None:
    message = compose(ENVELOPE, words(list_name="severe"))
    assert message["Message-ID"] == ENVELOPE.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<severe.afterclick.board.example>"
    assert message["Date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_what_a_person_wrote_is_no_machines_mail() -> None:
    message = compose(ENVELOPE, words(reply_to="ann@parcelo.example"))
    assert message["Reply-To"] == "ann@parcelo.example"
    assert message["Auto-Submitted"] is None


def test_one_click_ends_such_mails() -> None:
    link = f"https://board.example/alerts/stop?rule=3&{'letters' * 40}"
    message = read(compose(ENVELOPE, words(unsubscribe_link=link)))
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_headers_of_addresses_and_ids_stay_on_one_line_as_they_are() -> None:
    link, root = f"https://board.example/{'way/' * 40}", f"<incident-4.1.{'f' * 80}@board.parcelo.example>"
    raw = compose(ENVELOPE, words(unsubscribe_link=link, thread_id=root, list_name="severe")).as_bytes().decode()
    for line in (f"List-Unsubscribe: <{link}>", f"References: {root}", f"In-Reply-To: {root}"):
        assert f"\r\n{line}\r\n" in raw
    assert "=?utf-8" not in raw


def test_a_link_that_no_line_can_hold_is_left_out_and_the_mail_is_sent() -> None:
    message = compose(ENVELOPE, words(unsubscribe_link=f"https://board.example/{'x' * 1000}"))
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None


def test_only_the_later_mails_of_an_incident_refer_to_its_first() -> None:
    first = compose(ENVELOPE, words(thread_id=ENVELOPE.message_id))
    later = compose(ENVELOPE, words(thread_id="<incident-1.0.def@board.example>"))
    assert first["References"] is None
    assert later["References"] == later["In-Reply-To"] == "<incident-1.0.def@board.example>"


def test_pictures_travel_beside_the_html_that_names_them() -> None:
    picture = Image("chart", b"\x89PNG not really")
    message = read(compose(ENVELOPE, words(f'<img src="cid:{picture.cid}">', images=(picture,))))
    plain, related = message.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    html, image = related.iter_parts()
    assert image["Content-ID"] == f"<{picture.cid}>"
    assert image["Content-ID"].strip("<>") in html.get_content()
    assert image.get_content_disposition() == "inline"
    assert image.get_content() == picture.png


def test_letters_of_any_script_arrive_in_the_subject() -> None:
    subject = "[Paketgröße] Spitze: 配達の遅れ, Łódź, very late and late again and again 📦"
    assert read(compose(ENVELOPE, Wording(subject, "t\n", "<p>t</p>")))["Subject"] == subject


def test_without_a_server_mails_become_files_and_a_repeat_replaces_the_first(tmp_path: Path) -> None:
    sender = open_sender(f"file:{tmp_path}/mail")
    for _ in range(2):
        sender.send(compose(ENVELOPE, words("zu spät 📦")))
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert "zu spät 📦" in body(email.message_from_bytes(file.read_bytes(), policy=policy.default), "plain")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file in the way")
    with pytest.raises(DeliveryError, match="cannot be written"):
        open_sender(f"file:{tmp_path}/mail").send(compose(ENVELOPE, words()))


def test_a_mail_arrives_at_a_real_server_as_it_was_put_together() -> None:
    with MailServer() as server:
        open_sender(server.url).send(compose(ENVELOPE, words("zu spät\n.\nende")))
    (arrived,) = server.mails
    assert "zu spät\n.\nende" in body(arrived, "plain")


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("554 never", True), ("drop", False)])
def test_what_the_server_says_tells_whether_to_try_again(answer: str, permanent: bool) -> None:
    with MailServer(lambda _: answer) as server, pytest.raises(DeliveryError) as failed:
        open_sender(server.url).send(compose(ENVELOPE, words()))
    assert failed.value.permanent is permanent


def test_a_server_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(DeliveryError, match=f"127.0.0.1:{port} could not be reached"):
        open_sender(f"smtp://127.0.0.1:{port}").send(compose(ENVELOPE, words()))


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="AFTERCLICK_SMTP_URL"):
        open_sender("ftp://host")


@pytest.mark.parametrize("answer", ["530 5.7.0 Authentication required", "535 wrong", "421 busy"])
def test_what_concerns_every_mail_is_told_apart(answer: str) -> None:
    with MailServer(lambda _: answer) as server, pytest.raises(DeliveryError) as failed:
        open_sender(server.url).send(compose(ENVELOPE, words()))
    assert (failed.value.permanent, failed.value.concerns_all) == (False, answer[0] == "5")


def test_a_password_that_breaks_the_address_is_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        open_sender("smtp://user:pa#ss@host:25")
    assert "pa" not in str(refused.value).replace("password", "")


def test_a_domain_of_any_script_is_spelt_for_machines() -> None:
    envelope = replace(ENVELOPE, recipient="ops@bücher.example")
    with MailServer() as server:
        open_sender(server.url).send(compose(envelope, words()))
    (arrived,) = server.mails
    assert arrived["To"] == "ops@xn--bcher-kva.example"


def test_a_domain_that_cannot_be_spelt_is_refused_for_good() -> None:
    with pytest.raises(DeliveryError, match="cannot be written to") as refused:
        compose(replace(ENVELOPE, recipient="ops@ü..example"), words())
    assert refused.value.permanent
