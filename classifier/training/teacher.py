"""A network that an earlier run trained, in full precision: what it says of posts is what the next one learns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from transformers import AutoTokenizer

from classifier.decoding import Floats
from classifier.training.network import HEADS, Network, answers_to, device
from core.errors import ModelError

# Below a folder that `train` made: the weights as they were before the export, and the encoder they belong to.
TRAINED: Final = Path("training", "network.pt")
ENCODER: Final = Path("training", "encoder.txt")

_BATCH: Final = 32
_LONGEST: Final = 128  # tokens of a post that are read


class Teacher:
    """An encoder and its heads, for answers to many posts at once."""

    def __init__(self, name: str, tokenizer: Any, network: Network) -> None:
        self.name = name
        self._tokenizer = tokenizer
        self._network = network.to(device()).eval()

    @classmethod
    def load(cls, folder: Path) -> "Teacher":
        """Return the network that `train` left in `folder`.

        Raises ModelError where the folder is not one that `train` made, or its encoder is gone.
        """
        try:
            encoder = (folder / ENCODER).read_text(encoding="utf-8").strip()
            network = Network(encoder)
            network.load_state_dict(torch.load(folder / TRAINED, weights_only=True))
            return cls(folder.name, AutoTokenizer.from_pretrained(encoder), network)
        except (OSError, RuntimeError) as error:
            raise ModelError(f"{folder} cannot teach: it must be a folder that `train` made ({error})") from error

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return a row for each normalised text: the shipped heads side by side."""
        tokens = self._tokenizer(list(texts), truncation=True, max_length=_LONGEST)["input_ids"]
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        answers = np.zeros((len(tokens), sum(HEADS.values())), dtype=np.float32)
        with torch.no_grad():
            for first in range(0, len(order), _BATCH):
                rows = order[first : first + _BATCH]
                said = answers_to(self._network, [tokens[row] for row in rows])
                answers[rows] = torch.cat([said[name] for name in HEADS], dim=1).numpy()
        return answers


def keep(folder: Path, encoder: str, weights: dict[str, Tensor]) -> None:
    """Leave in `folder` what a teacher is read from."""
    torch.save(weights, folder / TRAINED)
    (folder / ENCODER).write_text(encoder + "\n", encoding="utf-8")
