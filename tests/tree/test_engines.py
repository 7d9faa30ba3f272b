"""Two engines in the field, as rules: what they are known to answer, beside the specification."""

from __future__ import annotations

import pytest

from dmkit.server.peers import DEVICES
from dmkit.tree.execute import execute
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.words.model import Add, Command, Copy, Delete, Get, Replace

OWN = "Add=S&Delete=S&Exec=S&Get=S&Replace=S"
TREE = Tree.of({"./A/x": "1", "./A/B/y": "2", "./Inbox": None}, acl={"./A": OWN, "./A/B/y": "Get=T"})
RULES = {"spec": TreeRules(), "aosp": DEVICES["aosp"].tree, "libdmclient": DEVICES["libdmclient"].tree}

ANSWERS: dict[str, tuple[Command, tuple[int, int, int]]] = {
    "malformed address": (Get.of("A//x"), (400, 400, 500)),
    "escape": (Get.of("A/%78"), (200, 200, 404)),
    "unknown property": (Get.of("A/x?prop=Foo"), (406, 400, 406)),
    "copy": (Copy.of("A/x", "A/x"), (200, 406, 501)),
    "delete with a node below that is another's": (Delete.of("A/B"), (200, 425, 200)),
    "malformed list": (Replace.of("A?prop=ACL", "Get"), (400, 500, 500)),
    "entry twice": (Replace.of("A?prop=ACL", "Get=S&Get=T"), (400, 200, 500)),
    "long title": (Replace.of("A?prop=Title", "t" * 300), (413, 200, 413)),
    "read the inbox": (Get.of("Inbox"), (405, 405, 425)),
    "replace a new top leaf": (Replace.of("top", "2"), (425, 200, 200)),
    "read a new top leaf": (Get.of("top"), (200, 200, 200)),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("engine", RULES)
def test_answers(engine: str, name: str) -> None:
    command, expected = ANSWERS[name]
    tree = execute(TREE, (Add.of("top", "1"),), by="S", rules=RULES[engine]).tree
    [outcome] = execute(tree, (command,), by="S", rules=RULES[engine]).outcomes
    assert int(outcome.status or 0) == expected[list(RULES).index(engine)]
