"""A long post: what made it a complaint stands for it in the list, in the mail and in the case."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlmodel import select

from classifier.model import Model
from core.types import Passage, Prediction
from jobs.classify import classify
from jobs.parts import Parts
from storage.queue.case_detail import case_detail
from storage.rows import id_of
from storage.tables import PostRow
from tests.fakes import FakeClassifier, post
from tests.jobs.conftest import alert_at_once, cases, outbox, store

CALM = "We spent the weekend in the garden, planted roses 🌹 with @ann &amp; @bob and had a barbecue with friends. "
SOFA = (
    "Then the sofa came three weeks late, smashed, and the driver laughed at us. This is the worst company that I have "
    "ever dealt with, never again! Nobody answers the phone and they refuse to give us a refund, thieves."
)
TITLE = "A weekend at home"
LONG = f"{CALM * 8}{SOFA} {CALM * 6}{SOFA} {CALM * 3}"


class Marking(FakeClassifier):
    """Names the first sentence about the sofa as the passage, and condemns."""

    def predict(self, texts: Sequence[str], borders: Sequence[float] | None = None) -> list[Prediction]:
        return [
            replace(said, severity=4, passages=(Passage(text.index("Then the sofa"), text.index(" This is"), 0.9),))
            if "Then the sofa" in text
            else said
            for text, said in zip(texts, super().predict(texts, borders), strict=True)
        ]


def test_list_and_mail_quote_the_passage_and_not_how_the_post_begins(parts: Parts) -> None:
    store(parts, post(1, LONG, title=TITLE))
    classify(parts, Marking())
    passage = "Then the sofa came three weeks late, smashed, and the driver laughed at us."
    assert [case.excerpt for case in cases(parts)] == [passage]
    alert_at_once(parts)
    items = [item for mail in outbox(parts) for each in mail.content["incidents"] for item in each["items"]]
    assert {item["excerpt"] for item in items} == {passage}
    assert len(outbox(parts)) == 2


def test_an_edited_post_is_not_quoted_at_its_old_places(parts: Parts) -> None:
    store(parts, post(1, LONG, title=TITLE))
    classify(parts, Marking())
    store(parts, post(1, CALM * 30, title=TITLE), post(2, "late"))
    with parts.database.write() as session:
        edited = session.exec(select(PostRow).where(PostRow.platform_id == "1")).one()
        edited.claimed_until, edited.claimed_by = parts.now().replace(year=2030), "another worker"
    classify(parts, Marking())  # the second post joins the case while the first waits to be read again
    (case,) = cases(parts)
    assert case.post_count == 2
    assert case.excerpt.startswith(f"{TITLE} · We spent the weekend")


@pytest.mark.model
def test_the_shipped_model_s_passages_reach_the_case(parts: Parts) -> None:
    store(parts, post(1, LONG, title=TITLE))
    classify(parts, Model.load())
    (case,) = cases(parts)
    with parts.database.read() as session:
        detail = case_detail(session, id_of(case), 1)
    assert detail is not None
    shown = [LONG[each.start : each.end] for each in detail.posts[0].passages]
    assert shown
    assert all(each in SOFA for each in shown)
