"""`stats` and `check`: how Afterclick is doing."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import typer
from rich.table import Table

from classifier import loading
from classifier.adapted import Adapted
from classifier.labelmap import BALANCED, LabelMap
from commands.parts import JsonFlag, collector_of, load_model, opened, out, print_json, say, sender_of
from core.drift import Drift, Seen, Verdict, drift
from core.errors import AfterclickError, DeliveryError, ModelError
from core.thresholds import Choice, Threshold
from jobs.collect import config_of
from jobs.parts import Parts
from settings import Settings, load_settings
from storage.alerting.heartbeat import heartbeat
from storage.brands import all_sources, all_thresholds
from storage.database import Session
from storage.predictions import last_model, seen_lately
from storage.stats import stats as count_all
from storage.tables import Brand, Source, SourceState


def stats(json_output: JsonFlag = False) -> None:
    """Count posts, complaints, cases and messages, and say which model reads the posts."""
    settings = load_settings()
    with opened(settings) as parts, parts.database.read() as session:
        counts = count_all(session) | {"model": _model(session, settings, parts)}
    if json_output:
        print_json(counts)
        return
    table = Table(show_header=False)
    for name in ("posts", "predictions", "complaints", "replies", "promises"):
        table.add_row(name, f"{counts[name]:,}")
    table.add_row("model", f"{counts['model']['version'] or 'none yet'}; {counts['model']['words']}")
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
    results.append(_result("adaptation", lambda: _check_adaptation(settings)))
    results.append(_result("mail", lambda: type(sender_of(settings)).__name__))
    if results[0]["ok"]:
        with opened(settings) as parts:
            results.append(_result("sending", partial(_check_sending, parts)))
            results += _source_results(parts)
            labels = _labels(settings)
            results += _threshold_results(parts, labels)
            results.append(_drift_result(parts, labels))
    if json_output:
        print_json(results)
    else:
        for result in results:
            word = "FAIL" if not result["ok"] else "warn" if result.get("warning") else "ok  "
            say(f"{word}  {result['what']}: {result['detail']}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _model(session: Session, settings: Settings, parts: Parts) -> dict[str, Any]:
    """Return the model, its choices of a border, and how today's predictions compare with its card."""
    labels = _labels(settings)
    version = labels.version if labels else last_model(session)
    seen, found = _drift(session, version, labels, parts)
    choices = labels.choices if labels else {Choice.BALANCED: BALANCED}
    return {
        "version": version,
        "choices": {name.value: asdict(border) for name, border in choices.items()},
        "posts": seen.posts,
        "unsure": round(seen.unsure_share, 4),
        "psi": None if found.psi is None else round(found.psi, 4),
        "verdict": found.verdict.value,
        "words": found.words,
    }


def _labels(settings: Settings) -> LabelMap | None:
    """Return what the model says of itself; None of one that is not ours, and of a damaged one, which `check` names."""
    try:
        return loading.described(settings.model_dir, settings.adapted_dir)
    except ModelError:
        return None


def _drift(session: Session, version: str, labels: LabelMap | None, parts: Parts) -> tuple[Seen, Drift]:
    seen = seen_lately(session, version, parts.now())
    return seen, drift(seen, labels.drift if labels else None)


def _drift_result(parts: Parts, labels: LabelMap | None) -> dict[str, Any]:
    with parts.database.read() as session:
        _, found = _drift(session, labels.version if labels else "", labels, parts)
    return {"what": "drift", "ok": True, "warning": found.verdict is Verdict.MOVED, "detail": found.words}


def _threshold_results(parts: Parts, labels: LabelMap | None) -> list[dict[str, Any]]:
    with parts.database.read() as session:
        brands = all_thresholds(session)
    return [_result(f"threshold {brand}", partial(_check_threshold, cut, labels)) for brand, cut in brands]


def _check_threshold(threshold: Threshold, labels: LabelMap | None) -> str:
    if not isinstance(threshold, Choice):
        return f"a complaint from {threshold:.0%} on"
    choices = labels.choices if labels else {Choice.BALANCED: BALANCED}
    if threshold not in choices:
        known = ", ".join(choices)
        raise ModelError(f"the model does not know {threshold.value!r} and takes the even border; it knows {known}")
    return f"{threshold.value}, from {choices[threshold].border:.0%} on: {choices[threshold].words}"


def _check_adaptation(settings: Settings) -> str:
    found = Adapted(settings.adapted_dir).current()
    return found.version if found else "none, the model is as it was shipped"


def _check_database(settings: Settings) -> str:
    with opened(settings) as parts:
        return "SQLite" if parts.database.is_sqlite else "PostgreSQL"


def _check_sending(parts: Parts) -> str:
    with parts.database.read() as session:
        beat = heartbeat(session, parts.now())
    if not beat.is_well:
        raise DeliveryError(beat.words)
    return beat.words


def _source_results(parts: Parts) -> list[dict[str, Any]]:
    with parts.database.read() as session:
        sources = [source for source in all_sources(session) if source.enabled]
        brands = {source.id: session.get_one(Brand, source.brand_id) for source in sources}
    results = []
    for source in sources:
        result = _result(f"source {source.name}", partial(_check_source, source, brands[source.id]))
        if result["ok"] and source.state in (SourceState.STOPPED, SourceState.RETRYING):
            result |= {"ok": False, "detail": source.last_error}
        results.append(result)
    return results


def _check_source(source: Source, brand: Brand) -> str:
    collector_of(config_of(source, brand)).close()
    if source.state is SourceState.OVER_BUDGET:
        return "sleeps, as the month's budget is used up; a higher one wakes it"
    if source.state is SourceState.WAITING:
        return "its settings can be used; what the platform says shows when it is read"
    return "can be read"


def _result(what: str, check: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"what": what, "ok": True, "detail": check()}
    except AfterclickError as error:
        return {"what": what, "ok": False, "detail": str(error)}
