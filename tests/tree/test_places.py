"""Where objects belong: one table for sessions, bootstrap by DM message, and bootstrap by provisioning document."""

from __future__ import annotations

import pytest

from dmkit.bootstrap import mapping
from dmkit.bootstrap.rules import BootstrapRules
from dmkit.tree.places import PLACES, moved_reference, place_of, with_parents
from dmkit.tree.tree import Tree


def test_the_longest_beginning_counts() -> None:
    assert place_of("urn:oma:mo:oma-connmo-proxy:1.0") == "./Proxy"
    assert place_of("urn:oma:mo:oma-connmo-nap:1.0") == "./NAP"
    assert place_of("urn:oma:mo") is None
    assert place_of("", {}) is None


@pytest.mark.parametrize("row", [mapping.W7, *mapping.OBJECTS.values()], ids=lambda row: row.where)
def test_a_provisioning_document_puts_an_object_where_a_message_would(row: mapping.Destination) -> None:
    if row.type:
        assert place_of(row.type, BootstrapRules().places) == row.where


def test_places_that_stand_are_left_alone() -> None:
    tree = Tree.of({"./A": None}, acl={"./A": "Get=*"})
    made = with_parents(tree, ("A", "B", "C"), now=7.0)
    assert made.diff(tree) == ["+ ./A/B", "+ ./A/B/C"]
    assert made.get("./A").acl == "Get=*"
    assert (made.get("./A/B").tstamp, made.get("./A/B/C").tstamp) == (7.0, 7.0)
    assert with_parents(made, ("A", "B", "C"), now=9.0) is made


def test_only_whole_segments_are_moved() -> None:
    moved = {"./Inbox/a": "./NAP/1", "./Inbox/a%20b": "./NAP/2"}
    assert moved_reference("./Inbox/a", moved) == "./NAP/1"
    assert moved_reference("./Inbox/a%20b/X", moved) == "./NAP/2/X"
    assert moved_reference("./Inbox/ab", moved) == "./Inbox/ab"
    assert moved_reference("./NAP/a", moved) == "./NAP/a"
    assert PLACES["org.openmobilealliance/1.0/w7"] == "./DMAcc"
