"""What a weights folder needs to tell what texts are about: an output of the network, and posts about anything.

The vector that the heads read tells complaints apart and little else. Half-way up, the network still holds what a text
is about. For seven brands whose names are words, likeness to sixty confirmed posts told mentions of the brand from
other uses of the name with AUC .88 there, .73 at the last layer, and .70 by TF-IDF (docs/model-card.md).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from classifier.model import TOPIC, Model
from classifier.topics import TOPICS, write_topics

MOST: Final = 400
_SEED: Final = 7
_BLOCKS_A_LAYER: Final = 2  # attention, and what comes after it


def add_topic(path: Path) -> bool:
    """Give the network in an ONNX file an output with the mean of its tokens half-way up; tell whether it has one.

    One that the optimizer could not merge (`export._fuse`) has none. A batch must hold one window, as the mean counts
    padding too.
    """
    network = onnx.load(path)
    blocks = [node.output[0] for node in network.graph.node if node.op_type == "SkipLayerNormalization"]
    if not blocks:
        return False
    half_way = blocks[len(blocks) // _BLOCKS_A_LAYER // 2 * _BLOCKS_A_LAYER - 1]
    mean = onnx.helper.make_node("ReduceMean", [half_way], [TOPIC], axes=[1], keepdims=0)
    network.graph.node.append(mean)
    network.graph.output.append(onnx.helper.make_tensor_value_info(TOPIC, onnx.TensorProto.FLOAT, ["batch", None]))
    onnx.save(network, path)
    return True


def save_topics(model: Model, texts: Sequence[str], folder: Path) -> None:
    """Write topics.npz into `folder` with the vectors of at most 400 of the texts, always the same ones.

    It must be there before labels.json is written, which names its SHA-256.
    """
    rows = np.random.default_rng(_SEED).permutation(len(texts))[:MOST]
    write_topics(folder / TOPICS, model.topics([texts[row] for row in rows]))
