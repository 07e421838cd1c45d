"""The classifier beside what one would use instead, in one run: speed, time of one post, start, memory and quality.

    python benchmarks/classifier.py [--trained FOLDER] [--split NAME] [--rounds 5] [--threads 1 2]

The baseline is transformers' pipeline in batches of 32, on as many threads. `--trained` names a folder that `afterclick
train` made: its torch weights go into the pipeline and its ONNX file is timed beside them, so that both are one model.
Without it ours is the shipped one, and the pipeline holds random weights of the same shape. `--split` is the one that
FOLDER was made with, by default that of the shipped model, else fold-0 to fold-4. Needs requirements-train.txt.

Speed is told twice: over posts of at most 64 tokens, as most that name a brand are, and over all. A batch is as long as
its longest post, so that the pipeline loses much where lengths differ: short posts are the fairer comparison.
"""

import argparse
import inspect
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # in place of this folder, where `classifier` would be this file

import numpy as np  # noqa: E402

from benchmarks.mean_pooled import save  # noqa: E402
from classifier import labelmap  # noqa: E402
from classifier.model import WEIGHTS  # noqa: E402
from classifier.text import normalise  # noqa: E402
from classifier.tokenizer import Tokenizer  # noqa: E402
from classifier.training.data import Example, Family, read_examples  # noqa: E402
from classifier.training.figures import two_sided_f1  # noqa: E402
from classifier.training.split import SHIPPED, Part, folds  # noqa: E402
from classifier.training.words import complaint_words  # noqa: E402
from classifier.windows import Windows  # noqa: E402

DATA: Final = ROOT.parent / "shared" / "data"
MORE_LABELS: Final = ROOT / "classifier" / "training" / "more_labels.csv"
DEMO: Final = ROOT / "demo" / "posts.jsonl"
SPLITS: Final = {"shipped": SHIPPED, **folds(5)}
BASELINE: Final = "pipeline-32"
OURS: Final = "ours"
WORDS: Final = "words"
TITLES: Final = {
    "pipeline-1": "transformers pipeline, one at a time",
    BASELINE: "transformers pipeline, batches of 32",
    WORDS: "TF-IDF and logistic regression",
    OURS: "Afterclick",
}
COLUMNS: Final = (
    *("backend", "threads", "short posts/s", "ratio", "all posts/s", "ratio", "of the bound"),
    *("ms a post, p50 / p99", "start s (import + load + answer)", "MB loaded / at most", "macro-F1"),
)
STARTS: Final = 3
ALONE: Final = 500
SHORT: Final = 64
BATCH: Final = 32


@dataclass(frozen=True)
class Posts:
    """Posts to read together, short ones and all, with the truth about all, and others to read one by one."""

    short: list[str]
    every: list[str]
    truth: list[bool]
    alone: list[str]


@dataclass(frozen=True)
class Setting:
    """What is measured: each backend's folder, how many tokens are read at once, and the network's own sizes."""

    places: Mapping[str, Path]
    longest: int
    shape: Mapping[str, int]
    same_model: bool
    tokens: list[int]  # of each short post


@dataclass
class Measured:
    """What one backend showed on one number of threads; seconds and answers by round."""

    starts: list[dict[str, float]] = field(default_factory=list)
    short: list[float] = field(default_factory=list)
    every: list[float] = field(default_factory=list)
    answers: list[list[bool]] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    loaded_mb: float = 0.0
    peak_mb: float = 0.0


class Process:
    """A Python process that answers a line by a line."""

    def __init__(self, threads: int, module: str, *arguments: object) -> None:
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
        quiet = {"TRANSFORMERS_VERBOSITY": "critical", "TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | dict.fromkeys(names, str(threads)) | quiet,
        )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def hear(self) -> Any:
        """Return the next thing that it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("a backend ended before its time; why stands above")
        return json.loads(line)

    def ask(self, question: object = None) -> Any:
        """Return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self.hear()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trained", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="shipped")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    folder = (arguments.trained or WEIGHTS).resolve()
    labels = labelmap.read(folder)
    examples = _examples(arguments.split)
    posts, tokens = _posts(examples, folder, labels.longest)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        trained = folder / "training" / "network.pt" if arguments.trained else None
        save(trained, labels, folder, place)
        _save_words(examples, place / "words.pickle")
        places = {backend: folder if backend == OURS else place for backend in TITLES if examples or backend != WORDS}
        shape = json.loads((place / "config.json").read_text())
        setting = Setting(places, labels.longest, shape, trained is not None, tokens)
        print(f"{labels.version}: {len(posts.every):,} posts, {len(posts.short):,} of them short, of", end=" ")
        print(f"{mean(tokens):.1f} tokens on average.")
        if trained is None:
            print("The pipeline holds random weights of the same shape: its speed counts, its answers do not.")
        print(f"\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
        bounds = [_rows(setting, posts, arguments.rounds, threads) for threads in arguments.threads]
    print("\n" + "\n".join(bounds))


def _rows(setting: Setting, posts: Posts, rounds: int, threads: int) -> str:
    """Measure on so many threads and print the rows; the bound is returned in words."""
    found, rate = _measure(setting, posts, rounds, threads)
    gflop = mean(_gflop(count, setting.shape) for count in setting.tokens)
    for name, one in found.items():
        p50, p99 = np.percentile(one.alone, [50, 99]) * 1000
        start = {part: median(each[part] for each in one.starts) for part in one.starts[0]}
        speed = len(posts.short) / sum(one.short)
        cells = (
            TITLES[name],
            str(threads),
            f"{speed:,.0f}",
            f"{_ratio(found[BASELINE].short, one.short):.2f}",
            f"{len(posts.every) / sum(one.every):,.0f}",
            f"{_ratio(found[BASELINE].every, one.every):.2f}",
            "" if name == WORDS else f"{speed * gflop / rate:.0%}",
            f"{p50:.1f} / {p99:.1f}",
            f"{sum(start.values()):.2f} ({' + '.join(f'{seconds:.2f}' for seconds in start.values())})",
            f"{one.loaded_mb:.0f} / {one.peak_mb:.0f}",
            _quality(name, one, posts, setting),
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    return (
        f"Bound on {threads} thread{'s' if threads > 1 else ''}: {rate:,.0f} GFLOP/s of 32-bit matrix products at "
        f"{gflop:.3f} GFLOP a short post, {rate / gflop:,.0f} posts/s."
    )


def _ratio(base: Sequence[float], own: Sequence[float]) -> float:
    return median(theirs / ours for theirs, ours in zip(base, own, strict=True))


def _quality(name: str, measured: Measured, posts: Posts, setting: Setting) -> str:
    if not posts.truth or (name.startswith("pipeline") and not setting.same_model):
        return ""
    rounds = len(measured.answers)
    truth = [answer for turn in range(rounds) for answer in posts.truth[turn::rounds]]
    return f"{two_sided_f1(np.array(truth), np.concatenate(measured.answers)):.4f}"


def _measure(setting: Setting, posts: Posts, rounds: int, threads: int) -> tuple[dict[str, Measured], float]:
    """Return what each backend showed, and the GFLOP/s of multiplying matrices.

    All are asked in turn in each round, so that what else the machine does falls on all of them.
    """
    found = {name: Measured() for name in setting.places}
    for _ in range(STARTS - 1):
        for name in found:
            with _contender(name, setting, threads) as process:
                _start(process, found[name])
    sizes = (setting.shape["hidden_size"], setting.shape["intermediate_size"])
    rates = []
    with ExitStack() as stack:
        matrices = stack.enter_context(
            Process(threads, "benchmarks.matmul", BATCH * round(mean(setting.tokens)), *sizes)
        )
        processes = {}
        for name in found:
            processes[name] = stack.enter_context(_contender(name, setting, threads))
            _start(processes[name], found[name])
        for turn in range(rounds):
            rates.append(matrices.ask())
            for name, process in processes.items():
                _ask(process, found[name], posts, slice(turn, None, rounds))
    return found, median(rates)


def _contender(name: str, setting: Setting, threads: int) -> Process:
    return Process(threads, "benchmarks.contender", name, setting.places[name], threads, setting.longest)


def _start(process: Process, measured: Measured) -> None:
    ready = process.hear()
    measured.loaded_mb = ready["now_mb"]
    times = (process.began, ready["imported"], ready["loaded"], ready["answered"])
    parts = zip(("import", "load", "answer"), times, times[1:], strict=False)
    measured.starts.append({part: end - began for part, began, end in parts})


def _ask(process: Process, measured: Measured, posts: Posts, part: slice) -> None:
    measured.short.append(process.ask({"posts": posts.short[part], "one_by_one": False})["seconds"])
    every = process.ask({"posts": posts.every[part], "one_by_one": False})
    measured.every.append(every["seconds"])
    measured.answers.append(every["answers"])
    alone = process.ask({"posts": posts.alone[part], "one_by_one": True})
    measured.alone += alone["each"]
    measured.peak_mb = alone["peak_mb"]


def _examples(split: str) -> list[Example]:
    if not (DATA / "posts.csv").exists():
        print("../shared/data, which is not part of the project, is not there: the posts of demo/ are read, for speed")
        print("alone. No quality is told, and TF-IDF, which would have nothing to learn from, is left out.\n")
        return []
    return read_examples(DATA / "posts.csv", [DATA / "labels.csv", MORE_LABELS], SPLITS[split])


def _posts(examples: Sequence[Example], folder: Path, longest: int) -> tuple[Posts, list[int]]:
    """Return the posts, and how many tokens the network reads of each short one."""
    if examples:
        test = [row for row in examples if row.part is Part.TEST]
        judged = [row for row in test if row.family is Family.HAND]
        every, truth = [row.text for row in judged], [row.complaint for row in judged]
        others = [row.text for row in test if row.family in (Family.XCI, Family.AIRLINE, Family.TELECOM)]
    else:
        texts = [json.loads(line)["text"] for line in DEMO.read_text(encoding="utf-8").splitlines()]
        every, truth, others = texts[::2], [], texts[1::2]
    windows = Windows(Tokenizer(folder), longest).of([normalise(post) for post in every])
    counts = [sum(map(len, each)) for each in windows]
    short = [post for post, count in zip(every, counts, strict=True) if count <= SHORT]
    alone = others[:: max(1, len(others) // ALONE)][:ALONE]
    return Posts(short, every, truth, alone), [count for count in counts if count <= SHORT]


def _save_words(examples: Sequence[Example], path: Path) -> None:
    if examples:
        # A function cannot be pickled; what it has fitted can.
        fitted = inspect.getclosurevars(complaint_words(examples)).nonlocals["words"]
        path.write_bytes(pickle.dumps(fitted))


def _gflop(tokens: int, shape: Mapping[str, int]) -> float:
    """Return the work of one post: its matrix products, and the attention that grows with the square of its length."""
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    products = 2 * tokens * (4 * width * width + 2 * width * inner)
    attention = 4 * tokens * tokens * width
    return shape["num_hidden_layers"] * (products + attention) / 1e9


if __name__ == "__main__":
    main()
