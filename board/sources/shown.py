"""A source as the browser gets it: plain values, with every state already in words and a word on what to do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from board.case.shown import safe_link
from board.sources.query_shown import LONGEST_NAME, plain, sentence
from core.budgets import WARN_AT, dollars, month_end
from core.masking import EXCERPT_LENGTH
from core.platforms import CHARGING, platform_words
from core.policies import Policy
from storage.source_acts import Asked
from storage.source_health import GapShown, LeftOutPost, SourceHealth
from storage.tables import FillState, SourceState

DAY_S: Final = 24 * 3600
OVERDUE: Final = timedelta(minutes=15)  # the longest that a running worker leaves a source that is due
CENT: Final = 10_000  # millionths of a US dollar
_PLACES: Final = {"feeds": "Feed", "files": "Files", "articles": "Articles"}
_STATES: Final = {
    SourceState.OK: "Well",
    SourceState.WAITING: "Waiting",
    SourceState.RETRYING: "Trying again",
    SourceState.STOPPED: "Needs a person",
    SourceState.OVER_BUDGET: "Sleeping",
    SourceState.OFF: "Off",
}
_GLANCE: Final = {
    SourceState.STOPPED: ("needs a person", "need a person"),
    SourceState.RETRYING: ("is trying again", "are trying again"),
    SourceState.OVER_BUDGET: ("sleeps until next month", "sleep until next month"),
    SourceState.WAITING: ("waits to be read", "wait to be read"),
    SourceState.OK: ("is well", "are well"),
    SourceState.OFF: ("is off", "are off"),
}
_NEXT: Final = {
    SourceState.STOPPED: "next: when somebody acts",
    SourceState.OFF: "not read any more",
}


def in_order(sources: Sequence[SourceHealth]) -> list[SourceHealth]:
    """Return the sources with those first that need somebody, then those that may have missed something."""
    states = list(_GLANCE)
    return sorted(
        sources, key=lambda source: (states.index(source.state), not source.missing_total, source.name.lower())
    )


def place_words(platform: str) -> str:
    """Return what kind of place a source of the platform reads."""
    return _PLACES.get(platform, platform_words(platform))


def glance(sources: Sequence[SourceHealth], now: datetime) -> str:
    """Return how all of them are doing, in a few sentences."""
    if not sources:
        return "Nothing is watched yet."
    punctual = Counter(source.state for source in sources if not overdue_by(source, now))
    overdue = len(sources) - punctual.total()
    said = [f"{punctual[state]} {words[punctual[state] > 1]}" for state, words in _GLANCE.items() if punctual[state]]
    if overdue:
        said.insert(0, f"{overdue} {'are' if overdue > 1 else 'is'} overdue")
    gaps = sum(source.missing_total for source in sources)
    behind = sum(any(gap.is_pending for gap in source.gaps) for source in sources)
    sentences = [f"{', '.join(said)}."]
    if gaps:
        sentences.append(
            f"{gaps:,} stretches of time may be missing posts." if gaps > 1 else "One stretch may be missing posts."
        )
    if behind:
        sentences.append(
            f"{behind:,} sources have not read all of their time yet."
            if behind > 1
            else "One source has not read all of its time yet."
        )
    return " ".join(sentences if gaps or behind or overdue else [*sentences, "Nothing is known to be missing."])


def overdue_by(source: SourceHealth, now: datetime) -> timedelta | None:
    """Return for how long a worker should have read the source and has not, None where it is not overdue."""
    if source.state in _NEXT or source.is_reading or source.next_attempt_at is None:
        return None
    late = now - source.next_attempt_at
    return late if late > OVERDUE else None


def source_data(source: SourceHealth, asked: Mapping[int, Asked], now: datetime) -> dict[str, Any]:
    """Return everything that the list shows of a source beside its details."""
    late = overdue_by(source, now) is not None and source.state is not SourceState.RETRYING
    next_at, next_words = _next(source, now)
    return {
        "id": source.id,
        "name": source.name,
        "brand": source.brand,
        "place": place_words(source.platform),
        "tone": SourceState.WAITING.value if late else source.state.value,
        "state_words": "Overdue" if late else _STATES[source.state],
        "state_sub": f"{source.posts_total:,} posts in all" if source.posts_total != 1 else "1 post in all",
        "is_reading": source.is_reading,
        "is_well": source.state is SourceState.OK and not late,
        "needs_person": source.state is SourceState.STOPPED,
        "last_success_at": _seconds(source.last_success_at),
        "next_attempt_at": _seconds(next_at),
        "next_words": next_words,
        "a_day": _a_day(source.posts_a_day),
        "days": [{"day": day.isoformat(), "posts": posts} for day, posts in source.posts_by_day],
        "month": _month(source),
        "trouble": _trouble(source, now),
        "gaps": [_gap(gap, source, asked.get(gap.id)) for gap in source.gaps],
        "gaps_open": source.missing_total,
        "gaps_beyond": source.gaps_total - len(source.gaps),
        "left_out": source.left_out,
    }


def left_out_data(posts: Sequence[LeftOutPost]) -> list[dict[str, Any]]:
    """Return the posts that were left out, each with the reason."""
    return [
        {
            "id": post.id,
            "author": plain(post.author, LONGEST_NAME) or "Unknown author",
            "words": plain(post.text, EXCERPT_LENGTH),
            "why": plain(post.left_out),
            "link": safe_link(post.url),
            "posted_at": post.posted_at.timestamp(),
        }
        for post in posts
    ]


def policy_lines(policy: Policy) -> list[dict[str, Any]]:
    """Return what may be done with the posts, each line with its reason."""
    hours = policy.recheck_hours
    lines = (
        ("may_train", policy.may_train, "Corrections may train the model", "Corrections may not train the model"),
        ("may_export", policy.may_export, "The words may leave in a file", "The words may not leave in a file"),
        ("may_reply", policy.may_reply, "A reply may be sent from here", "A reply is posted by hand, there"),
        ("recheck_hours", hours > 0, f"Looked up again every {hours} h: what is deleted there goes here too",
         "Not looked up again: what is deleted there stays here"),
    )  # fmt: skip
    return [
        {"name": name, "allowed": allowed, "words": yes if allowed else no, "why": policy.why.get(name, "")}
        for name, allowed, yes, no in lines
    ]


def _a_day(posts: float) -> str:
    return f"{posts:,.1f}" if 0 < posts < 100 else f"{posts:,.0f}"


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _next(source: SourceHealth, now: datetime) -> tuple[datetime | None, str]:
    """Return when the source is read next, or that in words; a budget's month is one of UTC wherever the reader is."""
    if source.state in _NEXT:
        return None, _NEXT[source.state]
    if source.state is SourceState.OVER_BUDGET and source.next_attempt_at == month_end(now):
        return None, f"next on {month_end(now):%-d %B}"
    return source.next_attempt_at, "next: now"


def _month(source: SourceHealth) -> dict[str, Any]:
    share = source.budget_share
    costs = source.cost_this_month > 0 or source.budget_cost is not None or source.platform in CHARGING
    posts = source.posts_this_month
    no_budget = "no budget is set" if costs else ""
    return {
        "posts_words": "1 post" if posts == 1 else f"{posts:,} posts",
        "cost_words": dollars(source.cost_this_month) if costs else "",
        "share": share,
        "share_words": no_budget if share is None else f"{share:.0%} of {_budget_words(source)}",
        "tone": "" if share is None or share < WARN_AT else "near" if share < 1 else "full",
    }


def _budget_words(source: SourceHealth) -> str:
    """Return the budget that is fuller: "200,000 posts" or "$50.00"."""
    posts, cost = source.budget_posts, source.budget_cost
    if cost is not None and (posts is None or source.cost_this_month / cost >= source.posts_this_month / posts):
        return dollars(cost)
    return f"{posts:,} posts"


def _trouble(source: SourceHealth, now: datetime) -> list[dict[str, Any]]:
    """Return what is wrong, a note each, with what to do about it."""
    notes = []
    share = source.budget_share or 0.0
    again = f"{month_end(now):%-d %B}"
    if source.state is SourceState.STOPPED:
        error = _error(source) or "It was stopped, and nobody has said why."
        advice = "Nothing is read until this is put right; then try it again."
        notes.append(_note("error", "stop", sentence(error), advice, can_retry=True))
    elif source.state is SourceState.RETRYING:
        advice = "It is tried again by itself, with growing pauses; look into it if this stays for hours."
        notes.append(_note("error", "warn", sentence(_error(source)), advice, can_retry=True))
    elif source.state is SourceState.OVER_BUDGET:
        words = f"Sleeping until {again}: the budget of {_budget_words(source)} is used."
        advice = "A larger budget wakes it at once."
        notes.append(_note("budget", "stop" if share >= 1 else "warn", words, advice))
    elif source.last_error and source.state is not SourceState.OFF:
        notes.append(_note("error", "warn", sentence(_error(source)), ""))
    late = overdue_by(source, now)
    if late:
        advice = "Where all sources are overdue, no worker runs: start afterclick run, or afterclick work."
        notes.append(_note("overdue", "warn", f"It was due {_length(late)} ago, and nothing has read it.", advice))
    if source.state is not SourceState.OVER_BUDGET and source.budget_share is not None and share >= WARN_AT:
        words = f"{share:.0%} of this month’s budget of {_budget_words(source)} is used."
        notes.append(_note("budget", "warn", words, f"At 100% the source sleeps until {again}."))
    elif source.warning and share < WARN_AT:
        notes.append(_note("warning", "warn", sentence(source.warning), ""))
    return notes


def _length(span: timedelta) -> str:
    """Return a stretch of time in its largest unit: "25 min", "3 h", "4 days"."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _note(kind: str, tone: str, words: str, advice: str, *, can_retry: bool = False) -> dict[str, Any]:
    return {"kind": kind, "tone": tone, "words": words, "advice": advice, "can_retry": can_retry}


def _error(source: SourceHealth) -> str:
    """Return the last error without the source's name, which stands above it."""
    return plain(source.last_error.strip().removeprefix(f'Source "{source.name}": '))


def _gap(gap: GapShown, source: SourceHealth, asked: Asked | None) -> dict[str, Any]:
    return {
        "id": gap.id,
        "from_at": gap.from_at.timestamp(),
        "until_at": gap.until_at.timestamp(),
        "why": plain(gap.sentence).rstrip("."),
        "is_pending": gap.is_pending,
        "can_fill": gap.can_fill,
        "fill_words": _fill_words(gap, source),
        "asked_by": asked.name if asked and gap.fill_state is FillState.WANTED else "",
        "asked_at": _seconds(asked.at) if asked and gap.fill_state is FillState.WANTED else None,
        "price": _price(gap, source) if gap.can_fill and source.platform in CHARGING else "",
    }


def _fill_words(gap: GapShown, source: SourceHealth) -> str:
    detail = plain(gap.fill_detail).rstrip(".")
    if gap.is_pending:
        return "The next run that succeeds reads it."
    if gap.fill_state is FillState.WANTED:
        return "It is being filled" + (f": {detail}." if detail else ".")
    if gap.fill_state is FillState.FAILED:
        return f"Filling it failed: {detail}." if detail else "Filling it failed."
    if source.state is SourceState.OFF:
        return "It cannot be filled while the source is off."
    if not gap.can_fill:
        return "Its platform hands over only what is new, so this cannot be filled."
    return ""


def _price(gap: GapShown, source: SourceHealth) -> str:
    """Return what filling would cost, as far as one can tell from the last week and this month."""
    place = platform_words(source.platform)
    posts = source.posts_a_day * (gap.until_at - gap.from_at).total_seconds() / DAY_S
    if not posts or not source.posts_this_month or not source.cost_this_month:
        return f"{place} charges for every post that is read, and how many there are is not known beforehand."
    count = max(1, round(posts))
    cost = round(count * source.cost_this_month / source.posts_this_month)
    about = f"{count:,} posts" if count > 1 else "one post"
    amount = dollars(cost) if cost >= CENT else "less than a cent"
    return f"{place} charges for every post that is read. Going by the last week these are about {about}, for {amount}."
