"""The network: one encoder, mean-pooled, and a linear head for each answer."""

# mypy: allow-subclassing-any
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from transformers import AutoModel

from classifier.training.data import Family
from core.taxonomy import Party, Reason

# The heads that are shipped, in the order of the exported columns.
HEADS: Final = {"complaint": 1, "reasons": len(Reason), "severity": 4, "parties": len(Party), "praise": 1}
# Learned beside them and left behind: what some sources mean by a complaint, and one source's severity scale. They are
# near enough to ours to teach the encoder, and too far off to teach our own heads.
OWN_COMPLAINT: Final = (Family.AIRLINE, Family.TELECOM, Family.REVIEW)
TRAINING_HEADS: Final = {"source_complaint": len(OWN_COMPLAINT), "source_severity": 4}


class Network(nn.Module):
    """Token ids in, one tensor of logits a head out."""

    def __init__(self, encoder: str, dropout: float = 0.1) -> None:
        super().__init__()
        # Eager attention is faster on short posts, and what the export's optimizer recognises.
        self.encoder = AutoModel.from_pretrained(
            encoder, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0, attn_implementation="eager"
        )
        self.dropout = nn.Dropout(0.1)
        width = self.encoder.config.hidden_size
        self.heads = nn.ModuleDict({name: _head(width, size) for name, size in (HEADS | TRAINING_HEADS).items()})

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the mean of the token vectors that are not padding."""
        tokens = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(tokens.dtype)
        mean: Tensor = (tokens * weight).sum(1) / weight.sum(1)
        return mean

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Logits by head."""
        vector = self.dropout(self.pooled(ids, mask))
        return {name: head(vector) for name, head in self.heads.items()}


def device() -> str:
    """Where to compute: the graphics card where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def precision() -> torch.autocast:
    """Return a context in which matrices are multiplied in 16 bits, where the hardware does so.

    On a processor that has it this is half as fast again, and the figures do not change by more than another seed does.
    """
    short = device() == "cuda" or torch.cpu._is_avx512_bf16_supported()  # torch has no public name for the question
    return torch.autocast(device(), dtype=torch.bfloat16, enabled=short)


def answers_to(network: Network, batch: Sequence[Sequence[int]]) -> dict[str, Tensor]:
    """Return the logits of a batch of token ids by head, in full precision and on the processor.

    They are computed on `device`, where the network must be already.
    """
    ids, mask = pad(batch)
    with precision():
        answers: dict[str, Tensor] = network(ids.to(device()), mask.to(device()))
    return {name: logits.float().cpu() for name, logits in answers.items()}


def pad(batch: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids and mask of a batch, padded to its longest row."""
    longest = max(map(len, batch))
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    return ids, mask


def freeze_embeddings(network: Network) -> None:
    """Leave the word vectors as they were pre-trained: rare words keep their meaning, and a step costs less."""
    for parameter in network.encoder.embeddings.parameters():
        parameter.requires_grad_(False)


def parameter_groups(
    network: Network, rate: float, head_rate: float, decay: float, weight_decay: float
) -> list[dict[str, object]]:
    """Parameters by how they learn: layers near the input `decay` times slower, heads at their own rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        depth = _depth_below_top(name, network.encoder.config.num_hidden_layers)
        speed = head_rate if name.startswith("heads.") else rate * decay**depth
        plain = name.endswith("bias") or "LayerNorm" in name
        groups.setdefault((speed, 0.0 if plain else weight_decay), []).append(parameter)
    return [{"params": parameters, "lr": speed, "weight_decay": pull} for (speed, pull), parameters in groups.items()]


def _depth_below_top(name: str, layers: int) -> int:
    if ".layer." not in name:
        return 0
    return layers - 1 - int(name.split(".layer.")[1].split(".")[0])


def _head(width: int, size: int) -> nn.Linear:
    head = nn.Linear(width, size)
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head
