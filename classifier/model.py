"""The classifier as the rest of the house sees it: `Model.load(folder).predict(texts)`."""

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from classifier import labelmap
from classifier.adaptation import Adaptation
from classifier.decoding import Floats, decode, join_windows, log_odds, nothing_to_judge, odds_of, probabilities
from classifier.explanation import Explanation, Span, weigh
from classifier.labelmap import LabelMap
from classifier.language import is_foreign, language_of
from classifier.memory import Memory, key_of
from classifier.passages import passages
from classifier.sentences import sentences
from classifier.text import has_words, normalise
from classifier.tokenizer import Tokenizer
from classifier.topics import TOPICS, likeness, read_topics
from classifier.windows import Windows
from core.errors import ModelError
from core.taxonomy import Reason
from core.thresholds import BALANCED_BORDER, Choice, Threshold
from core.types import Passage, Prediction

WEIGHTS: Final = Path(__file__).parent / "weights"
NETWORK: Final = "model.onnx"
Network: TypeAlias = Callable[[Sequence[int]], Floats]  # the tokens of one window -> a row of logits
_LOGITS: Final = "logits"
_VECTOR: Final = "vector"
TOPIC: Final = "topic"  # the mean of the tokens half-way up (classifier/training/topics.py)
_TOPICS_KEPT: Final = 2_000  # each brand's confirmed posts, asked for again and again
_log = logging.getLogger(__name__)


class Model:
    """A tokenizer, a network and the meaning of its numbers; safe to use from several threads.

    `whole` is the network without adaptation, whose rows go on behind the logits with the vector that the heads read.
    `topic` tells what a text is about, and `anything` is what it says of posts about anything; None where the weights
    tell no such thing.
    """

    def __init__(
        self,
        labels: LabelMap,
        tokenizer: Any,
        network: Network,
        threads: int = 0,
        whole: Network | None = None,
        topic: Network | None = None,
        anything: Floats | None = None,
    ) -> None:
        self.labels = labels
        self._cut = Windows(tokenizer, labels.longest)
        self._network = network
        self._whole = whole
        self._topic = topic
        self._anything = anything
        self._topics = Memory(_TOPICS_KEPT)
        self._memory = Memory()
        self._unknown: set[Choice] = set()
        self._threads = threads or os.cpu_count() or 1
        self._width = max(columns.stop for columns in labels.heads.values())

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int = 0, adaptation: Adaptation | None = None) -> "Model":
        """Return the model in `folder`, on `threads` processor threads (0: as many as there are cores).

        An `adaptation` must be one that was made for these weights. Raises ModelError where a file is missing, damaged
        or of another shape; the message names it.
        """
        labels = labelmap.read(folder)
        session = _session(folder / NETWORK)
        network = partial(_run, session)
        if adaptation:
            network = partial(_run_adapted, session, adaptation)
            labels = replace(labels, version=adaptation.version)
        topic = partial(_run_topic, session) if TOPIC in {each.name for each in session.get_outputs()} else None
        anything = read_topics(folder) if topic and TOPICS in labels.files else None
        return cls(labels, Tokenizer(folder), network, threads, partial(_run_whole, session), topic, anything)

    @property
    def version(self) -> str:
        """The name of these weights and cuts, stored with each prediction."""
        return self.labels.version

    def border_of(self, threshold: Threshold) -> float:
        """Return the probability that a threshold means.

        A name that the model does not know means the balanced border; the log says so once.
        """
        if not isinstance(threshold, Choice):
            return threshold
        if threshold in self.labels.choices:
            return self.labels.choices[threshold].border
        border = self.labels.choices[Choice.BALANCED].border
        if threshold not in self._unknown:
            self._unknown.add(threshold)
            known = ", ".join(self.labels.choices)
            _log.warning(
                "The model %s does not know the threshold %r, it knows %s and numbers: the border is the balanced %s",
                self.version,
                threshold.value,
                known,
                border,
            )
        return border

    def predict(self, texts: Sequence[str], borders: Sequence[float] | None = None) -> list[Prediction]:
        """Return one prediction a text, in the order given.

        `borders` are the probabilities from which each text is a complaint, by default 0.5.
        A text without words (a bare link or picture) is no complaint and unsure; one in a language other than English
        is answered as well as may be, and unsure. A complaint that is longer than the network reads at once comes with
        the passages that made it one.
        """
        cleaned = [normalise(text) for text in texts]
        readable = [row for row, text in enumerate(cleaned) if has_words(text)]
        answers = [nothing_to_judge(self.labels)] * len(texts)
        for row, windows in zip(readable, self._read([cleaned[row] for row in readable]), strict=True):
            language = language_of(cleaned[row])
            border = borders[row] if borders else BALANCED_BORDER
            found = decode(join_windows(windows), self.labels, language, is_foreign(language), border)
            if found.is_complaint and len(windows) > 1:
                found = replace(found, passages=self._passages(texts[row], cleaned[row], windows, border))
            answers[row] = found
        return answers

    def explain(self, text: str, reason: Reason | None = None) -> Explanation:
        """Return the words that move the answer "a complaint", or that to `reason`, most.

        Of a long text only the window that says it most clearly is looked at. Raises ModelError where the model does
        not know the reason.
        """
        if reason is not None and reason not in self.labels.reasons:
            known = ", ".join(self.labels.reasons)
            raise ModelError(f"The model {self.version} tells no reason {reason.value!r}; it knows {known}")
        start, end = self._strongest(text, reason)
        cleaned = normalise(text[start:end])
        if not has_words(cleaned):
            return Explanation(reason, start, end, 0.0, ())
        [odds] = self._log_odds([cleaned], reason)
        words = weigh(text, (start, end), partial(self._log_odds, reason=reason))
        return Explanation(reason, start, end, float(1 / (1 + np.exp(-odds))), words)

    def logits(self, cleaned: Sequence[str]) -> list[Floats]:
        """Return the raw numbers of texts that went through `normalise`; thresholds are set on these."""
        return [join_windows(windows) for windows in self._read(cleaned)]

    def vectors(self, cleaned: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the logits without adaptation, and the vectors that the heads read, a row a text.

        A long text has the mean vector of the two windows that are most clearly complaints, as its logits are such a
        mean. Raises ModelError where the network tells no vectors.
        """
        if self._whole is None:
            raise ModelError(f"The model {self.version} does not tell what its heads read")
        rows = self._run(cleaned, self._whole)
        logits = np.array([join_windows(windows[:, : self._width]) for windows in rows])
        column = self.labels.heads["complaint"].start
        clearest = [windows[np.argsort(windows[:, column])[-2:]] for windows in rows]
        return logits, np.array([windows[:, self._width :].mean(axis=0) for windows in clearest])

    def likeness(self, texts: Sequence[str], to: Sequence[str]) -> list[float] | None:
        """Return how much more each text is about the same as those of `to` than posts about anything are.

        From -2 to 2; around 0 for more of the same, see `core.relevance`. None where the weights cannot tell.
        """
        if self._anything is None or not to:
            return None
        return [float(share) for share in likeness(self.topics(texts), self.topics(to), self._anything)]

    def topics(self, texts: Sequence[str]) -> Floats:
        """Return what each text is about, a row a text; raises ModelError where the weights cannot tell."""
        if self._topic is None:
            raise ModelError(f"The model {self.version} does not tell what a text is about")
        cleaned = [normalise(text) for text in texts]
        keys = [key_of(text) for text in cleaned]
        known = self._topics.recall(keys)
        fresh = {key: text for key, text in zip(keys, cleaned, strict=True) if key not in known}
        found = dict(zip(fresh, self._run([*fresh.values()], self._topic), strict=True))
        self._topics.keep(found)
        return np.array([(found[key] if key in found else known[key]).mean(axis=0) for key in keys])

    def _read(self, cleaned: Sequence[str]) -> list[Floats]:
        """Return the raw numbers of each window of each text; copies of a text are read once, also across calls."""
        keys = [key_of(self._cut.folded(text)) for text in cleaned]
        known = self._memory.recall(keys)
        fresh = {key: text for key, text in zip(keys, cleaned, strict=True) if key not in known}
        found = dict(zip(fresh, self._run([*fresh.values()], self._network), strict=True))
        self._memory.keep(found)
        return [found[key] if key in found else known[key] for key in keys]

    def _run(self, cleaned: Sequence[str], network: Network) -> list[Floats]:
        """Return a row of numbers for each window of each text."""
        windows = self._cut.of(cleaned)
        scored = iter(self._score([window for each in windows for window in each], network))
        return [np.array([next(scored) for _ in each]) for each in windows]

    def _passages(self, text: str, cleaned: str, windows: Floats, border: float) -> tuple[Passage, ...]:
        """Return what in the windows above the border made a long text a complaint."""
        places = zip(self._cut.places(cleaned), windows, strict=True)
        enough = odds_of(border)
        above = [place for place, logits in places if log_odds(logits, self.labels, "complaint")[0] >= enough]
        return passages(text, cleaned, above, self._complaints, border)

    def _complaints(self, cleaned: Sequence[str]) -> list[float]:
        return [float(probabilities(logits, self.labels, "complaint")[0]) for logits in self.logits(cleaned)]

    def _strongest(self, text: str, reason: Reason | None) -> Span:
        """Return the stretch of `text` in the window that says it most clearly; a short text is one window."""
        cleaned = normalise(text)
        [windows] = self._read([cleaned])
        if len(windows) == 1:
            return 0, len(text)
        best = max(range(len(windows)), key=lambda row: self._odds(windows[row], reason))
        first, last = self._cut.places(cleaned)[best]
        found = sentences(text, cleaned)
        inside = [each for each in found if first <= each.first < each.last <= last]
        # A sentence of pictograms is longer than a window when it is spelled out. The whole text would take minutes.
        inside = inside or [max(found, key=lambda each: min(each.last, last) - max(each.first, first))]
        return inside[0].start, inside[-1].end

    def _log_odds(self, cleaned: Sequence[str], reason: Reason | None) -> list[float]:
        return [self._odds(logits, reason) for logits in self.logits(cleaned)]

    def _odds(self, logits: Floats, reason: Reason | None) -> float:
        if reason is None:
            return float(log_odds(logits, self.labels, "complaint")[0])
        return float(log_odds(logits, self.labels, "reasons")[self.labels.reasons.index(reason)])

    def _score(self, windows: Sequence[Sequence[int]], network: Network) -> list[Floats]:
        """Return a row of numbers for each window.

        Each is run by itself, several at a time. In a batch an 8-bit network rounds by the batch's extremes, so that a
        post's answer would depend on its neighbours; and with no padding this is also the faster way.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(network, windows))


def _run(session: Any, window: Sequence[int]) -> Floats:
    [logits] = _outputs(session, window, _LOGITS)
    return logits


def _run_adapted(session: Any, adaptation: Adaptation, window: Sequence[int]) -> Floats:
    return adaptation.applied(*_outputs(session, window, _LOGITS, _VECTOR))


def _run_topic(session: Any, window: Sequence[int]) -> Floats:
    [topic] = _outputs(session, window, TOPIC)
    return topic


def _run_whole(session: Any, window: Sequence[int]) -> Floats:
    return np.concatenate(_outputs(session, window, _LOGITS, _VECTOR))


def _outputs(session: Any, window: Sequence[int], *names: str) -> list[Floats]:
    ids = np.array([window], dtype=np.int64)
    return [output[0] for output in session.run(list(names), {"input_ids": ids, "attention_mask": np.ones_like(ids)})]


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the threads are used for several posts at once
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no narrower base
        raise ModelError(f"{path} cannot be loaded: {error}") from error
