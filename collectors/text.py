"""Plain words out of HTML."""

import html
import re
from typing import Final

SILENT: Final = frozenset({"script", "style", "head", "template", "noscript", "iframe", "object", "svg"})
BLOCKS: Final = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
    }
    | {"h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)


# Possessive, so that a "<" which no ">" follows costs one look at what stands behind it and not its square.
TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)>|<[!?/][^<>]*+>")
LONG_NUMBER: Final = re.compile(r"&#[0-9]{9,}+;?")


def plain_text(markup: str) -> str:
    """Return what a reader of the HTML would see, one line a block; never fails, whatever a stranger wrote.

    Takes time in proportion to the length. html.parser does not: 150 kB of "<a <a <a ..." keep it busy for minutes.
    """
    parts: list[str] = []
    silent, end = "", 0
    markup = _without_comments(markup)
    for tag in TAG.finditer(markup):
        if not silent:
            parts.append(_words(markup[end : tag.start()]))
        closing, name, rest = tag[1], (tag[2] or "").lower(), tag[3] or ""
        if silent:
            silent = "" if closing and name == silent else silent
        elif name in SILENT and not closing and not rest.endswith("/"):
            silent = name
        elif name in BLOCKS:
            parts.append("\n")
        end = tag.end()
    parts.append("" if silent else _words(markup[end:]))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def unescaped(markup: str) -> str:
    """Return the words with their character references resolved, also where one has thousands of digits."""
    return html.unescape(LONG_NUMBER.sub("\ufffd", markup))


def _words(markup: str) -> str:
    return re.sub(r"\s+", " ", unescaped(markup))


def _without_comments(markup: str) -> str:
    markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    first, *rest = markup.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)
