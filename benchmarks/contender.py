"""One backend of the classifier's benchmark, alone in its process, so that its start and its memory are its own.

    python -m benchmarks.contender BACKEND FOLDER THREADS LONGEST

It says when it stands ready, and then answers each line of JSON on standard input by one on standard output.
"""

import time

BEGAN = time.perf_counter()

import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, Final, TypeAlias  # noqa: E402

Ask: TypeAlias = Callable[[Sequence[str]], list[bool]]  # posts -> whether each is a complaint
FIRST_POST: Final = "@parcelo my parcel was due on Monday, it is still not here and nobody answers"


@dataclass(frozen=True, slots=True)
class Backend:
    """What is imported and how the rest is loaded, from a folder, for a number of threads and of tokens."""

    modules: tuple[str, ...]
    load: Callable[[Path, int, int], Ask]


def _ours(folder: Path, threads: int, longest: int) -> Ask:  # noqa: ARG001 - the folder says how much is read at once
    from classifier.memory import Memory
    from classifier.model import Model

    model = Model.load(folder, threads)
    assert isinstance(model._memory, Memory)
    model._memory = Memory(most=0)  # a post that it remembers costs nothing, and is no measurement
    return lambda posts: [found.is_complaint for found in model.predict(posts)]


def _pipeline(folder: Path, threads: int, longest: int, batch: int) -> Ask:
    import torch
    from transformers import AutoTokenizer, pipeline

    from benchmarks.mean_pooled import MeanPooled
    from classifier.text import normalise

    torch.set_num_threads(threads)
    model, tokenizer = MeanPooled.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    options: dict[str, Any] = {"batch_size": batch, "truncation": True, "max_length": longest}
    return lambda posts: [found["score"] >= 0.5 for found in classify([normalise(post) for post in posts], **options)]


def _words(folder: Path, threads: int, longest: int) -> Ask:  # noqa: ARG001 - it reads everything, on one thread
    import pickle

    from classifier.text import normalise

    words = pickle.loads((folder / "words.pickle").read_bytes())
    return lambda posts: [bool(logit >= 0) for logit in words.decision_function([normalise(post) for post in posts])]


_TORCH: Final = ("torch", "transformers.pipelines", "benchmarks.mean_pooled")
BACKENDS: Final = {
    "ours": Backend(("classifier.model", "onnxruntime", "tokenizers"), _ours),
    "pipeline-1": Backend(_TORCH, partial(_pipeline, batch=1)),
    "pipeline-32": Backend(_TORCH, partial(_pipeline, batch=32)),
    "words": Backend(("sklearn.pipeline", "sklearn.linear_model", "sklearn.feature_extraction.text"), _words),
}


def main() -> None:
    """Load, say so, and answer until there are no more questions."""
    name, folder, threads, longest = sys.argv[1:]
    backend = BACKENDS[name]
    for module in backend.modules:
        importlib.import_module(module)
    imported = time.perf_counter()
    ask = backend.load(Path(folder), int(threads), int(longest))
    loaded = time.perf_counter()
    ask([FIRST_POST])
    _say({"began": BEGAN, "imported": imported, "loaded": loaded, "answered": time.perf_counter()} | memory())
    for line in sys.stdin:
        question = json.loads(line)
        posts: list[str] = question["posts"]
        _say((_one_by_one if question["one_by_one"] else _together)(ask, posts) | memory())


def memory() -> dict[str, float]:
    """Return the megabytes that this process holds now, and the most that it held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"now_mb": held["VmRSS"], "peak_mb": held["VmHWM"]}


def _together(ask: Ask, posts: Sequence[str]) -> dict[str, Any]:
    began = time.perf_counter()
    answers = ask(posts)
    return {"seconds": time.perf_counter() - began, "answers": answers}


def _one_by_one(ask: Ask, posts: Sequence[str]) -> dict[str, Any]:
    seconds = []
    for post in posts:
        began = time.perf_counter()
        ask([post])
        seconds.append(time.perf_counter() - began)
    return {"each": seconds}


def _say(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
