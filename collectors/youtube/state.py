"""How far a source of YouTube is read: what its cursor holds."""

from dataclasses import asdict, dataclass, field
from typing import Final, Self

from collectors.base import read_cursor, write_cursor
from core.errors import ConfigError

MAX_THREADS: Final = 500  # whose number of replies the cursor remembers


@dataclass(slots=True)
class Walk:
    """How far one list of threads is read, in seconds since 1970 by YouTube's clock.

    Everything up to `since` is had. A walk from `newest` down goes on at `token`. `count` is how many comments there
    were at the last walk, `walked` when that was; `told` says that its owner knows that nothing can be read.
    """

    since: int = 0
    newest: int = 0
    token: str = ""
    count: int = -1
    walked: int = 0
    told: bool = False


@dataclass(slots=True)
class State:
    """The walks by their video or channel, and the number of replies by thread.

    `searched` is when videos were looked for last, `used` what the day, by its date in California, has cost so far.
    """

    walks: dict[str, Walk] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    searched: int = 0
    day: str = ""
    used: int = 0

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Return the state that `cursor` stands for."""
        stored = read_cursor(cursor)
        try:
            walks = {str(key): Walk(**walk) for key, walk in stored.pop("walks", {}).items()}
            replies = {str(key): int(count) for key, count in stored.pop("replies", {}).items()}
            return cls(walks=walks, replies=replies, **stored)
        except (AttributeError, TypeError, ValueError) as error:
            raise ConfigError("The stored cursor is none of YouTube; clear it to read the source anew.") from error

    @property
    def cursor(self) -> str:
        """The state as a cursor; of threads those that were looked at last."""
        self.replies = dict(list(self.replies.items())[-MAX_THREADS:])
        return write_cursor(**asdict(self))
