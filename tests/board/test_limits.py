from datetime import datetime, timedelta

from board.limits import TRIES_PER_MEMBER, TRIES_PER_PLACE, WINDOW, Failures


def test_member_is_blocked_at_one_address_for_a_while(now: datetime) -> None:
    failures = Failures()
    for _ in range(TRIES_PER_MEMBER):
        assert not failures.member_is_blocked("here", "dana", now)
        failures.add("here", "dana", now)
    assert failures.member_is_blocked("here", "dana", now)
    assert not failures.member_is_blocked("elsewhere", "dana", now)
    assert not failures.member_is_blocked("here", "omar", now)
    assert not failures.member_is_blocked("here", "dana", now + WINDOW)


def test_place_is_blocked_after_many_members(now: datetime) -> None:
    failures = Failures()
    for number in range(TRIES_PER_PLACE):
        assert not failures.place_is_blocked("here", now)
        failures.add("here", f"member{number}", now)
    assert failures.place_is_blocked("here", now)
    assert not failures.place_is_blocked("there", now)


def test_success_gives_the_tries_back(now: datetime) -> None:
    failures = Failures()
    for _ in range(TRIES_PER_MEMBER):
        failures.add("here", "dana", now)
    failures.forget("here", "dana", now)
    assert not failures.member_is_blocked("here", "dana", now)


def test_success_is_no_failure_of_the_place(now: datetime) -> None:
    failures = Failures()
    for number in range(TRIES_PER_PLACE + 5):
        attempt = now + timedelta(milliseconds=number)
        failures.add("here", "dana", attempt)
        failures.forget("here", "dana", attempt)
    assert not failures.place_is_blocked("here", now)


def test_memory_is_bounded(now: datetime) -> None:
    failures = Failures(most_keys=50)
    for number in range(5000):
        failures.add(f"address{number}", "dana", now + timedelta(seconds=number))
    assert len(failures._times) <= 50
