"""The Team page without a browser, and what its forms leave in the store."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from board import parts
from core.errors import ChangedError, FormError, InputError
from core.types import Role
from storage.accounts import (
    MemberDraft,
    close_account,
    fields_of_member,
    invite,
    open_account,
    renew_password,
    save_member,
    set_role,
)
from storage.database import Database
from storage.members import check_password, create_member, disable_member, member_by_email
from storage.rosters import unclaimed_by_team
from storage.rows import id_of
from storage.staff import Working, save_team, set_working
from storage.tables import Case, Member, Notify, RoutingRule, Team, TeamMember
from tests.board.manage.managing import ADA, OpenPage, field, id_for, shown, sign_in, toasts, words
from tests.board.seeding import DANA, OMAR

LONDON = Working("Europe/London", ["mon-fri 09:00-17:00"], 12, Notify.BUNDLED)


@pytest.fixture
def delivery(installed: parts.Parts, now: datetime) -> int:
    with installed.database.write() as session:
        omar = id_for(installed.database, OMAR)
        set_working(session, omar, LONDON)
        return id_of(save_team(session, None, "Delivery", [omar], now))


def member(database: Database, email: str) -> Member:
    with database.read() as session:
        found = member_by_email(session, email)
        assert found is not None
        return found


def rows_of(page: object, title: str) -> dict[str, dict[str, object]]:
    groups = shown(page)["groups"]  # type: ignore[arg-type]
    return {row["title"]: row for group in groups if group["title"] == title for row in group["rows"]}


def test_list_tells_who_works_when_where_and_how_much(
    open_page: OpenPage, installed: parts.Parts, delivery: int
) -> None:
    omar = id_for(installed.database, OMAR)
    with installed.database.write() as session:
        session.get_one(Case, 1).assignee_id = omar
        session.get_one(Case, 2).team_id = delivery
    page = open_page("team", DANA)
    row = rows_of(page, "Members")["Omar Haddad"]  # NOW is a Saturday
    assert row["lines"] == ["Responder · Delivery", "Monday to Friday 09:00-17:00, Europe/London"]
    assert (row["side"], row["marks"]) == ("1 of 12 open", [])
    assert rows_of(page, "Members")["Ada Byrne"]["marks"] == [{"words": "on shift", "tone": "good"}]
    team = rows_of(page, "Teams")["Delivery"]
    assert (team["lines"], team["side"]) == (["Omar Haddad"], "1 waiting")


def test_coverage_names_the_hours_that_nobody_works(
    open_page: OpenPage, installed: parts.Parts, delivery: int, now: datetime
) -> None:
    with installed.database.write() as session:
        for email in (DANA, ADA):
            disable_member(session, id_for(installed.database, email), now)
    said = words(open_page("team", OMAR))
    assert "Nobody works: Saturday all day, Sunday all day, Monday 00:00-09:00, Monday 17:00-24:00" in said
    with installed.database.write() as session:
        session.get_one(Member, id_for(installed.database, DANA)).disabled_at = None
    page = open_page("team", DANA)
    assert "Somebody works in every hour in which a brand is open." in words(page)
    assert "One member has no shift set and counts as always at work." in words(page)
    monday = shown(page, "coverage_week")["days"][2]
    assert (monday["name"], monday["counts"][9], monday["counts"][20]) == ("Mon 23", 2, 1)


def test_admin_invites_and_the_password_is_shown_once(
    open_page: OpenPage, installed: parts.Parts, delivery: int
) -> None:
    page = open_page("team", ADA, "member-new")
    field(page, "email").set_value("Ines@Brindle.example")
    field(page, "name").set_value("Ines Marques")
    field(page, "team_ids").set_value([delivery])
    page.button(key="save_member-new").click().run()
    assert not page.exception
    password = page.code[0].value
    ines = member(installed.database, "ines@brindle.example")
    assert ines.must_change_password
    with installed.database.read() as session:
        assert check_password(session, ines.email, password) is not None
        assert session.exec(select(TeamMember.team_id).where(TeamMember.member_id == ines.id)).all() == [delivery]
    page.button(key="forget_one_time").click().run()
    assert password not in [each.value for each in page.code]


def test_invitation_says_what_is_wrong_and_keeps_the_rest(open_page: OpenPage) -> None:
    page = open_page("team", ADA, "member-new")
    field(page, "email").set_value(OMAR)
    field(page, "name").set_value("Another Omar")
    page.button(key="save_member-new").click().run()
    assert f"There is already a member with the e-mail address {OMAR}." in words(page)
    assert field(page, "name").value == "Another Omar"


def test_manager_invites_nobody(open_page: OpenPage, installed: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("team", DANA, "member-new")
    assert "Members can be changed by admins. Ask Ada Byrne" in words(page)
    page = open_page("team", ADA, "member-new")
    field(page, "email").set_value("x@brindle.example")
    field(page, "name").set_value("X")
    sign_in(installed.database, DANA, monkeypatch)
    page.button(key="save_member-new").click().run()
    with installed.database.read() as session:
        assert member_by_email(session, "x@brindle.example") is None


def test_manager_edits_shift_teams_limit_and_absence(
    open_page: OpenPage, installed: parts.Parts, delivery: int
) -> None:
    omar = id_for(installed.database, OMAR)
    page = open_page("team", DANA, f"member-{omar}")
    assert field(page, "role").disabled
    assert "Works Monday to Friday 09:00-17:00: 40 hours a week." in words(page)
    field(page, "shift").set_value("mon-thu 10:00-16:00\nfri 22:00-06:00")
    field(page, "team_ids").set_value([])
    field(page, "most_cases").set_value(None)
    field(page, "notify").set_value(Notify.NEVER)
    field(page, "timezone").set_value("Europe/Amsterdam")
    page.date_input[0].set_value(date(2026, 12, 1))
    page.run()
    assert "Works Monday to Thursday 10:00-16:00, Friday 22:00-06:00: 32 hours a week." in words(page)
    page.button(key=f"save_member-{omar}").click().run()
    assert toasts(page) == ["Omar Haddad is saved."]
    row = member(installed.database, OMAR)
    assert (row.shift, row.most_cases, row.notify) == (["mon-thu 10:00-16:00", "fri 22:00-06:00"], None, Notify.NEVER)
    assert row.away_until == datetime(2026, 11, 30, 23, tzinfo=UTC)
    with installed.database.read() as session:
        assert session.exec(select(TeamMember)).all() == []


def test_shift_that_cannot_be_read_is_said_under_its_field(
    open_page: OpenPage, installed: parts.Parts, delivery: int
) -> None:
    omar = id_for(installed.database, OMAR)
    page = open_page("team", DANA, f"member-{omar}")
    field(page, "shift").set_value("mon-fry 9-5").run()
    page.button(key=f"save_member-{omar}").click().run()
    assert '"mon-fry 9-5"' in words(page)
    assert field(page, "shift").value == "mon-fry 9-5"
    assert member(installed.database, OMAR).shift == ["mon-fri 09:00-17:00"]


def test_second_of_two_editors_is_told(open_page: OpenPage, installed: parts.Parts, delivery: int) -> None:
    omar = id_for(installed.database, OMAR)
    page = open_page("team", DANA, f"member-{omar}")
    with installed.database.write() as session:
        set_working(session, omar, Working("Europe/London", [], None, Notify.AT_ONCE))
    page.button(key=f"save_member-{omar}").click().run()
    assert (
        "Somebody else changed Omar Haddad while you were editing it (shift and limit and how they are told)"
        in words(page)
    )


def test_open_cases_are_given_away(open_page: OpenPage, installed: parts.Parts, delivery: int) -> None:
    omar, dana = id_for(installed.database, OMAR), id_for(installed.database, DANA)
    with installed.database.write() as session:
        for case_id in (1, 2):
            session.get_one(Case, case_id).assignee_id = omar
    page = open_page("team", DANA, f"member-{omar}")
    page.selectbox(key=f"pass_to_{omar}").set_value(f"member-{dana}")
    page.button(key=f"pass_{omar}").click().run()
    assert toasts(page) == ["2 cases of Omar Haddad went to others."]
    with installed.database.read() as session:
        assert {session.get_one(Case, case_id).assignee_id for case_id in (1, 2)} == {dana}
    assert not [button for button in page.button if button.key == f"pass_{omar}"]


def test_admin_closes_an_account_and_opens_it_again(open_page: OpenPage, installed: parts.Parts, delivery: int) -> None:
    omar = id_for(installed.database, OMAR)
    with installed.database.write() as session:
        session.get_one(Case, 1).assignee_id = omar
    page = open_page("team", ADA, f"member-{omar}")
    page.button(key=f"close_{omar}").click().run()
    assert toasts(page) == ["The account of Omar Haddad is closed. 1 open cases are still theirs: give them away."]
    assert "Omar Haddad" in rows_of(page, "Closed accounts")
    page.button(key=f"open_{omar}").click().run()
    assert member(installed.database, OMAR).disabled_at is None


def test_team_is_made_edited_and_deleted(open_page: OpenPage, installed: parts.Parts) -> None:
    omar, dana = id_for(installed.database, OMAR), id_for(installed.database, DANA)
    page = open_page("team", DANA, "team-new")
    page.button(key="save_team-new").click().run()
    assert "Give it a name." in words(page)
    field(page, "name").set_value("Refunds")
    field(page, "member_ids").set_value([omar, dana])
    page.button(key="save_team-new").click().run()
    assert toasts(page) == ["The team Refunds is saved."]
    page = open_page("team", DANA, "team-1")
    field(page, "member_ids").set_value([dana])
    page.button(key="save_team-1").click().run()
    with installed.database.read() as session:
        assert session.exec(select(TeamMember.member_id)).all() == [dana]
    page = open_page("team", DANA, "team-1")
    page.button(key="delete_team-1").click().run()
    assert toasts(page) == ["The team Refunds is deleted."]


def test_team_that_a_rule_sends_to_stays(
    open_page: OpenPage, installed: parts.Parts, delivery: int, now: datetime
) -> None:
    with installed.database.write() as session:
        session.add(RoutingRule(name="Late", team_id=delivery, created_at=now))
    page = open_page("team", DANA, f"team-{delivery}")
    page.button(key=f"delete_team-{delivery}").click().run()
    assert toasts(page) == ["The rule Late sends to Delivery: change or delete that rule first."]


def test_responder_looks_and_changes_nothing(open_page: OpenPage, installed: parts.Parts, delivery: int) -> None:
    page = open_page("team", OMAR)
    assert "Teams and shifts can be changed by managers and admins." in words(page)
    assert list(page.button) == []
    for what in (f"member-{id_for(installed.database, DANA)}", f"team-{delivery}"):
        page = open_page("team", OMAR, what)
        assert [button.key for button in page.button] == ["manage_back"]
        assert all(widget.disabled for widget in (*page.text_input, *page.multiselect, *page.selectbox))


def test_member_changes_their_own_shift(installed: parts.Parts, delivery: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit.testing.v1 import AppTest

    sign_in(installed.database, OMAR, monkeypatch)
    page = AppTest.from_string(
        "from board.manage.own_settings import own_settings\n"
        "from board.notices import show_notices\n"
        "from board.who import signed_in_member\n"
        "show_notices()\nown_settings(signed_in_member())",
        default_timeout=120,
    ).run()
    assert "Rules give you 12 open cases at most." in words(page)
    field(page, "shift").set_value("sat 10:00-14:00")
    page.button(key="save_own").click().run()
    assert toasts(page) == ["Saved. Rules go by it from now on."]
    row = member(installed.database, OMAR)
    assert (row.shift, row.most_cases, row.notify) == (["sat 10:00-14:00"], 12, Notify.BUNDLED)
    field(page, "shift").set_value("nonsense")
    page.button(key="save_own").click().run()
    assert '"nonsense"' in words(page)


def _three(session: object, now: datetime) -> tuple[Member, Member, Member]:
    make = [("ada", Role.ADMIN), ("dana", Role.MANAGER), ("omar", Role.RESPONDER)]
    found = [create_member(session, f"{name}@x.example", name, role, None, now) for name, role in make]  # type: ignore[arg-type]
    return found[0], found[1], found[2]


def test_there_always_is_an_admin(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        ada, dana, omar = _three(session, now)
        for act in (
            lambda: set_role(session, id_of(ada), Role.MANAGER, ada),
            lambda: close_account(session, id_of(ada), dana, now),
            lambda: set_role(session, id_of(omar), Role.ADMIN, dana),
            lambda: close_account(session, id_of(ada), ada, now),
            lambda: open_account(session, id_of(omar), dana),
            lambda: renew_password(session, id_of(omar), dana, now),
        ):
            with pytest.raises(InputError):
                act()
        with pytest.raises(InputError, match="ada is the only admin"):
            set_role(session, id_of(ada), Role.MANAGER, ada)
        set_role(session, id_of(dana), Role.ADMIN, ada)
        session.flush()
        set_role(session, id_of(ada), Role.MANAGER, dana)
        assert ada.role is Role.MANAGER
        disable_member(session, id_of(omar), now)
        assert open_account(session, id_of(omar), dana) == "omar"


def test_manager_gives_nobody_another_role_or_name(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        _, dana, omar = _three(session, now)
        draft = MemberDraft("Omar the Great", Role.MANAGER, (), LONDON)
        with pytest.raises(FormError) as error:
            save_member(session, id_of(omar), draft, dana, now, fields_of_member(session, omar))
    assert set(error.value.fields) == {"name", "role"}


def test_member_form_tells_all_that_is_wrong_at_once(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        ada, _, omar = _three(session, now)
        seen = fields_of_member(session, omar)
        working = Working("Mars/Olympus", ["nonsense"], -1, Notify.NEVER)
        draft = MemberDraft(" ", Role.RESPONDER, (), working, now - timedelta(days=1))
        with pytest.raises(FormError) as error:
            save_member(session, id_of(omar), draft, ada, now, seen)
        assert set(error.value.fields) == {"name", "timezone", "shift", "most_cases", "away_until"}
        with pytest.raises(ChangedError, match="teams"):
            save_member(session, id_of(omar), draft, ada, now, {**seen, "team_ids": [9]})


def test_invited_member_is_in_the_teams_and_known_teams_only(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        team = save_team(session, None, "Late", [], now)
        made, password = invite(session, "new@x.example", "New", Role.RESPONDER, [id_of(team), 77], now)
        assert session.exec(select(TeamMember)).one() == TeamMember(team_id=id_of(team), member_id=id_of(made))
        assert len(password) == 19
        with pytest.raises(FormError) as error:
            invite(session, "other@x.example", " ", Role.RESPONDER, [], now)
        assert list(error.value.fields) == ["name"]
        assert unclaimed_by_team(session) == {}
        assert session.exec(select(Team)).one().name == "Late"
