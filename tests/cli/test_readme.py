"""README's commands are run as they stand there, and every file that it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import dmkit as dm
from dmkit.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`(dmkit [a-z][^`]*)`", README.partition("## Command line")[2].partition("\n## ")[0])
ELSEWHERE = {"serve", "session", "load", "run", "validate", "enablers", "conformance", "whatif"}
"""They go on, need a server or take long: other tests run them; here their files are looked for."""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command, tmp_path, monkeypatch, capsys):
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[1:]
    for word in words:
        if word.startswith("data/"):
            assert (ROOT / word).is_file(), word
    if words[0] not in ELSEWHERE:
        assert main(words) in (0, 1)
        said = capsys.readouterr()
        assert "dmkit" not in said.err
        assert said.out or any(path.name != "data" for path in tmp_path.iterdir())


def test_files_that_the_readme_names_are_there():
    named = set(re.findall(r"`((?:data|docs|notebooks|tests|bench|binder|changes\.d)/[\w./-]*)`", README))
    assert named or COMMANDS
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_messages_that_it_decodes_are_the_first_of_the_example_device():
    hello = dm.Device.example().connect().start().reply.body
    assert (ROOT / "data/messages/hello.xml").read_bytes() == hello
    assert (ROOT / "data/messages/hello.wbxml").read_bytes() == dm.WBXML.encode(dm.XML.decode(hello))
