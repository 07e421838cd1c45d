"""What a rule sees: something that is so from one moment until another."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Group:
    """What is told of together: things of one rule with one reason and one courier, each empty where it has none.

    Of watched words the reason is the word.
    """

    reason: str = ""
    courier: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """One thing that a rule watches for, from when it began until it was over; no end while it is so.

    `key` names what it is about ("case:17", "promise:3", "source:2", "spike:late"); it is the same each time the rule
    looks, and what begins once more after its end has the same key and a later beginning. `words` say in one plain
    sentence, ours and without a stranger's words, what is so ("Due since 14:05"). `facts` are plain values for the
    mail: of a spike its counts, of a source its error.
    """

    key: str
    group: Group
    began_at: datetime
    ended_at: datetime | None = None
    case_id: int | None = None
    words: str = ""
    facts: tuple[tuple[str, object], ...] = ()

    def is_so(self, now: datetime) -> bool:
        """Tell whether it has begun and is not over."""
        return self.began_at <= now and (self.ended_at is None or self.ended_at > now)
