"""How alerts stand, read once for all who look: the incidents of the page, and whether mails leave at all."""

from dataclasses import dataclass
from typing import Any, Final

from board.alerts.shown import Held, dead_data, glance, incident_data, name_rules
from board.kept import Kept
from board.parts import Parts
from storage.alerting.heartbeat import heartbeat
from storage.alerting.order import gravities, held_until
from storage.alerting.rules import all_alert_rules
from storage.alerting.shown import dead_addresses, incident_shown, incidents_shown
from storage.brands import all_brands

KEPT_FOR_S: Final = 4.0  # less than the page's refresh, so that every refresh of a page shows something newer


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows but for who looks; shared by threads, so nobody changes anything in it."""

    data: dict[str, Any]
    read_at: float
    names_brand: bool
    held: Held


def _read(board: Parts) -> Overview:
    now = board.clock()
    with board.database.read() as session:
        found = incidents_shown(session, now)
        names_brand = len(all_brands(session)) > 1
        rules = sum(rule.enabled for rule in all_alert_rules(session))
        dead = dead_data(dead_addresses(session))
        held, grave = held_until(session, now), gravities(session, [each.id for each in found.open])
    still_open = [incident_data(each, now, held, names_brand=names_brand) for each in found.open]
    name_rules(still_open)
    needs = sum(each["needs"] for each in still_open)
    return Overview(
        {
            "open": sorted(still_open, key=lambda each: (not each["needs"], -grave.get(each["id"], 0))),
            "over": [incident_data(each, now, held, names_brand=names_brand) for each in found.over],
            "hidden": found.open_total - len(still_open),
            "glance": glance(needs, found.open_total - needs, rules),
            "rules": rules,
            "dead": dead,
        },
        now.timestamp(),
        names_brand,
        held,
    )


def _no_mail(board: Parts) -> str:
    with board.database.read() as session:
        pulse = heartbeat(session, board.clock())
    return "" if pulse.is_well else pulse.words


_overview: Final = Kept(_read, KEPT_FOR_S)
_pulse: Final = Kept(_no_mail, 20.0)


def overview(board: Parts) -> Overview:
    """Return how alerts stand, as it was at most four seconds ago."""
    return _overview.get(board)


def one_incident(board: Parts, known: Overview, incident_id: int) -> dict[str, Any] | None:
    """Return the incident of this number, which may be over for long; none where there is none."""
    for each in (*known.data["open"], *known.data["over"]):
        if each["id"] == incident_id:
            return each  # type: ignore[no-any-return]
    with board.database.read() as session:
        found = incident_shown(session, incident_id)
    return incident_data(found, board.clock(), known.held, names_brand=known.names_brand) if found else None


def no_mail_words(board: Parts) -> str:
    """Return why no mail leaves, nothing where mails do; asked at most every twenty seconds."""
    return _pulse.get(board)


def forget() -> None:
    """Let the next page show what somebody has just done."""
    _overview.forget()
    _pulse.forget()
