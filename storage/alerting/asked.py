"""What a rule asks the database: of which brand, with which settings, over which time."""

from dataclasses import dataclass
from datetime import datetime

from core.alerts.episodes import Episode
from core.configuration.alerting import RuleSettings
from core.hours import Hours


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule's question. Wanted is what was so at any moment from `since` to `until`, which is now or lies behind.

    Live, `since` is `until`: what is so now. What began before `not_before` is not wanted: a new rule does not tell of
    last year. `hours` and `timezone` are the brand's, for what counts working time.
    """

    brand_id: int
    settings: RuleSettings
    since: datetime
    until: datetime
    not_before: datetime
    hours: Hours
    timezone: str

    @property
    def is_live(self) -> bool:
        """True where the question is what is so now."""
        return self.since == self.until

    @property
    def threshold(self) -> float:
        """The rule's number; parse_settings gave it the kind's own where it has none."""
        return self.settings.threshold or 0

    def wants(self, episode: Episode) -> bool:
        """Tell whether it was so in the time that is asked about."""
        over_at = episode.ended_at
        is_over = over_at is not None and (over_at <= self.since or over_at <= episode.began_at)
        return self.not_before <= episode.began_at <= self.until and not is_over
