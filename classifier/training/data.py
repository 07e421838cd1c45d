"""Training examples from posts.csv and labels.csv, split so that the same words never stand on both sides.

Labels read by hand mean what docs/labels.md says and win over a source's own. The sources' labels mean something near:
they count less, and what a source does not say is unknown, not "no".
"""

import csv
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from classifier.training.split import SHIPPED, Part, Split
from core.errors import InputError
from core.taxonomy import Party, Reason

_OWN_POSTS: Final = Path(__file__).parent / "own_posts.jsonl"
_FIELD_LIMIT: Final = 10_000_000


class Family(StrEnum):
    """Rows that are labelled alike and so are weighed alike.

    HAND is the first file of labels, on which figures are told; MORE are the further ones, which only train and help to
    set thresholds.
    """

    HAND = "hand"
    MORE = "more"
    OWN = "own"
    XCI = "xci"
    AIRLINE = "airline"
    TELECOM = "telecom"
    PROMOTION = "promotion"
    BRAND_REPLY = "brand_reply"
    REVIEW = "review"
    UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True)
class Example:
    """One text and what is known of it; None where nobody has said.

    `known_reasons` are the reasons that were judged, `reasons` those that hold. `source_severity` is a source's own
    scale, which agrees badly with ours and so has a head of its own; `source_says` is the source's own word on the
    complaint, also where our reading is the label, and `industry` its name for the field. `taught` are the numbers that
    earlier models gave, a column for each of the shipped answers.
    """

    uid: str
    text: str
    family: Family
    part: Part
    source: str
    complaint: bool
    weight: float = 1.0
    reasons: frozenset[Reason] = frozenset()
    known_reasons: frozenset[Reason] = frozenset()
    severity: int | None = None
    source_severity: int | None = None
    parties: frozenset[Party] | None = None
    praise: bool | None = None
    unsure: bool = False
    source_says: bool | None = None
    industry: str = ""
    taught: tuple[float, ...] | None = None


# How much a row of a family counts, and how often an epoch sees all rows of one, times the recipe's `copies`.
WEIGHTS: Final = {
    Family.HAND: 1.0,
    Family.MORE: 1.0,
    Family.OWN: 1.0,
    Family.XCI: 1.0,
    Family.AIRLINE: 0.3,
    Family.TELECOM: 0.3,
    Family.PROMOTION: 1.0,
    Family.BRAND_REPLY: 1.0,
    Family.REVIEW: 0.3,
    Family.UNLABELLED: 0.0,
}
COPIES: Final = {Family.HAND: 1, Family.MORE: 1, Family.OWN: 2}
READ: Final = (Family.HAND, Family.MORE)
# A hand label counts this much where its reader was in doubt, or differs from xci's, which were read as carefully.
_DOUBTED: Final = 0.5

_REASON_OF_KIND: Final = {
    ("airline", "Late Flight"): Reason.LATE,
    ("airline", "Cancelled Flight"): Reason.LATE,
    ("airline", "Lost Luggage"): Reason.LOST,
    ("airline", "Damaged Luggage"): Reason.DAMAGED,
    ("airline", "Flight Booking Problems"): Reason.WEBSITE,
    ("airline", "longlines"): Reason.NO_REPLY,
    ("airline", "Flight Attendant Complaints"): Reason.UNHELPFUL,
    ("airline", "Bad Flight"): Reason.FAULTY,
    ("uktelecom", "Network"): Reason.FAULTY,
    ("uktelecom", "Broadband"): Reason.FAULTY,
}
# A source that names one of these as the reason says by it that the others do not hold.
_EXCLUSIVE: Final = frozenset({Reason.LATE, Reason.LOST, Reason.DAMAGED, Reason.WEBSITE, Reason.FAULTY})
_REVIEWS: Final = ("play_", "ukfood", "walmartca", "flipkart")
# Posts that nobody labelled, of which models may teach each other.
_UNREAD: Final = ("twcs", "uktelecom", "redditcomment", "cesamard")


def read_examples(posts: Path, labels: Sequence[Path], split: Split = SHIPPED) -> list[Example]:
    """Return every usable row: all of the label files, and the labelled rest of posts.csv, equal texts once.

    A text that two label files name counts as in the first one.

    Raises InputError where a file or one of the columns it must have is missing.
    """
    by_uid = {row["uid"]: row for row in _rows(posts, ("uid", "source", "text", "complaint", "dup_key"))}
    seen: set[str] = set()
    hand: list[Example] = []
    for family, path in zip((Family.HAND, *[Family.MORE] * len(labels)), labels, strict=False):
        rows = _rows(path, ("uid", "complaint", "reasons", "severity", "parties", "praise"))
        pairs = [(row, by_uid[row["uid"]]) for row in rows if row["uid"] in by_uid]
        hand += [_hand_example(row, post, family, split) for row, post in pairs if post["dup_key"] not in seen]
        seen |= {post["dup_key"] for _, post in pairs}
    return hand + list(_own_examples()) + list(_source_examples(by_uid.values(), seen, split))


def read_unlabelled(posts: Path, examples: Iterable[Example], split: Split = SHIPPED) -> list[Example]:
    """Return posts of the training part that are none of `examples`; they say nothing until they are taught.

    Raises InputError as `read_examples` does.
    """
    rows = _rows(posts, ("uid", "source", "text", "complaint", "dup_key"))
    known = {example.uid for example in examples}
    seen = {post["dup_key"] for post in rows if post["uid"] in known}
    unread = []
    for post in rows:
        if not post["source"].startswith(_UNREAD) or post["dup_key"] in seen:
            continue
        seen.add(post["dup_key"])
        if split.part_of(post) is Part.TRAIN:
            weight = WEIGHTS[Family.UNLABELLED]
            unread.append(
                Example(post["uid"], post["text"], Family.UNLABELLED, Part.TRAIN, post["source"], False, weight)
            )
    return unread


def epoch_of(
    examples: Iterable[Example], epoch: int, seed: int, rows: Mapping[Family, int], copies: int = 1
) -> list[Example]:
    """Return the rows of one epoch: all that mean our labels, and a fresh draw of `rows` of each other family."""
    draw = random.Random(f"{seed}-{epoch}")  # noqa: S311 - a repeatable draw, not a secret
    by_family: dict[Family, list[Example]] = {family: [] for family in Family}
    for example in examples:
        if example.part is Part.TRAIN:
            by_family[example.family].append(example)
    chosen = [row for family, times in COPIES.items() for row in by_family[family] * (times * copies)]
    for family, count in rows.items():
        chosen += draw.sample(by_family[family], min(count, len(by_family[family])))
    return chosen


def _hand_example(label: Mapping[str, str], post: Mapping[str, str], family: Family, split: Split) -> Example:
    complaint, unsure = label["complaint"] == "1", label.get("unsure") == "1"
    says = _source_says(post)
    doubted = unsure or (post["source"] == "xci" and says is not complaint)
    return Example(
        uid=label["uid"],
        text=post["text"],
        family=family,
        part=split.part_of(post),
        source=post["source"],
        complaint=complaint,
        weight=WEIGHTS[family] * (_DOUBTED if doubted else 1),
        reasons=_reasons(label["reasons"]),
        known_reasons=frozenset(Reason),
        severity=int(label["severity"]) if complaint else None,
        parties=_parties(label["parties"]),
        praise=label["praise"] == "1",
        unsure=unsure,
        source_says=says,
        industry=post.get("domain", ""),
    )


def _own_examples() -> Iterator[Example]:
    """Yield the posts that we made up for what the sources hold too little of; they only ever train."""
    for number, line in enumerate(_OWN_POSTS.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        yield Example(
            uid=f"own-{number}",
            text=row["text"],
            family=Family.OWN,
            part=Part.TRAIN,
            source="own",
            complaint=bool(row["complaint"]),
            weight=WEIGHTS[Family.OWN],
            reasons=_reasons(row["reasons"]),
            known_reasons=frozenset(Reason),
            severity=row["severity"] or None,
            parties=_parties(row["parties"]),
            praise=bool(row["praise"]),
        )


def _reasons(names: str) -> frozenset[Reason]:
    return frozenset(Reason(name) for name in names.split("|") if name)


def _parties(names: str) -> frozenset[Party]:
    return frozenset(Party(name) for name in names.split("|") if name)


def _source_examples(posts: Iterable[Mapping[str, str]], seen: set[str], split: Split) -> Iterator[Example]:
    for post in posts:
        family = _family_of(post)
        if family is None or post["dup_key"] in seen:
            continue
        seen.add(post["dup_key"])
        complaint = post["complaint"] == "1"
        reason = _REASON_OF_KIND.get((post["source"], post.get("src_kind", ""))) if complaint else None
        yield Example(
            uid=post["uid"],
            text=post["text"],
            family=family,
            part=split.part_of(post),
            source=post["source"],
            complaint=complaint,
            weight=WEIGHTS[family],
            reasons=frozenset({reason} if reason else ()),
            known_reasons=_EXCLUSIVE | {reason} if reason else frozenset(),
            source_severity=int(post["severity"]) if family is Family.XCI and complaint else None,
            praise=_praise_of(post, family),
            source_says=_source_says(post),
            industry=post.get("domain", ""),
        )


def _family_of(post: Mapping[str, str]) -> Family | None:
    """How the row's own label is to be taken; None where it has none that we use."""
    source, labelled = post["source"], post["complaint"] in ("0", "1")
    if source.startswith("twcs"):
        return Family.BRAND_REPLY if post.get("inbound") == "False" else None
    if not labelled:
        return None
    if source in ("sanders", "sxsw"):
        return Family.PROMOTION
    if source.startswith(_REVIEWS):
        return Family.REVIEW
    return {"xci": Family.XCI, "airline": Family.AIRLINE, "uktelecom": Family.TELECOM}.get(source)


def _source_says(post: Mapping[str, str]) -> bool | None:
    return {"0": False, "1": True}.get(post["complaint"])


def _praise_of(post: Mapping[str, str], family: Family) -> bool | None:
    if family is Family.BRAND_REPLY:
        return False
    if family is Family.REVIEW and post.get("stars", "")[:1] in ("1", "5"):
        return post["stars"].startswith("5")
    return None


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    usual_limit = csv.field_size_limit(_FIELD_LIMIT)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path} has no column {', '.join(missing)}")
            return list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    finally:
        csv.field_size_limit(usual_limit)  # it is the whole process's
