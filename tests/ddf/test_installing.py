"""An object of its description in a tree that is there already."""

from __future__ import annotations

from pathlib import Path

import pytest

import dmkit as dm
from dmkit.words.errors import ConfigError

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
WIFI = dm.ddf.load(DATA / "wifi.xml")
LAMP = dm.ddf.Spec.from_table("./Vendor/Acme/Lamp | 1 ! | node | G\n  On | 1 ! | bool = false | G R")


def status(tree, command):
    return int(tree.with_acl(".", "Add=*&Get=*&Replace=*&Delete=*").apply(command, "srv")[1].status)


def test_what_was_there_stays_and_both_descriptions_are_enforced():
    tree = dm.Tree.of(WIFI, {"./WiFi/Home/SSID": "cafe"})
    fan = dm.ddf.Spec.from_table("./Fan | 1 ! | node | G\n  Speed | ? | int | A G")
    tree = dm.ddf.install(dm.ddf.install(tree, LAMP), fan)
    assert tree.get("./WiFi/Home/SSID").value == "cafe" and tree.get("./Vendor/Acme/Lamp/On").value == "false"
    assert status(tree, dm.Replace.of("./Vendor/Acme/Lamp/On", True)) == 200
    assert status(tree, dm.Add.of("./Vendor/Acme/Lamp/Off", "x")) == 405
    assert status(tree, dm.Add.of("./WiFi/Home/Colour", "x")) == 405
    assert status(tree, dm.Add.of("./Fan/Speed", 3)) == 200
    assert status(tree, dm.Add.of("./Other", "x")) == 200


def test_values_are_put_in_and_an_object_takes_the_place_of_the_old_one():
    tree = dm.Tree.of({"./Vendor/Acme/Lamp/Old": "x", "./Vendor/Acme/Poll": "30"})
    tree = dm.ddf.install(tree, LAMP, {"./Vendor/Acme/Lamp/On": True})
    assert [uri for uri, _ in tree.walk()] == [
        ".",
        "./Vendor",
        "./Vendor/Acme",
        "./Vendor/Acme/Lamp",
        "./Vendor/Acme/Lamp/On",
        "./Vendor/Acme/Poll",
    ]
    assert tree.get("./Vendor/Acme/Lamp/On").value == "true"
    with pytest.raises(ConfigError, match="the description knows no such node"):
        dm.ddf.install(tree, LAMP, {"./Vendor/Acme/Lamp/Off": True})


def test_a_serialised_tree_of_a_place_can_be_added_elsewhere():
    tree = dm.ddf.install(dm.Tree.of({"./DevInfo/Man": "Acme"}), LAMP)
    for wbxml in (False, True):
        other = dm.Tree.of({"./Vendor/Acme": None}, acl={".": "Add=*&Get=*&Replace=*"})
        data = dm.ddf.tnds(tree, "./Vendor/Acme/Lamp", wbxml=wbxml)
        form = "wbxml" if wbxml else "xml"
        meta = {"type": f"application/vnd.syncml.dmtnds+{form}", "format": "bin" if wbxml else "xml"}
        value = data if wbxml else data.decode()
        after, outcome = other.apply(dm.Add.of("./Vendor/Acme/Lamp", value, **meta), "srv")
        assert outcome.ok, outcome.why
        assert after.get("./Vendor/Acme/Lamp/On").value == "false"
    with pytest.raises(ConfigError, match=r"there is no ./No; a serialised tree has at least one node"):
        dm.ddf.tnds(tree, "./No")
