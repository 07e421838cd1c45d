"""Everything that a report page shows, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from board.parts import Parts
from board.reports.address import Chosen
from board.words import PARTY_WORDS
from core.counted import Counted, Dimension
from core.errors import InputError
from core.platforms import platform_words
from core.reporting import Period, Span
from core.taxonomy import Party, Reason
from core.types import Role
from storage.reports import reading
from storage.reports.reading import AtStake, BrandDays, Missed, Standing, Wanted
from storage.tables import Member

MOST_AT_STAKE: Final = 50
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_REASONS: Final = {reason.value: reason.words for reason in Reason}
_PARTIES: Final = {party.value: PARTY_WORDS[party] for party in Party}
_NONE_NAMED: Final = {
    Dimension.REASON: "No reason named",
    Dimension.PARTY: "Nobody named",
    Dimension.COURIER: "No courier named",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a report can be narrowed to."""

    brands: tuple[BrandDays, ...]
    platforms: tuple[str, ...] = ()
    couriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was read, for a member.

    `open_now` and `names` hold only whom the member may look at; `is_partial` tells that these are not all.
    """

    chosen: Chosen
    offer: Offer
    counted: Counted
    at_stake: tuple[AtStake, ...]
    missed: tuple[Missed, ...]
    standing: Standing
    open_now: dict[int, int]
    names: dict[int, str]
    is_partial: bool
    read_at: datetime

    @property
    def period(self) -> Period:
        """The days of the report."""
        return self.counted.period

    @property
    def brands(self) -> list[BrandDays]:
        """The brands that the report is about."""
        wanted = self.chosen.wanted.brand_id
        return [brand for brand in self.offer.brands if wanted in (None, brand.id)]

    @property
    def zone_words(self) -> str:
        """By whose calendar days and hours are told."""
        zones = {brand.zone for brand in self.brands}
        return f"the clock of {next(iter(zones)).replace('_', ' ')}" if len(zones) == 1 else "each brand’s own clock"

    def name_of(self, dimension: Dimension, value: str) -> str:
        """Return in words what cases are told apart by."""
        if dimension is Dimension.BRAND:
            return next((brand.name for brand in self.offer.brands if str(brand.id) == value), "A former brand")
        return name_of(dimension, value)

    def leads_to(
        self,
        span: Span | None = None,
        *,
        on: str = "",
        also: str = "",
        view: str = "all",
        narrowed: Mapping[str, str] = NOTHING,
    ) -> str:
        """Return the address of the queue with the cases that are counted: those that began in the span.

        `on` names the day of the week, or the hour of one, as searches do. Nothing where the queue has no filter for
        them: for those that name no courier, reason or party.
        """
        filters = self._filters()
        # A case has several reasons: one that is asked for besides the filter is searched for.
        besides = [f"{name}:{value}" for name, value in narrowed.items() if filters.get(name, value) != value]
        search = " ".join(filter(None, (began_words(span or self.period.span) + on, *besides, also)))
        return _address({"view": view, **narrowed, **filters, "q": search})

    def leads_to_open(self, member_id: int) -> str:
        """Return the address of the queue with what a member has open."""
        return _address({"view": "open", "assignee": str(member_id), **self._filters()})

    def _filters(self) -> dict[str, str]:
        """Return what the report is narrowed to, as the queue's address has it; empty for what names none."""
        wanted = self.chosen.wanted
        chosen = {
            "brand": wanted.brand_id,
            "platform": wanted.platform,
            "courier": wanted.courier,
            "reason": wanted.reason,
            "party": wanted.party,
        }
        return {name: str(value) for name, value in chosen.items() if value is not None}


def name_of(dimension: Dimension, value: str) -> str:
    """Return in words what cases are told apart by, brands aside."""
    if dimension in _NONE_NAMED and not value:
        return _NONE_NAMED[dimension]
    match dimension:
        case Dimension.REASON:
            return _REASONS.get(value, value)
        case Dimension.PARTY:
            return _PARTIES.get(value, value)
        case Dimension.PLATFORM:
            words = platform_words(value)
            return words[:1].upper() + words[1:]
        case _:
            return value


def _address(asked: Mapping[str, str]) -> str:
    return "./?" + urlencode(asked) if all(asked.values()) else ""


def began_words(span: Span) -> str:
    """Return the search for the cases that began on these days."""
    return f"began:{span.first}" if span.days == 1 else f"began:{span.first}..{span.last}"


def read_report(board: Parts, chosen: Chosen, member: Member) -> Report:
    """Read the report for a member: managers see the work of all, others their own.

    Raises InputError where the days or the brand that were chosen make no sense.
    """
    now = board.clock()
    with board.database.read() as session:
        brands = reading.brand_days(session)
        about = [brand for brand in brands if chosen.wanted.brand_id in (None, brand.id)]
        if not about and chosen.wanted.brand_id is not None:
            raise InputError("There is no such brand any more: choose another.")
        period = chosen.period(*reading.today_of(about, now))
        names, open_now = reading.member_names(session), reading.open_by_member(session, chosen.wanted)
        may_see_all = member.role.includes(Role.MANAGER)
        counted = reading.read_counted(session, chosen.wanted, period)
        return Report(
            chosen=chosen,
            offer=_offer(brands, *reading.offered(session, chosen.wanted, period), chosen.wanted),
            counted=counted,
            at_stake=tuple(reading.promises_at_stake(session, chosen.wanted, period, now, MOST_AT_STAKE)),
            missed=tuple(reading.missed_in(session, chosen.wanted, period, now)),
            standing=reading.standing(session, now),
            open_now={key: number for key, number in open_now.items() if may_see_all or key == member.id},
            names={key: name for key, name in names.items() if may_see_all or key == member.id},
            is_partial=not may_see_all,
            read_at=now,
        )


def _offer(brands: list[BrandDays], platforms: list[str], couriers: list[str], wanted: Wanted) -> Offer:
    """Return what can be chosen; what is chosen stays so, if nothing is there any more."""
    if wanted.platform is not None and wanted.platform not in platforms:
        platforms = [*platforms, wanted.platform]
    if wanted.courier is not None and wanted.courier not in couriers:
        couriers = [*couriers, wanted.courier]
    return Offer(tuple(brands), tuple(platforms), tuple(couriers))
