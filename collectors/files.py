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
from collectors.columns import field_of
from collectors.presets import preset_of
from collectors.reading import REJECTED_SUFFIX, Reading, read_file, zone_of
from collectors.tables import SUFFIXES
from core.errors import BadResponseError, ConfigError, InputError, UnreachableError
from core.types import Page, Post, Rejection

logger = logging.getLogger(__name__)

HEAD: Final = 4096  # bytes that must be the same, besides size and time of change, for a file not to be looked into
BLOCK: Final = 2**20  # bytes
GROWING: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")  # kinds to which rows are appended


@dataclass(frozen=True, slots=True)
class Progress:
    """What a file looked like when it was read, and how far that came.

    `whole` is the fingerprint of all its bytes, for the kinds that grow. `row` is the first one to be read, `taken` the
    last one that gave a post, `order` the order of days and months by which rows were read. `waits` says that a last
    line without its end was left, `settled` that it is to be taken all the same.
    """

    size: int
    changed: int
    head: str
    whole: str = ""
    row: int = 0
    taken: int = 0
    order: str = ""
    done: bool = False
    waits: bool = False
    settled: bool = False


class Files(NeedsNothing):
    """A file, or every file of a folder that is or becomes one of posts.

    The cursor holds what each file looked like and how far it was read. A file that grew is read on from the last row
    that gave a post: that row may have been half written, and what could not be read behind it too. One that changed
    otherwise is read anew, as is one whose new rows show another order of days and months; one that is gone is
    forgotten. In a folder, a last line without its end is somebody's who is writing: unless it shows that it is whole,
    it waits until the file was found unchanged. Hidden files, *.rejected.csv and files of other kinds are left alone. A
    file of a folder that cannot be read is one rejection, of row 0, and waits until it changes; in a folder the reason
    of every rejection begins with the file's name.
    """

    options: ClassVar[frozenset[str]] = frozenset({"encoding", "platform", "preset", "timezone"})

    def __init__(self, config: SourceConfig) -> None:
        if not config.path:
            raise ConfigError(f'Source "{config.name}" needs the path of a file or a folder.')
        zone_of(config.options.get("timezone", "UTC"))
        preset_of(config.options.get("preset", ""), ())
        try:
            for field in config.mapping:
                field_of(field)
        except InputError as error:
            raise ConfigError(f'Source "{config.name}": {error}') from error
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
        now = state[path.name]
        posts: list[Post] = []
        rejected: list[Rejection] = []
        try:
            reading = self._reading(path, now)
            if now.order and now.order != reading.column_order():
                now = replace(now, row=0, taken=0)
            start = now.row
            for row, found in reading.numbered():
                if row < start:
                    continue
                if isinstance(found, Post):
                    posts.append(found)
                    now = replace(now, taken=row)
                else:
                    rejected.append(self._named(path, found))
                if len(posts) + len(rejected) == PAGE_SIZE:
                    now = replace(now, row=row + 1, order=reading.order_used or now.order)
                    state[path.name] = now
                    yield Page(tuple(posts), _cursor(state), tuple(rejected))
                    posts, rejected = [], []
            now = replace(now, order=reading.order_used or "", waits=reading.unfinished)
            for note in reading.notes:
                logger.info("%s: %s", self.config.name, note)
        except (InputError, OSError) as error:
            if path == self.path:
                raise BadResponseError(str(error)) from error
            rejected.append(self._named(path, Rejection(0, str(error), path.name)))
        state[path.name] = replace(now, done=True)
        yield Page(tuple(posts), _cursor(state), tuple(rejected))

    def _named(self, path: Path, rejection: Rejection) -> Rejection:
        """Return the rejection with the file's name, where it is one of a folder."""
        if path == self.path or path.name in rejection.reason:
            return rejection
        return replace(rejection, reason=f"{path.name}: {rejection.reason}")

    def _reading(self, path: Path, progress: Progress) -> Reading:
        """Return the rows; a last one without its line end waits only where no id would tell it from the whole one."""
        may_grow = path != self.path and not progress.settled
        reading = self._rows(path, only_ended=may_grow)
        return self._rows(path, only_ended=False) if may_grow and "platform_id" in reading.columns.of else reading

    def _rows(self, path: Path, *, only_ended: bool) -> Reading:
        options = self.config.options
        return read_file(
            path,
            self.config.mapping,
            options.get("platform", ""),
            encoding=options.get("encoding", ""),
            timezone=options.get("timezone", "UTC"),
            scope=self.config.name,
            preset=options.get("preset", ""),
            only_ended=only_ended,
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
    now = Progress(about.st_size, about.st_mtime_ns, _fingerprints(path, HEAD)[0])
    if known and (now.size, now.changed, now.head) == (known.size, known.changed, known.head):
        if known.done and known.waits:
            return replace(known, row=known.taken + 1, done=False, waits=False, settled=True)
        return known
    if path.suffix.lower() not in GROWING:
        return now
    before, whole = _fingerprints(path, known.size if known else 0, now.size)
    now = replace(now, whole=whole)
    if known and before and before == known.whole and now.size > known.size:
        return replace(now, row=known.taken, taken=known.taken, order=known.order)
    return now


def _fingerprints(path: Path, *sizes: int) -> list[str]:
    """Return the fingerprints of the file's first bytes, so many of them as `sizes` (which rises) say."""
    if not path.is_file():  # a pipe would hold us
        return [""] * len(sizes)
    found, digest, read = [], hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            for size in sizes:
                while read < size and (block := file.read(min(size - read, BLOCK))):
                    digest.update(block)
                    read += len(block)
                found.append(digest.hexdigest()[:16])
    except OSError:  # said when it is read, so that the other files of a folder are not held up
        return [""] * len(sizes)
    return found


def _cursor(state: dict[str, Progress]) -> str:
    return write_cursor(files={name: asdict(progress) for name, progress in state.items()})
