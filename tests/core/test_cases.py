"""The rule that says what a post means for the cases, as a table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cases import JOIN_WINDOW, REOPEN_WINDOW, Action, Candidate, Decision, Mention, decide
from core.types import CaseStatus

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def mention(
    author: str = "ann",
    at: datetime = NOON,
    answers: str = "",
    own: bool = False,
    complaint: bool = True,
    unsure: bool = False,
) -> Mention:
    answered = frozenset(answers.split())
    return Mention(author, at, answered, answered | {"new"}, own, complaint, unsure)


def case(
    number: int = 1, status: CaseStatus = CaseStatus.NEW, author: str = "ann", at: datetime = NOON, posts: str = "p1"
) -> Candidate:
    ids = frozenset(posts.split())
    return Candidate(number, status, author, at, at, ids, ids)


TABLE = [
    ("a complaint without any case opens one", mention(), [], Decision(Action.OPEN)),
    ("no complaint leaves everything as it is", mention(complaint=False), [case()], Decision(Action.LEAVE)),
    (
        "an unsure post opens a case that a person looks at",
        mention(complaint=False, unsure=True),
        [],
        Decision(Action.OPEN),
    ),
    (
        "a complaint joins the author's open case",
        mention(at=NOON + timedelta(days=1)),
        [case()],
        Decision(Action.JOIN, 1),
    ),
    (
        "an earlier post that arrives later joins too",
        mention(at=NOON - timedelta(days=1)),
        [case()],
        Decision(Action.JOIN, 1),
    ),
    (
        "an answer in a thread that was split joins the case that has what it answers",
        mention(answers="p2", at=NOON),
        [case(1, posts="p1 thread"), case(2, at=NOON - timedelta(hours=9), posts="p2 thread")],
        Decision(Action.JOIN, 2),
    ),
    ("a complaint of another author opens a case", mention("bob"), [case()], Decision(Action.OPEN)),
    ("posts without author are never joined", mention(""), [case(author="")], Decision(Action.OPEN)),
    (
        "a complaint beyond the window opens a case of its own",
        mention(at=NOON + JOIN_WINDOW + timedelta(seconds=1)),
        [case()],
        Decision(Action.OPEN),
    ),
    (
        "in the same thread the window does not matter",
        mention(at=NOON + timedelta(days=30), answers="p1"),
        [case()],
        Decision(Action.JOIN, 1),
    ),
    (
        "a new complaint reopens a resolved case",
        mention(at=NOON + timedelta(days=5)),
        [case(status=CaseStatus.RESOLVED)],
        Decision(Action.REOPEN, 1),
    ),
    (
        "an old post that arrives late joins a resolved case without reopening it",
        mention(at=NOON - timedelta(days=1)),
        [case(status=CaseStatus.RESOLVED)],
        Decision(Action.JOIN, 1),
    ),
    (
        "a resolved case of long ago stays closed",
        mention(at=NOON + REOPEN_WINDOW + timedelta(seconds=1)),
        [case(status=CaseStatus.RESOLVED)],
        Decision(Action.OPEN),
    ),
    ("a dismissed case is not reopened", mention(), [case(status=CaseStatus.DISMISSED)], Decision(Action.OPEN)),
    (
        "an open case wins over a resolved one",
        mention(),
        [case(1, CaseStatus.RESOLVED), case(2, CaseStatus.WAITING)],
        Decision(Action.JOIN, 2),
    ),
    (
        "of two open cases the nearer one is joined",
        mention(),
        [case(1, at=NOON - timedelta(days=2)), case(2, at=NOON - timedelta(hours=1))],
        Decision(Action.JOIN, 2),
    ),
    (
        "the author's thanks in the thread of an open case join it",
        mention(complaint=False, answers="p1"),
        [case()],
        Decision(Action.JOIN, 1),
    ),
    (
        "the author's thanks in the thread of a closed case change nothing",
        mention(complaint=False, answers="p1"),
        [case(status=CaseStatus.RESOLVED)],
        Decision(Action.LEAVE),
    ),
    (
        "the brand's reply goes to the case that it answers",
        mention("shop", own=True, answers="p7"),
        [case(1, posts="p1"), case(2, author="bob", posts="p7 p8")],
        Decision(Action.BRAND_REPLY, 2),
    ),
    ("the brand's own post is never a complaint", mention("shop", own=True), [], Decision(Action.LEAVE)),
    ("a brand named like the author opens nothing", mention(own=True), [case()], Decision(Action.LEAVE)),
]


@pytest.mark.parametrize(("sentence", "post", "candidates", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_rule(sentence: str, post: Mention, candidates: list[Candidate], expected: Decision) -> None:
    assert decide(post, candidates) == expected, sentence


candidates = st.lists(
    st.builds(
        case,
        number=st.integers(1, 9),
        status=st.sampled_from(CaseStatus),
        author=st.sampled_from(["ann", "bob", ""]),
        at=st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        posts=st.sampled_from(["p1", "p2", "p1 p2"]),
    ),
    max_size=5,
    unique_by=lambda found: found.id,
)


@given(
    post=st.builds(
        mention,
        author=st.sampled_from(["ann", "bob", ""]),
        answers=st.sampled_from(["", "p1", "p2"]),
        own=st.booleans(),
        complaint=st.booleans(),
        unsure=st.booleans(),
    ),
    candidates=candidates,
)
def test_the_order_of_the_candidates_does_not_matter_and_no_stranger_is_joined(
    post: Mention, candidates: list[Candidate]
) -> None:
    decision = decide(post, candidates)
    assert post.may_matter or decision.action is Action.LEAVE
    assert decision == decide(post, candidates[::-1])
    if decision.action in (Action.JOIN, Action.REOPEN):
        chosen = next(found for found in candidates if found.id == decision.case_id)
        assert chosen.author == post.author != ""
    if decision.action is Action.LEAVE:
        assert post.is_own or not post.is_complaint
