"""Import: a file that somebody hands over becomes posts of a brand, and its bad rows a file with the reasons."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from collectors.reading import Reading, write_rejected
from core.errors import InputError
from core.types import Post, Rejection
from jobs.parts import Parts
from storage.posts import store_posts
from storage.rows import id_of
from storage.tables import Brand

BATCH = 500


@dataclass(slots=True)
class Imported:
    """What came of one file. `rejected_to` is the file that holds the bad rows, if there were any."""

    read: int = 0
    added: int = 0
    edited: int = 0
    rejected: int = 0
    rejected_to: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """How many posts were there already, as they are."""
        return self.read - self.added - self.edited


def import_posts(
    parts: Parts, brand: Brand, reading: Reading, on_progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Store the posts of a file, batch by batch; a second time adds nothing.

    Raises InputError where the file stops being readable; the posts before that are stored, and importing it again
    goes on.
    """
    done = Imported()
    try:
        done.rejected_to = write_rejected(reading.path, _store(parts, brand, reading, done, on_progress))
    except OSError as error:
        raise InputError(f"{reading.path} or its file of rejected rows: {error}") from error
    done.notes = reading.notes
    return done


def _store(
    parts: Parts, brand: Brand, reading: Reading, done: Imported, on_progress: Callable[[int], None]
) -> Iterator[Rejection]:
    """Store the posts on the way and yield the rejections."""
    batch: list[Post] = []
    for found in reading:
        if isinstance(found, Rejection):
            done.rejected += 1
            yield found
            continue
        batch.append(found)
        if len(batch) == BATCH:
            _store_batch(parts, brand, batch, done)
            on_progress(done.read)
            batch = []
    _store_batch(parts, brand, batch, done)


def _store_batch(parts: Parts, brand: Brand, batch: list[Post], done: Imported) -> None:
    with parts.database.write() as session:
        stored = store_posts(
            session, batch, brand_id=id_of(brand), source_id=None, own_handles=brand.handles, now=parts.now()
        )
    done.read += len(batch)
    done.added += stored.added
    done.edited += stored.edited
