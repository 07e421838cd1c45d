"""Mails as a mail program has them: read back from their bytes, with the page that it shows."""

import base64
import email
from email import policy
from email.message import EmailMessage
from html import escape
from typing import Any


def read(message: EmailMessage) -> EmailMessage:
    """The message as a mail program finds it in its bytes."""
    return email.message_from_bytes(message.as_bytes(), policy=policy.default)


def body(mail: EmailMessage, form: str) -> str:
    """What the part of this form ("plain", "html") says."""
    part: Any = mail.get_body((form,))
    return str(part.get_content()).replace("\r\n", "\n")


def page_of(mail: EmailMessage, form: str) -> str:
    """What a program shows of the part of this form: the mail's pictures stand where the HTML names them."""
    words = body(mail, form)
    if form == "plain":
        style = "margin:24px;font:14px/1.45 'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere"
        return f'<!doctype html><meta charset=utf-8><body style="{style}">{escape(words)}'
    for part in mail.walk():
        if part["Content-ID"]:
            picture = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            words = words.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{picture}")
    return words
