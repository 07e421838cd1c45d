"""The demo shop's configuration, and its posts, laid into a watched folder as they become due.

What was written already is decided from the folder alone, so a restart goes on where the last run stood. One process
at a time writes to a folder.
"""

import json
import tempfile
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_START: Final = ".start"  # hidden, as the half-written files are: the collector leaves such names alone
_PAST: Final = "past.jsonl"
_LIVE: Final = "live-{:04d}.jsonl"


def config(folder: Path) -> dict[str, Any]:
    """Return the demo's configuration, its source reading `folder`."""
    data = tomllib.loads((_HERE / "brand.toml").read_text(encoding="utf-8"))
    (source,) = data["sources"]
    source["path"] = str(folder)
    return data


def started(folder: Path, now: datetime) -> datetime:
    """Return when the demo in `folder` first started, which is `now` on the first call; makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _START
    if not path.exists():
        _write(path, [now.astimezone(UTC).isoformat()])
    return datetime.fromisoformat(path.read_text(encoding="utf-8").strip())


def posts(start: datetime) -> list[dict[str, Any]]:
    """Return every post, oldest first, as the `files` collector reads it, told from a demo that started at `start`."""
    lines = (_HERE / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    return [_row(json.loads(line), start) for line in lines]


def write_due(folder: Path, start: datetime, now: datetime) -> int:
    """Write the posts that are due by `now` and not in `folder` yet; return how many that were.

    Those from before `start` come as one file, once; later ones as files named for their first row's place among all
    posts. A file is complete when it takes its name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = posts(start)
    past = sum(_posted_at(row) <= start for row in rows)
    due = sum(_posted_at(row) <= max(now, start) for row in rows)
    written = 0
    if not (folder / _PAST).exists():
        _write(folder / _PAST, map(_line, rows[:past]))
        written = past
    first = _next_row(folder, past)
    if due > first:
        _write(folder / _LIVE.format(first), map(_line, rows[first:due]))
        written += due - first
    return written


def _row(post: dict[str, Any], start: datetime) -> dict[str, Any]:
    """Give a post its date for its offset in minutes."""
    posted_at = start.astimezone(UTC) + timedelta(minutes=post.pop("minutes"))
    return post | {"posted_at": posted_at.isoformat(timespec="microseconds")}


def _posted_at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["posted_at"])


def _next_row(folder: Path, past: int) -> int:
    """Return the place of the first post that no file holds."""
    ends = [past]
    for path in folder.glob("live-*.jsonl"):
        first = path.stem.removeprefix("live-")
        if first.isdecimal():
            ends.append(int(first) + path.read_bytes().count(b"\n"))
    return max(ends)


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a file under a hidden name, then give it its own."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".", suffix=".part", delete=False
    ) as file:
        file.writelines(f"{line}\n" for line in lines)
    Path(file.name).replace(path)
