"""What is printed does not depend on the seed of Python's hashes: reprs, help and sentences with sets."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import dmkit as dm
from dmkit.words.checked import CHECKED
from dmkit.words.errors import ConfigError
from dmkit.words.records import in_order

CALLS = """
import dmkit as dm
from dmkit.tree.rules import TreeRules
def told(call):
    try:
        print(repr(call()))
    except dm.CodecError.__mro__[1] as error:
        print(error)
told(lambda: TreeRules(properties=frozenset({"Sise", "Nane", "ACL"})))
told(lambda: TreeRules(counted={"value", "acl", "name"}))
told(lambda: dm.Rules())
told(lambda: dm.Rules(alerts=frozenset({1, 2, 3})))
told(lambda: dm.views.tree_text(frozenset({"a", "b", "c"})))
told(lambda: dm.Device.example().tree.may("s", dm.words.Verb.GET, frozenset({"a", "b", "c"})))
"""


HELP = """
from dmkit.cli import COMMANDS, main
for words in (["--help"], *([name, "--help"] for name in COMMANDS), ["lint", "--rules"], ["matrix"], ["objects"]):
    try:
        print(words, main(words))
    except SystemExit as ended:
        print(words, ended)
"""


def printed(program: str, seed: str) -> str:
    made = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-800:]
    return re.sub(r"0x[0-9a-f]+", "0x", made.stdout)


@pytest.mark.parametrize("program", [CALLS, HELP], ids=["sentences", "commands"])
def test_two_seeds_print_the_same(program):
    first, second = printed(program, "1"), printed(program, "2")
    assert len(first.splitlines()) > 5
    differing = [(a, b) for a, b in zip(first.splitlines(), second.splitlines(), strict=True) if a != b]
    assert not differing


def test_configurations_show_sets_in_order():
    assert dm.TreeRules and dm.card.Usim and dm.notify.decode and dm.services.read and dm.enablers.find
    every = [cls for cls in CHECKED if cls.__module__.startswith("dmkit")]
    shown = [cls.__doc__ or "" for cls in every] + [in_order(value) for cls in every for value in defaults(cls)]
    sets = [found[1] for text in shown for found in re.finditer(r"frozenset\({([^{}]*)}\)", " ".join(text.split()))]
    assert len(sets) > 8
    assert [text for text in sets if text.split(", ") != sorted(text.split(", "))] == []


def defaults(cls: type) -> list[object]:
    """A value of ``cls`` made without arguments, where that can be."""
    try:
        return [cls()]
    except (ConfigError, TypeError):
        return []
