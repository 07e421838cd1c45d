from collections import Counter

import pytest

from classifier.training.split import SHIPPED, UNSEEN, Part, folds

KEYS = [{"dup_key": f"key {number}", "source": "xci", "domain": "food"} for number in range(5000)]


def test_equal_texts_land_in_the_same_part_and_parts_are_a_tenth_each():
    parts = Counter(SHIPPED.part_of(key) for key in KEYS)
    assert SHIPPED.part_of(KEYS[7]) is SHIPPED.part_of({"dup_key": "key 7"})
    assert 400 < parts[Part.TEST] < 600
    assert 400 < parts[Part.DEV] < 600


@pytest.mark.parametrize("count", [5, 10])
def test_in_a_cross_validation_each_text_tests_once_and_never_in_the_fold_it_trains(count):
    tested = Counter(
        key["dup_key"] for split in folds(count).values() for key in KEYS if split.part_of(key) is Part.TEST
    )
    assert set(tested.values()) == {1}
    assert len(tested) == len(KEYS)


def test_thresholds_are_set_on_another_tenth_than_the_test():
    assert all(split.dev and not split.dev & split.test for split in folds(5).values())


def test_a_number_of_folds_that_does_not_divide_the_tenths_is_refused():
    with pytest.raises(ValueError, match="7 folds: write 5 or 10"):
        folds(7)


def test_no_post_of_an_unseen_industry_trains_and_each_industry_is_left_out_once():
    food = next(split for split in UNSEEN.values() if "food" in split.industries)
    assert {food.part_of(key) for key in KEYS} == {Part.TEST}
    assert {food.part_of(key | {"source": "airline"}) for key in KEYS} == {Part.TRAIN, Part.DEV}
    named = [name for split in UNSEEN.values() for name in split.industries]
    assert len(named) == len(set(named)) == 9
