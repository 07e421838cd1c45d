"""Settings are checked at the start; keys are found by source and hidden."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from settings import credentials_for, load_settings


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BASE_URL", "board.example", "AFTERCLICK_BASE_URL: must be a web address"),
        ("SMTP_URL", "smtp://user:pa#ss@host:25", "write # / ? @ in the password as %23"),
        ("SMTP_URL", "smtp://user:pw@host:abc", "AFTERCLICK_SMTP_URL: must be smtp://"),
        ("MAIL_FROM", "a@b.example\n", "AFTERCLICK_MAIL_FROM"),
        ("MAIL_FROM", "ops@@x", "AFTERCLICK_MAIL_FROM"),
        ("THREADS", "none", "AFTERCLICK_THREADS"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(f"AFTERCLICK_{name}", value)
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert message in str(refused.value)
    assert "pa#ss" not in str(refused.value)
    assert "'pa'" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("https://board.example/\r\nX: y", "no spaces"),
        ("https://board.example/sub path", "no spaces"),
        ("https://board.example\n", "no spaces"),
        (" https://board.example", "no spaces"),
        ("https://board.example/\x00", "no spaces"),
        ("https://board.example/\u2028a", "no spaces"),
        ("https://user:s3cret@board.example", "no user and no password"),
        ("https://user@board.example", "no user and no password"),
        ("https://board.example:99999", "from 1 to 65535"),
        ("https://board.example:0", "from 1 to 65535"),
        ("https://board.example:https", "from 1 to 65535"),
        ("https://board.example/?a=b", "end with its path"),
        ("https://board.example/#top", "end with its path"),
        ("https://board..example", "host is no name"),
        ("https://bo<ard.example", "host is no name"),
        ("https://b\u00fccher..example", "host is no name"),
        ("https://\u00fc" + "b" * 70 + ".example", "host is no name"),
        ("https://" + "b" * 70 + ".example", "host is no name"),
        ("https://[::1", "must be a web address"),
        ("https://[::1]x", "host is no name"),
        ("ftp://board.example", "must be a web address"),
        ("https://", "must be a web address"),
    ],
)
def test_an_address_of_the_board_that_no_link_can_begin_with_is_refused(value: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(base_url=value)
    assert str(refused.value).startswith("AFTERCLICK_BASE_URL: ")
    assert says in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "kept", "host"),
    [
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://B\u00dcCHER.example:8443/a/", "https://xn--bcher-kva.example:8443/a", "xn--bcher-kva.example"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example", "xn--strae-oqa.example"),
        ("https://board.example/b\u00fcro/", "https://board.example/b%C3%BCro", "board.example"),
        ("https://board.example/a%20b", "https://board.example/a%20b", "board.example"),
        ("https://Board.Example:", "https://board.example", "board.example"),
        ("http://board_1:8501/", "http://board_1:8501", "board_1"),
        ("http://[::1]:8501", "http://[::1]:8501", "::1"),
        ("http://127.0.0.1:8501", "http://127.0.0.1:8501", "127.0.0.1"),
    ],
)
def test_an_address_of_the_board_is_kept_as_links_and_mails_can_say_it(value: str, kept: str, host: str) -> None:
    settings = load_settings(base_url=value)
    assert (settings.base_url, settings.host) == (kept, host)


def test_a_secret_from_a_file_wins_nothing_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("smtp://from-file\n", encoding="utf-8")
    monkeypatch.setenv("AFTERCLICK_SMTP_URL_FILE", str(tmp_path / "secret"))
    assert load_settings().smtp_url.get_secret_value() == "smtp://from-file"
    monkeypatch.setenv("AFTERCLICK_SMTP_URL", "smtp://from-environment")
    assert load_settings().smtp_url.get_secret_value() == "smtp://from-environment"


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCLICK_DATABASE_URL_FILE", "/nowhere/secret")
    with pytest.raises(ConfigError, match="AFTERCLICK_DATABASE_URL_FILE names the file /nowhere/secret"):
        load_settings()


def test_a_key_of_the_source_wins_over_the_platforms(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from file\n", encoding="utf-8")
    environment = {"A_KEY": "all", "A_KEY__X_PARCELO_2": "one", "B_KEY_FILE": str(tmp_path / "key")}
    found = credentials_for("x-parcelo.2", ["A_KEY", "B_KEY", "C_KEY"], environment)
    assert {name: secret.get_secret_value() for name, secret in found.items()} == {"A_KEY": "one", "B_KEY": "from file"}
    assert credentials_for("other", ["A_KEY"], environment)["A_KEY"].get_secret_value() == "all"
    assert "one" not in repr(found)
