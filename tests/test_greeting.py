"""What `afterclick run` says once the board answers: how somebody signs in who is really there."""

from datetime import UTC, datetime
from threading import Event

import pytest

from commands import running
from commands.running import who_may_sign_in
from commands.setting_up import Ready
from core.types import Role
from settings import load_settings
from storage.tables import Member

NOW = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)


def member(name: str, role: Role, disabled_at: datetime | None = None) -> Member:
    return Member(email=f"{name}@brindle.example", name=name, role=role, created_at=NOW, disabled_at=disabled_at)


def test_it_names_an_administrator_where_there_is_one_and_nobody_who_may_not_sign_in() -> None:
    everybody = [
        member("ann", Role.RESPONDER),
        member("maya", Role.MANAGER),
        member("nora", Role.ADMIN),
        member("zoe", Role.ADMIN, disabled_at=NOW),
    ]
    assert who_may_sign_in(everybody) == "nora@brindle.example"
    assert who_may_sign_in(everybody[:2]) == "maya@brindle.example"
    assert who_may_sign_in(everybody[3:]) == ""


@pytest.mark.parametrize(
    ("password", "somebody", "said"),
    [
        ("", "maya@brindle.example", "  No password, or forgot it? afterclick users passwd maya@brindle.example"),
        ("one-time", "admin@localhost", "  Sign in as admin@localhost with the one-time password one-time"),
    ],
)
def test_it_says_how_to_sign_in(
    password: str,
    somebody: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(running, "_answers", lambda address: True)
    running._greet("127.0.0.1", 8501, load_settings(), Ready(password, None), somebody, Event())
    assert said in capsys.readouterr().out.split("\n")
