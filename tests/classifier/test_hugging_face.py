"""A classifier that Hugging Face's libraries saved stands in for ours; needs torch and is skipped without."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from classifier.jsonl import answer
from classifier.loading import load
from classifier.model import WEIGHTS
from core.errors import ModelError
from core.taxonomy import Reason
from tests.conftest import run_afterclick

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] my parcel is late lost broken again lovely day thank you garden . , @ user url a"
)
COMPLAINTS = ("my parcel is late", "my parcel is lost again", "parcel broken", "late again", "parcel is late again .")
UNDECIDED = "user url user"  # learned as both
OTHERS = ("lovely day", "thank you", "my lovely garden", "a lovely day , thank you", "garden is lovely")


def tiny(folder, names=("not complaint", "complaint"), *, head=True):
    """Save a network of a few thousand weights that has learned our ten sentences."""
    torch = pytest.importorskip("torch", reason="models of others need torch (requirements-train.txt)")
    from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

    torch.manual_seed(7)
    words = WORDS.split()
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=66,
        hidden_dropout_prob=0.0,
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
    )
    tokenizer = BertTokenizer(vocab={word: number for number, word in enumerate(words)}, model_max_length=64)
    network = BertForSequenceClassification(config) if head else BertModel(config)
    if head:
        learn(torch, network, tokenizer)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def learn(torch, network, tokenizer):
    batch = tokenizer([*COMPLAINTS, UNDECIDED, *OTHERS, UNDECIDED], padding=True, return_tensors="pt")
    answers = torch.tensor([1] * (len(COMPLAINTS) + 1) + [0] * (len(OTHERS) + 1))
    steps = torch.optim.Adam(network.parameters(), lr=0.003)
    for _ in range(150):
        steps.zero_grad()
        torch.nn.functional.cross_entropy(network(**batch).logits, answers).backward()
        steps.step()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny(tmp_path_factory.mktemp("models") / "tiny bert")


@pytest.fixture(scope="module")
def model(folder):
    return load(folder, threads=2)


def test_its_complaints_become_ours_with_the_reason_other_and_the_least_severity(model):
    for found in model.predict(COMPLAINTS):
        assert found.is_complaint
        assert (list(found.reasons), int(found.severity), found.parties) == ([Reason.OTHER], 1, ())
        assert found.reasons[Reason.OTHER] == pytest.approx(found.complaint)
        assert found.model_version == model.version
    for found in model.predict(OTHERS):
        assert not found.is_complaint
        assert (dict(found.reasons), int(found.severity)) == ({}, 0)


def test_an_answer_does_not_depend_on_its_neighbours(model):
    texts = [*COMPLAINTS, *OTHERS, "late " * 300]
    assert [model.predict([text])[0] for text in texts] == model.predict(texts)


def test_an_answer_near_the_border_a_foreign_text_and_one_without_words_are_unsure(model):
    near, foreign, bare = model.predict(
        [UNDECIDED, "Das Paket ist seit einer Woche weg und niemand antwortet mir", "https://t.co/a"]
    )
    assert 0.3 < near.complaint < 0.7
    assert near.unsure
    assert (foreign.language, foreign.unsure) == ("de", True)
    assert (bare.is_complaint, bare.unsure) == (False, True)


def test_a_long_post_is_read_in_windows_and_its_passages_named(model):
    calm, complaint = (
        "thank you, a lovely day, my lovely garden. ",
        "my parcel is late again, my parcel is lost again. ",
    )
    text = calm * 20 + complaint * 8 + calm * 20
    [found] = model.predict([text])
    assert found.is_complaint
    assert found.passages
    assert all(text[each.start : each.end].strip() in complaint * 8 for each in found.passages)


def test_its_answer_is_explained_too(model):
    text = "a lovely day, my parcel is late"
    words = model.explain(text).words
    assert {text[word.start : word.end] for word in words} >= {"late", "lovely"}
    with pytest.raises(ModelError, match=r"tells no reason 'late'; it knows other"):
        model.explain(text, Reason.LATE)


def test_its_version_is_its_name_and_changes_with_what_is_in_the_folder(model, folder, tmp_path):
    copied = Path(shutil.copytree(folder, tmp_path / "tiny bert"))
    assert load(copied).version == model.version
    assert model.version.startswith("tiny-bert-")
    (copied / "labels.toml").write_text('[labels]\n"not complaint" = "complaint"', encoding="utf-8")
    turned = load(copied)
    assert turned.version != model.version
    assert not turned.predict(["my parcel is late"])[0].is_complaint


def test_labels_that_are_not_understood_are_refused(tmp_path):
    with pytest.raises(ModelError, match=r"labels\.toml"):
        load(tiny(tmp_path / "a", names=("up", "down")))


def test_a_network_without_a_trained_head_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"holds no classifier: classifier\.bias"):
        load(tiny(tmp_path / "a", head=False))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.safetensors", b"junk", "cannot be loaded"),
        ("config.json", b"{", "cannot be loaded"),
        ("config.json", b'{"model_type": "sofa"}', "cannot be loaded"),
        ("tokenizer.json", b"{}", "the tokenizer cannot be loaded"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(folder, tmp_path, name, content, message):
    copied = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copied / name).write_bytes(content)
    with pytest.raises(ModelError, match=message) as refused:
        load(copied)
    assert str(copied) in str(refused.value)


def test_labels_that_the_configuration_leaves_out_are_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "bert")
    config = json.loads((tmp_path / "bert" / "config.json").read_text())
    (tmp_path / "bert" / "config.json").write_text(json.dumps(config | {"id2label": {"0": "fine", "7": "complaint"}}))
    with pytest.raises(ModelError, match="'LABEL_1' do not say which"):
        load(tmp_path / "bert")


def test_a_network_that_answers_nothing_stops_no_line_and_makes_no_complaint(folder, tmp_path):
    from safetensors.numpy import load_file, save_file

    shutil.copytree(folder, tmp_path / "bert")
    weights = load_file(tmp_path / "bert" / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] * float("nan")
    save_file(weights, tmp_path / "bert" / "model.safetensors", metadata={"format": "pt"})
    found = list(answer([b'{"id": 1, "text": "my parcel is late"}', b'{"id": 2, "text": ""}'], load(tmp_path / "bert")))
    assert [each.ok for each in found] == [False, False]
    assert "numbers that are none" in found[0].record["error"]


def test_code_that_comes_with_a_folder_is_not_run(folder, tmp_path):
    copied = Path(shutil.copytree(folder, tmp_path / "copy"))
    config = json.loads((copied / "config.json").read_text())
    ran = tmp_path / "ran"
    (copied / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Config: pass\nclass Network: pass\n")
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Network"}}
    (copied / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(copied)
    assert not ran.exists()


def test_pickled_weights_are_not_read(folder, tmp_path):
    copied = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        load(copied)


def test_the_commands_take_such_a_folder(folder, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "my parcel is late"}\n', encoding="utf-8")
    done = run_afterclick(["classify", "in.jsonl"], {"AFTERCLICK_MODEL_DIR": str(folder)}, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["model_version"].startswith("tiny-bert-")


def test_without_torch_such_a_folder_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match="pip install torch"):
        load(tmp_path)


@pytest.mark.model
def test_a_folder_of_ours_and_none_at_all_give_our_model():
    assert load().version == load(WEIGHTS).version
