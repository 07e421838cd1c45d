"""A folder of somebody else's classifier, as Hugging Face's libraries save one, behind the face of ours."""

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier.decoding import Floats
from classifier.labelmap import LabelMap, file_hash
from classifier.meanings import Meanings, meanings
from classifier.model import Model
from core.errors import ModelError

CONFIG: Final = "config.json"

_NETWORK: Final = "*.safetensors"
_LONGEST: Final = 256  # as our own network reads
_UNSURE: Final = 0.2
_DECIDING: Final = ("*.json", "*.toml", "*.txt", "*.model", _NETWORK)


def is_one(folder: Path) -> bool:
    """Whether `folder` is such a folder; ours has no config.json."""
    return (folder / CONFIG).exists()


def load(folder: Path, threads: int = 0) -> Model:
    """Return the classifier in `folder`: config.json, model.safetensors and a tokenizer, for sequence classification.

    Code that comes with a folder is never run, and pickled weights are never read. Raises ModelError where torch is
    missing, the folder is incomplete, or what its labels mean cannot be told.
    """
    if not any(folder.glob(_NETWORK)):
        raise ModelError(f"{folder} holds no model.safetensors; weights in another form are not read")
    network, said = _network(folder)
    if said["missing_keys"]:
        raise ModelError(f"{folder} holds no classifier: {', '.join(sorted(said['missing_keys'])[:3])} is not trained")
    config = network.config
    names = [str(config.id2label.get(output, f"LABEL_{output}")) for output in range(config.num_labels)]
    told = meanings(folder, names, several=config.problem_type == "multi_label_classification" or len(names) == 1)
    tokenizer = _tokenizer(folder)
    labels = _labels(_version(folder), told, _longest(config, tokenizer))
    try:
        return Model(labels, tokenizer, partial(_run, network, told), threads)
    except Exception as error:  # it is asked for a word, and one without a vocabulary fails in its own way
        raise ModelError(f"{folder}: the tokenizer does not work: {error!r}") from error


def _network(folder: Path) -> tuple[Any, dict[str, Any]]:
    try:
        import torch  # heavy, and not there where the shipped classifier is used
    except ImportError as error:
        raise ModelError(
            f"{folder} is a Hugging Face folder, which needs torch: pip install torch (docs/model-card.md)"
        ) from error
    logging.getLogger("transformers").setLevel(logging.ERROR)
    from transformers import AutoModelForSequenceClassification
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(1)  # the threads are used for several windows at once
    try:
        network, said = AutoModelForSequenceClassification.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception as error:  # transformers', safetensors' and torch's own exceptions share no narrower base
        raise ModelError(f"{folder} cannot be loaded: {error}") from error
    return network.eval(), said


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # a tokenizer of one's own may fail in its own ways
        raise ModelError(f"{folder}: the tokenizer cannot be loaded: {error}") from error


def _run(network: Any, told: Meanings, window: Sequence[int]) -> Floats:
    import torch

    ids = torch.tensor([list(window)])
    with torch.inference_mode():
        logits = network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0]
    return told.answers(logits.float().numpy().astype(np.float32))


def _labels(version: str, told: Meanings, longest: int) -> LabelMap:
    reasons, parties = len(told.reasons), len(told.parties)
    sizes = {"complaint": 1, "reasons": reasons, "severity": 1, "parties": parties, "praise": 1}
    heads, first = {}, 0
    for name, size in sizes.items():
        heads[name] = slice(first, first + size)
        first += size
    return LabelMap(
        version=version,
        heads=heads,
        reasons=told.reasons,
        parties=told.parties,
        cuts={name: (0.0,) * size for name, size in sizes.items()},
        temperatures=dict.fromkeys(sizes, 1.0),
        unsure=_UNSURE,
        longest=longest,
        files={},
    )


def _longest(config: Any, tokenizer: Any) -> int:
    # Some networks count positions from 2 on, and the configuration does not say which.
    positions = getattr(config, "max_position_embeddings", None) or _LONGEST + 2
    return int(min(_LONGEST, positions - 2, tokenizer.model_max_length))


def _version(folder: Path) -> str:
    """Return the folder's name and a hash over everything in it that decides an answer."""
    files = sorted({path for pattern in _DECIDING for path in folder.glob(pattern)})
    hashes = json.dumps([(path.name, file_hash(path)) for path in files])
    name = re.sub(r"[^\w.-]+", "-", folder.resolve().name)[:40]
    return f"{name}-{hashlib.sha256(hashes.encode()).hexdigest()[:8]}"
