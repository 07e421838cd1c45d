"""Sources in every state, for the Sources page and the query test."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from core.budgets import month_end, month_of
from storage.rows import id_of
from storage.tables import (
    Brand,
    CollectedWindow,
    FillState,
    PostRow,
    Source,
    SourceState,
    SourceUsage,
    WindowState,
)

HOSTILE_ERROR = "<img src=x onerror=\"document.title='owned'\"> **bold** [x](javascript:alert(1)) $x^2$ :red[danger]"
QUERY = '@brindlehome OR "brindle home" ~brindle with:delivery|parcel|order -"brindle jobs" lang:en'


@dataclass(frozen=True)
class Gap:
    """A stretch in hours before now, and what became of it."""

    hours_ago: float
    hours: float
    why: str
    is_gap: bool = True
    fill: FillState = FillState.NOT_ASKED
    fill_detail: str = ""


@dataclass(frozen=True)
class SourceSeed:
    """A source to be; `posts` are those of each of the last days, oldest first, by a source that began then."""

    name: str
    platform: str
    state: SourceState = SourceState.OK
    query: str = QUERY
    posts: tuple[int, ...] = ()
    error: str = ""
    read_minutes_ago: float | None = 2
    next_in_minutes: float | None = 3
    month: tuple[int, int] = (0, 0)  # posts, micro-USD
    settings: dict[str, Any] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()  # text, reason
    is_reading: bool = False


SOURCES = (
    SourceSeed(
        "x-brindle",
        "x",
        posts=(31, 28, 44, 39, 12, 9, 33, 36, 41, 68, 29, 11, 14, 22),
        month=(8412, 42_060_000),
        settings={"budget_usd_per_month": 50.0},
        gaps=(Gap(27.5, 0.34, "X asked for a pause of 20 minutes"),),
        left_out=(
            (
                "Brindle is my favourite coat colour on a greyhound, fight me",
                "none of delivery, parcel, order stands in it",
            ),
            ("The brindle pup at the shelter has been adopted!", "none of delivery, parcel, order stands in it"),
        ),
    ),
    SourceSeed(
        "x-brindle-mentions",
        "x",
        SourceState.STOPPED,
        posts=(4, 6, 3, 8, 2, 1, 5, 4, 6, 7, 3, 0, 0, 0),
        error='Source "x-brindle-mentions": X refused the token (401). Renew X_BEARER_TOKEN__X_BRINDLE_MENTIONS',
        read_minutes_ago=3 * 24 * 60,
        next_in_minutes=None,
        month=(102, 102_000),
        gaps=(Gap(72, 71, "X refused the token", is_gap=False),),
    ),
    SourceSeed(
        "reddit-homeware",
        "reddit",
        SourceState.RETRYING,
        query="",
        posts=(2, 0, 1, 3, 2, 4, 1, 0, 2, 5, 1, 2, 3, 1),
        error="Reddit did not answer within 30 s",
        read_minutes_ago=47,
        next_in_minutes=9,
        month=(41, 0),
        settings={"subreddit": "homeware"},
        gaps=(Gap(5, 0.2, "the list ends at 1,000 items and 340 came since the last run"),),
    ),
    SourceSeed(
        "bluesky-brindle",
        "bluesky",
        SourceState.OVER_BUDGET,
        posts=(120, 90, 140, 180, 77, 66, 130, 150, 170, 220, 90, 40, 10, 0),
        month=(2000, 0),
        read_minutes_ago=900,
        next_in_minutes=6000,
        settings={"budget_posts_per_month": 2000},
        error="the budget is used",
    ),
    SourceSeed(
        "mastodon-brindle",
        "mastodon",
        posts=(1, 0, 0, 2, 1, 0, 0, 1, 3, 0, 0, 0, 1, 1),
        month=(17, 0),
        is_reading=True,
        gaps=(
            Gap(50, 0.6, "the server was restarted", fill=FillState.WANTED),
            Gap(80, 0.3, "the server lists 40 posts and more came", fill=FillState.FAILED, fill_detail="404 Not Found"),
        ),
    ),
    SourceSeed("garden-blog-feed", "feeds", query="", posts=(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), month=(3, 0)),
    SourceSeed("youtube-unboxings", "youtube", SourceState.WAITING, read_minutes_ago=None, next_in_minutes=None),
    SourceSeed("old-forum-export", "files", SourceState.OFF, query="", read_minutes_ago=60 * 24 * 40, month=(0, 0)),
)


def seed_sources(session: Session, brand: Brand, now: datetime, sources: tuple[SourceSeed, ...] = SOURCES) -> list[int]:
    """Store the sources with their posts, windows and usage; return their ids."""
    return [_add(session, id_of(brand), each, now) for each in sources]


def only_brand(session: Session) -> Brand:
    """Return the brand that `tests.board.seeding` made."""
    return session.exec(select(Brand).order_by(Brand.name)).all()[0]


def _add(session: Session, brand_id: int, each: SourceSeed, now: datetime) -> int:
    source = Source(
        brand_id=brand_id,
        name=each.name,
        platform=each.platform,
        query=each.query,
        settings=each.settings,
        enabled=each.state is not SourceState.OFF,
        state=each.state,
        last_error=each.error,
        last_success_at=_before(now, each.read_minutes_ago),
        next_attempt_at=None if each.next_in_minutes is None else now + timedelta(minutes=each.next_in_minutes),
        claimed_until=now + timedelta(hours=9) if each.is_reading else None,
        claimed_by="a reader" if each.is_reading else "",
        created_at=now - timedelta(days=60),
    )
    if each.state is SourceState.OVER_BUDGET:
        source.next_attempt_at = month_end(now)
    session.add(source)
    session.flush()
    source_id = id_of(source)
    session.add(SourceUsage(source_id=source_id, month=month_of(now), posts=each.month[0], cost=each.month[1]))
    for gap in each.gaps:
        start = now - timedelta(hours=gap.hours_ago)
        state = WindowState.TRUNCATED if gap.is_gap else WindowState.FAILED
        session.add(
            CollectedWindow(
                source_id=source_id,
                from_at=start,
                until_at=start + timedelta(hours=gap.hours),
                state=state,
                detail=gap.why,
                is_gap=gap.is_gap,
                fill_state=gap.fill,
                fill_detail=gap.fill_detail,
                fill_asked_at=now - timedelta(minutes=4) if gap.fill is not FillState.NOT_ASKED else None,
                fill_asked_by=1 if gap.fill is not FillState.NOT_ASKED else None,
            )
        )
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=1, microsecond=0)
    for back, count in enumerate(reversed(each.posts)):
        for number in range(count):
            _add_post(session, brand_id, source, f"{back}-{number}", today - timedelta(days=back), _text(number), "")
    for number, (text, why) in enumerate(each.left_out):
        _add_post(session, brand_id, source, f"left-{number}", now - timedelta(hours=5 * number + 1), text, why)
    return source_id


def _text(number: int) -> str:
    return (
        "Where is my parcel, @brindlehome? Ordered two weeks ago.",
        "My brindel delivery is late again and nobody answers.",
        "The brindle pup was so happy today",
        "Applied at Brindle: brindle jobs are all night shifts, with a delivery van.",
    )[number % 4]


def _add_post(session: Session, brand_id: int, source: Source, key: str, at: datetime, text: str, why: str) -> None:
    session.add(
        PostRow(
            platform=source.platform,
            platform_id=f"{source.name}-{key}",
            brand_id=brand_id,
            source_id=id_of(source),
            author=f"@writer_{key}",
            text=text,
            url=f"https://social.example/{source.name}/{key}",
            language="en",
            posted_at=at,
            collected_at=at + timedelta(minutes=1),
            left_out=why,
            relevance=0.1 if why else None,
            classified_with="test-1",
        )
    )


def _before(now: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else now - timedelta(minutes=minutes)
