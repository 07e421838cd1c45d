"""The folder of adaptations: numbered files, and one small file that says which of them are in force."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from classifier.adaptation import Adaptation, load, save
from classifier.labelmap import file_hash
from core.errors import InputError, ModelError

CURRENT: Final = "current"
_LOCK: Final = "lock"


class Adapted:
    """Adaptations in a folder; it need not be there until the first is kept.

    `current` lists those in force with their SHA-256, the present one last, so that rolling back is one atomic write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pointer = folder / CURRENT

    def mark(self) -> str:
        """Return what changes whenever another adaptation comes into force; a folder that cannot be read has none."""
        try:
            return self._text()
        except ModelError:
            return ""

    def current(self) -> Adaptation | None:
        """Return the adaptation in force, whatever model it is for; raises ModelError where it is damaged."""
        listed = self._listed()
        return self._load(listed[-1]) if listed else None

    def keep(self, adaptation: Adaptation) -> Path:
        """Bring an adaptation into force and return its file; the one before it can be rolled back to."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            listed = self._listed()
            numbers = (int(path.name[:4]) for path in self._folder.glob("[0-9][0-9][0-9][0-9]-*.npz"))
            name = f"{max(numbers, default=0) + 1:04d}-{adaptation.version.rpartition('+')[2]}.npz"
            path = self._folder / name
            save(adaptation, path)
            self._list([*listed, {"file": path.name, "sha256": file_hash(path)}])
        return path

    def roll_back(self) -> Adaptation | None:
        """Take the present adaptation out of force and return the one before it, None where that is none.

        Raises InputError where there is none in force, ModelError where the one before it is damaged.
        """
        if not self._listed():
            raise InputError("There is nothing to roll back: the model is as it was shipped")
        with self._locked():
            listed = self._listed()
            before = self._load(listed[-2]) if len(listed) > 1 else None
            self._list(listed[:-1])
        return before

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Wait until no other process changes the folder: two at once would lose one's entry."""
        with (self._folder / _LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # goes with the process, however that ends
            yield

    def _text(self) -> str:
        try:
            return self._pointer.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{self._pointer} cannot be read: {error}") from error

    def _listed(self) -> list[dict[str, Any]]:
        text = self._text()
        try:
            listed = json.loads(text)["adaptations"] if text else []
            return [{"file": str(entry["file"]), "sha256": str(entry["sha256"])} for entry in listed]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelError(
                f"{self._pointer} is damaged ({error!r}); delete it to go back to the model as it was shipped"
            ) from error

    def _list(self, listed: Sequence[dict[str, Any]]) -> None:
        fresh = self._folder / f"{CURRENT}.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"adaptations": list(listed)}, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._pointer)

    def _load(self, entry: dict[str, Any]) -> Adaptation:
        path = self._folder / Path(entry["file"]).name
        try:
            found = file_hash(path)
        except OSError as error:
            raise ModelError(f"{path} is missing or cannot be read") from error
        if found != entry["sha256"]:
            raise ModelError(f"{path} is damaged: its SHA-256 is not the one that {CURRENT} names")
        return load(path)
