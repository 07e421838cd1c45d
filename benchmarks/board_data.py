"""Makes a board of any size: brands, members, cases with their history, posts. The same for the same numbers each time.

Most cases are closed, few words and couriers are common and most are rare, as in a team's third year.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from itertools import accumulate, chain
from typing import Any, Final

from sqlalchemy import Connection, Table, text
from sqlmodel import SQLModel

from core.masking import excerpt
from core.priority import priority
from core.taxonomy import Party, Reason
from core.types import CaseStatus, PostKind, Role
from storage.database import Database
from storage.tables import (
    PARTY_BITS,
    REASON_BITS,
    Brand,
    Case,
    CaseEvent,
    EventKind,
    Member,
    Note,
    PostRow,
    PredictionRow,
    Reply,
    ReplyState,
    Team,
)

MODEL: Final = "bench-1"
SPAN: Final = timedelta(days=730)
BRANDS: Final = {"Brindle Home": 50, "Parcelo": 25, "Northlight": 15, "Quillo": 8, "Tern & Daughters": 2}
PLATFORMS: Final = {"x": 45, "reddit": 22, "bluesky": 12, "mastodon": 9, "youtube": 6, "feeds": 4, "hackernews": 2}
LANGUAGES: Final = {"en": 820, "de": 80, "pl": 50, "fr": 48, "fi": 2}
COURIERS: Final = {"": 600, "DPD": 150, "DHL": 100, "Evri": 80, "Royal Mail": 49, "Yodel": 20, "Fedrigo": 1}
STATUSES: Final = {
    CaseStatus.NEW: 20,
    CaseStatus.OPEN: 20,
    CaseStatus.WAITING: 20,
    CaseStatus.RESOLVED: 790,
    CaseStatus.DISMISSED: 150,
}
# How many of a thousand posts hold the word.
COMMON: Final = {"parcel": 250, "late": 120, "courier": 100, "refund": 80, "driver": 40, "missed": 20, "kettle": 3}
VOCABULARY, PHRASES = 30_000, 60_000
MEMBERS, TEAMS = 40, 5
Row = dict[str, Any]


def fill(database: Database, posts: int, cases: int, now: datetime) -> None:
    """Fill an empty database; return when it knows how common its values are, as a server does by itself."""
    making = _Making(posts, cases, now)
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA cache_size=-200000")
        else:
            connection.exec_driver_sql("DROP INDEX post_search_found")
        for kind, rows in making.everything().items():
            _write(connection, kind, rows)
        if not database.is_sqlite:
            connection.exec_driver_sql("CREATE INDEX post_search_found ON post_search USING gin (words)")
            for table in ("brand", "team", "member", "cases", "post", "prediction", "case_event", "note", "reply"):
                key = f"pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table})"
                connection.execute(text(f"SELECT setval({key})"))
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


class _Making:
    """Makes the rows of one table after the other; what they share is drawn from the seed of a case's number."""

    def __init__(self, posts: int, cases: int, now: datetime) -> None:
        self._posts, self._cases, self._now = posts, cases, now
        self._dice = random.Random(5)
        self._words = [self._syllables() for _ in range(VOCABULARY)]
        often = list(accumulate(1 / (place + 8) for place in range(VOCABULARY)))
        of_words = (self._dice.randint(4, 15) for _ in range(PHRASES))
        self._phrases = [" ".join(self._dice.choices(self._words, cum_weights=often, k=count)) for count in of_words]
        self._of_case: list[tuple[int, datetime, datetime, str, str, bool]] = []  # as posts and history need it
        self._case_posts: list[int] = []

    def everything(self) -> dict[type[SQLModel], Iterator[Row]]:
        """Return the rows of each table, in an order in which they can be stored."""
        return {
            Brand: self.brands(),
            Team: self.teams(),
            Member: self.members(),
            Case: self.cases(),
            PostRow: self.posts(),
            PredictionRow: self.predictions(),
            CaseEvent: self.events(),
            Note: self.notes(),
            Reply: self.replies(),
        }

    def brands(self) -> Iterator[Row]:
        for number, name in enumerate(BRANDS, start=1):
            yield {"id": number, "name": name, "handles": [name.split()[0].lower()], "created_at": self._now - SPAN}

    def teams(self) -> Iterator[Row]:
        for number in range(1, TEAMS + 1):
            yield {"id": number, "name": f"Team {number}", "created_at": self._now - SPAN}

    def members(self) -> Iterator[Row]:
        for number in range(1, MEMBERS + 1):
            name = {"email": f"member{number}@brindle.example", "name": f"Member {number}", "role": Role.RESPONDER}
            yield dict(id=number, created_at=self._now - SPAN, **name)

    def cases(self) -> Iterator[Row]:
        for number in range(1, self._cases + 1):
            yield self._case(number)

    def _case(self, number: int) -> Row:
        dice = self._dice
        status = _one_of(STATUSES, dice)
        is_closed = status.is_closed
        age = SPAN * (1 - number / (self._cases + 1)) if is_closed else timedelta(hours=dice.expovariate(1 / 30))
        last = self._now - age
        first = last - timedelta(minutes=dice.expovariate(1 / 300))
        severity, confidence, reach = (
            dice.choices((1, 2, 3, 4), (30, 40, 22, 8))[0],
            dice.random(),
            dice.randrange(9000),
        )
        reasons = {
            reason.value: round(dice.random(), 4) for reason in dice.sample(list(Reason), dice.choice((1, 1, 2, 3)))
        }
        parties = [party.value for party in Party if dice.random() < 0.3]
        count = min(1 + int(dice.expovariate(1.1)), 30)
        author = f"@{self._words[int(dice.random() ** 2 * 9000)]}{dice.randrange(max(self._cases // 4000, 1))}"
        platform, brand = _one_of(PLATFORMS, dice), list(BRANDS).index(_one_of(BRANDS, dice)) + 1
        has_it = is_closed or status is not CaseStatus.NEW or dice.random() < 0.2
        due_at = None if is_closed or status is CaseStatus.WAITING else last + timedelta(hours=30 / severity)
        urgency = priority(severity, confidence, reach, count, age, due_at and due_at - self._now)
        self._of_case.append((brand, first, last, platform, author, status is not CaseStatus.NEW))
        self._case_posts.append(count)
        return {
            "id": number,
            "brand_id": brand,
            "status": status,
            "platform": platform,
            "author": author,
            "author_key": author.casefold(),
            "author_name": author[1:].title(),
            "excerpt": excerpt(self._text()),
            "language": _one_of(LANGUAGES, dice),
            "severity": severity,
            "confidence": confidence,
            "unsure": dice.random() < 0.07,
            "reasons": reasons,
            "parties": parties,
            "reason_bits": sum(REASON_BITS[name] for name in reasons),
            "party_bits": sum(PARTY_BITS[name] for name in parties),
            "courier": _one_of(COURIERS, dice),
            "priority": urgency.points,
            "priority_why": urgency.why,
            "reach": reach,
            "post_count": count,
            "assignee_id": dice.randint(1, MEMBERS) if has_it else None,
            "team_id": dice.randint(1, TEAMS) if dice.random() < 0.5 else None,
            "routed_at": last,
            "first_posted_at": first,
            "last_posted_at": last,
            "opened_at": last,
            "due_at": due_at,
            "first_reply_at": last if is_closed else None,
            "closed_at": last if is_closed else None,
            "snoozed_until": self._now if status is CaseStatus.WAITING and dice.random() < 0.3 else None,
            "updated_at": last,
        }

    def posts(self) -> Iterator[Row]:
        number = 0
        for case_id, (of_case, count) in enumerate(zip(self._of_case, self._case_posts, strict=True), start=1):
            brand, first, last, platform, author, _ = of_case
            for place in range(count):
                number += 1
                yield self._post(number, brand, platform, author, first + (last - first) * (place / count), case_id)
        while number < self._posts:
            number += 1
            brand, _, last, platform, author, _ = self._of_case[self._dice.randrange(self._cases)]
            yield self._post(number, brand, platform, author, last - SPAN * self._dice.random() / 2, None)

    def _post(self, number: int, brand: int, platform: str, author: str, at: datetime, case_id: int | None) -> Row:
        return {
            "id": number,
            "platform": platform,
            "platform_id": str(number),
            "brand_id": brand,
            "case_id": case_id,
            "kind": PostKind.POST,
            "author": author,
            "author_name": author[1:].title(),
            "text": self._text(),
            "url": f"https://social.example/p/{number}",
            "language": "en",
            "reach": 100,
            "posted_at": at,
            "collected_at": at,
            "classified_with": MODEL,
        }

    def predictions(self) -> Iterator[Row]:
        for number in range(1, sum(self._case_posts) + 1):
            yield {
                "post_id": number,
                "model_version": MODEL,
                "complaint": 0.9,
                "is_complaint": True,
                "reasons": {"late": 0.8},
                "severity": 2,
                "language": "en",
                "created_at": self._now,
            }

    def events(self) -> Iterator[Row]:
        for case_id, (_, _, last, _, _, is_taken) in enumerate(self._of_case, start=1):
            for kind in (EventKind.OPENED, EventKind.CLAIMED, EventKind.STATUS)[: 3 if is_taken else 1]:
                member_id = None if kind is EventKind.OPENED else case_id % MEMBERS + 1
                yield {"case_id": case_id, "member_id": member_id, "kind": kind, "happened_at": last}

    def notes(self) -> Iterator[Row]:
        for case_id in range(1, self._cases + 1, 4):
            yield {
                "case_id": case_id,
                "member_id": case_id % MEMBERS + 1,
                "text": "Rang the depot.",
                "created_at": self._now,
            }

    def replies(self) -> Iterator[Row]:
        for case_id in range(1, self._cases + 1, 2):
            at = {"created_at": self._now, "updated_at": self._now, "sent_at": self._now}
            member_id = case_id % MEMBERS + 1
            yield dict(case_id=case_id, member_id=member_id, state=ReplyState.SENT, text="We are sorry.", **at)

    def _text(self) -> str:
        """Return about twenty words, few of which are common."""
        dice = self._dice
        said = [word for word, share in COMMON.items() if dice.random() * 1000 < share]
        return " ".join([dice.choice(self._phrases), *said, dice.choice(self._phrases)])

    def _syllables(self) -> str:
        return "".join(
            self._dice.choice("bdfgklmnprstvz") + self._dice.choice("aeiou") for _ in range(self._dice.randint(2, 4))
        )


def _one_of(shares: Mapping[Any, int], dice: random.Random) -> Any:
    return dice.choices(list(shares), list(shares.values()))[0]


def _write(connection: Connection, kind: type[SQLModel], rows: Iterator[Row]) -> None:
    """Store the rows by the quickest way that the database has; what a row does not say is as in the first."""
    table: Table = kind.__table__  # type: ignore[attr-defined]
    first = next(rows)
    whole = kind(**first)
    columns = [column.name for column in table.columns if column.name != "id" or "id" in first]
    usual = {name: getattr(whole, name) for name in columns}
    names, plain = ", ".join(columns), _plain_for(connection)
    coming = ([plain(row.get(name, usual[name])) for name in columns] for row in chain((first,), rows))
    if connection.dialect.name == "sqlite":
        command = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"
        connection.connection.executemany(command, coming)  # type: ignore[attr-defined]
        return
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copying:  # type: ignore[attr-defined]
        for each in coming:
            copying.write_row(each)


def _plain_for(connection: Connection) -> Callable[[Any], Any]:
    """Return what makes a value one that the driver takes."""
    is_sqlite = connection.dialect.name == "sqlite"

    def plain(value: Any) -> Any:
        if isinstance(value, dict | list):
            return json.dumps(value)
        if is_sqlite and isinstance(value, datetime):
            return value.isoformat(" ", "microseconds")[:26]
        return value.value if isinstance(value, Enum) else value

    return plain
