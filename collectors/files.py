"""Files of posts: CSV, JSON Lines, JSON and Excel, one file or a watched folder.

Nothing leaves the machine. Rows that cannot be read become rejections with the reason; the others land.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from collectors.base import PAGE_SIZE, Credentials, NeedsNothing, SourceConfig, read_cursor, write_cursor
from collectors.reading import REJECTED_SUFFIX, Reading, read_file, zone_of
from collectors.tables import SUFFIXES
from core.errors import BadResponseError, ConfigError, InputError, UnreachableError
from core.types import Page, Post, Rejection

logger = logging.getLogger(__name__)

HEAD: Final = 4096  # bytes by which a file that grew is told from another one of its name
GROWING: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")  # kinds to which rows are appended


@dataclass(frozen=True, slots=True)
class Progress:
    """What a file looked like when it was read, the first row that may be new, and whether the end was reached."""

    size: int
    changed: int
    head: str
    row: int = 0
    done: bool = False


class Files(NeedsNothing):
    """A file, or every file of a folder that is or becomes one of posts.

    The cursor holds what each file looked like and its last row. A file that grew is read on from its last row; one
    that changed otherwise is read anew; one that is gone is forgotten. Hidden files, *.rejected.csv and files of other
    kinds are left alone. A file of a folder that cannot be read is one rejection, of row 0, and waits until it changes;
    in a folder the reason of every rejection begins with the file's name.
    """

    options: ClassVar[frozenset[str]] = frozenset({"encoding", "platform", "timezone"})

    def __init__(self, config: SourceConfig) -> None:
        if not config.path:
            raise ConfigError(f'Source "{config.name}" needs the path of a file or a folder.')
        zone_of(config.options.get("timezone", "UTC"))
        self.config = config
        self.path = Path(config.path)

    @classmethod
    def build(cls, config: SourceConfig, credentials: Credentials) -> "Files":  # noqa: ARG003  (files need none)
        """Return the collector; nothing is opened yet."""
        return cls(config)

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield the rows that were not read yet, file by file in the order of their names."""
        stored = read_cursor(cursor).get("files", {})
        try:
            known = {name: Progress(**progress) for name, progress in stored.items()}
        except (AttributeError, TypeError) as error:
            raise ConfigError("The stored cursor is none of files; clear it to read the source anew.") from error
        try:
            paths = posts_files(self.path) if self.path.is_dir() else [self.path]
            state = {path.name: _look(path, known.get(path.name)) for path in paths}
        except OSError as error:
            raise UnreachableError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        for path in paths:
            if not state[path.name].done:
                yield from self._read(path, state)
        if known.keys() - state.keys():
            yield Page((), _cursor(state))

    def _read(self, path: Path, state: dict[str, Progress]) -> Iterator[Page]:
        """Yield the rest of one file; `state` moves on with every page."""
        start = last = state[path.name].row
        posts: list[Post] = []
        rejected: list[Rejection] = []
        try:
            reading = self._reading(path)
            for row, found in reading.numbered():
                if row < start:
                    continue
                if isinstance(found, Post):
                    posts.append(found)
                else:
                    rejected.append(self._named(path, found))
                last = row
                if len(posts) + len(rejected) == PAGE_SIZE:
                    state[path.name] = replace(state[path.name], row=row + 1)
                    yield Page(tuple(posts), _cursor(state), tuple(rejected))
                    posts, rejected = [], []
            for note in reading.notes:
                logger.info("%s: %s", self.config.name, note)
        except (InputError, OSError) as error:
            if path == self.path:
                raise BadResponseError(str(error)) from error
            rejected.append(self._named(path, Rejection(0, str(error), path.name)))
        # the last row is read again when the file grows: it may have been half written
        state[path.name] = replace(state[path.name], row=last, done=True)
        yield Page(tuple(posts), _cursor(state), tuple(rejected))

    def _named(self, path: Path, rejection: Rejection) -> Rejection:
        """Return the rejection with the file's name, where it is one of a folder."""
        if path == self.path or path.name in rejection.reason:
            return rejection
        return replace(rejection, reason=f"{path.name}: {rejection.reason}")

    def _reading(self, path: Path) -> Reading:
        options = self.config.options
        return read_file(
            path,
            self.config.mapping,
            options.get("platform", ""),
            encoding=options.get("encoding", ""),
            timezone=options.get("timezone", "UTC"),
        )


def posts_files(folder: Path) -> list[Path]:
    """Return the files of a folder that may hold posts, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith((".", "~$"))
        and not path.name.endswith(REJECTED_SUFFIX)
        and path.is_file()
    )


def _look(path: Path, known: Progress | None) -> Progress:
    """Return what is known of the file where that still holds, else from where it is to be read."""
    about = path.stat()
    now = Progress(about.st_size, about.st_mtime_ns, _head(path, HEAD))
    if known is None:
        return now
    if (now.size, now.changed, now.head) == (known.size, known.changed, known.head):
        return known
    grew = now.size > known.size and path.suffix.lower() in GROWING and _head(path, known.size) == known.head
    return replace(now, row=known.row) if grew else now


def _head(path: Path, size: int) -> str:
    if not path.is_file():  # a pipe would hold us
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(min(size, HEAD))).hexdigest()[:16]
    except OSError:  # said when it is read, so that the other files of a folder are not held up
        return ""


def _cursor(state: dict[str, Progress]) -> str:
    return write_cursor(files={name: asdict(progress) for name, progress in state.items()})
