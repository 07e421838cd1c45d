"""The first start: the demo only where nothing else is configured, and one administrator."""

from pathlib import Path

import pytest
from sqlmodel import select

from commands.setting_up import apply, set_up
from jobs.parts import Parts
from settings import load_settings
from storage.database import Database
from storage.tables import AlertRule, Brand, Member


@pytest.fixture
def parts(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    monkeypatch.chdir(tmp_path)
    return Parts(database)


def brands(parts: Parts) -> list[str]:
    with parts.database.read() as session:
        return list(session.exec(select(Brand.name)))


def test_an_empty_database_gets_the_demo_and_an_administrator(parts: Parts) -> None:
    ready = set_up(parts, load_settings())
    assert ready.demo_folder is not None
    assert len(ready.password) > 12
    again = set_up(parts, load_settings())
    assert (again.demo_folder, again.password) == (ready.demo_folder, "")
    with parts.database.read() as session:
        assert [member.email for member in session.exec(select(Member))] == ["admin@localhost"]


def test_a_brand_of_ones_own_keeps_the_demo_away_even_without_sources(parts: Parts) -> None:
    apply(parts, {"brands": [{"name": "Real"}]})
    assert set_up(parts, load_settings()).demo_folder is None
    assert brands(parts) == ["Real"]


def test_a_configuration_that_is_named_is_applied_and_keeps_the_demo_away(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[[brands]]\nname = "Named"\n', encoding="utf-8")
    assert set_up(parts, load_settings(config=tmp_path / "c.toml")).demo_folder is None
    assert brands(parts) == ["Named"]


def test_a_rule_that_fits_nothing_is_told_of_at_the_start_and_kept(
    parts: Parts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rule = '[[rules]]\nname = "w"\nbrand = "Named"\nkind = "severe"\nsettings = { courier = "DPDD" }\n'
    (tmp_path / "c.toml").write_text(f'[[brands]]\nname = "Named"\n{rule}', encoding="utf-8")
    set_up(parts, load_settings(config=tmp_path / "c.toml"))
    assert "there is no courier 'DPDD' so far; did you mean 'DPD'?" in caplog.text
    with parts.database.read() as session:
        assert session.exec(select(AlertRule.name)).all() == ["w"]
