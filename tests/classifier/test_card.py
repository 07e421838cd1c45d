"""Reading the figures of a model's card."""

from pathlib import Path

from classifier.card import figures

CARD = """\
# Model card

| not | this |
|---|---|

## How it was measured

Words.

| | posts | macro-F1 |
|---|---|--:|
| hand labels | 541 | 88.4 |
| xci | 225 | 89.9 |

| a | later one |
|---|---|
"""


def test_the_first_table_of_how_it_was_measured(tmp_path: Path) -> None:
    (tmp_path / "CARD.md").write_text(CARD, encoding="utf-8")
    assert figures(tmp_path) == (("", "posts", "macro-F1"), ("hand labels", "541", "88.4"), ("xci", "225", "89.9"))


def test_no_card_and_a_card_without_figures(tmp_path: Path) -> None:
    assert figures(tmp_path) == ()
    (tmp_path / "CARD.md").write_text(
        "# Card\n\n| a |\n|---|\n\n## How it was measured\n\nNot at all.\n\n## Limits\n\n| b |\n"
    )
    assert figures(tmp_path) == ()
    (tmp_path / "CARD.md").write_bytes(b"\xff")
    assert figures(tmp_path) == ()


def test_the_shipped_card_tells_how_well_it_does() -> None:
    heads, first, *_ = figures()
    assert heads == ("", "posts", "complaints", "macro-F1", "precision", "recall", "AUC", "calibration error")
    assert first[:3] == ("hand labels", "541", "405")
