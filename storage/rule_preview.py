"""What rules of routing would have done with the cases of the last days, asked in their order as the job asks them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from core.routing import Rule, Subject, matching_rule
from storage.routing import RuleFields
from storage.rows import id_of
from storage.tables import Case, RoutingRule

LOOKED_BACK: Final = timedelta(days=30)
MOST_CASES: Final = 5000
FIELDS: Final = (
    *("name", "brand_id", "platform", "language", "reason", "least_severity", "courier"),
    *("team_id", "member_id", "enabled"),
)


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case as the rules see it, and enough to know it again."""

    id: int
    platform: str
    excerpt: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Past:
    """The cases of the last 30 days, newest first; `is_cut` where there were more than are looked at."""

    cases: Sequence[PastCase]
    is_cut: bool

    @property
    def words(self) -> str:
        """What was looked at, to go on from "of"."""
        count = len(self.cases)
        return f"the newest {count:,} cases" if self.is_cut else f"the {count:,} cases of the last 30 days"


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a rule would have sent in its place, and what of that which it describes an earlier one takes, by name."""

    sent: Sequence[PastCase]
    taken_before: Sequence[tuple[str, int]]


def past_cases(session: Session, now: datetime) -> Past:
    """Return the cases that were opened in the last 30 days, but for those that were merged into others."""
    columns = (Case.brand_id, Case.platform, Case.language, Case.severity, Case.courier)
    query = (
        select(Case.id, Case.excerpt, Case.reasons, *columns)  # type: ignore[call-overload]
        .where(Case.opened_at >= now - LOOKED_BACK, col(Case.merged_into_id).is_(None))
        .order_by(col(Case.id).desc())
        .limit(MOST_CASES + 1)
    )
    found = [
        PastCase(case_id, platform, excerpt, Subject(brand_id, platform, language, reasons, severity, courier))
        for case_id, excerpt, reasons, brand_id, platform, language, severity, courier in session.exec(query)
    ]
    return Past(found[:MOST_CASES], len(found) > MOST_CASES)


def sent_by_rule(rules: Sequence[Rule], past: Past) -> Mapping[int, int]:
    """Return how many of the cases each rule would have sent."""
    decided = (matching_rule(rules, case.subject) for case in past.cases)
    return Counter(rule.id for rule in decided if rule is not None)


def previewed(rule: Rule, before: Sequence[Rule], past: Past) -> Previewed:
    """Return what the rule would have sent behind the rules `before` it."""
    sent, taken = [], Counter[str]()
    for case in past.cases:
        if rule.matches(case.subject):
            earlier = matching_rule(before, case.subject)
            if earlier is None:
                sent.append(case)
            else:
                taken[earlier.name] += 1
    return Previewed(sent, taken.most_common())


def covered_by(rule: Rule, before: Sequence[Rule]) -> Rule | None:
    """Return the first earlier rule that takes everything that the rule describes, so that it never gets a case."""
    return next((earlier for earlier in before if earlier.covers(rule)), None)


def rule_of(said: RuleFields, rule_id: int = 0) -> Rule:
    """Return what a form says as the job would ask it."""
    return Rule(
        id=rule_id,
        name=said.name,
        brand_id=said.brand_id,
        platform=said.platform,
        language=said.language,
        reason=said.reason,
        least_severity=said.least_severity,
        courier=said.courier,
        team_id=said.team_id,
        member_id=said.member_id,
    )


def rule_of_row(row: RoutingRule) -> Rule:
    """Return a stored rule as the job asks it."""
    fields = {name: getattr(row, name) for name in FIELDS}
    return rule_of(RuleFields(**fields), id_of(row))


def rules_before(rows: Sequence[RoutingRule], rule_id: int | None) -> list[Rule]:
    """Return the rules in force that are asked before the one with this key; before a new one all of them."""
    before = []
    for row in rows:
        if row.id == rule_id:
            break
        if row.enabled and (row.team_id or row.member_id):
            before.append(rule_of_row(row))
    return before
