"""Reply templates: text with {variables}, which become what a case says or refuse in words."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from core.errors import InputError

VARIABLES: Final[Mapping[str, str]] = {
    "author": "the author's name, or the handle where there is no name",
    "handle": "the author's handle with its @",
    "brand": "the brand that the post is about",
    "platform": "where the post is",
    "courier": "the courier that the case names",
    "case": "the case's number",
    "link": "the address of the post that is answered",
    "member": "the name of whoever answers",
}
LONGEST_VALUE: Final = 300  # strangers choose their names, and some write a page into them
_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]{0,60})\}|[{}]")
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def render(text: str, values: Mapping[str, str]) -> str:
    """Return the template with each {variable} replaced by its value, and {{ and }} by a single brace.

    A value goes in as one line and is not read again, whatever braces it has. Raises InputError, and gives nothing of
    the text, where the template itself has `problems` or where a variable has no value here; it names each of these.
    """
    wrong = problems(text)
    if wrong:
        raise InputError(" ".join(wrong))
    lines = {name: one_line(values.get(name, "")) for name in used(text)}
    missing = [name for name, value in lines.items() if not value]
    if missing:
        raise InputError(f"Nothing is known here for {_listed(missing)}: choose another template, or write it by hand.")

    def part(found: re.Match[str]) -> str:
        return found[0][0] if found[1] is None else lines[found[1].strip()]

    return _PART.sub(part, text)


def problems(text: str) -> list[str]:
    """Return a sentence for everything that keeps the template from ever being rendered; none where nothing does."""
    said = []
    if not text.strip():
        said.append("The template is empty: write something first.")
    unknown = [name for name in used(text) if name not in VARIABLES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        said.append(f"There is no variable {_listed(unknown)}. Known are {known}.")
    single = next((found for found in _PART.finditer(text) if found[0] in ("{", "}")), None)
    if single:
        line = text.count("\n", 0, single.start()) + 1
        said.append(f"A {single[0]} stands alone in line {line}: double it ({single[0] * 2}) to show one.")
    return said


def used(text: str) -> list[str]:
    """Return the names between single braces, each once, in order."""
    names = [found[1].strip() for found in _PART.finditer(text) if found[1] is not None]
    return list(dict.fromkeys(names))


def left_over(text: str) -> list[str]:
    """Return the known variables that stand unfilled in a reply, which must not be posted like that."""
    return [name for name in used(text) if name in VARIABLES]


def one_line(value: str) -> str:
    """Return a value as it may stand in a reply: on one line, not too long, turning no text around."""
    seen = "".join(
        letter
        for letter in value[: 4 * LONGEST_VALUE]
        if letter not in _DIRECTIONS and (letter.isspace() or unicodedata.category(letter) != "Cc")
    )
    return " ".join(seen.split())[:LONGEST_VALUE]


def _listed(names: list[str]) -> str:
    words = [f"{{{name}}}" for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
