"""The rules that say who gets a case: which rule it falls under, and whose turn it is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rules ask of a case."""

    brand_id: int
    platform: str
    language: str
    reasons: Collection[str]
    severity: int
    courier: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Sends the cases it describes to a member or a team; what is empty matches all."""

    id: int
    name: str
    brand_id: int | None = None
    platform: str = ""
    language: str = ""
    reason: str = ""
    least_severity: int = 0
    courier: str = ""
    team_id: int | None = None
    member_id: int | None = None

    def matches(self, case: Subject) -> bool:
        """Tell whether the rule describes the case."""
        return (
            self.brand_id in (None, case.brand_id)
            and self.platform in ("", case.platform)
            and self.language in ("", case.language)
            and (not self.reason or self.reason in case.reasons)
            and self.least_severity <= case.severity
            and (not self.courier or self.courier.casefold() == case.courier.casefold())
        )

    def covers(self, other: "Rule") -> bool:
        """Tell whether this rule describes every case that the other does, which so never comes to one behind it."""
        return (
            self.brand_id in (None, other.brand_id)
            and self.platform in ("", other.platform)
            and self.language in ("", other.language)
            and self.reason in ("", other.reason)
            and self.least_severity <= other.least_severity
            and self.courier.casefold() in ("", other.courier.casefold())
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """How a member stands: whether they work now, and how many cases they have to act on.

    `is_closed` says that the account is; `last_at` is when the rules last gave the member a case.
    """

    id: int
    on_shift: bool
    open_cases: int = 0
    most_cases: int | None = None
    is_closed: bool = False
    last_at: datetime | None = None

    @property
    def is_free(self) -> bool:
        """True where the member can take a case now."""
        return self.on_shift and (self.most_cases is None or self.open_cases < self.most_cases)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who takes a case; nobody, where `may_come` tells whether somebody can later."""

    member_id: int | None
    may_come: bool = False


def matching_rule(rules: Iterable[Rule], case: Subject) -> Rule | None:
    """Return the first rule that describes the case."""
    return next((rule for rule in rules if rule.matches(case)), None)


def whose_turn(desks: Sequence[Desk], had: Collection[int] = ()) -> Choice:
    """Return who of the desks takes a case: of those that are free the one whose last one is longest ago.

    So everybody's turn comes round, and who is off shift or full keeps their place. `had` are members who had the case
    and did not take it up: it does not go to them again.
    """
    able = [desk for desk in desks if not desk.is_closed and desk.id not in had]
    free = [desk for desk in able if desk.is_free]
    if not free:
        return Choice(None, may_come=bool(able))
    return Choice(min(free, key=lambda desk: (desk.last_at or _NEVER, desk.open_cases, desk.id)).id)
