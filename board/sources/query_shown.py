"""What came of trying a query, as the browser gets it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from board.case.shown import safe_link
from core.budgets import dollars
from core.errors import FormError
from core.masking import excerpt
from core.platforms import platform_words
from core.types import Compiled, Estimate
from storage.query_test import Example, Group, Tested

MOST_GROUPS: Final = 12  # reasons shown at a side
LONGEST_WORDS: Final = 500  # of an error, of a reason
LONGEST_NAME: Final = 80
_STEERING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
EXAMPLE_LENGTH: Final = 180


def result_data(tested: Tested) -> dict[str, Any]:
    """Return what the query made of the stored posts."""
    return {
        "looked_at": tested.looked_at,
        "matched": tested.matched,
        "is_cut": tested.is_cut,
        "since": tested.since.timestamp() if tested.since else None,
        "found": [_group(group) for group in tested.found[:MOST_GROUPS]],
        "left_out": [_group(group) for group in tested.left_out[:MOST_GROUPS]],
        "found_beyond": len(tested.found[MOST_GROUPS:]),
        "left_out_beyond": len(tested.left_out[MOST_GROUPS:]),
    }


def compiled_data(compiled: Sequence[Compiled]) -> list[dict[str, Any]]:
    """Return what each platform would be asked, with the length of each search."""
    return [
        {
            "platform": platform_words(each.platform),
            "parts": [{"text": part, "length": len(part)} for part in each.parts],
            "limit": each.limit,
            "error": sentence(each.error) if each.error else "",
        }
        for each in compiled
    ]


def estimate_words(said: Estimate) -> str:
    """Return the posts and the cost of a month as a sentence."""
    return f"About {said.posts:,} posts a month, {dollars(said.cost)}. {sentence(said.basis)}"


def plain(words: str, longest: int = LONGEST_WORDS) -> str:
    """Return the start of a stranger's words on one line, without what turns the words around it."""
    return excerpt(_STEERING.sub("", words[: 20 * longest]), longest)


@contextmanager
def in_sentences() -> Iterator[None]:
    """Let what is wrong with the fields of a form be said in whole sentences."""
    try:
        yield
    except FormError as error:
        raise FormError({name: sentence(words) for name, words in error.fields.items()}) from error


def sentence(words: str) -> str:
    """Return the words with a capital at their start and a stop at their end."""
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?", "…")) else ".")


def _group(group: Group) -> dict[str, Any]:
    return {"why": plain(group.why), "count": group.count, "examples": [_example(each) for each in group.examples]}


def _example(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "author": plain(example.author, LONGEST_NAME) or "Unknown author",
        "platform": platform_words(example.platform),
        "words": plain(f"{example.title} {example.text}" if example.title else example.text, EXAMPLE_LENGTH),
        "link": safe_link(example.url),
        "posted_at": example.posted_at.timestamp(),
    }
