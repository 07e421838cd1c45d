"""The command line as a person and a script use it."""

import csv
import errno
import io
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import cli
from storage.database import open_database
from storage.outbox import queue_mail
from tests.conftest import ROOT, environment_for

CONFIGURATION = """
[[brands]]
name = "Parcelo"
handles = ["@parcelo"]
managers = ["ops@parcelo.example"]
[[sources]]
name = "inbox"
brand = "Parcelo"
platform = "files"
path = "inbox"
every = "2m"
[[couriers]]
name = "Swiftvole"
aliases = ["swift vole"]
[[members]]
email = "ann@team.example"
name = "Ann"
role = "manager"
"""


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    returncode: int
    stdout: str
    stderr: str


class Afterclick:
    """Runs commands in this process, in a folder and an environment of their own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch

    def __call__(self, *words: str, **settings: str) -> Done:
        with self._monkeypatch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["afterclick", *words])
            patch.setattr(os, "environ", environment_for(settings))
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                cli.main()
                raise SystemExit(0)
        said = self._capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder to work in."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "c.toml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


@pytest.fixture
def afterclick(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Afterclick]:
    """The command line in `home`, where the configuration is applied."""
    run = Afterclick(home, capsys, monkeypatch)
    assert run("config", "apply", "c.toml").returncode == 0
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield run
    root.handlers[:], root.level = handlers, level
    for number, handler in signals.items():
        signal.signal(number, handler)


def stats(afterclick: Afterclick) -> dict[str, object]:
    found: dict[str, object] = json.loads(afterclick("stats", "--json").stdout)
    return found


def test_a_configuration_is_applied_once_and_shown(afterclick: Afterclick, home: Path) -> None:
    again = afterclick("config", "apply", "c.toml")
    assert (again.returncode, again.stdout.split("\n")[0]) == (0, "Nothing to change.")
    shown = json.loads(afterclick("config", "show").stdout)
    assert shown["brands"][0]["handles"] == ["parcelo"]
    assert shown["sources"][0] | {"path": "inbox", "every": "120s"} == shown["sources"][0]
    assert [member["role"] for member in shown["members"]] == ["manager"]


def test_a_rule_that_fits_nothing_yet_is_added_and_told_of(afterclick: Afterclick, home: Path) -> None:
    rule = '[[rules]]\nname="w"\nbrand="Parcelo"\nkind="severe"\nsettings={platform="redit"}\n'
    (home / "c.toml").write_text(CONFIGURATION + rule, encoding="utf-8")
    for _ in range(2):
        done = afterclick("config", "apply", "c.toml")
        said = " ".join(done.stdout.split())
        assert "fits nothing yet: rules \"w\" settings platform: there is no platform 'redit' so far" in said
        assert done.returncode == 0


def test_own_rules_come_beside_the_usual_ones_of_other_kinds(afterclick: Afterclick, home: Path) -> None:
    rule = '[[rules]]\nname="Vets"\nbrand="Parcelo"\nkind="watch_words"\nsettings={words=["vet"]}\n'
    (home / "c.toml").write_text(CONFIGURATION + rule, encoding="utf-8")
    said = " ".join(afterclick("config", "apply", "c.toml").stdout.split())
    assert "Parcelo gets the usual alert rules that it lacks when Afterclick runs: Severe cases, Cases nearly" in said
    assert len(json.loads(afterclick("config", "show").stdout)["rules"]) == 1
    made = afterclick("config", "usual-rules", "Parcelo").stdout.split("\n")
    assert "added: rule Severe cases" in made
    assert len(json.loads(afterclick("config", "show").stdout)["rules"]) == len(made)  # the last line is empty
    assert "has a rule of each kind" in afterclick("config", "usual-rules", "Parcelo").stdout
    assert afterclick("config", "apply", "c.toml").stdout.strip() == "Nothing to change."
    assert "Known brands: Parcelo" in afterclick("config", "usual-rules", "Parcel").stderr


def test_a_source_that_the_file_names_no_more_is_switched_off(afterclick: Afterclick, home: Path) -> None:
    (home / "c.toml").write_text('[[brands]]\nname = "Parcelo"\n', encoding="utf-8")
    done = afterclick("config", "apply", "c.toml")
    assert "switched off (not in the file): source inbox" in done.stdout
    assert stats(afterclick)["sources"][0]["state"] == "off"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[brands]\n", "is not a TOML file"),
        ('[[brands]]\nname = "P"\nhandels = []\n', "did you mean 'handles'?"),
        ('[[brands]]\nname = "Q"\n[[sources]]\nname="s"\nbrand="Z"\nplatform="x"\n', "there is no brand 'Z'"),
    ],
)
def test_a_wrong_configuration_changes_nothing(afterclick: Afterclick, home: Path, text: str, message: str) -> None:
    (home / "bad.toml").write_text(text, encoding="utf-8")
    done = afterclick("config", "apply", "bad.toml")
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [brand["name"] for brand in json.loads(afterclick("config", "show").stdout)["brands"]] == ["Parcelo"]


def test_a_missing_configuration_is_named(afterclick: Afterclick, home: Path) -> None:
    done = afterclick("config", "apply", "nowhere.toml")
    assert (done.returncode, "nowhere.toml" in done.stderr) == (1, True)


def test_files_are_imported_once_and_bad_rows_given_back(afterclick: Afterclick, home: Path) -> None:
    (home / "a.csv").write_text(
        "id,author,text,date\n1,zoe,My parcel is late,2026-11-20T10:00:00Z\n2,kim,Nice,yesterday-ish\n",
        encoding="utf-8",
    )
    first = afterclick("import", "a.csv", "--brand", "Parcelo", "--platform", "forum")
    assert first.returncode == 0, first.stderr
    assert "1 new" in first.stdout
    rejected = (home / "a.csv.rejected.csv").read_text(encoding="utf-8")
    assert rejected.splitlines()[0] == "row,reason,raw"
    assert rejected.splitlines()[1].startswith("3,")
    again = json.loads(afterclick("import", "a.csv", "--brand", "Parcelo", "--platform", "forum", "--json").stdout)
    assert (again["added"], again["repeated"], again["rejected"]) == (0, 1, 1)


def test_one_bad_file_stops_no_other(afterclick: Afterclick, home: Path) -> None:
    (home / "empty.csv").write_bytes(b"")
    (home / "good.jsonl").write_text(
        json.dumps({"id": "1", "text": "late", "author": "zoe", "created_at": "2026-11-20T10:00:00Z"}), encoding="utf-8"
    )
    done = afterclick("import", "empty.csv", "good.jsonl", "--brand", "Parcelo")
    assert done.returncode == 1
    assert "empty.csv is empty" in done.stderr
    assert stats(afterclick)["posts"] == 1


def test_an_unknown_brand_or_source_is_answered_with_the_known_ones(afterclick: Afterclick, home: Path) -> None:
    (home / "a.csv").write_text("text,date\nlate,2026-11-20\n", encoding="utf-8")
    done = afterclick("import", "a.csv", "--brand", "Parcela")
    assert (done.returncode, "Known brands: Parcelo" in done.stderr) == (1, True)
    done = afterclick("collect", "nope", "--once")
    assert (done.returncode, "Known sources: inbox" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "words", [["import", "a.csv"], ["collect", "--often"], ["import", "a.csv", "--brand", "P", "--map", "text"]]
)
def test_wrong_use_ends_with_2(afterclick: Afterclick, home: Path, words: list[str]) -> None:
    assert afterclick(*words).returncode == 2


def test_a_source_without_credentials_stops_and_says_which(afterclick: Afterclick, home: Path) -> None:
    (home / "c.toml").write_text(
        CONFIGURATION + '[[sources]]\nname="x-p"\nbrand="Parcelo"\nplatform="x"\nquery="parcelo"\n', encoding="utf-8"
    )
    afterclick("config", "apply", "c.toml")
    done = afterclick("collect", "--once")
    assert done.returncode == 1
    assert "X_BEARER_TOKEN" in done.stdout
    (source,) = (found for found in stats(afterclick)["sources"] if found["name"] == "x-p")  # type: ignore[attr-defined]
    assert source["state"] == "stopped"


def test_a_source_without_its_key_is_read_once_the_key_is_there(afterclick: Afterclick, home: Path) -> None:
    text = (
        CONFIGURATION
        + '[[sources]]\nname="x-p"\nbrand="Parcelo"\nplatform="x"\nquery="parcelo"\nbase_url="http://127.0.0.1:9"\n'
    )
    (home / "c.toml").write_text(text, encoding="utf-8")
    afterclick("config", "apply", "c.toml")
    assert "X_BEARER_TOKEN" in afterclick("collect", "--once").stdout
    said = afterclick("collect", "--once").stdout.replace("\n", " ")
    assert "x-p: stopped;" in said
    assert "Then: afterclick collect x-p" in said
    assert "connection to X (127.0.0.1:9) failed" in afterclick(
        "collect", "--once", X_BEARER_TOKEN="token"
    ).stdout.replace("\n", " ")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('platform="instagram"', 'There is no platform "instagram" (known: articles'),
        ('platform="X"', 'There is no platform "X"'),
        ('platform="x"\noptions={mention="true"}', 'x has no option "mention"; did you mean "mentions"?'),
        ('platform="hackernews"\noptions={days="many"}', "days must be a whole number"),
        ('platform="mastodon"\noptions={mentions="yes"}', 'mentions must be "true" or "false"'),
        ('platform="feeds"', "needs"),
        ('platform="files"', "needs"),
        ('platform="files"\npath="x"\nmap={txt="Body"}', "txt"),
        ('platform="files"\npath="x"\noptions={timezone="London"}', "London"),
        ('platform="reddit"\noptions={listings="new"}', "subreddit"),
        ('platform="x"\nbase_url="localhost:8777"', "base_url"),
    ],
)
def test_a_source_that_could_never_be_read_is_refused_and_nothing_changes(
    afterclick: Afterclick, home: Path, source: str, said: str
) -> None:
    good = '[[sources]]\nname="well"\nbrand="Parcelo"\nplatform="files"\npath="inbox"\n'
    (home / "good.toml").write_text(CONFIGURATION + good, encoding="utf-8")
    afterclick("config", "apply", "good.toml")
    (home / "c.toml").write_text(f'{CONFIGURATION}[[sources]]\nname="s"\nbrand="Parcelo"\n{source}\n', encoding="utf-8")
    done = afterclick("config", "apply", "c.toml")
    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())
    states = {found["name"]: found["state"] for found in stats(afterclick)["sources"]}  # type: ignore[attr-defined]
    assert "s" not in states
    assert states["well"] != "off"


def test_what_was_refused_is_read_once_the_configuration_is_mended(afterclick: Afterclick, home: Path) -> None:
    (home / "inbox" / "a.csv").write_text("Body,When\nlate,2026-11-20\n", encoding="utf-8")
    assert "0 new" in afterclick("collect", "--once").stdout
    mended = CONFIGURATION.replace('path = "inbox"', 'path = "inbox"\nmap = { text = "Body", posted_at = "When" }')
    (home / "c.toml").write_text(mended, encoding="utf-8")
    afterclick("config", "apply", "c.toml")
    assert "1 new" in afterclick("collect", "--once").stdout


def test_a_secret_is_read_from_a_file_and_stands_in_no_output(afterclick: Afterclick, home: Path) -> None:
    (home / "url").write_text(f"sqlite:///{home}/other.db\n", encoding="utf-8")
    done = afterclick("stats", "--json", AFTERCLICK_DATABASE_URL_FILE=str(home / "url"))
    assert json.loads(done.stdout)["sources"] == []
    wrong = afterclick("check", AFTERCLICK_SMTP_URL="smpt://ann:s3cret@host")
    assert wrong.returncode == 1
    assert "AFTERCLICK_SMTP_URL: must be smtp://" in wrong.stderr
    assert "s3cret" not in wrong.stderr + wrong.stdout


def test_members_are_added_renewed_revoked_and_listed(afterclick: Afterclick, home: Path) -> None:
    added = afterclick("users", "add", "Zoe@Team.example", "--role", "admin")
    assert "one-time password" in added.stdout
    assert afterclick("users", "add", "zoe@team.example").returncode == 1
    assert afterclick("users", "revoke", "zoe@team.example").returncode == 0
    members = json.loads(afterclick("users", "list", "--json").stdout)
    assert [(member["email"], member["disabled"]) for member in members] == [
        ("ann@team.example", False),
        ("zoe@team.example", True),
    ]
    assert "one-time password" in afterclick("users", "passwd", "zoe@team.example").stdout
    assert afterclick("users", "passwd", "nobody@team.example").returncode == 1


def test_a_database_of_a_newer_version_is_refused_in_one_sentence(afterclick: Afterclick, home: Path) -> None:

    with sqlite3.connect(home / "var" / "afterclick.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    done = afterclick("stats")
    assert done.returncode == 1
    assert done.stderr.startswith("afterclick: The database was written by a newer Afterclick")
    assert "Traceback" not in done.stderr


@pytest.mark.model
def test_a_watched_folder_becomes_cases_and_mails_without_a_hand_in_between(afterclick: Afterclick, home: Path) -> None:
    rows = [
        {"id": "1", "author": "zoe", "text": "You crooks. Three weeks late, you lied to me twice, never again!"},
        {"id": "2", "author": "kim", "text": "What a lovely mug, thank you @parcelo!"},
    ]
    lines = [json.dumps(row | {"created_at": "2026-11-20T10:00:00Z", "platform": "forum"}) for row in rows]
    (home / "inbox" / "day.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert afterclick("collect", "--once").returncode == 0
    assert afterclick("work", "--once").returncode == 0
    found = stats(afterclick)
    assert (found["posts"], found["predictions"], found["complaints"]) == (2, 2, 1)
    assert found["outbox"] == {"queued": 0, "sent": 1, "failed": 0, "cancelled": 0}
    assert len(list((home / "var" / "mail").glob("*.eml"))) == 1
    checked = afterclick("check", "--json")
    assert (checked.returncode, all(result["ok"] for result in json.loads(checked.stdout))) == (0, True)


def test_check_fails_while_no_mail_leaves(afterclick: Afterclick, home: Path) -> None:
    hours_ago = datetime.now(UTC) - timedelta(hours=2)
    database = open_database(f"sqlite:///{home}/var/afterclick.db")
    with database.write() as session:
        queue_mail(session, "incidents", "ops@parcelo.example", {}, "board.example", hours_ago)
    database.close()
    checked = afterclick("check", "--json")
    [sending] = [result for result in json.loads(checked.stdout) if result["what"] == "sending"]
    assert (checked.returncode, sending["ok"]) == (1, False)
    assert "1 message waits" in sending["detail"]


@pytest.mark.model
def test_classify_answers_every_line_and_names_the_bad_ones(afterclick: Afterclick, home: Path) -> None:
    lines = ['{"id": 1, "text": "My parcel is two weeks late and nobody answers"}', "not json", '{"id": 3}']
    (home / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = afterclick("classify", "in.jsonl")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer["id"] for answer in answers] == [1, None, 3]
    assert answers[0]["is_complaint"]
    assert ["error" in answer for answer in answers] == [False, True, True]
    assert not (home / "var" / "mail").exists()


@pytest.mark.model
def test_classify_says_what_it_cannot_read(afterclick: Afterclick, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = afterclick("classify", "inbox")
    assert (folder.returncode, folder.stdout) == (1, "")
    assert "inbox cannot be read: Is a directory" in folder.stderr
    nowhere = afterclick("classify", "nowhere.jsonl")
    assert (nowhere.returncode, "nowhere.jsonl cannot be read" in nowhere.stderr) == (1, True)
    monkeypatch.setattr(sys, "stdin", None)
    closed = afterclick("classify")
    assert (closed.returncode, "Standard input is closed" in closed.stderr) == (1, True)


@pytest.mark.model
def test_classify_says_that_its_answers_find_no_place(
    afterclick: Afterclick, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "in.jsonl").write_text('{"id": 1, "text": "My parcel is late"}\n', encoding="utf-8")

    class Full(io.StringIO):
        def write(self, words: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    full = afterclick("classify", "in.jsonl")
    assert (full.returncode, "The answers cannot be written: No space left" in full.stderr) == (1, True)
    monkeypatch.setattr(sys, "stdout", None)
    closed = afterclick("classify", "in.jsonl")
    assert (closed.returncode, "Standard output is closed" in closed.stderr) == (1, True)


@pytest.mark.model
def test_classify_ends_without_a_word_where_its_reader_goes_away(home: Path) -> None:
    lines = [json.dumps({"id": number, "text": "My parcel is late"}) for number in range(3000)]
    (home / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, str(ROOT / "cli.py"), "classify", "in.jsonl"]
    process = subprocess.Popen(
        command, cwd=home, env=environment_for({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        assert json.loads(process.stdout.readline())["id"] == 0
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.model
def test_explain_names_the_words_by_weight(afterclick: Afterclick) -> None:
    text = "lovely shop and a lovely lamp, but it arrived broken \x1b[31m"
    told = afterclick("explain", text)
    assert (told.returncode, told.stdout.splitlines()[0][:10]) == (0, "Complaint:")
    assert "broken" in "".join(told.stdout.splitlines()[1:4])
    assert "\x1b" not in told.stdout
    found = json.loads(afterclick("explain", text, "--reason", "damaged", "--json").stdout)
    assert found["reason"] == "damaged"
    assert found["words"][0]["word"] == "broken"
    assert text[found["words"][0]["start"] : found["words"][0]["end"]] == "broken"
    assert [abs(word["weight"]) for word in found["words"]] == sorted(
        (abs(word["weight"]) for word in found["words"]), reverse=True
    )


@pytest.mark.model
def test_explain_reads_standard_input(afterclick: Afterclick, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("my parcel never came 😡".encode())))
    assert "never" in afterclick("explain").stdout
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe")))
    refused = afterclick("explain", "-")
    assert (refused.returncode, "not UTF-8" in refused.stderr) == (1, True)


@pytest.mark.model
def test_explain_says_which_part_of_a_long_text_it_looked_at(afterclick: Afterclick) -> None:
    told = afterclick("explain", "We had tea in the garden. " * 60 + "My parcel never came. " * 60)
    first, second, *_ = told.stdout.splitlines()
    assert first.endswith("% of this part")
    assert second.endswith("My parcel never came.”, where a long post is clearest")


@pytest.mark.model
def test_explain_takes_a_files_name_for_words_and_says_how_to_read_it(afterclick: Afterclick) -> None:
    (afterclick.folder / "post.txt").write_text("my parcel never came")
    assert "to read the file: afterclick explain - < post.txt" in afterclick("explain", "post.txt").stderr


def test_explain_refuses_nothing_and_unknown_reasons(afterclick: Afterclick) -> None:
    empty = afterclick("explain", "  ")
    assert (empty.returncode, "no text" in empty.stderr) == (1, True)
    assert afterclick("explain", "my parcel", "--reason", "weather").returncode == 2


HEAD = "id,author,text,date\n"
GOOD = "1,zoe,My parcel is late,2026-11-20T10:00:00Z\n"


@pytest.mark.parametrize(
    ("content", "posts", "reasons"),
    [
        (HEAD + GOOD + "2,kim,No date at all,\n", 1, ["date"]),
        (HEAD + GOOD + '2,kim,"never closed,2026-11-20\n3,lee,fine,2026-11-20\n', 2, ["quote"]),
        (HEAD + GOOD + "2,kim,nul \0 inside,2026-11-20\n", 1, ["NUL"]),
        (HEAD + GOOD + GOOD, 1, []),
        (HEAD + GOOD + "1,kim,another text,2026-11-20\n", 1, ["same id as row 2"]),
        (HEAD + GOOD + "2,kim," + "x" * 30_000_000 + ",2026-11-20\n3,lee,fine,2026-11-20\n", 2, ["30.0 MB"]),
        (HEAD + GOOD + "2,kim,too,many,cells,2026-11-20\n", 1, ["cells"]),
        (
            HEAD
            + "1,a,one,2026-11-20T10:00:00+02:00\n2,b,two,21/11/2026 14:05\n3,c,three,1763632800\n"
            + '4,d,four,"Fri, 20 Nov 2026 10:00:00 +0000"\n5,e,five,Fri Nov 20 10:00:00 +0000 2026\n',
            5,
            [],
        ),
    ],
    ids=["no date", "open quote", "NUL", "a repeat", "an id twice", "a huge line", "too many cells", "five dates"],
)
def test_good_rows_land_and_bad_rows_are_given_back_with_the_reason(
    afterclick: Afterclick, home: Path, content: str, posts: int, reasons: list[str]
) -> None:
    (home / "a.csv").write_text(content, encoding="utf-8")
    done = afterclick("import", "a.csv", "--brand", "Parcelo")
    assert done.returncode == 0, done.stderr
    assert stats(afterclick)["posts"] == posts
    rejected = home / "a.csv.rejected.csv"
    assert rejected.exists() == bool(reasons)
    if reasons:
        with rejected.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(reasons)
        for row, reason in zip(rows, reasons, strict=True):
            assert reason in row["reason"]
        assert f"{len(reasons)} row" in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"id,author,when\n1,zoe,2026-11-20\n", "text"),
        (b"id,author,text\n1,zoe,late\n", "date"),
        (b"PK\x03\x04 no workbook", "Excel"),
    ],
    ids=["empty", "no text column", "no date column", "no workbook"],
)
def test_a_file_that_cannot_be_read_says_why(afterclick: Afterclick, home: Path, content: bytes, message: str) -> None:
    (home / "a.csv").write_bytes(content)
    done = afterclick("import", "a.csv", "--brand", "Parcelo")
    assert done.returncode == 1
    assert message in done.stderr
    assert stats(afterclick)["posts"] == 0


def test_a_file_in_another_encoding_is_read_and_said(afterclick: Afterclick, home: Path) -> None:
    (home / "a.csv").write_bytes((HEAD + "1,zoë,Zu spät – schon wieder,2026-11-20\n").encode("cp1252"))
    done = afterclick("import", "a.csv", "--brand", "Parcelo")
    assert done.returncode == 0
    assert "1252" in done.stdout


def test_spikes_replays_counts_and_tells_alarms(afterclick: Afterclick, tmp_path: Path) -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [(start + timedelta(hours=hour), 8) for hour in range(24 * 20)] + [(start + timedelta(days=20), 60)]
    file = tmp_path / "counts.csv"
    file.write_text("timestamp,value\n" + "".join(f"{at:%Y-%m-%d %H:%M:%S},{count}\n" for at, count in rows))
    done = afterclick("spikes", str(file), "--json")
    (alarm,) = json.loads(done.stdout)
    assert (alarm["count"], alarm["window"]) == (60, "1h")
    assert alarm["at"].startswith("2026-01-25T01")
    assert 7 < alarm["expected"] < 9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "no columns timestamp and value"),
        ("timestamp,value\n", "has no rows"),
        ("timestamp,value\nnever,2\n", "row 2"),
        ("timestamp,value\n2026-01-01,nan\n", "row 2"),
        ("timestamp,value\n2026-01-01,1_0\n", "row 2: '2026-01-01', '1_0' is no time and count"),
        (
            "timestamp,value\n0001-01-01T00:00:00,1\n0001-01-01T00:01:00,1\n",
            "row 2: 0001-01-01 lies outside of the years",
        ),
        ("timestamp,value\n9999-12-31T23:59,1\n", "row 2: 9999-12-31 lies outside of the years 1000 to 8999"),
        ("timestamp,value\n0001-01-01T00:00+05:00,1\n", "row 2"),
        ("timestamp,value\n2026-01-02,1\n2026-01-01,1\n", "sort the rows"),
        ("timestamp;value\n2026-01-01;1\n", "by commas, not semicolons"),
        ("time,count\n2026-01-01,1\n", "is 'time, count'"),
        ("timestamp,value\n2026-01-01,1\n2026-01-03,1\n", "stretches of 2 days; an hour is the longest"),
        ("timestamp,value\n2026-01-01,1\n2026-01-02,1\n", "stretches of 1 day; an hour is the longest"),
        ("timestamp,value\n2026-01-01 00:00,1\n2026-01-01 01:30,1\n", "stretches of 90 minutes; an hour"),
        ("timestamp,value\n1026-01-01 00:00,1\n2026-01-01 00:00,1\n", "ten years"),
    ],
)
def test_spikes_says_what_is_wrong_with_a_file(afterclick: Afterclick, tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "counts.csv"
    file.write_text(content)
    done = afterclick("spikes", str(file))
    assert (done.returncode, said in " ".join(done.stderr.split())) == (1, True)


def test_spikes_says_that_a_file_is_not_there(afterclick: Afterclick) -> None:
    done = afterclick("spikes", "nope.csv")
    assert (done.returncode, done.stderr.strip()) == (
        1,
        "afterclick: nope.csv cannot be read: No such file or directory",
    )
