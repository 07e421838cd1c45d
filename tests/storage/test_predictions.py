"""The predictions of the last days, counted for the drift monitor."""

from datetime import datetime, timedelta

from core.configuration import parse_configuration
from core.drift import Seen
from storage.brands import apply_configuration
from storage.database import Database
from storage.posts import store_posts
from storage.predictions import last_model, seen_lately
from storage.tables import PredictionRow
from tests.fakes import post


def predicted(database: Database, now: datetime, *said: tuple[float, bool, str, timedelta]) -> None:
    with database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}]}), now)
        store_posts(session, [*map(post, range(len(said)))], brand_id=1, source_id=None, own_handles=[], now=now)
        for number, (complaint, unsure, version, age) in enumerate(said, start=1):
            session.add(
                PredictionRow(
                    post_id=number,
                    model_version=version,
                    complaint=complaint,
                    is_complaint=complaint >= 0.5,
                    unsure=unsure,
                    created_at=now - age,
                )
            )
            session.flush()


def test_scores_are_counted_in_tenths_and_the_ends_are_in(any_database: Database, now: datetime) -> None:
    scores = (0.0, 0.05, 0.1, 0.55, 0.99, 1.0)
    predicted(any_database, now, *[(score, score == 0.55, "m-1", timedelta(hours=1)) for score in scores])
    with any_database.read() as session:
        assert seen_lately(session, "m-1", now) == Seen(6, 1, (2, 1, 0, 0, 0, 1, 0, 0, 0, 2))


def test_another_model_and_older_days_are_left_out(any_database: Database, now: datetime) -> None:
    week = timedelta(days=7)
    predicted(
        any_database,
        now,
        (0.9, False, "m-1", week + timedelta(seconds=1)),
        (0.9, False, "m-1", week),
        (0.9, True, "m-2", timedelta()),
    )
    with any_database.read() as session:
        assert seen_lately(session, "m-1", now).posts == 1
        assert seen_lately(session, "m-3", now) == Seen(0, 0, (0,) * 10)
        assert last_model(session) == "m-2"


def test_without_posts_there_is_no_model(any_database: Database) -> None:
    with any_database.read() as session:
        assert last_model(session) == ""
