"""The values that travel between the parts: a post, a page of posts, a prediction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.taxonomy import Party, Reason, Severity


class PostKind(StrEnum):
    """What sort of public message a post is."""

    POST = "post"
    COMMENT = "comment"
    ARTICLE = "article"


class CaseStatus(StrEnum):
    """Where a case stands."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"

    @property
    def is_closed(self) -> bool:
        """True where nobody needs to act any more."""
        return self in (CaseStatus.RESOLVED, CaseStatus.DISMISSED)


class Role(StrEnum):
    """What a member may do; each role includes the ones before it."""

    RESPONDER = "responder"
    MANAGER = "manager"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Tell whether a member of this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Notify(StrEnum):
    """How a member is told of a case by e-mail."""

    AT_ONCE = "at_once"
    BUNDLED = "bundled"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Post:
    """One public message as a collector hands it over.

    `posted_at` is aware, in UTC and by the platform's clock. `reach` is the number of people who may have seen it
    (followers, views), 0 where unknown. `language` is a two-letter code where the platform says so.
    """

    platform: str
    platform_id: str
    text: str
    author: str
    posted_at: datetime
    url: str = ""
    title: str = ""
    author_name: str = ""
    language: str = ""
    parent_id: str = ""
    conversation_id: str = ""
    reach: int = 0
    kind: PostKind = PostKind.POST


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row or entry that could not become a post, and why; `row` counts from 1 as a person would."""

    row: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time whose posts the platform did not hand over, and why, in words for a person.

    None stands for an end that is not known: then it is that of the run that found the gap.
    """

    why: str
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one step of a collector yields: posts, and the cursor that is true once they are stored.

    `gap` says what is missing and will not come by itself; `deleted` holds the ids of posts that the platform reports
    as gone; `cost` is what the platform charges for the page, in millionths of a US dollar.
    """

    posts: tuple[Post, ...]
    cursor: str
    rejected: tuple[Rejection, ...] = ()
    gap: Gap | None = None
    deleted: tuple[str, ...] = ()
    cost: int = 0


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What became of posts that were looked up again by their ids.

    `posts` are still there, as they read now. `gone` says of each that is not why, in a few words. An id in neither is
    one that the platform said nothing of: ask again later. `cost` is in millionths of a US dollar.
    """

    posts: tuple[Post, ...] = ()
    gone: Mapping[str, str] = field(default_factory=dict)
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a source would bring and cost: posts in 30 days, and millionths of a US dollar for them."""

    posts: int
    cost: int
    basis: str  # in words: what was counted


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query in a platform's own language: `parts` are asked one after the other, none longer than `limit` characters.

    `limit` is None where the platform states none. `error` says why the platform cannot be asked, else it is empty.
    """

    platform: str
    parts: tuple[str, ...] = ()
    limit: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a long text, `text[start:end]`, and how likely it is a complaint when it is read by itself."""

    start: int
    end: int
    complaint: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one text.

    `complaint` and `praise` are probabilities. `reasons` holds the reasons that passed their thresholds, with their
    probabilities; it and `parties` are empty, and `severity` is 0, where `is_complaint` is false. `unsure` asks for a
    person's look: the text is close to the threshold, or in a language that the model was not trained on. `passages`
    are what made a long text a complaint, in the order of the text.
    """

    complaint: float
    is_complaint: bool
    severity: Severity
    model_version: str
    reasons: Mapping[Reason, float] = field(default_factory=dict)
    parties: tuple[Party, ...] = ()
    praise: float = 0.0
    language: str = ""
    unsure: bool = False
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says of a post in the model's place; None where the person said nothing of it.

    Whoever names reasons, a severity or parties says by it that the post is a complaint.
    """

    text: str
    complaint: bool | None = None
    reasons: frozenset[Reason] | None = None
    severity: Severity | None = None
    parties: frozenset[Party] | None = None
