"""Posts with a word of a watch list, whether they complain or not."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from core.alerts.episodes import Episode, Group
from storage.alerting.asked import Asked
from storage.tables import PostRow

_COLUMNS: Final[tuple[Any, ...]] = (PostRow.id, PostRow.case_id, PostRow.title, PostRow.text, PostRow.collected_at)
_WHERE: Final = (col(PostRow.title), col(PostRow.text))
SO_FOR: Final = timedelta(hours=24)  # after that it is no news
MOST_NAMED: Final = 8  # words of one post


def watched(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find posts about the brand that hold one of the words, as a word of its own, for a day after they were read.

    What is told of together says the same word: of several in a post the one that stands first in the rule.
    """
    words = {word: re.compile(rf"(?<!\w){re.escape(_folded(word))}(?!\w)") for word in asked.settings.words}
    words_looked_for = _rare(asked.settings.words)
    since = asked.since - SO_FOR
    query = select(*_COLUMNS).where(
        PostRow.brand_id == asked.brand_id,
        col(PostRow.collected_at) >= max(since, asked.not_before),
        col(PostRow.posted_at) >= max(since, asked.not_before) - timedelta(days=30),
        col(PostRow.deleted_at).is_(None),
        col(PostRow.is_own).is_(False),
        PostRow.left_out == "",
        or_(*(column.icontains(word, autoescape=True) for word in words_looked_for for column in _WHERE)),
    )
    if asked.settings.platform:
        query = query.where(PostRow.platform == asked.settings.platform)
    found = []
    for post_id, case_id, title, text, collected_at in session.execute(query):
        said = _folded(f"{title} {text}")
        hits = [word for word, pattern in words.items() if pattern.search(said)]
        if hits:
            key, group, facts = f"post:{post_id}", Group(hits[0]), (("post_id", post_id),)
            over_at = collected_at + SO_FOR
            found.append(Episode(key, group, collected_at, over_at, case_id, _words(hits), facts))
    return found


def _words(hits: Sequence[str]) -> str:
    named = [f"“{word}”" for word in hits[:MOST_NAMED]]
    if len(hits) > MOST_NAMED:
        named.append(f"{len(hits) - MOST_NAMED} more of your words")
    *first, last = named
    return f"It says {', '.join(first)} and {last}." if first else f"It says {last}."


def _rare(words: Sequence[str]) -> list[str]:
    """Return what the database looks for; letters that it does not fold are left to the second look."""
    plain = [word if word.isascii() else "" for word in words]
    return plain if all(plain) else [""]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
