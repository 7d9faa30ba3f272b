"""On what a description rests goes with a tree that is written: as JSON for each node, as XML in a comment."""

from __future__ import annotations

import json

import pytest

from dmkit import ddf
from dmkit.cli import main
from dmkit.ddf.plain import bases_of, from_plain, to_plain
from dmkit.ddf.spec import Basis, NodeSpec, Spec
from dmkit.mo import OBJECTS
from dmkit.mo.object import load
from dmkit.words.codes import Format

INNER = NodeSpec(name="B", format=Format.INT, basis=Basis.UNSURE)
SPEC = Spec(
    (
        NodeSpec(
            name="A", format=Format.NODE, basis=Basis.PROPOSAL, children=(INNER, NodeSpec(name="C", format=Format.CHR))
        ),
    )
)


def test_a_node_without_a_basis_has_its_parents():
    tree = SPEC.skeleton().set("./Else", "x")
    assert bases_of(tree, SPEC) == {"./A": Basis.PROPOSAL, "./A/B": Basis.UNSURE, "./A/C": Basis.PROPOSAL}


def test_json_says_it_of_each_node_and_is_read_again():
    tree = SPEC.skeleton()
    plain = to_plain(tree, ".", SPEC)
    assert {uri: node["basis"] for uri, node in plain.items()} == {
        "./A": "proposal",
        "./A/B": "unsure",
        "./A/C": "proposal",
    }
    assert from_plain(plain).root == from_plain(to_plain(tree)).root
    assert "basis" not in json.dumps(to_plain(tree))


def test_a_serialised_tree_says_it_in_a_comment():
    data = ddf.tnds(SPEC.skeleton(), spec=SPEC).decode()
    assert "<!-- basis: 2 proposal, 1 unsure, of 4 nodes\n./A proposal\n./A/B unsure\n./A/C proposal -->" in data
    assert "basis" not in ddf.tnds(SPEC.skeleton()).decode()


@pytest.mark.parametrize("name", [name for name in OBJECTS if name != "machine"])
@pytest.mark.parametrize("form", ["json", "xml"])
def test_every_object_that_comes_with_dmkit_says_it_on_the_command_line(name, form, tmp_path, capsys):
    spec = load(name)
    file = tmp_path / "object.xml"
    ddf.save(spec, file)
    out = tmp_path / "out"
    assert main(["ddf", "skeleton", str(file), str(out), *(["--json"] if form == "json" else [])]) == 0
    wanted = bases_of(spec.skeleton(), spec)
    assert wanted
    text = out.read_text(encoding="utf-8")
    if form == "json":
        assert {u: n["basis"] for u, n in json.loads(text).items() if isinstance(n, dict) and "basis" in n} == {
            uri: basis.value for uri, basis in wanted.items()
        }
    else:
        assert all(f"\n{uri} {basis.value}" in text for uri, basis in wanted.items())
