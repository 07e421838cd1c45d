"""`sources` and `recheck`: how the sources are doing, and the little that a person can do about it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from threading import Event
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from commands.parts import JsonFlag, collector_of, log_to_terminal, opened, out, print_json, say
from commands.running import stop_on_signals
from core.budgets import dollars
from core.errors import InputError
from core.platforms import CHARGING
from jobs.parts import Parts
from jobs.recheck import Rechecked, Sweep, recheck, wants_recheck
from jobs.worker_id import is_gone
from storage.brands import all_sources
from storage.claims import free_claims
from storage.query_test import source_named
from storage.rows import id_of
from storage.source_acts import source_of_gap, zones
from storage.source_health import GapShown, SourceHealth, ask_fill, retry_source, sources_health
from storage.tables import FillState, Source, SourceState

LOOK_AGAIN_S: Final = 60.0
LARGEST: Final = 2**63 - 1  # that a database can be asked for
_STATES: Final = {
    SourceState.OK: "well",
    SourceState.WAITING: "waiting",
    SourceState.RETRYING: "trying again",
    SourceState.STOPPED: "needs a person",
    SourceState.OVER_BUDGET: "sleeping",
    SourceState.OFF: "off",
}
_NO_NEXT: Final = (SourceState.STOPPED, SourceState.OFF)
app = typer.Typer(help="How each source is doing, what it may have missed, what it costs.")


@app.callback(invoke_without_command=True)
def sources(context: typer.Context, json_output: JsonFlag = False) -> None:
    """List the sources: state, last and next reading, posts, cost, and what may have been missed."""
    if context.invoked_subcommand:
        return
    with opened() as parts, parts.database.read() as session:
        now = parts.now()
        found = sources_health(session, now)
        zone_of = zones(session)
    if json_output:
        print_json([_record(source) for source in found])
        return
    if not found:
        say("There is no source yet. Add one to the configuration file, then: afterclick config apply FILE")
        return
    out.print(_table(found, now))
    for source in found:
        for line in _notes(source, zone_of[source.brand]):
            say(f"{printable(source.name)}: {printable(line)}")


@app.command()
def fill(
    gap: Annotated[int, typer.Argument(max=2**31 - 1, help="The number of the gap, as `afterclick sources` lists it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask where the platform charges for what is read.")] = False,
) -> None:
    """Ask that a gap be read again. A running worker does it as soon as the source is free."""
    with opened() as parts:
        with parts.database.read() as session:
            source = source_of_gap(session, gap)
        if source.platform in CHARGING and not yes:
            _confirm("X charges for every post that is read. Fill the gap?")
        with parts.database.write() as session:
            ask_fill(session, gap, None, parts.now())
    say(f"Asked: gap {gap} of {source.name} is filled by a running worker (afterclick run, or afterclick work).")


@app.command()
def retry(name: Annotated[str, typer.Argument(help="The source's name.", metavar="SOURCE")]) -> None:
    """Read a source that was stopped, or that waits after a failure, at once."""
    with opened() as parts, parts.database.write() as session:
        retry_source(session, id_of(source_named(session, name)), parts.now())
    say(f"{name} is due now: a running worker (afterclick run, or afterclick work) reads it.")


def recheck_(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources whose posts to look up; all by default.", metavar="SOURCE")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look up what is due, then stop.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Look posts up again: what was edited or deleted there is so here. A running worker does this by itself."""
    log_to_terminal()
    stop = Event()
    stop_on_signals(stop)
    sweeps: dict[int, Sweep] = {}
    with opened() as parts:
        with parts.database.write() as session:
            free_claims(session, is_gone)
        while True:
            results = [
                result
                for source in _to_recheck(parts, names or [])
                if (result := _swept(parts, source, sweeps.setdefault(id_of(source), Sweep()), stop.is_set))
            ]
            _report(results, json_output)
            if once or stop.wait(LOOK_AGAIN_S):
                break
    if once and any(result.error for result in results):
        raise typer.Exit(1)


def _confirm(question: str) -> None:
    if sys.stdin is None:
        raise InputError("Standard input is closed, so nobody can be asked: say --yes where X may charge for it")
    typer.confirm(question, abort=True)


def _to_recheck(parts: Parts, names: Sequence[str]) -> list[Source]:
    with parts.database.read() as session:
        if names:
            return [source_named(session, name) for name in names]
        return [
            source
            for source in all_sources(session)
            if source.enabled and source.state is not SourceState.STOPPED and wants_recheck(source)
        ]


def _swept(parts: Parts, source: Source, sweep: Sweep, stopping: Callable[[], bool]) -> Rechecked | None:
    """Look up all that is due of a source, round after round; None where its time has not come yet."""
    if stopping() or not sweep.is_due(parts.now()):
        return None
    asked = edited = gone = unknown = 0
    while True:
        result = recheck(parts, source, collector_of, sweep, stopping)
        asked, edited = asked + result.asked, edited + result.edited
        gone, unknown = gone + result.gone, unknown + result.unknown
        if result.error or not result.asked or sweep.place is None or stopping():
            return Rechecked(source.name, asked, edited, gone, unknown, result.error)


def _report(results: list[Rechecked], json_output: bool) -> None:
    for result in results:
        if json_output:
            print_json(asdict(result))
        else:
            ending = f"; {printable(result.error)}" if result.error else ""
            counts = f"{result.asked:,} looked up, {result.gone:,} gone, {result.edited:,} edited"
            silent = f", {result.unknown:,} of which nothing was said" if result.unknown else ""
            say(f"{result.source}: {counts}{silent}{ending}")


def _table(found: Sequence[SourceHealth], now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Source", overflow="fold", min_width=12)
    for name in ("State", "Last read", "Next"):
        table.add_column(name, no_wrap=True)
    for name in ("A day", "Month", "Cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for source in found:
        last, following = source.last_success_at, source.next_attempt_at
        table.add_row(
            Text(printable(source.name)),
            "reading now" if source.is_reading else _STATES[source.state],
            f"{_span(now - last)} ago" if last else "never",
            "-" if following is None or source.state in _NO_NEXT else _span(following - now) or "now",
            f"{source.posts_a_day:,.1f}",
            f"{source.posts_this_month:,}",
            dollars(source.cost_this_month),
        )
    return table


def _span(length: timedelta) -> str:
    """Return a stretch of time in its largest unit; nothing of one that is over."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 0:
        return ""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _notes(source: SourceHealth, zone: str) -> list[str]:
    """Return what needs a word beneath the table: the last error, a budget that ends, what may have been missed."""
    error = "" if source.state is SourceState.OVER_BUDGET else source.last_error
    lines = [each for each in (error.removeprefix(f'Source "{source.name}": '), source.warning) if each]
    if source.left_out:
        lines.append(f"{source.left_out:,} posts of the last 7 days were left out as not about the brand")
    lines += [f"{gap.words(zone).rstrip('.')} ({zone}). {_what_to_do(gap, source)}" for gap in source.gaps]
    if source.gaps_total > len(source.gaps):
        lines.append(f"and {source.gaps_total - len(source.gaps):,} older gaps")
    return lines


def _what_to_do(gap: GapShown, source: SourceHealth) -> str:
    if gap.is_pending:
        return "The next run that succeeds reads it."
    if gap.fill_state is FillState.WANTED:
        return f"Gap {gap.id} waits to be filled by a running worker. {gap.fill_detail}".strip()
    failed = f"Filling it failed: {gap.fill_detail.rstrip('.')}. " if gap.fill_state is FillState.FAILED else ""
    if gap.can_fill:
        return f"{failed}Fill it with: afterclick sources fill {gap.id}"
    if source.state is SourceState.OFF:
        return f"{failed}It cannot be filled while the source is off."
    return f"{failed}It cannot be filled: its platform hands over only what is new."


def _record(source: SourceHealth) -> dict[str, Any]:
    record: dict[str, Any] = _plain(asdict(source))
    days = [{"day": day.isoformat(), "posts": posts} for day, posts in source.posts_by_day]
    return record | {"posts_by_day": days, "policy": _plain(asdict(source.policy))}


def _plain(value: Any) -> Any:
    """Return the value as JSON knows it."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def printable(text: str) -> str:
    """Return a stranger's words on one line, without what would steer a terminal."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
