"""The Model page without a browser, and what its form leaves in the store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

import app
from board import parts
from core.drift import Baseline
from core.errors import ChangedError, FormError, InputError, ModelError
from core.thresholds import Border, Choice
from settings import load_settings
from storage.corrections import correct
from storage.database import Database
from storage.rows import id_of
from storage.tables import Brand, PostRow, PredictionRow
from storage.thresholds import flagged_lately, set_threshold
from tests.board.manage.managing import OpenPage, field, id_for, shown, toasts, words
from tests.board.seeding import DANA, MODEL, OMAR

FACTS = parts.ModelFacts(
    version=MODEL,
    base=MODEL,
    adapted=False,
    borders={
        Choice.BALANCED: Border(0.5, 0.1, 0.08, "misses 1 in 10"),
        Choice.FEW_MISSES: Border(0.22, 0.05, 0.11, "misses 1 in 20"),
        Choice.FEW_FALSE_ALARMS: Border(0.65, 0.15, 0.05, "misses 1 in 7"),
    },
    card=Baseline(0.12, (0.1,) * 10),
    figures=(("", "posts", "macro-F1"), ("hand labels", "541", "88.4")),
)

Hand = Callable[[parts.ModelFacts | None], None]


@pytest.fixture
def hand(installed: parts.Parts) -> Hand:
    """Let the board's entry hand in what the model's folder says."""
    return lambda facts: parts.install(replace(installed, model=lambda: facts))


def test_page_tells_which_model_reads_how_well_and_what_it_did(open_page: OpenPage, hand: Hand) -> None:
    hand(FACTS)
    page = open_page("model", DANA)
    said = words(page)
    assert f"{MODEL}\n" in said
    assert "As it was shipped: nothing that your team corrected is in it yet." in said
    assert "It read 10 posts and was unsure of 1 (10%). On its card it was 12%." in said
    assert "10 posts are too few to compare; 200 are needed." in said.replace("10 Posts", "10 posts")
    assert "Nothing yet. Each correction in a case can teach the model." in said
    assert shown(page, "model_figures")["rows"][0]["cells"] == ["hand labels", "541", "88.4"]


def test_adaptation_in_force_and_corrections_are_counted(
    open_page: OpenPage, hand: Hand, installed: parts.Parts, now: datetime
) -> None:
    hand(replace(FACTS, version=f"{MODEL}+12345678", adapted=True))
    with installed.database.write() as session:
        for post_id in (1, 2, 4):
            correct(session, post_id, id_for(installed.database, DANA), now, complaint=False)
        session.get_one(PostRow, 4).deleted_at = now
    page = open_page("model", DANA)
    said = words(page)
    assert f"That is {MODEL} with what your team’s corrections taught it." in said
    assert f"The last post was read by {MODEL}." in said
    assert "3 posts corrected; 0 may train" in said
    assert "Left out: 1 whose post was deleted, 2 whose platform or source allows no training." in said
    assert [code.value for code in page.code] == ["afterclick adapt"]
    assert "It has read no post." in said


def test_posts_that_look_unlike_the_card_are_a_warning(
    open_page: OpenPage, hand: Hand, installed: parts.Parts, now: datetime
) -> None:
    hand(FACTS)
    with installed.database.write() as session:
        for number in range(220):
            add_post(session, 1, number, 0.55, now, unsure=True)
    page = open_page("model", DANA)
    assert "The posts look unlike those of the card" in page.warning[0].value.replace("\\", "")


@pytest.mark.parametrize("facts", [None, FACTS])
def test_no_post_and_no_facts(open_page: OpenPage, hand: Hand, installed: parts.Parts, facts: object) -> None:
    hand(facts)  # type: ignore[arg-type]
    with installed.database.write() as session:
        for row in session.exec(select(PredictionRow)):
            session.delete(row)
    said = words(open_page("model", DANA))
    assert "It has read no post." in said
    assert ("No model has read a post yet." in said) is (facts is None)


def test_damaged_folder_is_said_and_the_page_stays(open_page: OpenPage, installed: parts.Parts) -> None:
    def damaged() -> parts.ModelFacts:
        raise ModelError("labels.json is damaged")

    parts.install(replace(installed, model=damaged))
    page = open_page("model", DANA)
    assert "The model’s folder cannot be used: labels.json is damaged" in words(page)
    assert shown(page)["groups"][0]["rows"][0]["lines"] == ["Balanced"]


def test_manager_chooses_a_border_and_sees_what_each_would_have_flagged(
    open_page: OpenPage, hand: Hand, installed: parts.Parts
) -> None:
    hand(FACTS)
    page = open_page("model", DANA, "brand-1")
    preview = shown(page, "threshold_preview")["rows"]
    assert [row["cells"][2] for row in preview] == ["10 of 10 (100%)", "10 of 10 (100%)", "9 of 10 (90%)"]
    assert [row["is_marked"] for row in preview] == [True, False, False]
    field(page, "choice").set_value("own").run()
    field(page, "number").set_value(0.3).run()
    own = shown(page, "threshold_preview")["rows"][3]
    assert (own["cells"], own["is_marked"]) == (["Your own", "0.3", "10 of 10 (100%)", "not measured"], True)
    field(page, "choice").set_value(Choice.FEW_MISSES).run()
    page.button(key="save_brand-1").click().run()
    assert toasts(page)[0].startswith("Saved. Posts about Brindle Home that are read from now on go by it")
    with installed.database.read() as session:
        assert session.get_one(Brand, 1).threshold == "few_misses"


def test_second_of_two_editors_is_told(open_page: OpenPage, hand: Hand, installed: parts.Parts) -> None:
    hand(FACTS)
    page = open_page("model", DANA, "brand-1")
    with installed.database.write() as session:
        set_threshold(session, 1, 0.4)
    page.button(key="save_brand-1").click().run()
    assert "Somebody else changed Brindle Home while you were editing it (threshold)." in words(page)


def test_responder_is_told_whom_to_ask(open_page: OpenPage, hand: Hand) -> None:
    hand(FACTS)
    page = open_page("model", OMAR, "brand-1")
    assert "This page is for managers and admins." in words(page)
    assert not page.get("bidi_component")


def test_brand_that_is_gone(open_page: OpenPage, hand: Hand) -> None:
    hand(FACTS)
    assert "There is no such brand" in words(open_page("model", DANA, "brand-99"))


def test_only_what_the_model_read_lately_of_the_present_text_counts(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        brand = Brand(name="A", created_at=now)
        session.add(brand)
        session.flush()
        brand_id = id_of(brand)
        for number, share in enumerate((0.1, 0.3, 0.5, 0.9)):
            add_post(session, brand_id, number, share, now)
        for number, what in enumerate(("old", "own", "left_out", "edited")):
            post = add_post(session, brand_id, 10 + number, 0.9, now)
            if what == "old":
                post.posted_at = now - timedelta(days=31)
            post.is_own = what == "own"
            post.left_out = "no context" if what == "left_out" else ""
            post.classified_with = "" if what == "edited" else MODEL
        session.flush()
        found = flagged_lately(session, brand_id, [0.3, 0.5, 0.95], MODEL, now)
        assert (found.posts, list(found.by_border)) == (4, [3, 2, 0])
        assert flagged_lately(session, brand_id, [0.5], "other", now).posts == 0
        with pytest.raises(FormError):
            set_threshold(session, brand_id, 0.99)
        with pytest.raises(ChangedError):
            set_threshold(session, brand_id, 0.4, {"threshold": 0.3})
        with pytest.raises(InputError, match="no such brand"):
            set_threshold(session, 99, 0.4)
        assert set_threshold(session, brand_id, 0.4, {"threshold": Choice.BALANCED}) == "A"


def test_entry_hands_in_the_shipped_model(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(app, "SETTINGS", load_settings(adapted_dir=tmp_path))
    facts = app._model_facts_in(-1)
    assert facts is not None
    assert (facts.adapted, facts.base) == (False, facts.version)
    assert facts.borders[Choice.FEW_MISSES].border < 0.5
    assert facts.figures[1][0] == "hand labels"


def add_post(
    session: object, brand_id: int, number: int, share: float, now: datetime, *, unsure: bool = False
) -> PostRow:
    post = PostRow(
        platform="x",
        platform_id=f"m-{number}",
        brand_id=brand_id,
        text="late",
        posted_at=now,
        collected_at=now,
        classified_with=MODEL,
    )
    session.add(post)  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    session.add(  # type: ignore[attr-defined]
        PredictionRow(
            post_id=id_of(post),
            model_version=MODEL,
            complaint=share,
            is_complaint=share >= 0.5,
            unsure=unsure,
            created_at=now,
        )
    )
    return post
