"""A case to answer, for the tests of drafts, replies, notes, promises and presence."""

from datetime import datetime, timedelta

from sqlmodel import select

from core.types import Role
from storage.casework import note_brand_reply
from storage.database import Database
from storage.members import create_member
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, EventKind, PostRow, PredictionRow

ANN, BOB, CAT = 1, 2, 3
MODEL = "test-1"


def add_case_to_answer(database: Database, now: datetime, *, posts: int = 1) -> None:
    """Store case 1 with so many complaints, an hour old and a minute apart, and three members."""
    with database.write() as session:
        for name in ("Ann Lee", "Bob Ray", "Cat Oz"):
            create_member(session, f"{name.split()[0].lower()}@team.example", name, Role.RESPONDER, None, now)
        session.add(Brand(name="Parcelo", handles=["parcelo"], created_at=now))
        session.flush()
        first = now - timedelta(hours=1)
        session.add(
            Case(brand_id=1, platform="x", author="@zoe", author_key="@zoe", severity=3, first_posted_at=first,
                 due_at=now + timedelta(hours=1), last_posted_at=first, opened_at=first, updated_at=first)
        )  # fmt: skip
        session.flush()
    for number in range(posts):
        add_complaint(database, f"p{number + 1}", now - timedelta(minutes=60 - number))


def add_complaint(database: Database, key: str, posted_at: datetime) -> int:
    """Store another complaint of the case."""
    with database.write() as session:
        post = PostRow(platform="x", platform_id=key, brand_id=1, case_id=1, author="@zoe", text="Where is it?",
                       posted_at=posted_at, collected_at=posted_at, classified_with=MODEL)  # fmt: skip
        session.add(post)
        session.flush()
        session.add(PredictionRow(post_id=id_of(post), model_version=MODEL, complaint=0.9, is_complaint=True,
                                  severity=3, created_at=posted_at))  # fmt: skip
        return id_of(post)


def add_brand_reply(database: Database, text: str, parent: str, at: datetime) -> None:
    """Store the brand's own post that answers `parent`, as a collector sees it."""
    with database.write() as session:
        post = PostRow(platform="x", platform_id=f"own-{at.timestamp()}", brand_id=1, author="parcelo",
                       author_name="Parcelo", text=text, is_own=True, parent_id=parent, posted_at=at, collected_at=at,
                       classified_with=MODEL)  # fmt: skip
        session.add(post)
        session.flush()
        note_brand_reply(session, session.get_one(Case, 1), post, at)


def the_case(database: Database) -> Case:
    """Return the case as it stands."""
    with database.read() as session:
        return session.get_one(Case, 1)


def events(database: Database, kind: EventKind) -> list[CaseEvent]:
    """Return the lines of one kind in the case's history."""
    with database.read() as session:
        query = select(CaseEvent).where(CaseEvent.case_id == 1, CaseEvent.kind == kind)
        return list(session.exec(query.order_by(CaseEvent.id)))
