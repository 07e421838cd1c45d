"""Posts that their authors changed: the new words are taken over, the earlier ones kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from storage.tables import PostEdit, PostRow

KEPT = 20  # earlier wordings a post: a feed that prints a counter into its text changes at every reading


@dataclass(frozen=True, slots=True)
class Edit:
    """A stored post whose words are no longer those of its platform."""

    post_id: int
    before: tuple[str, str]  # title, text
    now: tuple[str, str]


def take_edits(session: Session, edits: Sequence[Edit], now: datetime) -> int:
    """Let the posts say what they say now and wait for the classifier again; return how many changed.

    What a post said before is kept with the time at which the change was seen, of `KEPT` changes at most. A post that
    another transaction changed or deleted meanwhile is left as that one made it.
    """
    # In the order of their ids, as classify and deletions lock them: two that meet wait, and not in a circle.
    return sum(_take(session, edit, now) for edit in sorted(edits, key=lambda edit: edit.post_id))


def _take(session: Session, edit: Edit, now: datetime) -> bool:
    (was_title, was_text), (title, text) = edit.before, edit.now
    changed = session.execute(
        update(PostRow)
        .where(col(PostRow.id) == edit.post_id, col(PostRow.deleted_at).is_(None))
        .where(col(PostRow.title) == was_title, col(PostRow.text) == was_text)
        .values(title=title, text=text, edited_at=now, classified_with="", claimed_until=None)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    session.add(PostEdit(post_id=edit.post_id, title=was_title, text=was_text, replaced_at=now))
    session.flush()
    last = select(PostEdit.id).where(PostEdit.post_id == edit.post_id).order_by(col(PostEdit.id).desc()).limit(KEPT)
    session.execute(
        delete(PostEdit)
        .where(col(PostEdit.post_id) == edit.post_id, col(PostEdit.id).not_in(last))
        .execution_options(synchronize_session=False)
    )
    return True
