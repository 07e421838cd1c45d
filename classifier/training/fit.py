"""Fitting: the recipe, the loss over all heads, and a loop that continues from its last finished epoch."""

import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer

from classifier.text import normalise
from classifier.training.data import Example, Family, Part, epoch_of
from classifier.training.network import Network, freeze_embeddings, pad, parameter_groups
from core.taxonomy import Party, Reason

log = logging.getLogger(__name__)

_BUCKET = 16  # batches whose rows are sorted by length together, so that little is padding
_REPORT_EVERY = 50


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, together with the data and the seed."""

    epochs: int = 3
    batch_size: int = 16
    rate: float = 1e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warm_up: float = 0.1
    smoothing: float = 0.05
    longest: int = 256
    longest_weak: int = 128
    reasons_weight: float = 4.0
    severity_weight: float = 0.5
    parties_weight: float = 1.0
    praise_weight: float = 0.3
    source_severity_weight: float = 0.3
    weak_reason: float = 0.3
    seed: int = 0
    threads: int = 2


@dataclass(frozen=True)
class Targets:
    """The answers of one batch as tensors; a weight of 0 stands where the answer is not known."""

    weight: Tensor
    complaint: Tensor
    reasons: Tensor
    reasons_weight: Tensor
    severity: Tensor
    source_severity: Tensor
    parties: Tensor
    parties_weight: Tensor
    praise: Tensor
    praise_weight: Tensor


@dataclass(frozen=True)
class Balance:
    """How much more a rare answer counts than a common one, measured on the hand labels."""

    reasons: Tensor
    parties: Tensor
    praise: Tensor
    severity: Tensor


def fit(examples: Sequence[Example], encoder: str, checkpoint: Path, recipe: Recipe) -> Network:
    """The trained network. Each finished epoch is kept in `checkpoint`, from where an interrupted run goes on."""
    _set_up(recipe)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    network = Network(encoder)
    freeze_embeddings(network)
    groups = parameter_groups(network, recipe.rate, recipe.head_rate, recipe.layer_decay, recipe.weight_decay)
    optimizer = torch.optim.AdamW(groups, fused=True)
    steps = math.ceil(len(epoch_of(examples, 0, recipe.seed)) / recipe.batch_size)
    schedule = _schedule(optimizer, steps * recipe.epochs, recipe.warm_up)
    balance = _balance(examples)
    first = _resume(checkpoint, recipe, network, optimizer, schedule)
    for epoch in range(first, recipe.epochs):
        torch.manual_seed(recipe.seed * 1000 + epoch)
        rows = epoch_of(examples, epoch, recipe.seed)
        tokens = tokenize(tokenizer, rows, recipe)
        _run_epoch(network, rows, tokens, optimizer, schedule, balance, recipe, epoch)
        _keep(checkpoint, recipe, network, optimizer, schedule, epoch + 1)
    return network


def tokenize(tokenizer: Any, rows: Sequence[Example], recipe: Recipe) -> list[list[int]]:  # noqa: ANN401
    """Token ids of each row; long posts are cut, earlier where their label is a weak one."""
    texts = [normalise(row.text) for row in rows]
    tokens: list[list[int]] = tokenizer(texts, truncation=True, max_length=recipe.longest)["input_ids"]
    return [
        ids if row.family is Family.HAND or len(ids) <= recipe.longest_weak else ids[: recipe.longest_weak - 1] + ids[-1:]
        for ids, row in zip(tokens, rows, strict=True)
    ]


def _set_up(recipe: Recipe) -> None:
    torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(recipe.seed)


def _run_epoch(
    network: Network,
    rows: Sequence[Example],
    tokens: Sequence[Sequence[int]],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    balance: Balance,
    recipe: Recipe,
    epoch: int,
) -> None:
    network.train()
    started, total, done = time.monotonic(), 0.0, 0
    batches = list(_batches(tokens, recipe.batch_size, random.Random(f"{recipe.seed}-{epoch}")))  # noqa: S311
    for number, batch in enumerate(batches, 1):
        answers = network(*pad([tokens[row] for row in batch]))
        loss = loss_of(answers, _targets([rows[row] for row in batch], recipe), balance, recipe)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        total, done = total + loss.item(), done + len(batch)
        if number % _REPORT_EVERY == 0 or number == len(batches):
            speed = done / (time.monotonic() - started)
            log.info("epoch %d: %d/%d, loss %.4f, %.0f rows/s", epoch + 1, done, len(rows), total / number, speed)


def loss_of(answers: dict[str, Tensor], targets: Targets, balance: Balance, recipe: Recipe) -> Tensor:
    """The sum over the heads, each averaged over the whole batch so that unknown answers pull nowhere."""
    size = len(targets.weight)
    complaint = functional.binary_cross_entropy_with_logits(
        answers["complaint"][:, 0], _smooth(targets.complaint, recipe.smoothing), weight=targets.weight, reduction="sum"
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
        + recipe.reasons_weight * reasons.mean(1).sum()
        + recipe.parties_weight * parties.mean(1).sum()
        + recipe.praise_weight * praise
        + recipe.severity_weight * severity
        + recipe.source_severity_weight * source_severity
    ) / size


def _known_cross_entropy(logits: Tensor, levels: Tensor, weight: Tensor | None, smoothing: float) -> Tensor:
    known = levels >= 0
    if not known.any():
        return logits.sum() * 0
    return functional.cross_entropy(
        logits[known], levels[known], weight=weight, reduction="sum", label_smoothing=smoothing
    )


def _smooth(answers: Tensor, smoothing: float) -> Tensor:
    return answers * (1 - smoothing) + smoothing / 2


def _targets(rows: Sequence[Example], recipe: Recipe) -> Targets:
    weak = [1.0 if row.family is Family.HAND else recipe.weak_reason for row in rows]
    return Targets(
        weight=torch.tensor([row.weight for row in rows]),
        complaint=torch.tensor([float(row.complaint) for row in rows]),
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
        praise_weight=torch.tensor(
            [share * (row.praise is not None) for row, share in zip(rows, weak, strict=True)]
        ),
    )


def _balance(examples: Sequence[Example]) -> Balance:
    rows = [row for row in examples if row.family is Family.HAND and row.part is Part.TRAIN]
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


def _batches(tokens: Sequence[Sequence[int]], size: int, draw: random.Random) -> Iterator[list[int]]:
    """Row numbers in batches of like length, in a drawn order."""
    order = draw.sample(range(len(tokens)), len(tokens))
    batches: list[list[int]] = []
    for start in range(0, len(order), size * _BUCKET):
        bucket = sorted(order[start : start + size * _BUCKET], key=lambda row: len(tokens[row]))
        batches += [bucket[first : first + size] for first in range(0, len(bucket), size)]
    draw.shuffle(batches)
    yield from batches


def _schedule(
    optimizer: torch.optim.Optimizer, steps: int, warm_up: float
) -> torch.optim.lr_scheduler.LambdaLR:
    """Up in a straight line over the first share of the steps, then down to zero."""
    rise = max(1, int(steps * warm_up))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (step + 1) / rise if step < rise else max(0.0, (steps - step) / (steps - rise))
    )


def _keep(
    checkpoint: Path,
    recipe: Recipe,
    network: Network,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    epoch: int,
) -> None:
    """Write the state after `epoch` epochs, whole or not at all."""
    unfinished = checkpoint.with_suffix(".part")
    torch.save(
        {
            "recipe": asdict(recipe),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "epoch": epoch,
        },
        unfinished,
    )
    unfinished.replace(checkpoint)


def _resume(
    checkpoint: Path,
    recipe: Recipe,
    network: Network,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> int:
    """The number of finished epochs, with their state restored; 0 where the checkpoint is of another recipe."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    if state["recipe"] != asdict(recipe):
        log.info("%s is of another recipe; starting afresh", checkpoint)
        return 0
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    log.info("going on after epoch %d", state["epoch"])
    return int(state["epoch"])
