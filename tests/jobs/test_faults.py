"""Through a server that fails in every way and senders that are killed nothing is lost, and copies have a reason."""

from pathlib import Path

import pytest

from storage.database import open_database
from tests.faults import FaultyServer, account
from tests.jobs.sending import Sending, queue


def assert_all_arrives(url: str, count: int, kills: int) -> None:
    database = open_database(url)
    queue(database, count)
    server = FaultyServer(seed=11, slow_s=0.2)
    sending = Sending(database, url, server, kills=kills, outages=1)
    sending.run()
    server.goes_down()
    found = account(database, server.attempts, sending.cut_at)
    database.close()
    assert (found.lost, found.unexplained) == ([], [])
    assert found.sent + found.given_up == count
    assert server.refused > 0
    assert len(server.attempts) > count, "the server did not misbehave at all"


def test_nothing_is_lost_and_nothing_comes_twice_without_a_reason(tmp_path: Path) -> None:
    assert_all_arrives(f"sqlite:///{tmp_path}/sending.db", count=40, kills=1)


@pytest.mark.slow
def test_the_same_with_more_of_all(any_url: str) -> None:  # benchmarks/delivery.py sends a thousand
    assert_all_arrives(any_url, count=200, kills=4)
