"""Far more complaints than usual: of a brand, of a reason, of a courier, on a platform."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core.alerts.episodes import Episode, Group
from core.alerts.spiking import LEARNS_FROM, SHOWN_HOURS, Series, Spiking, spiking
from core.platforms import platform_words
from core.spikes import CALM, HOUR
from core.taxonomy import Reason
from storage.alerting.asked import Asked
from storage.alerting.counts import complaints, first_complaint_at

_RECENT = CALM + 6 * HOUR


def spikes(session: Session, asked: Asked) -> Sequence[Episode]:
    """Find more complaints than are usual, by what came before alone.

    A rule that is narrowed to a reason, a courier or a platform watches what is left as one series; one that is not
    watches the brand and each of its reasons, couriers and platforms. The six weeks before are read only where enough
    came of late.
    """
    settings = asked.settings
    floor = max(int(asked.threshold), 1)
    if len(complaints(session, asked.brand_id, settings, asked.since - _RECENT, asked.until)) < floor:
        return []
    first = first_complaint_at(session, asked.brand_id)
    if first is None:
        return []
    # From midnight on: the same whatever the minute, so that two looks of a day see the same past.
    began_at = max(datetime.combine((asked.since - LEARNS_FROM).astimezone(UTC).date(), time(), tzinfo=UTC), first)
    counted = complaints(session, asked.brand_id, settings, began_at, asked.until)
    is_whole = not (settings.reason or settings.courier or settings.platform)
    return [
        _episode(each, asked) for each in spiking(counted, began_at, asked.since, asked.until, floor, is_whole=is_whole)
    ]


def _episode(found: Spiking, asked: Asked) -> Episode:
    rise, last = found.rise, found.rise.last
    facts: dict[str, object] = {
        "series": _series_words(found.series),
        "count": last.count,
        "expected": round(last.expected, 1),
        "window_hours": round(last.window / HOUR),
        "since": rise.since.isoformat(),
        "counts_began_at": (last.at - SHOWN_HOURS * HOUR).isoformat(),
        "counts": list(found.counts),
        "expected_counts": [round(each, 2) for each in found.usual],
        "reasons": [list(each) for each in found.reasons],
        "couriers": [list(each) for each in found.couriers],
        "case_ids": found.examples,
    }
    return Episode(
        key=f"spike:{found.series.key}",
        group=_group(found.series, asked),
        began_at=rise.began_at,
        ended_at=rise.ended_at if rise.ended_at <= asked.until else None,
        words=_words(found, asked.settings.timezone or asked.timezone),
        facts=tuple(facts.items()),
    )


def _group(series: Series, asked: Asked) -> Group:
    return Group(
        reason=series.name if series.kind == "reason" else asked.settings.reason,
        courier=series.name if series.kind == "courier" else asked.settings.courier,
    )


def _series_words(series: Series) -> str:
    """Return what the complaints have in common, nothing where that is their brand alone."""
    match series.kind:
        case "reason":
            return Reason(series.name).words
        case "platform":
            return platform_words(series.name)
        case _:
            return series.name


def _words(found: Spiking, zone: str) -> str:
    """Return the sentence that says how many came until when, and how many are usual."""
    last, place = found.rise.last, ZoneInfo(zone)
    usual = max(round(last.expected), 0)
    is_usual = "hardly any are" if not usual else f"{usual} {'is' if usual == 1 else 'are'}"
    at = last.at.astimezone(place)
    hours = round(last.window / HOUR)
    stretch = "the hour" if hours == 1 else f"the {hours} hours"
    source = f" from {platform_words(found.series.name)}" if found.series.kind == "platform" else ""
    return f"{last.count:,} complaints{source} in {stretch} to {at:%H:%M}, where {is_usual} usual."
