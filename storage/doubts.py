"""What rules of a configuration ask for and nothing has: no error, as an import or a new courier may bring it later."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session, select

from core.configuration import Configuration
from core.configuration.fields import hint_for
from core.entities.couriers import couriers_of
from core.entities.names import key_of
from core.policies import POLICIES
from storage.couriers import all_couriers
from storage.rows import values_of
from storage.tables import Case, Source


def doubts(session: Session, configuration: Configuration) -> list[str]:
    """Return a sentence for each rule, of alerts or routing, that asks for a platform or courier that there is not."""
    known = {"platform": _platforms(session), "courier": _couriers(session)}
    return [
        f"{place} {what}: there is no {what} {word!r} so far; {_hint(word, what, known[what])}"
        for place, what, word in _asked(configuration)
        if word not in known[what].values()
    ]


def _asked(configuration: Configuration) -> Iterator[tuple[str, str, str]]:
    rules = [(f'rules "{rule.name}" settings', rule.settings) for rule in configuration.rules]
    rules += [(f'routing "{rule.name}"', rule.model_dump()) for rule in configuration.routing]
    for place, settings in rules:
        for what in ("platform", "courier"):
            if word := str(settings.get(what, "")).strip():
                yield place, what, word


def _hint(word: str, what: str, known: Mapping[str, str]) -> str:
    names = sorted(set(known.values()))
    if key_of(word) in known:
        return f"did you mean {known[key_of(word)]!r}?"
    return hint_for(word, names, f"known are {', '.join(names)}" if what == "platform" else "add it under [[couriers]]")


def _platforms(session: Session) -> Mapping[str, str]:
    names = {*POLICIES, *values_of(session, Case.platform)}
    for source in session.exec(select(Source)):
        names |= {source.platform, source.settings.get("options", {}).get("platform", "")}
    return {key_of(name): name for name in names if name}


def _couriers(session: Session) -> Mapping[str, str]:
    """Return what cases may have as their courier, by every name that people call it."""
    of_cases = {key_of(name): name for name in values_of(session, Case.courier)}
    return of_cases | dict(couriers_of(all_couriers(session)).names)
