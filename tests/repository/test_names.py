"""Names say which thing they are: a class has one home, and no identifier is a word of the stage.

``MIRRORED`` may only become shorter.  Functions and tables that are used with their module
(``acl.parse``, ``wsp.encode``, ``fumo.MACHINE``) may bear one name in many: the rule stands in docs/architecture.md.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "dmkit"
STAGE_WORDS = {"said", "heard", "saw", "still", "judge"}

MIRRORED = {
    *("Client", "Command", "Conversation", "Job", "Line", "Notification", "Server", "Status", "Talk", "Tap", "Value"),
    *("Path", "Message"),
}
"""Names of three protocols side by side: a room of its own each (``dm2``, ``lwm2m``), and always written with it."""


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def defined(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name))


def several_homes() -> dict[str, list[str]]:
    homes: dict[str, list[str]] = defaultdict(list)
    for path, module in trees():
        for name in defined(module):
            if name[0].isupper() and not name.isupper():
                homes[name].append(path.as_posix())
    return {name: where for name, where in homes.items() if len(where) > 1}


def identifiers(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name():
                yield node.id
            case ast.Attribute():
                yield node.attr
            case ast.arg() | ast.keyword() if node.arg:
                yield node.arg


def of_the_stage() -> Counter[str]:
    found: Counter[str] = Counter()
    for path, module in trees():
        words = (set(name.lower().split("_")) for name in identifiers(module))
        found[path.parts[0]] += sum(bool(parts & STAGE_WORDS) for parts in words)
    return +found


def test_a_class_has_one_home():
    found = several_homes()
    new = {name: where for name, where in found.items() if name not in MIRRORED}
    assert new == {}, "say in the name which one it is"
    assert set(found) >= MIRRORED, f"shorten the list: {MIRRORED - set(found)}"
    for name in MIRRORED:
        rooms = [Path(where).parts[0] for where in found[name]]
        assert len(set(rooms)) == len(rooms) and {"dm2", "lwm2m"} & set(rooms), found[name]


def test_identifiers_are_terms_of_the_field_and_not_of_the_stage():
    assert of_the_stage() == {}, "a plain term of the field says more"


def test_the_search_finds_what_it_looks_for():
    module = ast.parse("class Said: pass\ndef f(heard): return heard.still + g(judge=1)\nT: int = 1\nA = B = 2")
    words = [n for n in identifiers(module) if set(n.lower().split("_")) & STAGE_WORDS]
    assert sorted(words) == ["Said", "heard", "heard", "judge", "still"]
    assert list(defined(module)) == ["Said", "T", "A", "B"]
