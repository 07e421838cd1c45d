"""`collect`, `import` and `classify`: posts come in and are read."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Annotated, BinaryIO, TextIO

import typer

from classifier.jsonl import answer, lines_of
from collectors.reading import read_file
from commands.parts import (
    JsonFlag,
    collector_of,
    counted,
    err,
    load_model,
    log_to_terminal,
    opened,
    print_json,
    say,
    standard_input,
)
from commands.running import stop_on_signals
from core.errors import AfterclickError, AuthError, ConfigError, InputError
from core.thresholds import Choice, Threshold, parse_threshold
from jobs.collect import Collected, config_of
from jobs.collect import collect as collect_source
from jobs.import_posts import Imported, import_posts
from jobs.parts import Parts
from jobs.worker_id import is_gone
from settings import load_settings
from storage.brands import all_sources, brand_named
from storage.claims import free_claims
from storage.database import Session
from storage.sources import due_sources, retry_stopped
from storage.tables import Brand, Source, SourceState

EVERY_S = 1.0


def collect(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources to read; all by default.", metavar="SOURCE")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Read each due source to its end, then stop.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Read the sources that are due, again and again, or --once. One that is named is always due."""
    log_to_terminal()
    stop = Event()
    stop_on_signals(stop)
    with opened() as parts:
        with parts.database.write() as session:
            free_claims(session, is_gone)
            retry_stopped(session, [*(names or []), *_with_keys_now(session)])
        if not (names or json_output):
            _tell_stopped(parts)
        results = _collect_round(parts, _chosen(parts, names or []), stop)
        _report(results, json_output)
        if once and not results and not json_output and not stop.is_set():
            say("No source is due now; one that is named is read at once. See: afterclick sources")
        while not once and not stop.wait(EVERY_S):
            _report(_collect_round(parts, _chosen(parts, names or [], due_only=True), stop), json_output)
    if once and any(result.error for result in results):
        raise typer.Exit(1)


def _with_keys_now(session: Session) -> list[str]:
    """Return the sources that stopped for want of a key, without anybody being asked, and have it now."""
    found = []
    for source in all_sources(session):
        if source.enabled and source.state is SourceState.STOPPED and " is off: " in source.last_error:
            with suppress(AuthError, ConfigError):
                collector_of(config_of(source, session.get_one(Brand, source.brand_id))).close()
                found.append(source.name)
    return found


def _tell_stopped(parts: Parts) -> None:
    """Say which sources wait for a person: they are not asked again before somebody names them."""
    with parts.database.read() as session:
        stopped = [source for source in all_sources(session) if source.enabled and source.state is SourceState.STOPPED]
    for source in stopped:
        say(f"{source.name}: stopped; {source.last_error} Then: afterclick collect {shlex.quote(source.name)}")


def _chosen(parts: Parts, names: list[str], due_only: bool = False) -> list[Source]:
    with parts.database.read() as session:
        known = {source.name: source for source in all_sources(session)}
        due = list(due_sources(session, parts.now()))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"There is no source {unknown[0]!r}. Known sources: {', '.join(known) or 'none yet'}.")
    if names and not due_only:
        return [known[name] for name in names]
    return [source for source in due if not names or source.name in names]


def _collect_round(parts: Parts, sources: list[Source], stop: Event) -> list[Collected]:
    results = []
    for source in sources:
        if stop.is_set():
            break
        results.append(collect_source(parts, source, collector_of, stop.is_set))
    return results


def _report(results: list[Collected], json_output: bool) -> None:
    for result in results:
        if json_output:
            counts = {"added": result.added, "edited": result.edited, "rejected": result.rejected}
            print_json({"source": result.source, **counts, "error": result.error})
        elif result.taken_by_other:
            say(f"{result.source}: another process is reading it")
        else:
            ending = f", {result.rejected:,} not taken" if result.rejected else ""
            ending += f"; {result.error}" if result.error else ""
            say(f"{result.source}: {result.added:,} new, {result.edited:,} edited{ending}")


def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV, JSON Lines, JSON or Excel files.", metavar="FILE...")],
    brand: Annotated[str, typer.Option(help="The brand that the posts are about.")],
    platform: Annotated[str, typer.Option(help="Where the posts are from, where no column says so.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, such as text=Body; may be repeated.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of dates that name none.")] = "UTC",
    json_output: JsonFlag = False,
) -> None:
    """Take posts over from files; bad rows go to FILE.rejected.csv with the reason. Doing it twice adds nothing."""
    columns = _columns(mapping or [])
    failed = False
    with opened() as parts:
        with parts.database.read() as session:
            owner = brand_named(session, brand)
        for file in files:
            try:
                with counted(file.name) as progress:
                    done = import_posts(
                        parts, owner, read_file(file, columns, platform, timezone=timezone, scope=owner.name), progress
                    )
            except InputError as error:
                failed = True
                err.print(f"{file}: {error}", style="red", markup=False)
                continue
            _report_import(file, done, json_output)
    if failed:
        raise typer.Exit(1)


def _columns(mapping: list[str]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in mapping]
    wrong = [entry for entry, pair in zip(mapping, pairs, strict=True) if not (pair[0] and pair[2])]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not FIELD=COLUMN, such as text=Body")
    return {field: column for field, _, column in pairs}


def _report_import(file: Path, done: Imported, json_output: bool) -> None:
    if json_output:
        rejected_to = str(done.rejected_to) if done.rejected_to else None
        counts = {"added": done.added, "edited": done.edited, "repeated": done.repeated, "rejected": done.rejected}
        print_json({"file": str(file), **counts, "rejected_to": rejected_to, "notes": done.notes})
        return
    say(f"{file.name}: {done.added:,} new, {done.edited:,} edited, {done.repeated:,} there already")
    for note in done.notes:
        say(f"  {note}")
    if done.rejected_to:
        say(f"  {done.rejected:,} rows were not taken; they stand with the reasons in {done.rejected_to}")


def classify(
    file: Annotated[str, typer.Argument(help="JSON Lines of {id, text}; - or nothing reads standard input.")] = "-",
    threshold: Annotated[
        str, typer.Option(help="From where on it is a complaint: balanced, few_misses, few_false_alarms or 0.05-0.95.")
    ] = Choice.BALANCED.value,
) -> None:
    """Say of each text whether it is a complaint, of which kinds and how severe; JSON Lines out, no database.

    A line that cannot be read is answered by {id, error}, the others as usual, and the exit code is 1.
    """
    log_to_terminal()
    cut = _threshold(threshold)
    model = load_model(load_settings())
    border = model.border_of(cut)
    failed = 0
    with _output() as output, counted("posts") as progress:
        for count, reply in enumerate(answer(_lines(file), model, border=border), start=1):
            output.write(f"{reply}\n")
            failed += not reply.ok
            progress(count)
    if failed:
        err.print(f"{failed:,} lines could not be read; their answers say why.", style="red")
        raise typer.Exit(1)


def _threshold(written: str) -> Threshold:
    try:
        return parse_threshold(written)
    except ValueError as error:
        raise typer.BadParameter(f"{written!r}: {error}", param_hint="--threshold") from error


def _lines(file: str) -> Iterator[bytes]:
    try:
        with _input(file) as opened_file:
            yield from lines_of(opened_file)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error


@contextmanager
def _input(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield standard_input()
    else:
        with Path(file).open("rb") as opened_file:
            yield opened_file


@contextmanager
def _output() -> Iterator[TextIO]:
    """Yield standard output; that its reader went away (`| head`) is left to typer, which then ends without a word."""
    if sys.stdout is None:
        raise AfterclickError("Standard output is closed: there is nowhere to write the answers")
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AfterclickError(f"The answers cannot be written: {error.strerror or error}") from error
