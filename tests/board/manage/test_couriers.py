"""The Couriers page without a browser, and what its forms leave in the store."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from board import parts
from core.errors import ChangedError, FormError, InputError
from storage.couriers import CourierDraft, delete_courier, named_lately, save_courier, save_supplier
from storage.database import Database
from storage.members import disable_member
from storage.rows import id_of
from storage.tables import Case, Courier, PostRow, RoutingRule, Supplier
from tests.board.manage.managing import OpenPage, field, id_for, shown, sign_in, toasts, words
from tests.board.seeding import DANA, OMAR


@pytest.fixture
def evri(installed: parts.Parts) -> int:
    with installed.database.write() as session:
        row = save_courier(session, None, CourierDraft("Evri", ("Hermes",), "claims@evri.example"))
        save_courier(session, None, CourierDraft("Parcel Pony", ("pony post",)))
        save_supplier(session, None, "Lathe & Leg", "legs@lathe.example")
        return id_of(row)


def couriers(database: Database) -> dict[str, Courier]:
    with database.read() as session:
        return {row.name: row for row in session.exec(select(Courier))}


def test_empty_page_says_what_is_recognised_anyway(open_page: OpenPage) -> None:
    page = open_page("couriers", DANA)
    groups = shown(page)["groups"]
    assert [len(group["rows"]) for group in groups] == [0, 0]
    assert "The usual ones are recognised all the same." in groups[0]["empty"]
    assert "Royal Mail" in words(page)


def test_list_shows_aliases_contacts_and_how_many_cases_name_each(
    open_page: OpenPage,
    installed: parts.Parts,
    evri: int,
) -> None:
    with installed.database.write() as session:
        session.get_one(Case, 1).courier = "Evri"
    groups = shown(open_page("couriers", OMAR))["groups"]
    assert groups[0]["rows"][0] == {
        "id": f"courier-{evri}",
        "title": "Evri",
        "lines": ["Hermes", "claims@evri.example"],
        "side": "1 case in 30 days",
        "marks": [],
        "is_off": False,
    }
    assert groups[0]["rows"][1]["lines"] == ["pony post", "No address to write to"]
    assert [row["title"] for row in groups[1]["rows"]] == ["Lathe & Leg"]


def test_manager_adds_a_courier(open_page: OpenPage, installed: parts.Parts) -> None:
    page = open_page("couriers", DANA, "courier-new")
    field(page, "name").set_value("Parcel Pony")
    field(page, "aliases").set_value("pony post\n\n  the   Pony ")
    field(page, "contact").set_value("Claims@Pony.example")
    page.button(key="save_courier-new").click().run()
    assert toasts(page) == ["Parcel Pony is saved. New posts are read with these names at once."]
    row = couriers(installed.database)["Parcel Pony"]
    assert (row.aliases, row.contact) == (["pony post", "the Pony"], "claims@pony.example")
    assert page.query_params.get("open") is None


def test_what_is_wrong_stands_under_its_field_and_nothing_is_lost(
    open_page: OpenPage,
    evri: int,
) -> None:
    page = open_page("couriers", DANA, "courier-new")
    field(page, "name").set_value("Blue Van")
    field(page, "aliases").set_value("the van\nHERMES")
    field(page, "contact").set_value("nobody")
    page.button(key="save_courier-new").click().run()
    said = words(page)
    assert "HERMES already belongs to Evri: take it out here, or there first." in said
    assert "'nobody' is no e-mail address" in said
    assert (field(page, "name").value, field(page, "aliases").value) == ("Blue Van", "the van\nHERMES")
    assert field(page, "contact").value == "nobody"


def test_preview_tells_which_name_hit_in_how_many_cases(
    open_page: OpenPage,
    installed: parts.Parts,
    now: datetime,
) -> None:
    with installed.database.write() as session:
        texts = {1: "Pony Post lost my parcel", 2: "parcel pony again", 3: "PONY POST, late. And pony post rude"}
        for case_id, text in texts.items():
            session.exec(select(PostRow).where(PostRow.case_id == case_id)).first().text = text  # type: ignore[union-attr]
    with installed.database.read() as session:
        found = named_lately(session, CourierDraft("Parcel Pony", ("Pony Post", "the nag")), now)
    assert (found.cases, dict(found.by_words), found.is_cut) == (3, {"pony post": 2, "parcel pony": 1}, False)
    page = open_page("couriers", DANA, "courier-new")
    field(page, "name").set_value("Parcel Pony")
    field(page, "aliases").set_value("Pony Post\nthe nag").run()
    said = words(page)
    assert "3 cases among" in said
    assert [row["cells"] for row in shown(page, "found_names")["rows"]] == [["pony post", "2"], ["parcel pony", "1"]]
    assert "Nobody wrote: the nag." in said


def test_second_of_two_editors_is_told_and_may_insist(
    open_page: OpenPage,
    installed: parts.Parts,
    evri: int,
) -> None:
    page = open_page("couriers", DANA, f"courier-{evri}")
    field(page, "contact").set_value("mine@evri.example")
    with installed.database.write() as session:
        save_courier(session, evri, CourierDraft("Evri", ("Hermes",), "theirs@evri.example"))
    page.button(key=f"save_courier-{evri}").click().run()
    assert "Somebody else changed Evri while you were editing it (contact). Nothing was saved." in words(page)
    assert couriers(installed.database)["Evri"].contact == "theirs@evri.example"
    assert field(page, "contact").value == "mine@evri.example"
    page.button(key=f"save_courier-{evri}").click().run()
    assert couriers(installed.database)["Evri"].contact == "mine@evri.example"


def test_starting_over_shows_what_the_store_says(
    open_page: OpenPage,
    installed: parts.Parts,
    evri: int,
) -> None:
    page = open_page("couriers", DANA, f"courier-{evri}")
    field(page, "name").set_value("x")
    with installed.database.write() as session:
        save_courier(session, evri, CourierDraft("Evri UK", ("Hermes",)))
    page.button(key=f"again_courier-{evri}").click().run()
    assert field(page, "name").value == "Evri UK"


def test_deleting_and_what_was_deleted_meanwhile(open_page: OpenPage, installed: parts.Parts, evri: int) -> None:
    page = open_page("couriers", DANA, f"courier-{evri}")
    page.button(key=f"delete_courier-{evri}").click().run()
    assert toasts(page) == ["Evri is deleted."]
    assert "Evri" not in couriers(installed.database)
    assert "There is no such courier" in words(open_page("couriers", DANA, f"courier-{evri}"))


def test_responder_looks_and_changes_nothing(
    open_page: OpenPage,
    installed: parts.Parts,
    evri: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_page("couriers", OMAR, f"courier-{evri}")
    assert "can be changed by managers and admins. Ask Ada Byrne or Dana Fischer" in words(page)
    assert field(page, "name").disabled
    assert not page.button or {button.key for button in page.button} == {"manage_back"}
    page = open_page("couriers", DANA, f"courier-{evri}")
    field(page, "name").set_value("Mine")
    sign_in(installed.database, OMAR, monkeypatch)  # as if the role was taken between the page and the click
    page.button(key=f"save_courier-{evri}").click().run()
    assert "Only managers and admins may do this, and nothing was done." in words(page)
    assert "Mine" not in couriers(installed.database)


def test_closed_account_saves_nothing(open_page: OpenPage, installed: parts.Parts, now: datetime) -> None:
    page = open_page("couriers", DANA, "supplier-new")
    field(page, "name").set_value("Lathe & Leg")
    with installed.database.write() as session:
        disable_member(session, id_for(installed.database, DANA), now)
    page.button(key="save_supplier-new").click().run()
    with installed.database.read() as session:
        assert session.exec(select(Supplier)).all() == []


@pytest.mark.parametrize("asked", ["courier-", "courier-x", "courier-99999999999", "team-1", "<b>-1", "courier--1"])
def test_made_up_address_opens_nothing(open_page: OpenPage, asked: str) -> None:
    assert not [button for button in open_page("couriers", DANA, asked).button if button.key == "manage_back"]


def test_renaming_takes_cases_and_rules_along(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        row = save_courier(session, None, CourierDraft("Hermes"))
        session.add(RoutingRule(name="to Evri's desk", courier="Hermes", created_at=now))
        seen: dict[str, Any] = {"name": "Hermes", "aliases": [], "contact": ""}
        save_courier(session, row.id, CourierDraft("Evri", ("Hermes",)), seen)
        assert session.exec(select(RoutingRule.courier)).one() == "Evri"
        with pytest.raises(InputError, match="The rule to Evri's desk sends cases of Evri"):
            delete_courier(session, id_of(row))
        with pytest.raises(ChangedError, match=r"\(name and aliases\)"):
            save_courier(session, row.id, CourierDraft("X"), seen)


@pytest.mark.parametrize(
    ("draft", "field_name", "said"),
    [
        (CourierDraft(" "), "name", "Give it a name"),
        (CourierDraft("hermes"), "name", "already a name of Evri"),
        (CourierDraft("!!"), "name", "no letter or digit"),
        (CourierDraft("New", ("..",)), "aliases", "no letter or digit"),
        (CourierDraft("New", tuple(map(str, range(51)))), "aliases", "51 other names are too many"),
        (CourierDraft("New", contact="a@b@c"), "contact", "no e-mail address"),
        (CourierDraft("x" * 201), "name", "too long"),
    ],
)
def test_what_no_courier_can_be(any_database: Database, draft: CourierDraft, field_name: str, said: str) -> None:
    with any_database.write() as session:
        save_courier(session, None, CourierDraft("Evri", ("Hermes",)))
        with pytest.raises(FormError) as error:
            save_courier(session, None, draft)
    assert list(error.value.fields) == [field_name]
    assert said in error.value.fields[field_name]
