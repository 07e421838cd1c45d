"""`train` and `evaluate`: making a classifier and measuring one."""

from pathlib import Path
from typing import Annotated

import typer

from classifier.model import WEIGHTS
from commands.parts import JsonFlag, log_to_terminal, print_json, say
from core.errors import ConfigError

PostsOption = Annotated[Path, typer.Option(help="CSV of posts; docs/model-card.md says which columns.")]
LabelsOption = Annotated[Path, typer.Option(help="CSV of labels of some of these posts.")]


def train(
    posts: PostsOption,
    labels: LabelsOption,
    out: Annotated[Path, typer.Option(help="Folder for the new classifier.")],
    encoder: Annotated[Path | None, typer.Option(help="Hugging Face folder of another MiniLM to begin with.")] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Folder of a classifier trained before, to learn from; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number gives another model of the same recipe.")] = 0,
) -> None:
    """Make a classifier from labelled posts. A run that was stopped goes on after its last finished epoch."""
    log_to_terminal()
    try:
        # needs torch, which is not there to run Afterclick
        from classifier.training.recipe import Recipe
        from classifier.training.train import train as make
    except ImportError as error:
        raise ConfigError(
            f"Training needs {error.name}: pip install -r requirements-train.txt (docs/model-card.md)"
        ) from error
    say(f"Made {make(posts, labels, out, encoder, Recipe(seed=seed), teacher or ())} in {out}")


def evaluate(
    posts: PostsOption,
    labels: LabelsOption,
    weights: Annotated[Path, typer.Option(help="Folder of the classifier; the shipped one by default.")] = WEIGHTS,
    json_output: JsonFlag = False,
) -> None:
    """Measure a classifier on the part of the labelled posts that training left out."""
    from classifier.training.evaluate import evaluate as measure  # loads the classifier's libraries

    figures = measure(posts, labels, weights)
    if json_output:
        print_json(figures)
        return
    for name, figure in figures.items():
        say(f"{name}: {figure}")
