import pytest

from classifier.language import is_foreign, language_of
from classifier.text import normalise


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Mi pedido no ha llegado y nadie contesta el teléfono", "es"),
        ("Das Paket ist seit einer Woche unterwegs und niemand antwortet", "de"),
        ("Mon colis n'est jamais arrivé et le service client ne répond pas", "fr"),
        ("荷物がまだ届きません", "ja"),
        ("посылка так и не пришла", "ru"),
        ("My parcel has been on its way for a week and nobody answers", "en"),
    ],
)
def test_clear_texts_are_identified(text, language):
    assert language_of(normalise(text)) == language
    assert language_of(normalise(f"{text}. " * 1_000)) == language


@pytest.mark.parametrize(
    "text",
    ["ok", "lol nope", "@parcelo thx", "DM sent", "gr8 m8", "no reply", "Parcelo Nottingham??", "omg fml", "URGENT"],
)
def test_short_posts_are_not_called_foreign_on_weak_evidence(text):
    assert language_of(normalise(text)) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "Wo ist mein Paket?",
        "Où est mon colis ?",
        "¿Dónde está mi pedido?",
        "Nie wieder @parcelo, unverschämt",
        "Servizio pessimo",
    ],
)
def test_a_short_post_that_can_hardly_be_english_is_not_called_english(text):
    assert is_foreign(language_of(normalise(text)))


def test_a_text_without_letters_has_no_language():
    assert language_of(normalise("12345 !!! https://t.co/abc")) == ""
    assert not is_foreign("")


def test_handles_and_links_do_not_count_as_words_of_a_language():
    assert language_of(normalise("@hola @gracias @porfavor where is my box https://ejemplo.example")) == "en"
