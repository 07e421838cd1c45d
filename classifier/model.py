"""The classifier as the rest of the house sees it: `Model.load(folder).predict(texts)`."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier import labelmap
from classifier.decoding import Floats, decode, join_windows, nothing_to_judge
from classifier.labelmap import LabelMap
from classifier.language import is_foreign, language_of
from classifier.text import has_words, normalise
from core.errors import ModelError
from core.types import Prediction

WEIGHTS: Final = Path(__file__).parent / "weights"
NETWORK: Final = "model.onnx"

_OVERLAP: Final = 32
_MOST_WINDOWS: Final = 24


class Model:
    """A tokenizer, an ONNX session and the meaning of its numbers; safe to use from several threads."""

    def __init__(self, labels: LabelMap, tokenizer: Any, session: Any, threads: int) -> None:
        self.labels = labels
        self._tokenizer = tokenizer
        self._session = session
        self._threads = threads
        self._width = max(columns.stop for columns in labels.heads.values())

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int = 0) -> "Model":
        """Return the model in `folder`, on `threads` processor threads (0: as many as there are cores).

        Raises ModelError where a file is missing, damaged or of another shape; the message names it.
        """
        labels = labelmap.read(folder)
        return cls(labels, _tokenizer(folder), _session(folder / NETWORK), threads or os.cpu_count() or 1)

    @property
    def version(self) -> str:
        """The name of these weights and cuts, stored with each prediction."""
        return self.labels.version

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction a text, in the order given.

        A text without words (a bare link or picture) is no complaint and unsure; one in a language other than English
        is answered as well as may be, and unsure.
        """
        cleaned = [normalise(text) for text in texts]
        readable = [row for row, text in enumerate(cleaned) if has_words(text)]
        answers = [nothing_to_judge(self.labels)] * len(texts)
        for row, logits in zip(readable, self.logits([cleaned[row] for row in readable]), strict=True):
            language = language_of(cleaned[row])
            answers[row] = decode(logits, self.labels, language, is_foreign(language))
        return answers

    def logits(self, cleaned: Sequence[str]) -> list[Floats]:
        """Return the raw numbers of texts that went through `normalise`; thresholds are set on these."""
        windows: list[list[int]] = []
        spans = []
        for tokens in self._tokens(cleaned):
            first = len(windows)
            windows += self._windows(tokens)
            spans.append((first, len(windows)))
        scored = self._score(windows)
        return [join_windows(scored[first:end]) for first, end in spans]

    def _tokens(self, cleaned: Sequence[str]) -> list[list[int]]:
        if not cleaned:
            return []
        tokens: list[list[int]] = self._tokenizer(list(cleaned), add_special_tokens=False, verbose=False)["input_ids"]
        return tokens

    def _windows(self, tokens: list[int]) -> list[list[int]]:
        """Return the text in pieces that the network can read, each beginning a little before the last one's end."""
        size = self.labels.longest - 2
        starts = range(0, max(1, len(tokens) - _OVERLAP), size - _OVERLAP)[:_MOST_WINDOWS]
        before, after = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        return [[before, *tokens[start : start + size], after] for start in starts]

    def _score(self, windows: Sequence[Sequence[int]]) -> Floats:
        """Return a row of logits for each window.

        Each is run by itself, several at a time. In a batch an 8-bit network rounds by the batch's extremes, so that a
        post's answer would depend on its neighbours; and with no padding this is also the faster way.
        """
        scored = np.zeros((len(windows), self._width), dtype=np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for row, logits in enumerate(pool.map(self._run, windows)):
                scored[row] = logits
        return scored

    def _run(self, window: Sequence[int]) -> Floats:
        ids = np.array([window], dtype=np.int64)
        logits: Floats = self._session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        return logits


def _tokenizer(folder: Path) -> Any:
    # transformers takes a second to import and advises to install torch, which is not needed here.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: the tokenizer cannot be loaded: {error}") from error


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the threads are used for several posts at once
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no narrower base
        raise ModelError(f"{path} cannot be loaded: {error}") from error
