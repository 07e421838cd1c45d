"""The network: one MiniLM encoder, mean-pooled, and a linear head for each answer."""

# mypy: allow-subclassing-any
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from transformers import AutoModel

from classifier.training.data import Family
from core.taxonomy import Party, Reason

LAYERS: Final = 6
WIDTH: Final = 384
# The heads that are shipped, in the order of the exported columns.
HEADS: Final = {"complaint": 1, "reasons": len(Reason), "severity": 4, "parties": len(Party), "praise": 1}
# Learned beside them and left behind: what some sources mean by a complaint, and one source's severity scale. They are
# near enough to ours to teach the encoder, and too far off to teach our own heads.
OWN_COMPLAINT: Final = (Family.AIRLINE, Family.TELECOM, Family.REVIEW)
TRAINING_HEADS: Final = {"source_complaint": len(OWN_COMPLAINT), "source_severity": 4}


class Network(nn.Module):
    """Token ids in, one tensor of logits a head out."""

    def __init__(self, encoder: str, attention: str = "sdpa") -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            encoder, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.0, attn_implementation=attention
        )
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.ModuleDict({name: _head(size) for name, size in (HEADS | TRAINING_HEADS).items()})

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
    """One optimizer group a parameter: layers near the input learn `decay` times slower, heads at their own rate."""
    groups: list[dict[str, object]] = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        plain = name.endswith("bias") or "LayerNorm" in name
        groups.append(
            {
                "params": [parameter],
                "lr": head_rate if name.startswith("heads.") else rate * decay ** _depth_below_top(name),
                "weight_decay": 0.0 if plain else weight_decay,
            }
        )
    return groups


def _depth_below_top(name: str) -> int:
    if ".layer." not in name:
        return 0
    return LAYERS - 1 - int(name.split(".layer.")[1].split(".")[0])


def _head(size: int) -> nn.Linear:
    head = nn.Linear(WIDTH, size)
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head
