"""What can be checked of the house as a whole."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import ROOT


def test_every_package_docstring_says_what_the_folder_is_for() -> None:
    for path in ROOT.glob("*/__init__.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path


def test_requirements_are_pinned_with_hashes_and_hold_no_torch() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line.split("==")[0] for line in lines if line and line[0] not in "# "]
    assert len(pinned) > 50
    assert "torch" not in pinned
    assert all("==" in line and line.endswith("\\") for line in lines if line and line[0] not in "# ")


def test_the_lists_of_requirements_agree() -> None:
    asked = {
        line.split("[")[0].strip().lower()
        for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name in asked:
        assert f"\n{name}" in "\n" + pinned, name


def test_the_console_script_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"afterclick": "cli:main"}


def test_nothing_is_loaded_or_configured_by_importing_a_part(tmp_path: Path) -> None:
    code = (
        "import core.types, collectors, classifier, storage.database, alerts.mail, jobs.worker, sys; "
        "print(','.join(sorted({'torch','transformers','onnxruntime','tweepy','praw','streamlit'} & set(sys.modules))))"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == ""
    assert list(tmp_path.iterdir()) == []
