"""The Rules page without a browser, and what its forms leave in the store."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from board import parts
from board.manage import rules as page_of_rules
from core.routing import Rule
from core.taxonomy import Reason
from storage.database import Database
from storage.routing import RuleFields, all_rules, save_rule
from storage.rows import id_of
from storage.rule_preview import covered_by, past_cases, previewed, rule_of
from storage.staff import save_team
from storage.tables import Brand, Case, RoutingRule
from tests.board.manage.managing import OpenPage, field, id_for, shown, sign_in, toasts, words
from tests.board.seeding import DANA, OMAR

AddRule = Callable[..., int]


@pytest.fixture
def team(installed: parts.Parts, now: datetime) -> int:
    with installed.database.write() as session:
        return id_of(save_team(session, None, "Delivery", [id_for(installed.database, OMAR)], now))


@pytest.fixture
def add(installed: parts.Parts, team: int, now: datetime) -> AddRule:
    def rule(name: str, **said: object) -> int:
        with installed.database.write() as session:
            return id_of(save_rule(session, None, RuleFields(name, **({"team_id": team} | said)), now))  # type: ignore[arg-type]

    return rule


def rules(database: Database) -> list[RoutingRule]:
    with database.read() as session:
        return list(all_rules(session))


def rows(page: object) -> list[dict[str, object]]:
    (group,) = shown(page)["groups"]  # type: ignore[arg-type]
    return list(group["rows"])


def test_empty_page_says_what_happens_without_rules(open_page: OpenPage) -> None:
    page = open_page("rules", DANA)
    (group,) = shown(page)["groups"]
    assert (group["rows"], group["moves"]) == ([], True)
    assert "cases wait under “Unassigned” for somebody to claim them" in group["empty"]


def test_list_says_each_rule_in_words_and_what_it_would_have_sent(
    open_page: OpenPage, installed: parts.Parts, add: AddRule
) -> None:
    dana = id_for(installed.database, DANA)
    add("Missed on X", reason=Reason.MISSED.value, platform="x", least_severity=4)
    add("All", member_id=dana)
    add("Refunds", reason=Reason.REFUND.value)
    add("Off", enabled=False, courier="Evri", language="pl", brand_id=1)
    page = open_page("rules", DANA)
    first, second, third, fourth = rows(page)
    assert first["lines"] == ["“Sorry we missed you”, Condemns, on X", "to the team Delivery"]
    assert (first["side"], first["marks"]) == ("1 in 30 days", [])
    assert (second["lines"], second["side"]) == (
        ["Every case", "to Dana Fischer, else the team Delivery"],
        "8 in 30 days",
    )
    assert third["marks"] == [{"words": "never reached", "tone": "warm"}]
    assert fourth["lines"] == ["Evri, in pl, about Brindle Home", "to the team Delivery"]
    assert (fourth["marks"], fourth["is_off"]) == ([{"words": "off", "tone": "plain"}], True)
    assert "these rules would have sent 9; 0 would wait under “Unassigned”." in words(page)


def test_manager_adds_a_rule_and_sees_what_it_would_have_sent(
    open_page: OpenPage, installed: parts.Parts, team: int
) -> None:
    page = open_page("rules", DANA, "rule-new")
    assert "Of the 9 cases of the last 30 days it would have sent 9 (100%)." in words(page)
    field(page, "name").set_value("Late on X")
    field(page, "platform").set_value("x")
    field(page, "reason").set_value("late").run()
    said = words(page)
    assert "it would have sent 1 (11%)" in said
    assert [row["path"] for row in shown(page, "rule_examples")["rows"]] == ["/?case=4"]
    page.button(key="save_rule-new").click().run()
    assert "The rule sends to nobody: choose a team or a member." in words(page)
    assert field(page, "reason").value == "late"
    field(page, "team_id").set_value(team)
    page.button(key="save_rule-new").click().run()
    assert toasts(page) == ["The rule Late on X is saved, for cases that come from now on."]
    (row,) = rules(installed.database)
    assert (row.name, row.platform, row.reason, row.team_id, row.member_id) == ("Late on X", "x", "late", team, None)


def test_preview_warns_of_a_rule_that_never_gets_a_case(open_page: OpenPage, add: AddRule) -> None:
    add("Everything on X", platform="x")
    behind = add("Late on X", platform="x", reason="late")
    page = open_page("rules", DANA, f"rule-{behind}")
    said = words(page)
    assert "This rule can never get a case: Everything on X stands before it and takes all that it describes." in said
    assert "it would have sent 0." in said
    assert "1 more that it describes go to earlier rules: Everything on X 1." in said
    field(page, "platform").set_value("").run()
    assert "can never get a case" not in words(page)


def test_moving_changes_the_order_and_stops_at_the_ends(
    open_page: OpenPage, installed: parts.Parts, add: AddRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add("one"), add("two")
    open_page("rules", DANA)
    monkeypatch.setattr("board.notices.st.session_state", {})
    move = page_of_rules._move
    move(f"rule-{second}", -1)
    assert [row.name for row in rules(installed.database)] == ["two", "one"]
    move(f"rule-{second}", -1)
    move(f"rule-{first}", 1)
    for made_up in ("rule-77", "rule-x", "member-1", "rule-99999999999999999999"):
        move(made_up, 1)
    assert [row.name for row in rules(installed.database)] == ["two", "one"]
    sign_in(installed.database, OMAR, monkeypatch)
    move(f"rule-{first}", -1)
    assert [row.name for row in rules(installed.database)] == ["two", "one"]


def test_rule_is_switched_off_and_deleted(open_page: OpenPage, installed: parts.Parts, add: AddRule) -> None:
    rule = add("Late")
    page = open_page("rules", DANA, f"rule-{rule}")
    field(page, "enabled").set_value(False).run()
    assert "It is off." in words(page)
    page.button(key=f"save_rule-{rule}").click().run()
    assert not rules(installed.database)[0].enabled
    page = open_page("rules", DANA, f"rule-{rule}")
    page.button(key=f"delete_rule-{rule}").click().run()
    assert toasts(page) == ["The rule Late is deleted."]
    assert rules(installed.database) == []
    assert "There is no such rule" in words(open_page("rules", DANA, f"rule-{rule}"))


def test_second_of_two_editors_is_told(
    open_page: OpenPage, installed: parts.Parts, add: AddRule, now: datetime, team: int
) -> None:
    rule = add("Late")
    page = open_page("rules", DANA, f"rule-{rule}")
    field(page, "name").set_value("Mine")
    with installed.database.write() as session:
        save_rule(session, rule, RuleFields("Late", platform="x", team_id=team), now)
    page.button(key=f"save_rule-{rule}").click().run()
    assert "Somebody else changed the rule Late while you were editing it (platform)." in words(page)
    assert field(page, "name").value == "Mine"


def test_rules_are_asked_again(open_page: OpenPage, installed: parts.Parts, add: AddRule, now: datetime) -> None:
    add("Late")
    with installed.database.write() as session:
        for case_id in range(1, 10):
            session.get_one(Case, case_id).routed_at = now
    page = open_page("rules", DANA)
    page.button(key="ask_rules_again").click().run()
    assert toasts(page) == ["The rules look at 9 cases that nobody has."]
    with installed.database.read() as session:
        assert session.get_one(Case, 1).routed_at is None


def test_responder_is_told_whom_to_ask(open_page: OpenPage, add: AddRule) -> None:
    add("Secret rule")
    page = open_page("rules", OMAR)
    said = words(page)
    assert "This page is for managers and admins. Ask Ada Byrne or Dana Fischer" in said
    assert "Secret rule" not in said
    assert not page.get("bidi_component")


def test_preview_asks_earlier_rules_first(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        brand = Brand(name="A", created_at=now)
        session.add(brand)
        session.flush()
        for number, (platform, severity) in enumerate((("x", 4), ("x", 2), ("reddit", 4), ("x", 3))):
            opened = now - timedelta(days=31 if number == 3 else number)
            session.add(
                Case(
                    brand_id=id_of(brand),
                    platform=platform,
                    severity=severity,
                    reasons={"late": 0.9},
                    first_posted_at=opened,
                    last_posted_at=opened,
                    opened_at=opened,
                    updated_at=opened,
                )
            )
        session.flush()
        past = past_cases(session, now)
    assert ([case.id for case in past.cases], past.is_cut) == ([3, 2, 1], False)
    found = previewed(rule_of(RuleFields("all")), [Rule(1, "severe", least_severity=4)], past)
    assert ([case.id for case in found.sent], found.taken_before) == ([2], [("severe", 2)])


@pytest.mark.parametrize(
    ("earlier", "rule", "covers"),
    [
        ({}, {"platform": "x"}, True),
        ({"platform": "x"}, {}, False),
        ({"least_severity": 2}, {"least_severity": 3}, True),
        ({"least_severity": 3}, {"least_severity": 2}, False),
        ({"courier": "evri"}, {"courier": "Evri", "reason": "late"}, True),
        ({"brand_id": 1}, {"brand_id": 2}, False),
        ({"reason": "late"}, {"language": "en"}, False),
    ],
)
def test_earlier_rule_that_takes_all(earlier: dict[str, object], rule: dict[str, object], covers: bool) -> None:
    before = [Rule(1, "earlier", **earlier)]  # type: ignore[arg-type]
    assert (covered_by(Rule(2, "rule", **rule), before) is not None) is covers  # type: ignore[arg-type]
