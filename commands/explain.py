"""`explain`: the words of a text that move the classifier's answer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from classifier.explanation import Explanation
from classifier.text import LONGEST
from commands.parts import JsonFlag, err, load_model, print_json, say, standard_input
from core.errors import InputError
from core.taxonomy import Reason
from settings import load_settings

MOST_SHOWN = 20
_ENDS = 6  # words shown of each end of a part


def explain(
    text: Annotated[str, typer.Argument(help="A post; - or nothing reads standard input.")] = "-",
    reason: Annotated[
        Reason | None, typer.Option(help="Explain this reason instead of the answer “a complaint”.")
    ] = None,
    json_output: JsonFlag = False,
) -> None:
    """Say which words of a text speak for and against a complaint, the heaviest first.

    Each word is taken away in turn and the text read again: its weight is how far the log-odds of the answer fall. Of a
    long text only the part that is most clearly a complaint is looked at, and there at most 64 words.
    """
    post = _standard_input() if text == "-" else text
    if text != "-" and _is_file(text):
        err.print(f"{text} is taken as the post's words; to read the file: afterclick explain - < {text}", markup=False)
    if not post.strip():
        raise InputError("There is no text to explain")
    model = load_model(load_settings())
    found = model.explain(post, reason)
    if json_output:
        print_json(_record(post, found, model.version))
    else:
        _print(post, found)


def _is_file(words: str) -> bool:
    try:
        return Path(words).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False


def _standard_input() -> str:
    try:
        return standard_input().read().decode("utf-8-sig")[:LONGEST]
    except UnicodeDecodeError as error:
        raise InputError("Standard input is not UTF-8") from error


def _record(post: str, found: Explanation, version: str) -> dict[str, Any]:
    return {
        "reason": found.reason.value if found.reason else None,
        "probability": round(found.probability, 4),
        "start": found.start,
        "end": found.end,
        "words": [
            {"word": post[word.start : word.end], "start": word.start, "end": word.end, "weight": round(word.weight, 3)}
            for word in found.words
        ],
        "model_version": version,
    }


def _print(post: str, found: Explanation) -> None:
    part = found.end - found.start < len(post)
    answer = found.reason.words if found.reason else "Complaint"
    say(f"{answer}: {found.probability:.0%}{' of this part' if part else ''}")
    if part:
        words = _printable(post[found.start : found.end]).split()
        say(f"  “{' '.join(words[:_ENDS])} … {' '.join(words[-_ENDS:])}”, where a long post is clearest")
    for word in found.words[:MOST_SHOWN]:
        say(f"  {word.weight:+5.2f}  {_printable(post[word.start : word.end])}")
    if len(found.words) > MOST_SHOWN:
        say(f"  and {len(found.words) - MOST_SHOWN} words of less weight")


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
