"""What a message quotes of a case: the author and what the gravest post says, masked unless somebody opted in."""

from dataclasses import dataclass
from datetime import datetime

from core.masking import excerpt, masked, masked_handle
from storage.casework import GONE_WORDS, shown_words, telling_words, worst_post
from storage.database import Session
from storage.tables import Brand, Case, PostRow


@dataclass(frozen=True, slots=True)
class Quote:
    """The author's handle, the start of the post on one line, and when it was written (the case's first, if gone)."""

    author: str
    words: str
    posted_at: datetime


def quote(session: Session, case: Case, brand: Brand, *, masks: bool = True) -> Quote:
    """Return what may be quoted of the case; the brand's own handles are never masked."""
    worst = worst_post(session, case)
    words = telling_words(*worst) if worst else GONE_WORDS
    return Quote(
        author=masked_handle(case.author) if masks else case.author,
        words=quoted(words, brand, masks=masks),
        posted_at=worst[0].posted_at if worst else case.first_posted_at,
    )


def quote_post(post: PostRow, brand: Brand, *, masks: bool = True) -> Quote:
    """Return what may be quoted of a post that no case holds; nothing of one that its platform no longer has."""
    words = shown_words(post) if post.deleted_at is None else GONE_WORDS
    author = masked_handle(post.author) if masks else post.author
    return Quote(author, quoted(words, brand, masks=masks), post.posted_at)


def quoted(words: str, brand: Brand, *, masks: bool = True) -> str:
    """Return the start of somebody's words on one line."""
    return excerpt(masked(words, tuple(brand.handles)) if masks else words)
