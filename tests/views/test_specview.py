"""Node tables, descriptions as trees, tags of provenance, and what lint and diff look like."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from lxml import etree
from lxml.html import fragment_fromstring

import dmkit as dm
from dmkit.cli import main
from dmkit.ddf import generate as testing
from dmkit.ddf.spec import Basis
from dmkit.views.basisview import BASIS_LOOKS, basis_tag
from dmkit.views.specview import node_table, node_table_html, spec_html, spec_text

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
WIFI = dm.ddf.load(DATA / "wifi.xml")


def parsed(html):
    return etree.fromstring(f"<html>{html.replace('&emsp;', ' ')}</html>".encode())


def test_the_table_has_a_row_and_a_section_for_every_node():
    text = node_table(WIFI)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 17 and rows[0].startswith("| Node | Status | Occurrence | Format | Min. access types | Basis")
    assert rows[2] == "| &emsp;`<Network>` | optional | ZeroOrN (32) | node | Add, Delete, Get, Replace | proposal |"
    sections = [line for line in text.splitlines() if line.startswith("### ")]
    assert len(sections) == 16 and "### `./WiFi/*/SSID` *(established)*" in sections
    assert "- Default: wpa2-psk" in text and "- Source: IEEE 802.11" in text and "16 nodes, 11 of them leaves" in text
    assert "2 established, 14 proposal" in text


@pytest.mark.parametrize("render", [node_table_html, spec_html])
def test_pages_are_well_formed_need_nothing_else_and_say_the_basis_of_every_node(render):
    html = render(WIFI)
    root = parsed(html)
    assert not root.findall(".//script") and "http" not in "".join(root.xpath("//@src | //@href"))
    tags = [tag.text for tag in root.findall(".//span[@class='dmkit-basis']")]
    assert tags.count("established") >= 2 and tags.count("proposal") >= 14
    assert all(tag.get("title") for tag in root.findall(".//span[@class='dmkit-basis']"))


def test_a_tree_folds_by_keyboard():
    root = parsed(spec_html(WIFI, depth=1))
    details = root.findall(".//details")
    assert len(details) == sum(bool(place.node.children) for place in WIFI.walk())
    assert [d.get("open") for d in details][:2] == ["", None]
    assert all(d[0].tag == "summary" for d in details)
    assert root.find(".//div[@role='group']").get("aria-label") == "description of com.example/1.0/WiFi"


def test_a_tree_as_text():
    lines = spec_text(WIFI).splitlines()
    assert lines[0].split() == ["WiFi", "1", "node", "Get", "proposal"]
    assert len(lines) == 16 and "├─ SSID" in lines[2] and lines[2].endswith("established")


def test_an_instance_shows_where_its_nodes_come_from():
    tree = dm.Tree.of(WIFI, {"./WiFi/Home/SSID": "cafe"})
    look = dm.show(tree, spec=WIFI)
    assert "SSID" in look.text and "cafe [established]" in look.text
    tags = [tag.text for tag in fragment_fromstring(look.html).findall(".//span[@class='dmkit-basis']")]
    assert tags.count("established") == 2  # the node and the legend
    assert "dmkit-basis" not in dm.show(tree).html


def test_every_basis_has_a_look_of_its_own():
    assert set(BASIS_LOOKS) == set(Basis) and len(set(BASIS_LOOKS.values())) == len(Basis)
    for basis in Basis:
        assert f">{basis.value}<" in basis_tag(basis, '<"x">') and '<"x">' not in basis_tag(basis, '<"x">')


@settings(max_examples=40)
@given(testing.specs())
def test_no_description_breaks_a_page(spec):
    parsed(node_table_html(spec))
    parsed(spec_html(spec))
    parsed(dm.show(dm.ddf.lint(spec)).html)
    assert len([line for line in node_table(spec).splitlines() if line.startswith("| ")]) == spec.count().nodes + 1
    assert len(spec_text(spec).splitlines()) >= spec.count().nodes


def test_what_lint_says_as_a_table():
    look = dm.show(dm.ddf.lint(WIFI))
    assert "./WiFi/Enabled: info unreachable" in look.text and "<table" in look.html and "ℹ info" in look.html
    clean = dm.show(dm.ddf.lint(WIFI), "warning")
    assert clean.text == "nothing to say; 2 info not shown" and "✔" in clean.html


def test_what_changed_as_a_table():
    other = dm.ddf.Spec.from_table(re.sub(r"(SSID.*)Add Get Replace", r"\1Get", WIFI.to_table()))
    look = dm.show(dm.ddf.diff(WIFI, other))
    assert "AccessType: Add, Get, Replace → Get" in look.html and "breaking for servers" in look.html
    assert dm.show(dm.ddf.diff(WIFI, WIFI)).text == "no difference"


def test_tables_on_the_command_line(capsys, tmp_path):
    wifi = str(DATA / "wifi.xml")
    assert main(["ddf", "table", wifi]) == 0
    assert capsys.readouterr().out == node_table(WIFI)
    assert main(["ddf", "table", wifi, "--html"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html>") and node_table_html(WIFI) in page
    assert main(["ddf", "table", wifi, "--tree"]) == 0
    assert capsys.readouterr().out == spec_text(WIFI) + "\n"
    assert main(["ddf", "table", wifi, "--short"]) == 0
    assert dm.ddf.Spec.from_table(capsys.readouterr().out) == WIFI
    assert main(["ddf", "table", wifi, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 16 and rows[1] == {
        "node": "./WiFi/*", "required": False, "occurrence": "ZeroOrN", "bound": 32, "format": "node",
        "access": ["Add", "Delete", "Get", "Replace"], "permanent": False, "types": [], "object": None, "default": None,
        "title": "Network", "description": "One network; its name is given by whoever adds it.", "basis": "proposal",
        "source": None}  # fmt: skip


def test_differences_on_the_command_line(capsys, tmp_path):
    old, new = str(DATA / "wifi.xml"), tmp_path / "new.xml"
    dm.ddf.save(dm.ddf.Spec.from_table(WIFI.to_table().replace("Joined", "Left")), new)
    assert main(["ddf", "diff", old, old]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main(["ddf", "diff", old, str(new)]) == 1
    out = capsys.readouterr().out
    assert "removed ./WiFi/*/Joined: breaking for servers and devices" in out
    assert "added ./WiFi/*/Left: compatible" in out
    assert main(["ddf", "diff", old, str(new), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["effect"] == "breaking for servers and devices"
    dm.ddf.save(dm.ddf.Spec.from_table(WIFI.to_table().replace("One network", "A network")), new)
    assert main(["ddf", "diff", old, str(new)]) == 0
    assert main(["ddf", "diff", old, str(new), "--fail-on", "any"]) == 1
    new.write_text("x")
    assert main(["ddf", "diff", old, str(new)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
