"""Stand-ins that we own, scripted by the test."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from core.errors import CollectError, DeliveryError
from core.taxonomy import Party, Reason, Severity
from core.thresholds import Choice, Threshold
from core.types import Page, Post, Prediction

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


class FakeClassifier:
    """Calls a text that says "late" a complaint; a digit in it is the severity, "blame" is 4, "maybe" is unsure.

    `borders` are those that it was asked to decide by; few_misses means 0.2.
    """

    version = "fake-1"

    def __init__(self) -> None:
        self.read: list[str] = []
        self.borders: list[float] = []
        self.before: Callable[[], None] = lambda: None

    def border_of(self, threshold: Threshold) -> float:
        if isinstance(threshold, Choice):
            return 0.2 if threshold is Choice.FEW_MISSES else 0.5
        return threshold

    def predict(self, texts: Sequence[str], borders: Sequence[float] | None = None) -> list[Prediction]:
        self.before()
        self.read += texts
        self.borders += borders or ()
        return [self._predict(text) for text in texts]

    def likeness(self, texts: Sequence[str], to: Sequence[str]) -> list[float] | None:
        """Any text that speaks of a hospital is unlike those of the brand."""
        return [-1.0 if "hospital" in text else 0.1 for text in texts] if to else None

    def _predict(self, text: str) -> Prediction:
        if "poison" in text:
            raise RuntimeError("the tokenizer choked")
        complaint = "late" in text or "blame" in text
        severity = next((int(sign) for sign in text if sign in "1234"), 4 if "blame" in text else 2)
        return Prediction(
            complaint=0.95 if complaint else 0.1,
            is_complaint=complaint,
            severity=Severity(severity) if complaint else Severity.NONE,
            model_version=self.version,
            reasons={Reason.LATE: 0.9} if complaint else {},
            parties=(Party.COURIER,) if "courier" in text else (),
            language="en",
            unsure="maybe" in text,
        )


class FakeCollector:
    """Yields the pages that a test wrote, from the one behind the cursor; a page that is an error is raised."""

    def __init__(self, pages: Sequence[Page | CollectError]) -> None:
        self.pages = pages
        self.closed = False

    def fetch(self, cursor: str) -> Iterator[Page]:
        for page in self.pages[int(cursor or 0) :]:
            if isinstance(page, CollectError):
                raise page
            yield page

    def close(self) -> None:
        self.closed = True


class FakeSender:
    """Keeps what is sent; `answers` are the errors of the next sends, None for an accepted one."""

    def __init__(self, *answers: DeliveryError | None) -> None:
        self.answers = list(answers)
        self.sent: list[EmailMessage] = []

    def send(self, message: EmailMessage, stopping: Callable[[], bool] = lambda: False) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        self.sent.append(message)


def post(number: int, text: str = "late again", author: str = "ann", at: datetime = START, **fields: object) -> Post:
    """Return a post of platform x."""
    values = {"platform": "x", "platform_id": str(number), "text": text, "author": author, "posted_at": at}
    return Post(**(values | fields))  # type: ignore[arg-type]


def pages(*groups: Sequence[Post]) -> list[Page]:
    """Return pages of these posts whose cursors count them."""
    return [Page(tuple(group), str(number)) for number, group in enumerate(groups, start=1)]
