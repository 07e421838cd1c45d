"""A case knows the courier that its author speaks of."""

import pytest
from sqlalchemy import update

from jobs import name_couriers
from jobs.classify import classify
from jobs.name_couriers import name_some_couriers
from jobs.parts import Parts
from storage.tables import Case, Courier
from tests.fakes import Clock, FakeClassifier, post
from tests.jobs.conftest import cases, store


def read(parts: Parts, *posts: object) -> None:
    store(parts, *posts)  # type: ignore[arg-type]
    while classify(parts, FakeClassifier()):
        pass


def couriers(parts: Parts) -> list[str]:
    return [case.courier for case in cases(parts)]


def test_a_case_has_the_courier_that_its_posts_name(parts: Parts) -> None:
    read(parts, post(1, "late again, DPD"), post(2, "late, and nobody says who brings it", author="bob"))
    assert couriers(parts) == ["DPD", ""]


def test_an_edit_and_a_further_post_bring_it_up_to_date(parts: Parts, clock: Clock) -> None:
    read(parts, post(1, "late again"))
    read(parts, post(1, "late again, Yodel lost my parcel"))
    assert couriers(parts) == ["Yodel"]
    read(parts, post(2, "late: DPD! They are not Yodel, DPD writes"), post(3, "late: DPD has my parcel"))
    assert couriers(parts) == ["DPD"]


def test_old_cases_get_theirs_by_a_pass_that_goes_on_where_it_was(
    parts: Parts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(parts, *(post(number, "DPD is late", author=f"author{number}") for number in range(1, 6)))
    with parts.database.write() as session:
        session.execute(update(Case).values(courier=""))
    monkeypatch.setattr(name_couriers, "BATCH", 2)
    assert name_some_couriers(parts)
    assert couriers(parts) == ["DPD", "DPD", "", "", ""]
    assert [name_some_couriers(parts), name_some_couriers(parts), name_some_couriers(parts)] == [True, False, False]
    assert couriers(parts) == ["DPD"] * 5


def test_another_list_of_couriers_names_them_anew(parts: Parts) -> None:
    read(parts, post(1, "DPD is late"), post(2, "brownvan is late", author="bob"))
    while name_some_couriers(parts):
        pass
    with parts.database.write() as session:
        session.add(Courier(name="DPD UK", aliases=["DPD"]))
        session.add(Courier(name="Brown Van", aliases=["brownvan"]))
    name_some_couriers(parts)
    assert couriers(parts) == ["DPD UK", "Brown Van"]
