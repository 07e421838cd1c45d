"""What a rule would have told somebody of over a stretch of time that lies behind: `step` and the brake, replayed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from core.alerts.brake import free_at
from core.alerts.engine import BETWEEN_NEWS, CALM, Change, Held, News, Policy, Standing, step
from core.alerts.episodes import Episode, Group

TICK: Final = timedelta(minutes=1)  # what happens within one is seen at its end
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Tried:
    """An incident that there would have been: how many things it held, and when somebody would have been told why."""

    group: Group
    opened_at: datetime
    resolved_at: datetime | None
    count: int
    tellings: Sequence[tuple[datetime, News]]


def replay(policy: Policy, episodes: Iterable[Episode], since: datetime, until: datetime) -> list[Tried]:
    """Return the incidents that these episodes would have made, in the order of their opening.

    Groups have nothing to do with each other, so each is gone through by itself, from one moment at which something can
    change to the next.
    """
    groups: dict[Group, list[Episode]] = {}
    for episode in episodes:
        groups.setdefault(episode.group, []).append(episode)
    tried = [each for group, some in groups.items() for each in _Replay(policy, group, some, since).run(until)]
    return sorted(tried, key=lambda each: (each.opened_at, each.group.reason, each.group.courier))


def mails_of(tried: Sequence[Tried]) -> list[datetime]:
    """Return when mails would have left to one recipient who gets no others: what waits for the brake leaves together.

    What was over before anybody heard of it is not told.
    """
    waiting = sorted((at, number, news) for number, each in enumerate(tried) for at, news in each.tellings)
    sent: list[datetime] = []
    heard: set[int] = set()
    while waiting:
        leaves_at = free_at(sent, waiting[0][0])
        leaving = [telling for telling in waiting if telling[0] <= leaves_at]
        waiting = waiting[len(leaving) :]
        said = {number for _, number, news in leaving if number in heard or not _is_over(tried[number], leaves_at)}
        if said:
            sent.append(leaves_at)
            heard |= said
    return sent


def _is_over(each: Tried, at: datetime) -> bool:
    return each.resolved_at is not None and each.resolved_at <= at


@dataclass
class _Open:
    """An incident while it is open, as it would be kept."""

    standing: Standing
    count: int = 0
    tellings: list[tuple[datetime, News]] = field(default_factory=list)


class _Replay:
    """One group's way through the time."""

    def __init__(self, policy: Policy, group: Group, episodes: Sequence[Episode], since: datetime) -> None:
        self._policy = policy
        self._group = group
        self._coming = sorted(episodes, key=lambda each: (each.began_at, each.key), reverse=True)
        self._so: dict[str, Episode] = {}
        self._now = since
        self._open: _Open | None = None
        self._tried: list[Tried] = []

    def run(self, until: datetime) -> list[Tried]:
        """Go to the end and return what there was."""
        while self._now <= until:
            self._look()
            following = self._next()
            if following is None:
                break
            self._now = following
        if self._open is not None:
            self._tried.append(self._as_tried(self._open, None))
        return self._tried

    def _look(self) -> None:
        while self._coming and self._coming[-1].began_at <= self._now:
            episode = self._coming.pop()
            self._so[episode.key] = episode
        self._so = {key: each for key, each in self._so.items() if each.is_so(self._now)}
        standing = [self._open.standing] if self._open else []
        for change in step(self._policy, standing, self._so.values(), self._now):
            self._carry_out(change)

    def _carry_out(self, change: Change) -> None:
        now = self._now
        kept = self._open or _Open(Standing(len(self._tried), self._group, now))
        before, tells, told = kept.standing, change.tells, set(change.told)
        held = _after(before.held, change, told, now)
        kept.count += len(change.joined)
        if tells is not None:
            kept.tellings.append((now, tells))
        kept.standing = replace(
            before,
            held=held,
            told_at=before.told_at if tells is None else now,
            told_count=before.told_count + (tells is not None),
            calm_since=change.calm_since,
        )
        self._open = kept
        if change.resolves:
            self._tried.append(self._as_tried(kept, now))
            self._open = None

    def _as_tried(self, kept: _Open, resolved_at: datetime | None) -> Tried:
        return Tried(self._group, kept.standing.opened_at, resolved_at, kept.count, tuple(kept.tellings))

    def _next(self) -> datetime | None:
        """Return the next moment at which anything can change, none where nothing can any more."""
        moments = [episode.ended_at for episode in self._so.values() if episode.ended_at is not None]
        if self._coming:
            moments.append(self._coming[-1].began_at)
        if self._open is not None:
            moments += self._due(self._open.standing)
            if not (self._policy.is_silent or self._policy.may_tell(self._now)):
                moments.append(self._policy.hours.after(self._now, _MOMENT, self._policy.timezone) - _MOMENT)
        later = [_ticked(at) for at in moments]
        return min((at for at in later if at > self._now), default=None)

    def _due(self, standing: Standing) -> list[datetime]:
        """Return when the incident's own clocks run out."""
        found = [standing.opened_at + self._policy.settling]
        if standing.calm_since is not None:
            found.append(standing.calm_since + CALM)
        if standing.told_at is not None:
            found.append(standing.told_at + BETWEEN_NEWS[min(standing.told_count, len(BETWEEN_NEWS)) - 1])
            if self._policy.repeat is not None:
                found.append(standing.told_at + self._policy.repeat)
        return found


def _after(before: Mapping[str, Held], change: Change, told: set[str], now: datetime) -> dict[str, Held]:
    """Return what an incident holds after a change; what is over for good is left out, as it is where it is kept."""
    held = {key: each for key, each in before.items() if each.ended_at is None or now - each.ended_at < CALM}
    held |= {key: replace(held[key], ended_at=None) for key in change.returned}
    held |= {key: replace(held[key], ended_at=now) for key in change.ended}
    held |= {episode.key: Held(episode.began_at) for episode in change.joined}
    return held | {key: replace(held[key], is_told=True) for key in told if key in held}


def _ticked(at: datetime) -> datetime:
    """Return the end of the tick in which it is."""
    return at + (datetime.min.replace(tzinfo=at.tzinfo) - at) % TICK
