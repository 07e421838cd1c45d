"""`adapt`: the classifier learns from the team's corrections."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from classifier import loading
from classifier.adapted import Adapted
from classifier.model import WEIGHTS
from classifier.reference import read_reference
from commands.parts import JsonFlag, opened, print_json, say
from core.errors import InputError
from jobs.adapt import FEWEST, Adapting, Tried
from jobs.adapt import adapt as learn
from settings import Settings, load_settings
from storage.corrections import LeftOut, confirmed, corrections, left_out

_COPIES: Final = "copies"
_WHY: Final[Mapping[str, str]] = {
    LeftOut.TAKEN_BACK: "taken back",
    LeftOut.DELETED: "of posts that were deleted",
    LeftOut.EDITED: "of posts that were edited since",
    LeftOut.MAY_NOT_TRAIN: "of posts that may not train (docs/configuration.md, may_train)",
    _COPIES: "of copies of another post",
}


def adapt(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure, and change nothing.")] = False,
    roll_back: Annotated[bool, typer.Option("--roll-back", help="Go back to the model before the last one.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Learn from the team's corrections; the new answers are kept only where they are measurably better.

    Only the last, small part of the model is refitted. A third of the corrected posts never trains and says whether the
    new answers are better; the reference set beside the model says whether they are as good as ever on other posts.
    """
    if dry_run and roll_back:
        raise typer.BadParameter("--dry-run measures an adaptation, and --roll-back takes one back: choose one")
    settings = load_settings()
    if roll_back:
        _roll_back(settings, json_output)
        return
    found, others = _learn(settings)
    kept_at = Adapted(settings.adapted_dir).keep(found.adaptation) if found.adaptation and not dry_run else None
    if json_output:
        print_json(_record(found, others, str(kept_at) if kept_at else None))
        return
    say(f"{found.corrections:,} corrected posts, and {found.confirmed:,} resolved as what they were taken for.")
    if others:
        say(_left_out(others))
    for tried in found.tried:
        say(_sentence(tried))
    for head, count in found.too_few.items():
        if count:
            say(f"{head}: not tried, it was corrected {count:,} times, of {FEWEST} that are needed.")
    if found.adaptation is None:
        say("The model stays as it is.")
    elif kept_at is None:
        say(f"A run without --dry-run would bring {found.adaptation.version} into force.")
    else:
        say(f"{found.adaptation.version} is in force ({kept_at}); a running worker takes it up by itself.")
        say("Posts that were read before keep their answers. afterclick adapt --roll-back takes it back.")


def _learn(settings: Settings) -> tuple[Adapting, Mapping[str, int]]:
    """Return what was learned, and how many corrections were left out, by reason."""
    folder = settings.model_dir or WEIGHTS
    model = loading.load(folder, settings.threads)
    reference = read_reference(folder, model.labels)
    present = Adapted(settings.adapted_dir).current()
    with opened(settings) as parts, parts.database.read() as session:
        judged, as_they_were = corrections(session), confirmed(session)
        others = {why.value: count for why, count in left_out(session).items()}
    fitting = present if present and present.base == model.version else None
    try:
        found = learn(model, reference, judged, as_they_were, fitting)
    except InputError as error:
        raise InputError(f"{error} {_left_out(others)}".rstrip()) from error
    if len(judged) > found.corrections:
        others[_COPIES] = len(judged) - found.corrections
    return found, others


def _roll_back(settings: Settings, json_output: bool) -> None:
    Adapted(settings.adapted_dir).roll_back()
    labels = loading.described(settings.model_dir, settings.adapted_dir)
    version = labels.version if labels else "the model of another make"
    print_json({"in_force": version}) if json_output else say(f"{version} is in force again.")


def _record(found: Adapting, others: Mapping[str, int], kept_at: str | None) -> dict[str, Any]:
    return {
        "corrections": found.corrections,
        "confirmed": found.confirmed,
        "left_out": dict(others),
        "heads": [asdict(tried) for tried in found.tried],
        "too_few": dict(found.too_few),
        "version": found.adaptation.version if found.adaptation else None,
        "kept_at": kept_at,
    }


def _left_out(others: Mapping[str, int]) -> str:
    """Return the sentence on what was left out and why, empty where nothing was."""
    return f"Left out: {', '.join(f'{count:,} {_WHY[why]}' for why, count in others.items())}." if others else ""


def _sentence(tried: Tried) -> str:
    return (
        f"{tried.head}: learned from {tried.learned:,} posts. Of {tried.held_out:,} held-out posts "
        f"{tried.before:.0%} were right before and {tried.after:.0%} after; macro-F1 on the reference set was "
        f"{tried.reference_before:.1%} before and {tried.reference_after:.1%} after. It is {tried.why}."
    )
