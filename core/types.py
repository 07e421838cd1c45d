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
class Page:
    """What one step of a collector yields: posts, and the cursor that is true once they are stored.

    `truncated` says in words what the platform did not hand over, empty where nothing is missing.
    """

    posts: tuple[Post, ...]
    cursor: str
    rejected: tuple[Rejection, ...] = ()
    truncated: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one text.

    `complaint` and `praise` are probabilities. `reasons` holds the reasons that passed their thresholds, with their
    probabilities; it and `parties` are empty, and `severity` is 0, where `is_complaint` is false. `unsure` asks for a
    person's look: the text is close to the threshold, or in a language that the model was not trained on.
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
