import csv

import pytest

from classifier.training.data import Family, epoch_of, read_examples, read_unlabelled
from classifier.training.split import SHIPPED, Part
from core.errors import InputError
from core.taxonomy import Party, Reason

POST_COLUMNS = ["uid", "source", "text", "complaint", "severity", "src_kind", "stars", "inbound", "dup_key"]
LABEL_COLUMNS = ["uid", "complaint", "reasons", "severity", "parties", "praise", "unsure"]


def write(path, columns, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def read(tmp_path):
    def _read(posts, labels=()):
        examples = read_examples(
            write(tmp_path / "posts.csv", POST_COLUMNS, posts), [write(tmp_path / "labels.csv", LABEL_COLUMNS, labels)]
        )
        return [example for example in examples if example.family is not Family.OWN]

    return _read


def post(uid, source="airline", complaint="1", **more):
    return {"uid": uid, "source": source, "text": f"text of {uid}", "complaint": complaint, "dup_key": uid, **more}


def test_a_hand_label_wins_over_the_source_and_its_text_comes_once(read):
    label = {"uid": "a", "complaint": "1", "reasons": "late|refund", "severity": "3", "parties": "courier"}
    [example] = read([post("a", complaint="0"), post("b", complaint="0", dup_key="a")], [label])
    assert example.family is Family.HAND
    assert example.complaint
    assert example.reasons == {Reason.LATE, Reason.REFUND}
    assert example.known_reasons == set(Reason)
    assert example.parties == {Party.COURIER}
    assert example.severity == 3


def test_what_a_source_does_not_say_is_unknown_not_no(read):
    [example] = read([post("a", src_kind="Lost Luggage")])
    assert example.reasons == {Reason.LOST}
    assert Reason.UNHELPFUL not in example.known_reasons
    assert Reason.LATE in example.known_reasons
    assert example.parties is None
    assert example.praise is None


def test_a_source_with_its_own_severity_keeps_it_apart(read):
    [example] = read([post("a", source="xci", severity="4")])
    assert (example.severity, example.source_severity) == (None, 4)


def test_families_are_told_by_source_and_unlabelled_rows_are_left_out(read):
    examples = read(
        [
            post("a", source="sxsw", complaint="0"),
            post("b", source="twcshead", complaint="", inbound="False"),
            post("c", source="twcshead", complaint="", inbound="True"),
            post("d", source="uktelecom", complaint=""),
            post("e", source="play_example", stars="5", complaint="0"),
        ]
    )
    assert [example.family for example in examples] == [Family.PROMOTION, Family.BRAND_REPLY, Family.REVIEW]
    assert [example.praise for example in examples] == [None, False, True]


def test_unlabelled_posts_are_those_nobody_labelled_of_the_training_part(tmp_path):
    keys = [key for key in map(str, range(100)) if SHIPPED.part_of({"dup_key": key}) is Part.TRAIN][:3]
    held_back = next(key for key in map(str, range(100)) if SHIPPED.part_of({"dup_key": key}) is not Part.TRAIN)
    posts = write(
        tmp_path / "posts.csv",
        POST_COLUMNS,
        [
            post("read", source="twcsrandom", complaint="", dup_key=keys[0]),
            post("copy", source="twcsrandom", complaint="", dup_key=keys[0]),
            post("fresh", source="redditcomment", complaint="", dup_key=keys[1]),
            post("held back", source="redditcomment", complaint="", dup_key=held_back),
            post("elsewhere", source="sxsw", complaint="", dup_key=keys[2]),
        ],
    )
    labels = write(tmp_path / "labels.csv", LABEL_COLUMNS, [{"uid": "read", "complaint": "0"}])
    [found] = read_unlabelled(posts, read_examples(posts, [labels]))
    assert (found.uid, found.family, found.part) == ("fresh", Family.UNLABELLED, Part.TRAIN)


def test_a_text_that_two_files_of_labels_name_counts_as_in_the_first(tmp_path):
    posts = write(tmp_path / "posts.csv", POST_COLUMNS, [post("a"), post("b", dup_key="a"), post("c")])
    first = write(tmp_path / "first.csv", LABEL_COLUMNS, [{"uid": "a", "complaint": "0"}])
    second = write(
        tmp_path / "second.csv", LABEL_COLUMNS, [{"uid": "b", "complaint": "0"}, {"uid": "c", "complaint": "0"}]
    )
    found = {row.uid: row.family for row in read_examples(posts, [first, second]) if row.family is not Family.OWN}
    assert found == {"a": Family.HAND, "c": Family.MORE}


def test_a_reading_that_differs_from_xcis_own_counts_less_and_both_are_kept(read):
    label = {"uid": "a", "complaint": "0"}
    [example] = read([post("a", source="xci", complaint="1")], [label])
    assert (example.complaint, example.source_says, example.weight) == (False, True, 0.5)


def test_an_epoch_holds_training_rows_only_and_is_the_same_each_time(read):
    labels = [{"uid": "3", "complaint": "0"}]
    examples = read([post(str(number)) for number in range(60)], labels)
    rows = {Family.AIRLINE: 20}
    drawn = epoch_of(examples, epoch=0, seed=1, rows=rows)
    assert {example.part for example in drawn} == {Part.TRAIN}
    assert sum(example.family is Family.AIRLINE for example in drawn) == 20
    assert drawn == epoch_of(examples, epoch=0, seed=1, rows=rows)
    assert drawn != epoch_of(examples, epoch=1, seed=1, rows=rows)
    twice = epoch_of(examples, epoch=0, seed=1, rows=rows, copies=2)
    assert len(twice) - len(drawn) == sum(example.family is Family.HAND for example in drawn)


def test_a_missing_column_is_named(tmp_path):
    posts = write(tmp_path / "posts.csv", ["uid", "text"], [])
    with pytest.raises(InputError, match="no column source, complaint, dup_key"):
        read_examples(posts, [posts])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv cannot be read"):
        read_examples(tmp_path / "gone.csv", [tmp_path / "gone.csv"])
