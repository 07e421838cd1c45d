"""From a trained network to a weights folder: int8 ONNX, tokenizer, label map."""

# mypy: allow-subclassing-any
import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from torch import Tensor, nn
from transformers import AutoTokenizer

from classifier import labelmap
from classifier.model import NETWORK
from classifier.reference import REFERENCE
from classifier.topics import TOPICS
from classifier.training.network import HEADS, Network
from classifier.training.topics import add_topic
from core.taxonomy import Party, Reason

NAME: Final = "minilm-v2"
_TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer_config.json")
_OPSET: Final = 17


class _Exported(nn.Module):
    """The shipped heads side by side, and the vector they read (small heads can be refitted on it)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        vector = self.network.pooled(ids, mask)
        return torch.cat([self.network.heads[name](vector) for name in HEADS], dim=1), vector


def export_network(state: Mapping[str, Tensor], encoder: str, target: Path, quantised: bool = True) -> None:
    """Write the network with these weights to `target` as ONNX, by default in 8 bits."""
    network = Network(encoder)
    network.load_state_dict(dict(state))
    network.eval()
    with tempfile.TemporaryDirectory() as place:
        plain, fused = Path(place) / "plain.onnx", Path(place) / "fused.onnx"
        _trace(_Exported(network), plain)
        _fuse(plain, fused, network.encoder.config)
        if quantised:
            _quantise(fused, target)
        else:
            shutil.copyfile(fused, target)
    add_topic(target)


def save_tokenizer(encoder: str, folder: Path) -> None:
    """Put the encoder's tokenizer beside the network."""
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    for local in ("is_local", "local_files_only", "name_or_path"):
        settings.pop(local, None)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")


def save_labels(folder: Path, decisions: Mapping[str, Any], longest: int) -> str:
    """Write labels.json for the files in `folder`; the version is returned.

    `decisions` holds `cuts`, `temperatures` and `unsure` as `LabelMap` explains them.
    """
    raw: dict[str, Any] = {
        "format": labelmap.FORMAT,
        "heads": _columns(),
        "reasons": [reason.value for reason in Reason],
        "parties": [party.value for party in Party],
        "severities": [1, 2, 3, 4],
        "longest": longest,
        "files": {name: labelmap.file_hash(folder / name) for name in _files(folder)},
        **decisions,
    }
    version = f"{NAME}-{labelmap.digest(raw)}"
    (folder / labelmap.LABELS).write_text(json.dumps({"version": version, **raw}, indent=1) + "\n")
    return version


def _files(folder: Path) -> tuple[str, ...]:
    """Return the files that the label map vouches for; the reference set and the topics are where they are there."""
    optional = (name for name in (REFERENCE, TOPICS) if (folder / name).exists())
    return (NETWORK, *_TOKENIZER_FILES, *optional)


def undecided() -> dict[str, Any]:
    """Decisions that leave every logit as it is; the ones to measure thresholds with."""
    return {
        "cuts": {name: [0.0] * size for name, size in HEADS.items()},
        "temperatures": dict.fromkeys(HEADS, 1.0),
        "unsure": 0.0,
    }


def _columns() -> dict[str, tuple[int, int]]:
    columns, first = {}, 0
    for name, size in HEADS.items():
        columns[name] = (first, first + size)
        first += size
    return columns


def _trace(network: _Exported, target: Path) -> None:
    network.eval()
    example = torch.tensor([[101, 2026, 3042, 102], [101, 7592, 102, 0]])
    axes = {0: "batch", 1: "length"}
    with warnings.catch_warnings():
        # The tracing exporter is deprecated, and the only one whose graph the optimizer below can fuse.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example, (example != 0).long()),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits", "vector"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}, "vector": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )


def _fuse(source: Path, target: Path, shape: Any) -> None:
    """Merge what runs faster as one; only BERT's own layout is known to the optimizer."""
    if shape.model_type != "bert":
        shutil.copyfile(source, target)
        return
    fused = optimizer.optimize_model(
        str(source),
        model_type="bert",
        num_heads=shape.num_attention_heads,
        hidden_size=shape.hidden_size,
        optimization_options=FusionOptions("bert"),
        opt_level=1,
        use_gpu=False,
    )
    fused.save_model_to_file(str(target))


def _quantise(source: Path, target: Path) -> None:
    quantize_dynamic(
        str(source),
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        # With 7 bits 16-bit sums could not overflow on AVX2 processors without VNNI. On one of these overflow did no
        # harm to the figures, and the 8th bit is worth a third of a point of AUC.
        reduce_range=False,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "MatMulConstBOnly": True},
    )
