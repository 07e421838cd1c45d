"""Which courier an author's posts speak of."""

import time
from types import SimpleNamespace

import pytest

from core.entities.naming import courier_named

OWN = [SimpleNamespace(name="Evri UK", aliases=["Hermes"]), SimpleNamespace(name="Brown Van Co", aliases=["brownvan"])]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ""),
        (["My parcel is late again."], ""),
        (["@DPD_UK lost my parcel"], "DPD"),
        (["DPD lost it.", "Parcelo, ask DPD!", "With Evri this never happened, Evri is fine"], "DPD"),
        (["Evri or DPD, nobody knows where it is"], "Evri UK"),
        (["the hermes driver threw it over the fence"], "Evri UK"),
        (["brownvan never rang"], "Brown Van Co"),
        (["tracking 1Z999AA10123456784 says nothing"], "UPS"),
        (["DPD has it, they say; tracking 1Z999AA10123456784"], "DPD"),
        (["a Hermes bag in the wrong colour"], ""),
    ],
)
def test_the_courier_that_is_spoken_of_most(texts: list[str], expected: str) -> None:
    assert courier_named(texts, OWN) == expected


@pytest.mark.parametrize("hostile", ["DPD ", "1Z", "9", "a-", "@dpd", "1Z 9 ", "ups lost ", "JD0002 "])
def test_a_hostile_text_is_read_quickly(hostile: str) -> None:
    texts = [f"{number}{hostile * 25_000}" for number in range(20)]
    began = time.process_time()
    courier_named(texts, OWN)
    assert time.process_time() - began < 2  # some 0.1 s; without the cap, many
