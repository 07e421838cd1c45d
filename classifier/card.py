"""The figures on a model's card: CARD.md beside the weights."""

import re
from itertools import takewhile
from pathlib import Path
from typing import Final

from classifier.model import WEIGHTS

CARD: Final = "CARD.md"
_SECTION: Final = "## How it was measured"
_LINE: Final = re.compile(r"\s*\|.*\|\s*")


def figures(folder: Path | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the first table of how the model was measured, its heading first; nothing where the card has none."""
    try:
        lines = ((folder or WEIGHTS) / CARD).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    if _SECTION not in lines:
        return ()
    section = lines[lines.index(_SECTION) + 1 :]
    section = list(takewhile(lambda line: not line.startswith("## "), section))
    start = next((number for number, line in enumerate(section) if _LINE.fullmatch(line)), len(section))
    rows = list(takewhile(_LINE.fullmatch, section[start:]))
    cells = [tuple(cell.strip() for cell in row.strip().strip("|").split("|")) for row in rows]
    return tuple(row for row in cells if not all(set(cell) <= set("-: ") and cell for cell in row))
