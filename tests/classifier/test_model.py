"""What the shipped weights must do, on sentences of our own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.labelmap import LABELS
from classifier.model import NETWORK, WEIGHTS, Model
from core.errors import ModelError
from core.taxonomy import Party, Reason, Severity

pytestmark = pytest.mark.model

COMPLAINTS = {
    "polite": "@parcelo hi, my order was due on Monday and I still have not received anything.",
    "sarcastic": "Great job losing my suitcase again @skyhop. Third time this year, truly impressive.",
    "asks for help": "@shoply your app keeps crashing when I try to log in, can you help please?",
    "angry": "Worst delivery company ever. The driver threw my parcel over the gate and it is smashed. Never again!",
    "no answer": "Been on hold for 50 minutes @telco and nobody picks up the phone",
    "slip": "Sat at home all day and @parcelo leaves a sorry we missed you card. Nobody knocked!",
    "refund": "@shoply returned my shoes three weeks ago and you refuse to give me my refund",
}
NOT_COMPLAINTS = {
    "praise": "Big thank you to the lovely @parcelo driver who carried the boxes upstairs for my mum!",
    "question": "@shoply hi, how do I return a coat that I bought as a gift?",
    "advert": "Win a £50 voucher! Follow us and retweet to enter our summer competition #giveaway",
    "brand reply": "Sorry to hear that! Please DM us your order number and we will look into it for you. ^KM",
    "news": "Parcelo opens a new distribution centre in Leeds and hires 400 people https://news.example/1",
    "small talk": "Waiting for the bus and listening to the new album, what a lovely morning",
}
FOREIGN = {
    "es": "Mi pedido lleva dos semanas de retraso y nadie contesta el teléfono, qué vergüenza de empresa",
    "de": "Mein Paket ist seit zwei Wochen verschwunden und niemand antwortet auf meine E-Mails",
    "fr": "Mon colis n'est jamais arrivé et le service client refuse de me rembourser, c'est honteux",
}


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.fixture
def copied(tmp_path):
    return Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))


@pytest.mark.parametrize("kind", COMPLAINTS)
def test_a_complaint_is_flagged(model, kind):
    [found] = model.predict([COMPLAINTS[kind]])
    assert found.is_complaint
    assert found.reasons
    assert found.severity in (1, 2, 3, 4)
    assert all(0.5 <= share <= 1 for share in found.reasons.values())


@pytest.mark.parametrize("kind", NOT_COMPLAINTS)
def test_what_is_no_complaint_is_left_alone(model, kind):
    [found] = model.predict([NOT_COMPLAINTS[kind]])
    assert not found.is_complaint
    assert found.severity is Severity.NONE


@pytest.mark.parametrize("language", FOREIGN)
def test_a_post_in_another_language_is_answered_but_unsure(model, language):
    [found] = model.predict([FOREIGN[language]])
    assert found.language == language
    assert found.unsure


def test_clear_reasons_are_named(model):
    expected = {"polite": Reason.LATE, "sarcastic": Reason.LOST, "angry": Reason.DAMAGED, "refund": Reason.REFUND}
    for kind, reason in expected.items():
        assert reason in model.predict([COMPLAINTS[kind]])[0].reasons
    assert Reason.NO_REPLY in model.predict([COMPLAINTS["no answer"]])[0].reasons
    assert Reason.MISSED in model.predict([COMPLAINTS["slip"]])[0].reasons


def test_severity_follows_the_tone(model):
    polite, angry = model.predict([COMPLAINTS["polite"], COMPLAINTS["angry"]])
    assert polite.severity <= Severity.DISAPPROVAL
    assert angry.severity is Severity.BLAME


def test_the_courier_is_named_where_the_driver_is_at_fault(model):
    assert Party.COURIER in model.predict([COMPLAINTS["angry"]])[0].parties


def test_praise_is_told_from_complaint(model):
    thanks, angry = model.predict([NOT_COMPLAINTS["praise"], COMPLAINTS["angry"]])
    assert thanks.praise >= 0.5
    assert angry.praise < 0.5


def test_an_answer_does_not_depend_on_its_neighbours_or_their_order(model):
    texts = [*COMPLAINTS.values(), *NOT_COMPLAINTS.values(), *FOREIGN.values(), "word " * 400]
    together = model.predict(texts)
    assert model.predict(texts) == together
    assert model.predict(texts[::-1]) == together[::-1]
    assert [model.predict([text])[0] for text in texts] == together


def test_a_text_without_words_is_no_complaint_and_unsure(model):
    for found in model.predict(["", "  \n", "https://t.co/abc", "@parcelo", "\x00"]):
        assert not found.is_complaint
        assert found.unsure


def test_nothing_in_nothing_out(model):
    assert model.predict([]) == []


def test_strange_texts_are_answered(model):
    texts = ["\ud800 late \x00", "😡" * 5000, "a" * 300_000, "\u202e evil", "x " * 200_000]
    assert len(model.predict(texts)) == len(texts)


def test_a_complaint_at_the_end_of_a_long_post_is_found(model):
    story = "We spent the weekend in the garden, planted roses and had a barbecue with friends. " * 40
    passage = (
        "Then the sofa came. It arrived three weeks late, the frame was broken, the driver was rude and the company "
        "refuses to give us a refund. Nobody answers the phone. This is the worst company I have ever dealt with. "
    )
    [calm, troubled] = model.predict([story, story + passage * 4])
    assert not calm.is_complaint
    assert troubled.is_complaint


def test_a_damaged_network_is_refused_by_name(copied):
    content = bytearray((copied / NETWORK).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / NETWORK).write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx is damaged"):
        Model.load(copied)


def test_a_missing_tokenizer_is_refused_by_name(copied):
    (copied / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        Model.load(copied)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no classifier"):
        Model.load(tmp_path)


def test_changed_thresholds_are_refused(copied):
    labels = json.loads((copied / LABELS).read_text())
    labels["cuts"]["complaint"] = [-9.0]
    (copied / LABELS).write_text(json.dumps(labels))
    with pytest.raises(ModelError, match="was changed"):
        Model.load(copied)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', "\x00\x01"])
def test_a_damaged_label_map_is_refused(copied, content):
    (copied / LABELS).write_text(content)
    with pytest.raises(ModelError, match=r"labels\.json is damaged"):
        Model.load(copied)


def test_the_weights_stay_small():
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 24_500_000


def test_the_card_is_about_these_weights(model):
    assert model.version in (WEIGHTS / "CARD.md").read_text(encoding="utf-8")


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_predicting_needs_no_torch_and_says_nothing():
    done = run(
        "import sys; sys.modules['torch'] = None\n"
        "from classifier.model import Model\n"
        "assert Model.load().predict(['my parcel never came'])[0].is_complaint\n"
    )
    assert done.stdout + done.stderr == ""


def test_importing_loads_nothing_heavy():
    run(
        "import sys, classifier.model, classifier.jsonl\n"
        "assert not {'transformers', 'onnxruntime', 'torch', 'tokenizers'} & set(sys.modules)\n"
    )
