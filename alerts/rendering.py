"""From an alert's values to text and HTML, both from templates of one name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from core.masking import MASKED_WORDS, visible

_GAP: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that travels with a mail; the HTML names it as `cid:` and its `cid`."""

    name: str
    png: bytes

    @property
    def cid(self) -> str:
        """Its name for the HTML, the same wherever the picture is the same."""
        return f"{self.name}.{sha256(self.png).hexdigest()[:16]}@afterclick"


@dataclass(frozen=True, slots=True)
class Wording:
    """A message's subject and its body in both forms.

    `list_name` says in its headers what sort of mail it is, so that people can sort it away. One with `reply_to` was
    written by a person, who is to get the answer; every other one says that nobody did. `images` are those that the
    HTML shows. `unsubscribe_link` takes a POST that ends such mails (RFC 8058); `thread_id` is the Message-ID of the
    first mail of the same incident, empty where this is it.
    """

    subject: str
    text: str
    html: str
    list_name: str = ""
    reply_to: str = ""
    images: tuple[Image, ...] = ()
    unsubscribe_link: str = ""
    thread_id: str = ""


def render(
    name: str,
    subject: str,
    *,
    list_name: str = "",
    reply_to: str = "",
    images: Iterable[Image] = (),
    unsubscribe_link: str = "",
    thread_id: str = "",
    **values: object,
) -> Wording:
    """Return the wording that templates/NAME.txt.j2 and NAME.html.j2 give for these values."""
    templates = _templates()
    # A subject is one line: a stranger's or a brand's line break must not become a header.
    subject = " ".join(visible(subject).split())
    values |= {"subject": subject}
    return Wording(
        subject=subject,
        text=templates.get_template(f"{name}.txt.j2").render(values).strip() + "\n",
        html=templates.get_template(f"{name}.html.j2").render(values),
        list_name=list_name,
        reply_to=reply_to,
        images=tuple(images),
        unsubscribe_link=unsubscribe_link,
        thread_id=thread_id,
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("alerts"),
        autoescape=select_autoescape(("html.j2",), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["closed_up"] = _closed_up
    templates.globals["masked_words"] = MASKED_WORDS
    return templates


def _closed_up(text: str) -> str:
    """Return the text form with one empty line at most between two paragraphs, whatever was left out between them."""
    return _GAP.sub("\n\n", text)
