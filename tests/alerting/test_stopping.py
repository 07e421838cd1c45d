"""The links that mails bring are about the rules that the mail is about, all of them."""

from urllib.parse import parse_qsl, urlsplit

from sqlmodel import select

from core.alerts.links import Act, Link, read_link, rule_name
from storage.alerting.keys import known_key
from storage.rows import id_of
from storage.tables import AlertRule
from tests.alerting.timeline import OPS, Timeline
from tests.jobs.conftest import outbox


def asked(timeline: Timeline, address: str) -> Link | None:
    with timeline.parts.database.read() as session:
        key = known_key(session)
    assert key is not None
    return read_link(key, dict(parse_qsl(urlsplit(address).query)))


def stops_of(timeline: Timeline) -> list[Link]:
    """Return a link for each rule there is."""
    with timeline.parts.database.read() as session:
        rules = session.exec(select(AlertRule).order_by(AlertRule.id)).all()
    return [Link(Act.STOP, (rule_name(id_of(rule), rule.created_at),), OPS) for rule in rules]


def test_the_one_click_of_a_mail_about_many_rules_is_about_all_of_them(timeline: Timeline) -> None:
    for number in range(16):
        timeline.rule("severe", name=f"Severe {number}")
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.play("5m")
    stops = stops_of(timeline)
    header = timeline.came[0].mail["List-Unsubscribe"].strip("<>")
    assert asked(timeline, header) == Link(Act.STOP, tuple(name for each in stops for name in each.names), OPS)
    told = outbox(timeline.parts)[0].content["incidents"]
    assert {asked(timeline, each["stop_link"]) for each in told} == set(stops)
    for act in (Act.ACKNOWLEDGE, Act.SNOOZE):
        links = [asked(timeline, each[f"{act.value}_link"]) for each in told]
        assert links == [Link(act, (str(each["incident_id"]),), OPS) for each in told]


def test_the_link_of_a_digest_is_about_its_rule(timeline: Timeline) -> None:
    timeline.rule("digest")
    timeline.mail("0s", "1d")
    timeline.play("1d")
    header = timeline.came[0].mail["List-Unsubscribe"].strip("<>")
    assert [asked(timeline, header)] == stops_of(timeline)
