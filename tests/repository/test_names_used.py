"""Every name after ``dm.`` in notebooks and pages is there; public callables show an example, or stand on a list."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

import dmkit

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("docs/*.md"), ROOT / "README.md"])
LIST = Path(__file__).parent / "without_example.txt"


def code_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_names_in_notebooks_and_pages_are_there(path):
    missing = []
    for chain in sorted(set(re.findall(r"(?<![\w./-])dm\.((?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*)", code_of(path)))):
        value = dmkit
        for part in chain.split("."):
            if not (inspect.ismodule(value) or inspect.isclass(value)):
                break
            if not hasattr(value, part):
                missing.append(f"dm.{chain}")
                break
            value = getattr(value, part)
    assert missing == []


def callables() -> dict[str, object]:
    """Public functions and classes of the door and of its rooms, by the name a user writes."""
    found: dict[str, object] = {}
    for name in dir(dmkit):
        value = getattr(dmkit, name)
        rooms = (
            {f"{name}.{inner}": getattr(value, inner) for inner in dir(value) if inner[0] != "_"}
            if inspect.ismodule(value)
            else {}
        )
        found |= rooms if rooms and hasattr(value, "__all__") else {name: value}
    wanted = {name: value for name, value in found.items() if inspect.isfunction(value) or inspect.isclass(value)}
    return {name: value for name, value in wanted.items() if str(value.__module__).startswith("dmkit")}


def shows_an_example(value: object) -> bool:
    """In its docstring, or for a class in that of one of its methods."""
    texts = [value.__doc__ or ""]
    if inspect.isclass(value):
        texts += [inspect.getdoc(member) or "" for _, member in inspect.getmembers(value, inspect.isroutine)]
        texts += [member.__doc__ or "" for _, member in inspect.getmembers(value, lambda m: isinstance(m, property))]
    return any(">>>" in text for text in texts)


def test_public_callables_show_an_example_or_stand_on_the_list_that_only_shrinks():
    bare = {name for name, value in callables().items() if not shows_an_example(value)}
    allowed = set(LIST.read_text(encoding="utf-8").split())
    assert bare - allowed == set(), "give these an example"
    assert allowed - bare == set(), "take these from the list: they have one, or are gone"
