"""Messages about incidents as the worker keeps them, for tests and for the pictures of the documentation."""

from dataclasses import replace
from typing import Any

from alerts.digest import Digest, Gap, Number, OldCase
from alerts.digest import as_content as as_digest
from alerts.telling import Chart, Told, ToldIncident, ToldItem, as_content

BOARD = "https://board.example"
SIGNED = "to=ops%40parcelo.example&sig=Zk3v0sQb1yT9mWcR5uXa7dLe2fGhJnPq"
# Three days of complaints by hour, the last three of them far more than usual.
COUNTS = (
    *(2, 1, 0, 0, 1, 0, 0, 1, 2, 3, 4, 3, 2, 4, 3, 2, 3, 4, 5, 3, 2, 2, 1, 1),
    *(1, 0, 0, 1, 0, 0, 1, 2, 3, 2, 4, 5, 3, 3, 2, 4, 3, 3, 4, 2, 3, 1, 2, 0),
    *(0, 1, 0, 0, 0, 1, 1, 2, 2, 4, 3, 4, 3, 2, 4, 3, 3, 4, 5, 4, 2, 9, 14, 18),
)
USUAL = tuple(
    [0.8, 0.5, 0.3, 0.2, 0.3, 0.4, 0.8, 1.5, 2.4, 3, 3.5, 3.6, 3, 3.1, 3, 3.1, 3.3, 3.6, 4, 3, 2.6, 3.2, 3, 2.8] * 3
)


def item(number: int = 17, **fields: Any) -> ToldItem:
    """A complaint of a case."""
    values: dict[str, Any] = {
        "words": "",
        "at": "2026-11-26T13:52:00+00:00",
        "case_id": number,
        "link": f"{BOARD}/?case={number}",
        "excerpt": "Third week waiting, @parcelo. Two “sorry we missed you” slips while I sat at home. Crooks!",
        "author": "a…",
        "platform": "x",
        "language": "en",
        "severity": 4,
        "reasons": ("late", "missed"),
        "courier": "DPD",
        "reach": 4200,
        "parties": ("courier",),
        "post_count": 3,
        "confidence": 0.964,
    }
    return ToldItem(**(values | fields))


def incident(number: int = 5, **fields: Any) -> ToldIncident:
    """A severe case that was just opened."""
    values: dict[str, Any] = {
        "incident_id": number,
        "brand": "Parcelo",
        "rule": "Severe cases",
        "kind": "severe",
        "news": "opened",
        "title": "Severe case: late delivery, DPD",
        "summary": "A complaint condemns you and blames the courier.",
        "opened_at": "2026-11-26T13:55:00+00:00",
        "items": (item(),),
        "link": f"{BOARD}/?incident={number}",
        "acknowledge_link": f"{BOARD}/alerts/acknowledge?incident={number}&{SIGNED}",
        "snooze_link": f"{BOARD}/alerts/snooze?incident={number}&{SIGNED}",
        "stop_link": f"{BOARD}/alerts/stop?rule=3&{SIGNED}",
        "repeats_after": "12 hours",
    }
    return ToldIncident(**(values | fields))


def spike(**fields: Any) -> ToldIncident:
    """Far more complaints than usual, with a chart and three examples."""
    words = (
        "No delivery, no slip, and now the tracking page says “unknown”. Is anybody at the depot today?",
        "Stayed home all day for nothing. The driver marked it as tried at 11:02, nobody rang.",
        "Wieder nichts. Das Paket liegt seit Dienstag im Depot und keiner geht ans Telefon.",
    )
    values: dict[str, Any] = {
        "rule": "Sudden rise",
        "kind": "spike",
        "title": "Spike: late delivery",
        "opened_at": "2026-11-26T14:02:00+00:00",
        "summary": "41 complaints in the 3 hours to 15:00, where 9 are usual.",
        "details": (
            "Most of it: Late 29, No tracking 14, Nobody to reach 6.",
            "Couriers: DPD 31, Evri 4.",
        ),
        "items": tuple(
            item(40 + place, excerpt=said, severity=2, reach=0, post_count=1, language="de" if place == 2 else "en")
            for place, said in enumerate(words)
        ),
        "total": 41,
        "new": 41,
        "chart": Chart("2026-11-23T15:00:00+00:00", COUNTS, USUAL, 3),
    }
    return incident(6, **(values | fields))


def source(**fields: Any) -> ToldIncident:
    """A source that fails."""
    values: dict[str, Any] = {
        "rule": "Sources",
        "kind": "source",
        "title": "Source trouble: x-parcelo",
        "summary": "The source x-parcelo fails since 13:20: the platform refuses the credentials.",
        "items": (
            ToldItem("X answers 401: the token was revoked. Set X_BEARER_TOKEN anew.", "2026-11-26T13:20:00+00:00"),
        ),
    }
    return incident(7, **(values | fields))


def message(*incidents: ToldIncident, **fields: Any) -> dict[str, Any]:
    """The message about these, as it waits in the outbox."""
    values: dict[str, Any] = {
        "timezone": "Europe/London",
        "incidents": incidents or (incident(),),
        "alerts_link": f"{BOARD}/alerts",
        "unsubscribe_link": f"{BOARD}/alerts/stop?rule=3&{SIGNED}",
    }
    return as_content(Told(**(values | fields)))


def several() -> dict[str, Any]:
    """What waited while the brake held mails back."""
    return message(
        spike(news="grew"),
        incident(
            8,
            title="Case due: refund or return",
            kind="due",
            rule="Due cases",
            summary="2 cases are due within the hour.",
            total=2,
            new=1,
            news="repeated",
            items=(
                item(
                    21,
                    words="Due at 14:30.",
                    excerpt="Sent it back on the 2nd. Three weeks on, still no money and no word.",
                    severity=2,
                    reasons=("refund",),
                    reach=0,
                    parties=(),
                ),
                item(
                    22,
                    words="Due at 14:45.",
                    excerpt="Is this how you keep a refund? Nobody answers, five mails in.",
                    severity=3,
                    reasons=("refund", "no_reply"),
                    reach=0,
                    parties=(),
                ),
            ),
        ),
        source(news="resolved", summary="The source x-parcelo works again since 14:02.", items=()),
        held_back=4,
    )


def many(count: int) -> dict[str, Any]:
    """A storm: so many incidents in one message."""
    return message(
        *(replace(incident(number), title=f"Severe case: reason {number}") for number in range(1, count + 1))
    )


def digest(*, quiet: bool = False) -> dict[str, Any]:
    """A day's digest, of a day without anything where `quiet`."""
    counts = (0,) * 24 if quiet else (0, 1, 0, 0, 0, 0, 1, 2, 3, 1, 2, 4, 1, 0, 2, 1, 0, 3, 1, 0, 1, 0, 0, 0)
    before = (0,) * 24 if quiet else (1, 0, 0, 0, 0, 1, 1, 3, 2, 4, 3, 2, 3, 2, 1, 2, 2, 1, 1, 0, 1, 0, 1, 0)
    of = zip(("Cases opened", "First answered", "Closed", "Promises kept", "Promises broken"), _FIGURES, strict=True)
    old = {
        "link": f"{BOARD}/?case=17",
        "author": "a…",
        "platform": "mastodon",
        "language": "en",
        "severity": 3,
        "unsure": False,
        "posted_at": "2026-11-17T13:52:00+00:00",
    }
    asked = "Second chair still missing, and your form says the order does not exist."
    return as_digest(
        Digest(
            brand="Parcelo",
            rule="Daily digest",
            timezone="Europe/London",
            period="day",
            since="2026-11-25T08:00:00+00:00",
            until="2026-11-26T08:00:00+00:00",
            numbers=tuple(Number(words, 0 if quiet else now, 0 if quiet else then) for words, (now, then) in of),
            open_now=0 if quiet else 41,
            overdue=0 if quiet else 6,
            reasons=() if quiet else (("late", 9), ("missed", 6), ("no_tracking", 4)),
            couriers=() if quiet else (("DPD", 8), ("Evri", 5)),
            counts=counts,
            counts_before=before,
            oldest=()
            if quiet
            else tuple(
                OldCase(**(old | {"case_id": number, "excerpt": asked, "reasons": ("lost",), "courier": courier}))
                for number, courier in ((17, "Evri"), (21, ""))
            ),
            incidents=() if quiet else (("Severe case: Late, DPD", "Severe cases", "2026-11-25T17:12:00+00:00", True),),
            incidents_total=0 if quiet else 1,
            gaps=()
            if quiet
            else (
                Gap("x-parcelo", "x", "X asked for a pause", "2026-11-25T14:00:00+00:00", "2026-11-25T14:20:00+00:00"),
                Gap("reddit-parcelo", "reddit", "401: the token is not valid any more"),
            ),
            gaps_total=0 if quiet else 2,
            queue_link=f"{BOARD}/",
            reports_link=f"{BOARD}/reports",
            alerts_link=f"{BOARD}/alerts",
            sources_link=f"{BOARD}/sources",
            stop_link=f"{BOARD}/alert?do=stop&of=9&{SIGNED}",
            unsubscribe_link=f"{BOARD}/alert?do=stop&of=9&{SIGNED}",
        )
    )


_FIGURES = ((23, 31), (19, 22), (17, 25), (3, 2), (1, 0))
