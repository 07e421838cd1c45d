"""What the network said lately, so that copies of one post are read once."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Final

from classifier.decoding import Floats

MOST: Final = 10_000


class Memory:
    """The last texts with the network's numbers for each; safe to use from several threads.

    Texts are known by a hash: ten thousand long posts would weigh a gigabyte.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._found: OrderedDict[bytes, Floats] = OrderedDict()
        self._lock = Lock()

    def recall(self, keys: Iterable[bytes]) -> dict[bytes, Floats]:
        """Return what is known of these."""
        with self._lock:
            known = {key: self._found[key] for key in keys if key in self._found}
            for key in known:
                self._found.move_to_end(key)
        return known

    def keep(self, found: Mapping[bytes, Floats]) -> None:
        """Remember these, and forget what was not asked for longest where they are too many."""
        with self._lock:
            self._found.update(found)
            while len(self._found) > self._most:
                self._found.popitem(last=False)


def key_of(text: str) -> bytes:
    """Return what a text is known by."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
