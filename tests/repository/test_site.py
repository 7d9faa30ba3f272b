"""The site builds without a warning and without a network, and holds what it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import dmkit
from dmkit.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(folder / "trees")]
    done = subprocess.run([*command, "docs", str(folder / "html")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "html"


def test_every_page_and_notebook_is_there(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert pages <= {path.stem for path in site.glob("*.html")}
    assert notebooks == {path.stem for path in (site / "notebooks").glob("*.html")}


def test_pages_load_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", page), path.name


def test_commands_and_names_have_their_place(site):
    commands = (site / "made" / "commands.html").read_text(encoding="utf-8")
    assert all(f"dmkit {name}" in commands for name in COMMANDS)
    names = (site / "made" / "api.html").read_text(encoding="utf-8")
    for name, (_, module) in dmkit.__getattr__.places.items():
        room = module.removeprefix("=")  # "=" stands before a module: its room has the place
        own = rf'id="(?:module-)?dmkit\.(?:[\w.]+\.)?{name}"'
        above = rf'id="module-dmkit\.(?:{re.escape(room)}|{re.escape(room.rpartition(".")[0])})"'
        assert re.search(own, names) or (module.startswith("=") and re.search(above, names)), f"{module}.{name}"
