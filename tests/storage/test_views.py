from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.errors import InputError
from core.taxonomy import Party, Reason, Severity
from core.types import Role
from storage.database import Database
from storage.members import create_member
from storage.queue.filters import LONGEST_AGE, MOST_VALUES, NOBODY, Filter, Sort, View
from storage.rows import id_of
from storage.views import (
    LONGEST_NAME,
    MOST_VIEWS,
    change_view,
    delete_view,
    rename_view,
    save_view,
    views_of,
)

LATE = Filter(view=View.OPEN, sort=Sort.DUE, reasons=(Reason.LATE,), oldest=timedelta(days=1), text="courier:dpd")


def people(session: Session, now: datetime) -> tuple[int, int, int]:
    """A responder, another one, a manager."""
    roles = {"Dana": Role.RESPONDER, "Omar": Role.RESPONDER, "Maja": Role.MANAGER}
    members = [create_member(session, f"{name}@brindle.example", name, role, None, now) for name, role in roles.items()]
    dana, omar, maja = (id_of(member) for member in members)
    return dana, omar, maja


def names(session: Session, member_id: int) -> list[tuple[str, str, bool, bool]]:
    return [(view.name, view.owner, view.is_shared, view.may_change) for view in views_of(session, member_id)]


def test_views_are_the_members_own_or_shared(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        dana, omar, maja = people(session, now)
        save_view(session, dana, "  Late \n parcels ", LATE.to_dict(), is_shared=False, now=now)
        save_view(session, omar, "all new", {}, is_shared=True, now=now)
        save_view(session, dana, "a shared one", {}, is_shared=True, now=now)
        assert names(session, dana) == [
            ("a shared one", "Dana", True, True),
            ("Late parcels", "Dana", False, True),
            ("all new", "Omar", True, False),
        ]
        assert names(session, omar) == [("all new", "Omar", True, True), ("a shared one", "Dana", True, False)]
        assert names(session, maja) == [("a shared one", "Dana", True, True), ("all new", "Omar", True, True)]
        assert [view.filter for view in views_of(session, dana)] == [Filter(), LATE, Filter()]


def test_names_are_the_members_own(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        dana, omar, _ = people(session, now)
        save_view(session, dana, "Late", {}, is_shared=False, now=now)
        other = save_view(session, dana, "Lost", {}, is_shared=False, now=now)
        save_view(session, omar, "late", {}, is_shared=True, now=now)
        for name in ("LATE", " late "):
            with pytest.raises(InputError, match="already a view called"):
                save_view(session, dana, name, {}, is_shared=True, now=now)
            with pytest.raises(InputError, match="already a view called"):
                rename_view(session, other, dana, name)
        rename_view(session, other, dana, "LOST")  # its own name, written otherwise
        assert [view.name for view in views_of(session, dana) if view.is_mine] == ["Late", "LOST"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "needs a name"), ("\u2800 \u200b", "needs a name"), ("x" * (LONGEST_NAME + 1), "shorten it")],
)
def test_a_name_that_will_not_do_is_refused(any_database: Database, now: datetime, name: str, said: str) -> None:
    with any_database.write() as session:
        dana, _, _ = people(session, now)
        with pytest.raises(InputError, match=said):
            save_view(session, dana, name, {}, is_shared=False, now=now)
        assert views_of(session, dana) == []


def test_only_its_owner_or_a_manager_changes_a_shared_view(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        dana, omar, maja = people(session, now)
        shared = save_view(session, dana, "Shared", {}, is_shared=True, now=now)
        for change in (
            lambda: rename_view(session, shared, omar, "Mine now"),
            lambda: change_view(session, shared, omar, LATE.to_dict(), is_shared=True),
            lambda: delete_view(session, shared, omar),
        ):
            with pytest.raises(InputError, match="“Shared” is a view of Dana: ask Dana or a manager"):
                change()
        rename_view(session, shared, maja, "Renamed")
        change_view(session, shared, dana, LATE.to_dict(), is_shared=True)
        (seen,) = views_of(session, omar)
        assert (seen.name, seen.filter) == ("Renamed", LATE)
        delete_view(session, shared, maja)
        assert views_of(session, dana) == []


def test_a_private_view_of_another_member_is_as_if_it_were_not_there(any_database: Database, now: datetime) -> None:
    with any_database.write() as session:
        dana, _, maja = people(session, now)
        private = save_view(session, dana, "Private", {}, is_shared=False, now=now)
        for view_id in (private, 4711):
            with pytest.raises(InputError, match="This view is gone"):
                delete_view(session, view_id, maja)
        change_view(session, private, dana, {}, is_shared=True)
        assert [view.name for view in views_of(session, maja)] == ["Private"]


def test_a_member_keeps_so_many_views_and_no_more(database: Database, now: datetime) -> None:
    with database.write() as session:
        dana, omar, _ = people(session, now)
        for number in range(MOST_VIEWS):
            save_view(session, dana, f"View {number}", {}, is_shared=False, now=now)
        with pytest.raises(InputError, match="Delete one that you do not use"):
            save_view(session, dana, "One more", {}, is_shared=False, now=now)
        save_view(session, omar, "One more", {}, is_shared=False, now=now)


KEPT: dict[str, tuple[dict[str, Any], Filter]] = {
    "nothing": ({}, Filter()),
    "words from a link": (
        {"brand_id": "3", "least_severity": "2", "party": "courier", "oldest": "3600", "sort": "newest"},
        Filter(
            sort=Sort.NEWEST,
            brand_ids=(3,),
            least_severity=Severity.DISAPPROVAL,
            parties=(Party.COURIER,),
            oldest=timedelta(hours=1),
        ),
    ),
    "unknown words": ({"view": "moon", "reason": "magic", "colour": "red", "platform": "x"}, Filter(platforms=("x",))),
    "other kinds": (
        {
            "brand_id": [[1], {}],
            "platform": {"x": 1},
            "oldest": {"a": 1},
            "least_severity": None,
            "team_id": "x",
            "assignee_id": -1,
        },
        Filter(),
    ),
    "one value, as older versions kept it": (
        {"platform": "x", "brand_id": 2, "reason": "late", "assignee_id": 7, "courier": "Smith, Sons"},
        Filter(platforms=("x",), brand_ids=(2,), reasons=(Reason.LATE,), assignee_ids=(7,), couriers=("Smith, Sons",)),
    ),
    "several values, some unknown": (
        {"platform": ["x", "reddit", "x"], "reason": ["lost", "magic", "late"], "assignee_id": [7, "0", -1, None]},
        Filter(platforms=("reddit", "x"), reasons=(Reason.LATE, Reason.LOST), assignee_ids=(NOBODY, 7)),
    ),
    "a thousand values": (
        {"courier": [f"{number:03d}" for number in range(1000)], "reason": ["magic"] * 1000},
        Filter(couriers=tuple(f"{number:03d}" for number in range(MOST_VALUES))),
    ),
    "beyond all bounds": (
        {
            "brand_id": 10**30,
            "oldest": 2**31 - 1,
            "least_severity": 9,
            "language": ["d" * 9000],
            "text": "x" * 9000 + "\0",
        },
        Filter(oldest=min(timedelta(seconds=2**31 - 1), LONGEST_AGE), languages=("d" * 400,), text="x" * 400),
    ),
}


def test_one_value_is_kept_as_it_always_was_and_several_as_a_list() -> None:
    assert Filter(platforms=("x",), reasons=(Reason.LATE, Reason.LOST), assignee_ids=(NOBODY,)).to_dict() == {
        "platform": "x",
        "reason": ["late", "lost"],
        "assignee_id": 0,
    }


def test_view_with_several_values_comes_back_whole(any_database: Database, now: datetime) -> None:
    wanted = Filter(platforms=("reddit", "x"), couriers=("Evri", "Smith, Sons"), assignee_ids=(NOBODY, 7))
    with any_database.write() as session:
        dana, _, _ = people(session, now)
        save_view(session, dana, "Several", wanted.to_dict(), is_shared=False, now=now)
    with any_database.read() as session:
        assert [view.filter for view in views_of(session, dana)] == [wanted]


@pytest.mark.parametrize("name", KEPT)
def test_filter_is_read_from_whatever_was_kept(name: str) -> None:
    kept, expected = KEPT[name]
    assert Filter.from_dict(kept) == expected
