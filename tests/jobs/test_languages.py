"""Posts in other languages than English, through the shipped model to the board: never silently dropped."""

import pytest

from board.case.shown import head_data
from classifier.model import Model
from jobs.classify import classify
from jobs.parts import Parts
from storage.queue.case_detail import case_detail
from storage.queue.filters import Filter, View
from storage.queue.listing import rows
from storage.rows import id_of
from tests.fakes import post
from tests.jobs.conftest import cases, store

pytestmark = pytest.mark.model

COMPLAINTS = {
    "de": "Mein Paket ist seit zwei Wochen verschwunden und niemand antwortet auf meine E-Mails, eine Frechheit!",
    "es": "Mi pedido lleva dos semanas de retraso y nadie contesta el teléfono, qué vergüenza de empresa",
    "ja": "荷物がまだ届きません。電話もつながりません。",
}
OTHERS = {
    "de": "Heute war ich mit den Kindern im Garten, wir haben Rosen gepflanzt und Kuchen gegessen",
    "fr": "Ce matin nous avons visité le musée avec les enfants, c'était une très belle journée",
}
SHORT = ("Wo ist mein Paket?", "Où est mon colis ?", "¿Dónde está mi pedido?", "Servizio pessimo")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load()


def read(parts: Parts, model: Model, texts: list[str], **fields: str) -> None:
    store(parts, *(post(number, text, f"author{number}", **fields) for number, text in enumerate(texts)))
    classify(parts, model)


def needing_a_look(parts: Parts) -> set[str]:
    with parts.database.read() as session:
        return {row.author for row in rows(session, Filter(view=View.UNSURE), 1, parts.now()).rows}


@pytest.mark.parametrize(("language", "text"), [*COMPLAINTS.items(), *OTHERS.items()])
def test_a_post_in_another_language_needs_a_look_and_says_which(
    parts: Parts, model: Model, language: str, text: str
) -> None:
    read(parts, model, [text])
    assert needing_a_look(parts) == {"author0"}
    (case,) = cases(parts)
    assert case.language == language
    with parts.database.read() as session:
        detail = case_detail(session, id_of(case), 1)
    assert detail is not None
    assert head_data(detail, 1)["foreign"] == [language]


def test_a_short_post_that_is_hardly_english_needs_a_look(parts: Parts, model: Model) -> None:
    read(parts, model, list(SHORT))
    assert needing_a_look(parts) == {f"author{number}" for number in range(len(SHORT))}


def test_english_small_talk_opens_no_case(parts: Parts, model: Model) -> None:
    read(parts, model, ["Waiting for the bus and listening to the new album, what a lovely morning"])
    assert cases(parts) == []


def test_what_the_platform_says_of_the_language_hides_nothing(parts: Parts, model: Model) -> None:
    read(parts, model, [COMPLAINTS["de"], OTHERS["de"]], language="en")
    assert needing_a_look(parts) == {"author0", "author1"}
