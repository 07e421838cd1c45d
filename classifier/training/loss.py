"""What the network is asked to get right: the answers of a batch as tensors, and the error over all heads."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from classifier.training.data import COPIES, READ, Example
from classifier.training.network import HEADS, OWN_COMPLAINT
from classifier.training.recipe import Recipe
from classifier.training.split import Part
from core.taxonomy import Party, Reason


@dataclass(frozen=True)
class Targets:
    """The answers of one batch as tensors; a weight of 0 stands where the answer is not known."""

    complaint: Tensor
    complaint_weight: Tensor
    source_complaint_weight: Tensor
    reasons: Tensor
    reasons_weight: Tensor
    severity: Tensor
    source_severity: Tensor
    parties: Tensor
    parties_weight: Tensor
    praise: Tensor
    praise_weight: Tensor
    taught: Tensor
    taught_weight: Tensor


@dataclass(frozen=True)
class Balance:
    """How much more a rare answer counts than a common one, measured on the hand labels."""

    reasons: Tensor
    parties: Tensor
    praise: Tensor
    severity: Tensor


def loss_of(answers: dict[str, Tensor], targets: Targets, balance: Balance, recipe: Recipe) -> Tensor:
    """Return the sum over the heads, each averaged over the whole batch so that unknown answers pull nowhere."""
    size = len(targets.complaint)
    truth = _smooth(targets.complaint, recipe.smoothing)
    complaint = functional.binary_cross_entropy_with_logits(
        answers["complaint"][:, 0], truth, targets.complaint_weight, reduction="sum"
    )
    source_complaint = functional.binary_cross_entropy_with_logits(
        answers["source_complaint"],
        truth[:, None].expand_as(answers["source_complaint"]),
        targets.source_complaint_weight,
        reduction="sum",
    )
    reasons = functional.binary_cross_entropy_with_logits(
        answers["reasons"], targets.reasons, targets.reasons_weight, pos_weight=balance.reasons, reduction="none"
    )
    parties = functional.binary_cross_entropy_with_logits(
        answers["parties"], targets.parties, targets.parties_weight, pos_weight=balance.parties, reduction="none"
    )
    praise = functional.binary_cross_entropy_with_logits(
        answers["praise"][:, 0], targets.praise, targets.praise_weight, pos_weight=balance.praise, reduction="sum"
    )
    severity = _known_cross_entropy(answers["severity"], targets.severity, balance.severity, recipe.smoothing)
    source_severity = _known_cross_entropy(answers["source_severity"], targets.source_severity, None, recipe.smoothing)
    return (
        complaint
        + source_complaint
        + recipe.reasons_weight * reasons.mean(1).sum()
        + recipe.parties_weight * parties.mean(1).sum()
        + recipe.praise_weight * praise
        + recipe.severity_weight * severity
        + recipe.source_severity_weight * source_severity
        + _taught_loss(answers, targets, recipe)
    ) / size


def _taught_loss(answers: dict[str, Tensor], targets: Targets, recipe: Recipe) -> Tensor:
    """Return how far the answers are from what earlier models said, head by head.

    Their numbers already hold the weight of rare answers, so that none is added here.
    """
    says = dict(zip(HEADS, torch.split(targets.taught, list(HEADS.values()), dim=1), strict=True))
    far = {
        head: functional.binary_cross_entropy_with_logits(answers[head], said.sigmoid(), reduction="none").mean(1)
        for head, said in says.items()
        if head != "severity"
    }
    levels = functional.cross_entropy(answers["severity"], says["severity"].softmax(1), reduction="none")
    # How severe a complaint is means nothing where there is none.
    far["severity"] = levels * says["complaint"][:, 0].sigmoid()
    weighed = (
        far["complaint"]
        + recipe.reasons_weight * far["reasons"]
        + recipe.parties_weight * far["parties"]
        + recipe.praise_weight * far["praise"]
        + recipe.severity_weight * far["severity"]
    )
    return (weighed * targets.taught_weight).sum()


def _known_cross_entropy(logits: Tensor, levels: Tensor, weight: Tensor | None, smoothing: float) -> Tensor:
    known = levels >= 0
    if not known.any():
        return logits.sum() * 0
    return functional.cross_entropy(
        logits[known], levels[known], weight=weight, reduction="sum", label_smoothing=smoothing
    )


def _smooth(answers: Tensor, smoothing: float) -> Tensor:
    return answers * (1 - smoothing) + smoothing / 2


def targets_of(rows: Sequence[Example], recipe: Recipe, epoch: int = 0) -> Targets:
    """Return what is known of the rows; a reason named by a source counts less than one that we read."""
    fade = dict.fromkeys(READ, recipe.complaint_fade**epoch)
    silent = (0.0,) * sum(HEADS.values())
    weak = [1.0 if row.family in COPIES else recipe.weak_reason for row in rows]
    return Targets(
        complaint=torch.tensor([float(row.complaint) for row in rows]),
        complaint_weight=torch.tensor(
            [row.weight * fade.get(row.family, 1.0) * (row.family not in OWN_COMPLAINT) for row in rows]
        ),
        source_complaint_weight=torch.tensor(
            [[row.weight * (row.family is family) for family in OWN_COMPLAINT] for row in rows]
        ),
        reasons=torch.tensor([[float(reason in row.reasons) for reason in Reason] for row in rows]),
        reasons_weight=torch.tensor(
            [
                [share * (reason in row.known_reasons) for reason in Reason]
                for row, share in zip(rows, weak, strict=True)
            ]
        ),
        severity=torch.tensor([(row.severity or 0) - 1 for row in rows]),
        source_severity=torch.tensor([(row.source_severity or 0) - 1 for row in rows]),
        parties=torch.tensor([[float(party in (row.parties or ())) for party in Party] for row in rows]),
        parties_weight=torch.tensor([[float(row.parties is not None)] * len(Party) for row in rows]),
        praise=torch.tensor([float(bool(row.praise)) for row in rows]),
        praise_weight=torch.tensor([share * (row.praise is not None) for row, share in zip(rows, weak, strict=True)]),
        taught=torch.tensor([row.taught or silent for row in rows]),
        taught_weight=torch.tensor([recipe.taught_weight * (row.taught is not None) for row in rows]),
    )


def balance_of(examples: Sequence[Example]) -> Balance:
    """Return how rare each answer is among the hand labels that train."""
    rows = [row for row in examples if row.family in READ and row.part is Part.TRAIN]
    count = len(rows)
    levels = torch.tensor([sum(row.severity == level for row in rows) for level in range(1, 5)], dtype=torch.float)
    return Balance(
        reasons=_rarity([sum(reason in row.reasons for row in rows) for reason in Reason], count),
        parties=_rarity([sum(party in (row.parties or ()) for row in rows) for party in Party], count),
        praise=_rarity([sum(bool(row.praise) for row in rows)], count)[0],
        severity=(levels.mean() / levels.clamp(min=1)).sqrt(),
    )


def _rarity(positives: Sequence[int], rows: int) -> Tensor:
    """Weight of a "yes" against a "no": the root of their odds, between 1 and 4."""
    share = torch.tensor(positives, dtype=torch.float).clamp(min=1) / max(1, rows)
    return ((1 - share) / share).sqrt().clamp(1, 4)
