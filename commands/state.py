"""`stats` and `check`: how Afterclick is doing."""

from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from rich.table import Table

from commands.parts import JsonFlag, collector_of, load_model, opened, out, print_json, say, sender_of
from core.errors import AfterclickError
from jobs.parts import Parts
from settings import Settings, load_settings
from storage.brands import all_sources
from storage.stats import stats as count_all
from storage.tables import Source, SourceState


def stats(json_output: JsonFlag = False) -> None:
    """Count posts, complaints, cases and messages."""
    with opened() as parts, parts.database.read() as session:
        counts = count_all(session)
    if json_output:
        print_json(counts)
        return
    table = Table(show_header=False)
    for name in ("posts", "predictions", "complaints", "replies", "promises"):
        table.add_row(name, f"{counts[name]:,}")
    for group in ("cases", "outbox"):
        table.add_row(group, ", ".join(f"{count:,} {state}" for state, count in counts[group].items()))
    for source in counts["sources"]:
        table.add_row(
            f"source {source['name']}", f"{source['state']}, {source['posts']:,} posts {source['last_error']}"
        )
    out.print(table)


def check(json_output: JsonFlag = False) -> None:
    """Check settings, database, classifier, mail and sources; exit code 1 where something needs a person."""
    settings = load_settings()
    results = [_result("database", lambda: _check_database(settings))]
    results.append(_result("classifier", lambda: f"model {load_model(settings).version}"))
    results.append(_result("mail", lambda: type(sender_of(settings)).__name__))
    if results[0]["ok"]:
        with opened(settings) as parts:
            results += _source_results(parts)
    if json_output:
        print_json(results)
    else:
        for result in results:
            say(f"{'ok  ' if result['ok'] else 'FAIL'}  {result['what']}: {result['detail']}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _check_database(settings: Settings) -> str:
    with opened(settings) as parts:
        return "SQLite" if parts.database.is_sqlite else "PostgreSQL"


def _source_results(parts: Parts) -> list[dict[str, Any]]:
    with parts.database.read() as session:
        sources = [source for source in all_sources(session) if source.enabled]
    results = []
    for source in sources:
        result = _result(f"source {source.name}", partial(_check_source, source))
        if result["ok"] and source.state in (SourceState.STOPPED, SourceState.RETRYING):
            result |= {"ok": False, "detail": source.last_error}
        results.append(result)
    return results


def _check_source(source: Source) -> str:
    collector_of(source).close()
    return "can be read"


def _result(what: str, check: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"what": what, "ok": True, "detail": check()}
    except AfterclickError as error:
        return {"what": what, "ok": False, "detail": str(error)}
