"""Templates become replies whole, or not at all."""

import pytest

from core.errors import InputError
from core.reply_templates import VARIABLES, left_over, problems, render

VALUES = {"author": "Zoë", "brand": "Parcelo", "case": "12", "courier": ""}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Hi {author}, this is { brand }.", "Hi Zoë, this is Parcelo."),
        ("{{author}} and }} and {{", "{author} and } and {"),
        ("שלום {author} 👩‍🚀\n\nCase {case}", "שלום Zoë 👩‍🚀\n\nCase 12"),
        ("No variable", "No variable"),
    ],
)
def test_template_is_filled_in(text: str, reply: str) -> None:
    assert render(text, VALUES) == reply


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(InputError, match=r"Nothing is known here for {courier}, {link} and {member}"):
        render("{author} {courier} {link} {member} {courier}", VALUES)


def test_value_is_one_line_and_is_not_read_again() -> None:
    values = {"author": "{brand}\n\n\u202eevil \u0007" + "x" * 1000}
    filled = render("Hi {author}", values)
    assert filled.startswith("Hi {brand} evil xxx")
    assert "\u202e" not in filled
    assert len(filled) == 303
    with pytest.raises(InputError, match=r"{author}"):
        render("Hi {author}", {"author": "\u202e \n"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {autor} and {x}", "There is no variable {autor} and {x}."),
        ("Hi {}", "There is no variable {}."),
        ("one\ntwo { three", "A { stands alone in line 2"),
        ("five } six", "A } stands alone in line 1"),
        (" \n", "The template is empty"),
    ],
)
def test_template_that_cannot_stand_says_why(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)
    with pytest.raises(InputError, match=r"^There is no|^A |^The template"):
        render(text, VALUES)


def test_template_with_every_variable_stands() -> None:
    assert problems(" ".join(f"{{{name}}}" for name in VARIABLES)) == []


def test_unfilled_variables_of_a_reply_are_found() -> None:
    assert left_over("Hi {author}, { case } {author} {x} {{brand}}") == ["author", "case"]
