"""Names that become files stay in their folder, on any system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dmkit.lab.runs.experiment_file import read
from dmkit.lab.runs.places import scratch
from dmkit.words.errors import ConfigError
from dmkit.words.file_names import file_name

pytestmark = pytest.mark.slow

WRONG = ["", ".", "..", "...", " ", "../../x", "/tmp/x", "a/b", "a/../../b", "..\\x", "C:\\x", "C:x", "\\\\host\\share",
         "x\0y", "x\ny", "x\x7fy", "x\u202ey", "x\ud800", "CON", "nul", "Aux.txt", "com1", "LPT9.svg", "lpt¹", "x.",
         " x", "x ", ".hidden", "a*b", "a?b", 'a"b', "<a>", "a|b", "x" * 151, "ö" * 76]  # fmt: skip
RIGHT = ["window", "window-4h", "Fenster vier", "a.b", "x" * 150, "конец", "console", "com10", "a..b", "~x", "-x"]


@pytest.mark.parametrize("name", WRONG, ids=ascii)
def test_what_leaves_its_folder_or_a_system_refuses(name):
    with pytest.raises(ConfigError, match="a file or folder is made of it, so"):
        file_name(name, "experiment.name")
    with pytest.raises(ConfigError):
        scratch(name)


@pytest.mark.parametrize("name", RIGHT, ids=ascii)
def test_plain_names(name, tmp_path):
    assert file_name(name, "name") == name
    (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [name]


EXPERIMENT = '[experiment]\nname = "{}"\nseeds = 1\n[campaign]\ndevices = 2\n'


@pytest.mark.parametrize("name", ["../../x", "/tmp/dmkit-outside", "..\\\\x", "x\\u0000y", "nul", ".."])
def test_an_experiment_file_says_where_and_nothing_is_written(tmp_path, name):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    path = folder / "e.toml"
    path.write_text(EXPERIMENT.format(name))
    with pytest.raises(ConfigError, match=r"experiment\.name is "):
        read(path.read_bytes(), path.name)
    command = [sys.executable, "-m", "dmkit", "run", str(path), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "experiment.name" in done.stderr and "Traceback" not in done.stderr
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == [Path("a"), Path("a/b"), Path("a/b/e.toml")]


def test_the_name_of_the_file_itself_counts_too():
    with pytest.raises(ConfigError, match="systems keep for devices"):
        read(EXPERIMENT.replace('name = "{}"\n', "").encode(), "nul.toml")
