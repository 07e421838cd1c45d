"""Our reader of tokenizer.json gives what transformers' own gives, which the model was trained with."""

import csv
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.model import WEIGHTS
from classifier.text import normalise
from classifier.tokenizer import TOKENIZER, Tokenizer
from core.errors import ModelError
from tests.conftest import ROOT, SHARED, environment_for

pytestmark = pytest.mark.model

POSTS = SHARED / "data" / "posts.csv"
ODD = [
    "",
    " ",
    "[CLS] my parcel [SEP] is [MASK] late [UNK] [PAD]",
    "İstanbul ﬁle naïve ẞ",
    "包裹 still not here",
    "\u202e\u0301\u200d \U0010ffff",
    "a" * 300,
    "won't, can't & shan't: #NoParcel @user url 😡",
    "word " * 1000,
]


@pytest.fixture(scope="module")
def ours():
    return Tokenizer(WEIGHTS)


@pytest.fixture(scope="module")
def theirs():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(WEIGHTS), local_files_only=True)


def assert_same(ours, theirs, texts):
    asked = {"add_special_tokens": False, "verbose": False, "return_offsets_mapping": True}
    found, expected = ours(texts, **asked), theirs(texts, **asked)
    assert found["input_ids"] == expected["input_ids"]
    assert found["offset_mapping"] == expected["offset_mapping"]
    assert ours(texts, add_special_tokens=False, verbose=False)["input_ids"] == expected["input_ids"]
    assert ours(texts[0])["input_ids"] == theirs(texts[0], verbose=False)["input_ids"]


def test_odd_texts_give_the_same_tokens(ours, theirs):
    assert_same(ours, theirs, ODD)


# The first example is slow where nothing has loaded transformers yet.
@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_gives_the_same_tokens(ours, theirs, text):
    assert_same(ours, theirs, [text, normalise(text)])


@pytest.mark.skipif(not POSTS.exists(), reason="needs ../shared/data/posts.csv, which is not part of the project")
def test_posts_give_the_same_tokens(ours, theirs):
    usual_limit = csv.field_size_limit(10_000_000)
    with POSTS.open(encoding="utf-8", newline="") as file:
        texts = [normalise(row["text"]) for row in csv.DictReader(file)]
    csv.field_size_limit(usual_limit)
    assert_same(ours, theirs, random.Random(1).sample(texts, 5_000))


def test_a_damaged_tokenizer_is_refused_by_name(tmp_path):
    (tmp_path / TOKENIZER).write_bytes(b"{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json: the tokenizer cannot be loaded"):
        Tokenizer(tmp_path)


def test_the_shipped_model_answers_without_transformers():
    program = (
        "import sys\nfrom classifier.model import Model\n"
        "assert Model.load(threads=1).predict(['my parcel is late'])[0].is_complaint\n"
        "assert not {'transformers', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment_for({}), check=True)
