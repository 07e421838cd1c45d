"""`train` and `evaluate`: making a classifier and measuring one."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from classifier.model import WEIGHTS
from commands.parts import JsonFlag, counted, log_to_terminal, print_json, say
from core.errors import ConfigError

PostsOption = Annotated[Path, typer.Option(help="CSV of posts; docs/model-card.md says which columns.")]
LabelsOption = Annotated[
    list[Path],
    typer.Option(
        "--labels", help="CSV of labels of some of these posts; may be repeated, figures are told on the first."
    ),
]

_NEEDS: Final = "Training needs {}: pip install -r requirements-train.txt (docs/model-card.md)"


def train(
    posts: PostsOption,
    labels: LabelsOption,
    out: Annotated[Path, typer.Option(help="Folder for the new classifier.")],
    encoder: Annotated[Path | None, typer.Option(help="Hugging Face folder of another encoder to begin with.")] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Folder of a classifier trained before, to learn from; may be repeated.")
    ] = None,
    large: Annotated[
        bool, typer.Option("--large", help="Train a large encoder that shall only teach: gently, on our labels alone.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another number gives another model of the same recipe.")] = 0,
) -> None:
    """Make a classifier from labelled posts. A run that was stopped goes on after its last finished epoch."""
    log_to_terminal()
    try:
        # needs torch, which is not there to run Afterclick
        from classifier.training.recipe import LARGE, TAUGHT, Recipe
        from classifier.training.train import train as make
    except ImportError as error:
        raise ConfigError(_NEEDS.format(error.name)) from error
    recipe = replace(LARGE if large else TAUGHT if teacher else Recipe(), seed=seed)
    with counted("training") as progress:
        version = make(posts, labels, out, encoder, recipe, teacher or (), progress=progress)
    say(f"Made {version} in {out}")


def evaluate(
    posts: PostsOption,
    labels: LabelsOption,
    weights: Annotated[Path, typer.Option(help="Folder of the classifier; the shipped one by default.")] = WEIGHTS,
    folds: Annotated[
        int, typer.Option(help="5 or 10: measure the recipe instead, each fold by a model that has not seen it.")
    ] = 0,
    unseen: Annotated[
        bool, typer.Option("--unseen-industry", help="Also measure the recipe on industries held out of training.")
    ] = False,
    work: Annotated[
        Path, typer.Option(help="Folder for the models of folds and industries; a stopped run goes on from it.")
    ] = Path("var/evaluation"),
    fold: Annotated[
        int | None, typer.Option(help="Make the model of this fold or group of industries alone, counted from 0.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for report.html, which quotes posts, and figures.json.")
    ] = None,
    json_output: JsonFlag = False,
) -> None:
    """Measure a classifier on the labelled posts that training left out, or its recipe by cross-validation."""
    log_to_terminal()
    # these load the classifier's libraries
    from classifier.training.crossval import cross_validate
    from classifier.training.measuring import measure_all
    from classifier.training.report import write_report
    from classifier.training.split import UNSEEN
    from classifier.training.split import folds as splits_of

    try:
        splits = splits_of(folds) if folds else {}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--folds") from error
    held_out = UNSEEN if unseen else {}
    wanted = {
        name: split for name, split in {**splits, **held_out}.items() if fold is None or name.endswith(f"-{fold}")
    }
    if fold is not None and not wanted:
        raise typer.BadParameter(
            "there is no such fold; --folds or --unseen-industry says of what", param_hint="--fold"
        )
    try:
        cross_validate(posts, labels, work, wanted)
    except ImportError as error:
        raise ConfigError(_NEEDS.format(error.name)) from error
    if fold is not None:
        say(f"{' and '.join(wanted)} in {work}: finished")
        return
    measured = measure_all(posts, labels, weights, work, splits, held_out)
    if report is not None:
        write_report(measured, report)
    if json_output:
        print_json(measured.figures)
        return
    _say_targets(measured.figures)
    if report is not None:
        say(f"The report is in {report}")


def _say_targets(figures: dict[str, Any]) -> None:
    from classifier.training.targets import TARGETS

    for target in TARGETS:
        reached = target.reached(figures)
        bound = f"{'at least' if target.at_least else 'at most'} {target.wanted * 100:.1f}"
        if reached is None:
            say(f"{target.name}: not measured (wanted {bound})")
        else:
            say(f"{target.name}: {reached * 100:.1f}, {'met' if target.is_met(figures) else 'missed'} (wanted {bound})")
