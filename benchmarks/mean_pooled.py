"""Our network as transformers' own classes hold it, for the pipeline that the benchmark measures against."""

# mypy: allow-subclassing-any
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from transformers import BertConfig, BertForSequenceClassification
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.utils.logging import disable_progress_bar

from classifier.labelmap import LabelMap

_HEADS_OF_ATTENTION: Final = 12
_LAYER: Final = "encoder.layer."


class MeanPooled(BertForSequenceClassification):  # type: ignore[no-untyped-call]
    """BERT whose head reads the mean of the tokens, as our head does, and not the first token."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bert.pooler = None

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **rest: Any) -> SequenceClassifierOutput:
        """Return one logit a text, that of a complaint."""
        tokens = self.bert(input_ids, attention_mask=attention_mask, **rest).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weight).sum(1) / weight.sum(1)
        return SequenceClassifierOutput(logits=self.classifier(mean))


def save(trained: Path | None, labels: LabelMap, tokenizer: Path, target: Path) -> None:
    """Write a folder for the pipeline: the network whose weights are in the file `trained`, or one with random weights.

    The cut and the temperature of the complaint become a part of its head, so that its score is our probability. Other
    answers have no head here: they cost next to nothing, and ours gives them all.
    """
    weights = torch.load(trained, weights_only=True) if trained else None
    encoder = {name.removeprefix("encoder."): weight for name, weight in (weights or {}).items()}
    network = MeanPooled(_config(encoder) if trained else _config_of_minilm())
    if weights is not None:
        kept = {name: weight for name, weight in encoder.items() if name.startswith(("embeddings.", _LAYER))}
        network.bert.load_state_dict(kept)
        [cut], temperature = labels.cuts["complaint"], labels.temperatures["complaint"]
        network.classifier.weight.data = weights["heads.complaint.weight"] / temperature
        network.classifier.bias.data = (weights["heads.complaint.bias"] - cut) / temperature
    disable_progress_bar()  # type: ignore[no-untyped-call]
    network.save_pretrained(target)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / name, target / name)


def _config(encoder: Mapping[str, Tensor]) -> BertConfig:
    """Return the configuration of a BERT with these weights."""
    words, width = encoder["embeddings.word_embeddings.weight"].shape
    layers = {name.removeprefix(_LAYER).split(".")[0] for name in encoder if name.startswith(_LAYER)}
    inner = encoder[f"{_LAYER}0.intermediate.dense.bias"].shape[0]
    positions = encoder["embeddings.position_embeddings.weight"].shape[0]
    return _config_of(words, width, len(layers), inner, positions)


def _config_of_minilm() -> BertConfig:
    return _config_of(words=30522, width=384, layers=6, inner=1536, positions=512)


def _config_of(words: int, width: int, layers: int, inner: int, positions: int) -> BertConfig:
    return BertConfig(  # type: ignore[call-arg]
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=_HEADS_OF_ATTENTION,
        intermediate_size=inner,
        max_position_embeddings=positions,
        num_labels=1,
        problem_type="multi_label_classification",
    )
