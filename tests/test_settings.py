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
