"""The Alerts page without a browser, and what its buttons and forms leave in the store."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from board import parts
from board.alerts import acts
from board.alerts.overview import forget, no_mail_words
from board.alerts.shown import key_of, name_rules, recipient_words, revived_words
from board.alerts.trying import trial_words
from board.alerts.web_address import host_of, inside_words
from core.alerts.kinds import AlertKind, Channel
from core.configuration.alerting import parse_settings
from core.errors import ConfigError
from storage.alerting.answering import acknowledge
from storage.alerting.rules import AlertRuleSaid
from storage.alerting.trial import Trial, TriedIncident, try_rule
from storage.tables import AlertRule, Brand, DeadAddress, Incident, IncidentItem, Mute, Outbox, OutboxState, Telling
from tests.board.alert_seeding import NIGHTS, seed_alerts
from tests.board.manage.managing import OpenPage, field, open_row, shown, sign_in, toasts, words
from tests.board.seeding import DANA, OMAR

SEVERE, SPIKE, DUE, SOURCE = (
    "Severe case: “Sorry we missed you”, Swiftfare",
    "Spike: late delivery",
    "Case due",
    "Source trouble",
)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    forget()


@pytest.fixture
def incidents(installed: parts.Parts, now: datetime) -> dict[str, int]:
    with installed.database.write() as session:
        brand = session.exec(select(Brand)).one()
        return seed_alerts(session, brand, [1, 2, 3, 4], now)


@pytest.fixture
def acting_as_dana(installed: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(installed.database, DANA, monkeypatch)
    monkeypatch.setattr("board.notices.st.session_state", {})


def incident(installed: parts.Parts, incident_id: int) -> Incident:
    with installed.database.read() as session:
        return session.get_one(Incident, incident_id)


def rule_named(installed: parts.Parts, name: str) -> AlertRule:
    with installed.database.read() as session:
        return session.exec(select(AlertRule).where(AlertRule.name == name)).one()


def test_empty_page_says_that_nobody_is_told_of_anything(open_page: OpenPage) -> None:
    data = shown(open_page("alerts", DANA), "incident_list")
    assert (data["open"], data["over"], data["dead"]) == ([], [], [])
    assert data["glance"] == "No rule keeps watch, so nobody is told of anything."


def test_what_nobody_acknowledged_comes_first_and_of_that_the_gravest(
    open_page: OpenPage, incidents: dict[str, int]
) -> None:
    data = shown(open_page("alerts", DANA), "incident_list")
    assert [(each["title"], each["needs"]) for each in data["open"]] == [
        (SEVERE, True),
        (SPIKE, True),
        (DUE, False),
        (SOURCE, False),
    ]
    assert data["glance"] == "2 incidents need somebody. 2 more are seen to."
    assert [each["title"] for each in data["over"]] == ["Large reach: damaged, Parcel Goose", "Spike: Swiftfare"]
    assert data["may_act"]


def test_an_incident_leads_to_its_cases_and_says_who_was_told(open_page: OpenPage, incidents: dict[str, int]) -> None:
    severe, spike, due, source = shown(open_page("alerts", OMAR), "incident_list")["open"]
    assert severe["count"] == "4 cases"
    assert severe["link"]["href"].startswith("/?view=all&q=%23")
    assert {item["case"] for item in severe["items"]} == {1, 2, 3, 4}
    assert due["link"] == {"href": "/?case=2", "words": "Open the case"}
    assert (spike["link"]["href"], source["link"]["href"]) == ("/reports", "/sources")
    assert [(each["news"], each["to"], each["state"]) for each in severe["tellings"]] == [
        ("More of it", ["dana@brindle.example"], "waiting"),
        ("New", [NIGHTS], "failed"),
        ("New", ["dana@brindle.example"], "sent"),
    ]
    assert severe["tellings"][1]["words"] == "could not be sent: 550 5.1.1 no such user here"


def test_responders_look_and_change_nothing(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not shown(open_page("alerts", OMAR), "incident_list")["may_act"]
    page = open_page("alerts", OMAR, "alert-1")
    assert "Alert rules can be changed by managers and admins" in words(page)
    assert not [button for button in page.button if button.key and button.key.startswith(("save_", "mute_", "add_"))]
    assert not page.get("text_input")
    monkeypatch.setattr("board.notices.st.session_state", {})
    acts.acknowledge_incident(incidents[SEVERE])
    acts.say_it_works(key_of(NIGHTS))
    assert incident(installed, incidents[SEVERE]).acknowledged_at is None
    with installed.database.read() as session:
        assert session.get(DeadAddress, NIGHTS) is not None


@pytest.mark.usefixtures("acting_as_dana")
def test_acknowledging_covers_what_the_incident_holds(
    installed: parts.Parts, incidents: dict[str, int], now: datetime
) -> None:
    acts.acknowledge_incident(incidents[SEVERE])
    found = incident(installed, incidents[SEVERE])
    assert (found.acknowledged_at, found.acknowledged_by) == (now, "Dana Fischer")
    with installed.database.read() as session:
        items = session.exec(select(IncidentItem).where(IncidentItem.incident_id == found.id)).all()
    assert [item.acknowledged_at for item in items] == [now] * 4


def test_who_comes_second_is_told_who_acknowledged_it(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int], now: datetime
) -> None:
    page = open_page("alerts", DANA)
    with installed.database.write() as session:
        acknowledge(session, incidents[SPIKE], "Ada Byrne", now)
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("board.manage.form.tell", lambda text, **_: told.append(text))
        acts.acknowledge_incident(incidents[SPIKE])
        acts.acknowledge_incident(incidents["Spike: Swiftfare"])
        acts.acknowledge_incident(987_654)
    assert told == [
        "It was acknowledged already by Ada Byrne.",
        "Nothing was done: it is over already.",
        "Nothing was done: there is no such incident.",
    ]
    forget()
    assert [each["needs"] for each in shown(open_row(page), "incident_list")["open"]] == [True, False, False, False]


@pytest.mark.usefixtures("acting_as_dana")
def test_snooze_holds_until_its_time_and_no_longer_than_a_month(
    installed: parts.Parts, incidents: dict[str, int], now: datetime
) -> None:
    for until in (now - timedelta(hours=1), now + timedelta(days=40)):
        acts.snooze(incidents[SPIKE], until)
        assert incident(installed, incidents[SPIKE]).snoozed_until is None
    acts.snooze(incidents[SPIKE], now + timedelta(hours=4))
    assert incident(installed, incidents[SPIKE]).snoozed_until == now + timedelta(hours=4)
    acts.snooze(incidents[SPIKE], None)
    assert incident(installed, incidents[SPIKE]).snoozed_until is None


@pytest.mark.parametrize("value", [None, "soon", True, -1, 0, 2**40, [5]])
def test_what_is_no_time_is_not_taken_for_one(value: object) -> None:
    assert acts.time_said(value) is None


@pytest.mark.usefixtures("acting_as_dana")
def test_dead_address_is_written_to_again_once_somebody_says_so(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int]
) -> None:
    (dead,) = shown(open_page("alerts", DANA), "incident_list")["dead"]
    acts.say_it_works(dead["key"])
    acts.say_it_works("no such key")
    assert shown(open_page("alerts", DANA), "incident_list")["dead"] == []


def test_rules_say_what_they_watch_and_whom_they_tell(open_page: OpenPage, incidents: dict[str, int]) -> None:
    page = open_page("alerts", DANA, "alert-999")
    (group,) = shown(page)["groups"]
    lines = {row["title"]: row["lines"][1] for row in group["rows"]}
    assert lines["Cases nearly overdue"] == (
        "E-mail to dana@brindle.example, ops-nights@brindle.example, at once, mon-fri 07:00-21:00"
    )
    assert lines["Sources in trouble"] == "To Slack at hooks.chat.example, at once"
    assert lines["Daily digest"].endswith("every day at 07:30")
    marks = {row["title"]: [mark["words"].split(" until")[0] for mark in row["marks"]] for row in group["rows"]}
    assert (marks["Kettles"], marks["Sources in trouble"]) == (["off"], ["snoozed"])
    assert marks["Spikes"] == ["1 of 2 refused"]
    assert "There is no such rule" in words(page)


def test_manager_adds_a_rule_and_sees_what_it_would_have_told(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int], now: datetime
) -> None:
    page = open_page("alerts", DANA, "alert-new")
    with installed.database.read() as session:
        trial = try_rule(session, 1, AlertKind.SEVERE, {"threshold": 3}, now)
    assert trial.mails > 1
    told = f"Would have sent {trial.mails} mails in the last 30 days, about {len(trial.incidents)} incidents."
    assert told in words(page)
    assert "A new rule tells of what begins after it was made, not of what lies behind." in words(page)
    field(page, "reason").set_value("faulty").run()
    assert "Would have sent nothing in the last 30 days: there was no incident." in words(page)
    field(page, "hours").set_value("whenever").run()
    assert "Not tried yet: " in words(page)
    page.button(key="save_alert-new").click().run()
    assert "Give it a name." in words(page)
    field(page, "name").set_value("Refunds by night")
    field(page, "hours").set_value("mon-sun 18:00-24:00")
    field(page, "recipients").set_value("Night@brindle.example\n")
    page.button(key="save_alert-new").click().run()
    assert toasts(page) == ["The rule Refunds by night is saved, and looks within seconds."]
    row = rule_named(installed, "Refunds by night")
    assert (row.kind, row.enabled, row.settings) == (
        AlertKind.SEVERE,
        True,
        {
            "threshold": 3,
            "reason": "faulty",
            "hours": ["mon-sun 18:00-24:00"],
            "recipients": ["Night@brindle.example"],
        },
    )


def test_fields_follow_the_kind(open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int]) -> None:
    page = open_page("alerts", DANA, "alert-new")
    field(page, "kind").set_value(AlertKind.WATCH_WORDS).run()
    field(page, "name").set_value("Fire")
    page.button(key="save_alert-new").click().run()
    assert "A watch list needs at least one word." in words(page)
    field(page, "words").set_value("fire\n smoke \n")
    page.button(key="save_alert-new").click().run()
    assert rule_named(installed, "Fire").settings == {"words": ["fire", "smoke"]}
    page = open_page("alerts", DANA, "alert-new")
    field(page, "kind").set_value(AlertKind.DIGEST).run()
    field(page, "period").set_value("week").run()
    field(page, "name").set_value("Weekly")
    field(page, "at").set_value("25:00").run()
    page.button(key="save_alert-new").click().run()
    assert 'Write a time of the day such as "08:30".' in words(page)
    field(page, "at").set_value("07:15").run()
    assert "Would have sent 4 mails in the last 30 days." in words(page)
    page.button(key="save_alert-new").click().run()
    assert rule_named(installed, "Weekly").settings == {"period": "week", "at": "07:15"}


def test_rule_that_nobody_touched_is_saved_as_it_was(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int]
) -> None:
    for name in ("Severe cases", "Cases nearly overdue", "Sources in trouble", "Kettles", "Daily digest"):
        before = rule_named(installed, name)
        page = open_page("alerts", DANA, f"alert-{before.id}")
        page.button(key=f"save_alert-{before.id}").click().run()
        assert toasts(page) == [f"The rule {name} is saved, and looks within seconds."]
        after = rule_named(installed, name)
        assert {**before.settings, "threshold": None} == {**after.settings, "threshold": None}, name


def test_second_editor_is_told_of_the_first(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int]
) -> None:
    key = rule_named(installed, "Spikes").id
    page = open_page("alerts", DANA, f"alert-{key}")
    with installed.database.write() as session:
        session.get_one(AlertRule, key).settings = {"threshold": 20}
    field(page, "name").set_value("Bursts")
    page.button(key=f"save_alert-{key}").click().run()
    assert "Somebody else changed the rule Spikes while you were editing it (settings)." in words(page)
    page.button(key=f"save_alert-{key}").click().run()
    assert rule_named(installed, "Bursts").settings == {"threshold": 6}


def test_recipients_are_muted_told_again_and_brought_back(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int]
) -> None:
    key = rule_named(installed, "Spikes").id
    page = open_page("alerts", DANA, f"alert-{key}")
    assert "ops-nights@brindle.example · refused by its server" in words(page)
    page.button(key="mute_0").click().run()
    with installed.database.read() as session:
        assert session.get(Mute, (key, "dana@brindle.example")) is not None
    assert "dana@brindle.example · muted" in words(page)
    page.button(key="unmute_0").click().run()
    page.button(key="revive_1").click().run()
    assert "·" not in words(page)


def test_rule_is_snoozed_until_tomorrow_by_the_brands_clock(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int], now: datetime
) -> None:
    key = rule_named(installed, "Spikes").id
    page = open_page("alerts", DANA, f"alert-{key}")
    page.button(key=f"snooze_rule_tomorrow_{key}").click().run()
    until = rule_named(installed, "Spikes").snoozed_until
    assert until is not None
    assert (until.hour, until.minute, until.date()) == (8, 0, (now + timedelta(days=1)).date())
    page.button(key=f"wake_rule_{key}").click().run()
    assert rule_named(installed, "Spikes").snoozed_until is None


def test_deleted_rule_ends_its_incidents_and_leaves_them_to_be_read(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int], now: datetime
) -> None:
    key = rule_named(installed, "Spikes").id
    page = open_page("alerts", DANA, f"alert-{key}")
    page.button(key=f"delete_alert-{key}").click().run()
    assert toasts(page) == ["The rule Spikes is deleted."]
    found = incident(installed, incidents[SPIKE])
    assert (found.rule_id, found.resolved_at) == (None, now)


def test_webhooks_address_stays_with_managers(open_page: OpenPage, incidents: dict[str, int]) -> None:
    page = open_page("alerts", OMAR, "alert-5")
    everything = words(page) + str(shown(page))
    assert "Slack at hooks.chat.example" in everything
    assert "secret" not in everything
    assert recipient_words(Channel.WEBHOOK, "https://hooks.example/a/token") == "a webhook at hooks.example"
    assert host_of("https://[broken") == "an unknown host"


@pytest.mark.usefixtures("incidents")
def test_a_web_address_that_is_put_aside_is_shown_by_its_host_alone(
    open_page: OpenPage, installed: parts.Parts, now: datetime
) -> None:
    url = "https://hooks.chat.example/services/T0/secret"
    with installed.database.write() as session:
        session.add(DeadAddress(address=url, error="hooks.chat.example answered 404", refused_at=now))
    for email in (DANA, OMAR):
        dead = shown(open_page("alerts", email), "incident_list")["dead"]
        assert dead[0]["address"] == "The web address at hooks.chat.example"
        assert "secret" not in str(dead)
    page = open_page("alerts", DANA, "alert-5")
    (mark,) = [row["marks"] for row in shown(page)["groups"][0]["rows"] if row["title"] == "Sources in trouble"]
    assert mark[-1]["words"] == "refused by its server"
    page.button(key="revive_0").click().run()
    assert toasts(page) == [
        "Messages go to the web address at hooks.chat.example again, with what it missed and is still so."
    ]
    assert revived_words(DANA) == f"Mails go to {DANA} again, with what it missed and is still so."


def test_rules_as_toml_leave_out_what_may_be_a_password(open_page: OpenPage, incidents: dict[str, int]) -> None:
    page = open_page("alerts", DANA, "")
    page.query_params["show"] = "rules"
    page.run()
    (toml,) = [each.value for each in page.code]
    assert 'name = "Sources in trouble"' in toml
    assert 'url = "… at hooks.chat.example …"' in toml
    assert "secret" not in toml
    with pytest.raises(ConfigError, match="must be a web address"):
        parse_settings(AlertKind.SOURCE, {"channel": "slack", "url": "… at hooks.chat.example …"})


def test_address_inside_a_private_network_is_refused_when_a_rule_is_saved(
    open_page: OpenPage, installed: parts.Parts, incidents: dict[str, int]
) -> None:
    page = open_page("alerts", DANA, "alert-new")
    field(page, "name").set_value("To the chat")
    field(page, "channel").set_value("webhook").run()
    field(page, "url").set_value("http://127.0.0.1:18626/hook")
    page.button(key="save_alert-new").click().run()
    assert "Nothing would be sent there: 127.0.0.1 is inside a private network." in words(page)
    assert "AFTERCLICK_WEBHOOK_PRIVATE" in words(page)
    parts.install(replace(installed, reaches_private=True))
    page.button(key="save_alert-new").click().run()
    assert toasts(page) == ["The rule To the chat is saved, and looks within seconds."]
    parts.install(installed)
    row = rule_named(installed, "To the chat")
    page = open_page("alerts", DANA, f"alert-{row.id}")
    assert "127.0.0.1 is inside a private network" in words(page)
    (marks,) = [each["marks"] for each in shown(page)["groups"][0]["rows"] if each["title"] == "To the chat"]
    assert [mark["words"] for mark in marks] == ["private address"]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("http://localhost:80/x", True),
        ("https://[::1]/x", True),
        ("http://10.1.2.3/x", True),
        ("http://chat.localhost./x", True),
        ("https://hooks.chat.example/x", False),
        ("https://8.8.8.8/x", False),
        ("https://[broken", False),
        ("localhost@brindle.example", False),
    ],
)
def test_only_a_name_that_says_so_is_inside(address: str, is_inside: bool) -> None:
    assert bool(inside_words(address)) is is_inside


def test_card_says_until_when_it_waits(open_page: OpenPage, installed: parts.Parts, now: datetime) -> None:
    with installed.database.write() as session:
        brand = session.exec(select(Brand)).one()
        ids = seed_alerts(session, brand, [1, 2, 3, 4], now)
        for row in session.exec(select(Outbox).where(Outbox.recipient == DANA)):
            row.sent_at = now - timedelta(minutes=9)
        for telling in session.exec(select(Telling).where(col(Telling.sent_on_at).is_not(None))):
            telling.sent_on_at = now - timedelta(minutes=10)
    severe, spike, *_ = shown(open_page("alerts", DANA), "incident_list")["open"]
    told_at = (now - timedelta(minutes=9)).timestamp()
    assert (severe["id"], severe["waits"]["told_at"]) == (ids[SEVERE], told_at)
    assert severe["waits"]["why"] == "dana@brindle.example had three mails"
    assert severe["waits"]["until"] > now.timestamp()
    assert severe["tellings"][0]["until"] == severe["waits"]["until"]
    assert spike["waits"] is None


def test_card_that_nothing_holds_up_waits_to_be_sent(open_page: OpenPage, incidents: dict[str, int]) -> None:
    severe, spike, due, _ = shown(open_page("alerts", DANA), "incident_list")["open"]
    assert (severe["waits"]["until"], severe["waits"]["words"]) == (None, "waits to be sent")
    assert (spike["waits"], due["waits"]) == (None, None)


def test_cards_that_look_alike_name_their_rules() -> None:
    def card(title: str, rule: str, *cases: int | None) -> dict[str, Any]:
        return {"title": title, "rule": rule, "items": [{"case": case} for case in cases]}

    cards = [
        card("Severe case", "Severe", 1),
        card("Case due", "Due", 1, 2),
        card("Watched words", "Vets", None),
        card("Watched words", "Recall", None),
        card("Large reach", "Reach", 3),
        card("Spike", "Spikes", None),
        card("Severe case: late", "Severe", 4),
        card("Severe case: lost", "Severe", 4),
    ]
    name_rules(cards)
    assert [each["names_rule"] for each in cards] == [True, True, True, True, False, False, False, False]


@pytest.mark.usefixtures("incidents")
def test_what_is_wrong_is_said_once(open_page: OpenPage) -> None:
    page = open_page("alerts", DANA, "alert-new")
    field(page, "name").set_value("By day")
    field(page, "hours").set_value("mon-fri 7-22").run()
    wrong = '"mon-fri 7-22": \'7-22\' is no span of time; write such as "mon-fri 09:00-17:30" or "sat 22:00-06:00".'
    assert f"Not tried yet: {wrong}" in words(page)
    page.button(key="save_alert-new").click().run()
    assert words(page).count("no span of time") == 1
    assert wrong in words(page)
    assert "Nothing was saved: mend what is said in red under the fields." in words(page)


@pytest.mark.parametrize(
    ("settings", "is_open", "why"),
    [
        ({"hours": ["mon-fri 07:00-22:00"]}, True, "there was 1 incident, to be told once its hours begin."),
        ({"hours": ["mon-fri 07:00-22:00"]}, False, "there was 1 incident, over before its hours began."),
        ({}, False, "there was 1 incident, over before anybody was to be told."),
    ],
)
def test_incident_without_a_mail_is_explained(settings: dict[str, Any], is_open: bool, why: str, now: datetime) -> None:
    one = TriedIncident("Severe", now, None if is_open else now, 1, ())
    said = AlertRuleSaid(1, "Severe", AlertKind.SEVERE, settings)
    assert trial_words(said, Trial(0, [one], now)) == f"Would have sent no mail in the last 30 days: {why}"


def test_red_line_says_that_no_mail_leaves(installed: parts.Parts, now: datetime) -> None:
    assert no_mail_words(installed) == ""
    with installed.database.write() as session:
        session.add(
            Outbox(
                message_id="<late@brindle.example>",
                kind="incidents",
                recipient=DANA,
                state=OutboxState.QUEUED,
                last_error="451 try later",
                next_attempt_at=now,
                created_at=now - timedelta(hours=3),
            )
        )
    forget()
    said = no_mail_words(installed)
    assert "1 message waits" in said
    assert "451 try later" in said
