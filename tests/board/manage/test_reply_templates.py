"""The Templates page without a browser, and what its forms leave in the store."""

from datetime import datetime

import pytest
from sqlmodel import delete, select

from board import parts
from core.errors import ChangedError, FormError, InputError
from storage.database import Database
from storage.reply_templates import TemplateDraft, all_templates, delete_template, save_template, templates_for
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, PostRow, PredictionRow, ReplyTemplate
from tests.board.manage.managing import OpenPage, field, shown, toasts, words
from tests.board.seeding import DANA, OMAR


@pytest.fixture
def late(installed: parts.Parts, now: datetime) -> int:
    with installed.database.write() as session:
        return id_of(save_template(session, None, TemplateDraft("Late", "Hello {author}, sorry. {member}"), now))


def templates(database: Database) -> dict[str, ReplyTemplate]:
    with database.read() as session:
        return {row.name: row for row in all_templates(session)}


def test_empty_page_lists_the_variables(open_page: OpenPage) -> None:
    page = open_page("reply_templates", DANA)
    assert "There is no template yet." in shown(page)["groups"][0]["empty"]
    variables = [row["cells"][0] for row in shown(page, "variables")["rows"]]
    assert variables[:3] == ["{author}", "{handle}", "{brand}"]


def test_manager_adds_a_template_for_one_brand(open_page: OpenPage, installed: parts.Parts) -> None:
    page = open_page("reply_templates", DANA, "template-new")
    field(page, "name").set_value("Lost parcel")
    field(page, "brand_id").set_value(1)
    field(page, "text").set_value("Hello {author}, we look for it.\n{member}").run()
    page.button(key="save_template-new").click().run()
    assert toasts(page) == ["Lost parcel is saved."]
    row = templates(installed.database)["Lost parcel"]
    assert (row.text, row.brand_id) == ("Hello {author}, we look for it.\n{member}", 1)


def test_unknown_variable_is_refused_under_the_field_and_the_text_stays(
    open_page: OpenPage, installed: parts.Parts, late: int
) -> None:
    page = open_page("reply_templates", DANA, f"template-{late}")
    field(page, "text").set_value("Hello {auhtor}, {parcel} is {lost")
    page.button(key=f"save_template-{late}").click().run()
    said = words(page)
    assert "There is no variable {auhtor} and {parcel}. Known are {author}," in said
    assert "A { stands alone in line 1" in said
    assert field(page, "text").value == "Hello {auhtor}, {parcel} is {lost"
    assert templates(installed.database)["Late"].text == "Hello {author}, sorry. {member}"


def test_preview_fills_in_the_newest_case_and_knows_where_it_is_too_long(open_page: OpenPage, late: int) -> None:
    page = open_page("reply_templates", DANA, f"template-{late}")
    said = words(page)
    assert "As it would read in case 9, the newest" in said
    assert "Hello copperpot, sorry. Dana Fischer" in said
    assert "short enough for every platform" in said
    field(page, "text").set_value("{handle} " + "x" * 290).run()
    assert "Too long for X (302 of 280), Bluesky (302 of 300)." in words(page)


def test_preview_says_what_lacks_in_the_case(open_page: OpenPage, late: int) -> None:
    page = open_page("reply_templates", DANA, f"template-{late}")
    field(page, "text").set_value("We ask {courier}.").run()
    assert "Nothing is known here for {courier}" in words(page)


def test_preview_without_any_case_is_made_up(open_page: OpenPage, installed: parts.Parts, late: int) -> None:
    with installed.database.write() as session:
        for table in (PredictionRow, PostRow, CaseEvent, Case):
            session.exec(delete(table))
    said = words(open_page("reply_templates", DANA, f"template-{late}"))
    assert "With made-up names, as there is no case yet" in said
    assert "Hello Mara Lenz, sorry. Dana Fischer" in said


def test_strangers_names_are_no_markup_in_the_preview(open_page: OpenPage, installed: parts.Parts, late: int) -> None:
    with installed.database.write() as session:
        session.get_one(Case, 9).author_name = "**Bad** <img src=x>"
    page = open_page("reply_templates", DANA, f"template-{late}")
    assert "Hello **Bad** <img src=x>, sorry. Dana Fischer" in [text.value for text in page.text]


def test_template_that_a_file_brought_with_a_fault_is_marked(
    open_page: OpenPage, installed: parts.Parts, now: datetime
) -> None:
    with installed.database.write() as session:
        session.add(ReplyTemplate(name="Old", text="Dear {customer}", created_at=now))
    (row,) = shown(open_page("reply_templates", DANA))["groups"][0]["rows"]
    assert row["marks"] == [{"words": "cannot be used", "tone": "warm"}]


def test_responder_reads_and_cannot_change(open_page: OpenPage, late: int) -> None:
    page = open_page("reply_templates", OMAR, f"template-{late}")
    assert field(page, "text").disabled
    assert "Templates can be changed by managers and admins." in words(page)
    assert not [button for button in page.button if button.key and "save" in button.key]


def test_deleting(open_page: OpenPage, installed: parts.Parts, late: int) -> None:
    page = open_page("reply_templates", DANA, f"template-{late}")
    page.button(key=f"delete_template-{late}").click().run()
    assert toasts(page) == ["Late is deleted."]
    assert templates(installed.database) == {}
    with installed.database.write() as session, pytest.raises(InputError, match="deleted meanwhile"):
        delete_template(session, late)


def test_store_offers_a_brand_its_own_templates_first(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        brands = [Brand(name=name, created_at=now) for name in ("A", "B")]
        session.add_all(brands)
        session.flush()
        own, other = map(id_of, brands)
        for name, brand_id in (("zed", own), ("all", None), ("Beta", own), ("foreign", other)):
            save_template(session, None, TemplateDraft(name, "Hello", brand_id), now)
        assert [each.name for each in templates_for(session, own)] == ["Beta", "zed", "all"]


@pytest.mark.parametrize(
    ("draft", "wrong", "said"),
    [
        (TemplateDraft("", "Hello"), "name", "Give it a name"),
        (TemplateDraft("LATE", "Hello"), "name", "There is a template LATE already"),
        (TemplateDraft("New", "  "), "text", "empty"),
        (TemplateDraft("New", "x" * 5001), "text", "5,001 characters are too many"),
        (TemplateDraft("New", "Hi", 99), "brand_id", "no such brand"),
    ],
)
def test_what_no_template_can_be(
    any_database: Database, now: datetime, draft: TemplateDraft, wrong: str, said: str
) -> None:
    with any_database.write() as session:
        save_template(session, None, TemplateDraft("Late", "Hello"), now)
        with pytest.raises(FormError) as error:
            save_template(session, None, draft, now)
    assert list(error.value.fields) == [wrong]
    assert said in error.value.fields[wrong]


def test_later_of_two_editors_is_told(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        row = save_template(session, None, TemplateDraft("Late", "Hello"), now)
        seen = {"name": "Late", "text": "Hello", "brand_id": None}
        save_template(session, row.id, TemplateDraft("Late", "Hello you"), now, seen)
        with pytest.raises(ChangedError, match=r"changed Late while you were editing it \(text\)"):
            save_template(session, row.id, TemplateDraft("Late", "Hello all"), now, seen)
        assert session.exec(select(ReplyTemplate.text)).one() == "Hello you"
