"""Fitting: a loop over epochs that goes on after its last finished one."""

import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
from transformers import AutoTokenizer

from classifier.text import normalise
from classifier.training.data import COPIES, Example, epoch_of
from classifier.training.loss import Balance, balance_of, loss_of, targets_of
from classifier.training.network import Network, answers_to, device, freeze_embeddings, parameter_groups
from classifier.training.recipe import Recipe

log = logging.getLogger(__name__)

# Told after each batch: rows done and rows in all, over all epochs.
Progress: TypeAlias = Callable[[int, int], object]

_BUCKET = 16  # batches whose rows are sorted by length together, so that little is padding
_REPORT_EVERY = 200


@dataclass
class _Run:
    """What changes while training, and what a checkpoint holds."""

    network: Network
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR


def fit(
    examples: Sequence[Example],
    encoder: str,
    checkpoint: Path,
    recipe: Recipe,
    progress: Progress | None = None,
) -> Network:
    """Return the trained network; each finished epoch is kept in `checkpoint`, from where a stopped run goes on."""
    run = _start(examples, encoder, recipe)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    balance = balance_of(examples)
    for epoch in range(_resume(checkpoint, recipe, run), recipe.epochs):
        torch.manual_seed(recipe.seed * 1000 + epoch)
        rows = epoch_of(examples, epoch, recipe.seed, recipe.rows, recipe.copies)
        tell = partial(_tell, progress, len(rows), epoch, recipe.epochs)
        _run_epoch(run, rows, tokenize(tokenizer, rows, recipe), balance, recipe, epoch, tell)
        _keep(checkpoint, recipe, run, epoch + 1)
    trained: Network = run.network.cpu()
    return trained


def tokenize(tokenizer: Any, rows: Sequence[Example], recipe: Recipe) -> list[list[int]]:
    """Token ids of each row; long posts are cut, earlier where their label is a weak one."""
    texts = [normalise(row.text) for row in rows]
    tokens: list[list[int]] = tokenizer(texts, truncation=True, max_length=recipe.longest)["input_ids"]
    return [
        ids if row.family in COPIES or len(ids) <= recipe.longest_weak else ids[: recipe.longest_weak - 1] + ids[-1:]
        for ids, row in zip(tokens, rows, strict=True)
    ]


def _tell(progress: Progress | None, rows: int, epoch: int, epochs: int, done: int) -> None:
    if progress is not None:
        progress(epoch * rows + done, epochs * rows)


def _start(examples: Sequence[Example], encoder: str, recipe: Recipe) -> _Run:
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(recipe.seed)
    network = Network(encoder, recipe.dropout).to(device())
    freeze_embeddings(network)
    groups = parameter_groups(network, recipe.rate, recipe.head_rate, recipe.layer_decay, recipe.weight_decay)
    optimizer = torch.optim.AdamW(groups, fused=True)
    steps = math.ceil(len(epoch_of(examples, 0, recipe.seed, recipe.rows, recipe.copies)) / recipe.batch_size)
    return _Run(network, optimizer, _schedule(optimizer, steps * recipe.epochs, recipe.warm_up))


def _run_epoch(
    run: _Run,
    rows: Sequence[Example],
    tokens: Sequence[Sequence[int]],
    balance: Balance,
    recipe: Recipe,
    epoch: int,
    tell: Callable[[int], None],
) -> None:
    run.network.train()
    started, total, done = time.monotonic(), 0.0, 0
    batches = list(_batches(tokens, recipe.batch_size, random.Random(f"{recipe.seed}-{epoch}")))  # noqa: S311
    for number, batch in enumerate(batches, 1):
        answers = answers_to(run.network, [tokens[row] for row in batch])
        loss = loss_of(answers, targets_of([rows[row] for row in batch], recipe, epoch), balance, recipe)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        run.optimizer.step()
        run.optimizer.zero_grad(set_to_none=True)
        run.schedule.step()
        total, done = total + loss.item(), done + len(batch)
        tell(done)
        if number % _REPORT_EVERY == 0 or number == len(batches):
            speed = done / (time.monotonic() - started)
            log.info("epoch %d: %d/%d, loss %.4f, %.0f rows/s", epoch + 1, done, len(rows), total / number, speed)


def _batches(tokens: Sequence[Sequence[int]], size: int, draw: random.Random) -> Iterator[list[int]]:
    """Row numbers in batches of like length, in a drawn order."""
    order = draw.sample(range(len(tokens)), len(tokens))
    batches: list[list[int]] = []
    for start in range(0, len(order), size * _BUCKET):
        bucket = sorted(order[start : start + size * _BUCKET], key=lambda row: len(tokens[row]))
        batches += [bucket[first : first + size] for first in range(0, len(bucket), size)]
    draw.shuffle(batches)
    yield from batches


def _schedule(optimizer: torch.optim.Optimizer, steps: int, warm_up: float) -> torch.optim.lr_scheduler.LambdaLR:
    """Up in a straight line over the first share of the steps, then down to zero."""
    rise = max(1, int(steps * warm_up))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (step + 1) / rise if step < rise else max(0.0, (steps - step) / (steps - rise))
    )


def _keep(checkpoint: Path, recipe: Recipe, run: _Run, epoch: int) -> None:
    """Write the state after `epoch` epochs, whole or not at all."""
    unfinished = checkpoint.with_suffix(".part")
    state = {
        "recipe": _identity(recipe),
        "network": run.network.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "schedule": run.schedule.state_dict(),
        "epoch": epoch,
    }
    torch.save(state, unfinished)
    unfinished.replace(checkpoint)


def _resume(checkpoint: Path, recipe: Recipe, run: _Run) -> int:
    """Return the number of finished epochs, with their state restored; 0 where the checkpoint is of another recipe."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    if state["recipe"] != _identity(recipe):
        log.info("%s is of another recipe; starting afresh", checkpoint)
        return 0
    run.network.load_state_dict(state["network"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.schedule.load_state_dict(state["schedule"])
    log.info("going on after epoch %d", state["epoch"])
    return int(state["epoch"])


def _identity(recipe: Recipe) -> dict[str, Any]:
    """Return what must be the same for a run to go on; the number of threads need not be."""
    rows = {family.value: count for family, count in recipe.rows.items()}
    return {name: value for name, value in asdict(recipe).items() if name != "threads"} | {"rows": rows}
