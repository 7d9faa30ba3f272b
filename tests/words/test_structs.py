"""Structs as values: what they say of themselves when they compare by their own rule."""

from __future__ import annotations

import copy
import pickle
from types import MappingProxyType

import msgspec

import dmkit as dm
from dmkit.dm2.exchange import Repository
from dmkit.mo.firmware import Flash, Image
from dmkit.rights.study import WORLDS
from dmkit.session.events import JobFailed
from dmkit.tree import acl
from tests.words.test_same_in_each_process import records


def test_a_struct_that_says_when_it_is_equal_says_when_it_is_not() -> None:
    """Structs have a ``!=`` of their own, which does not ask an ``==`` that is written out."""
    alone = [cls for cls in records() if issubclass(cls, msgspec.Struct) and "__eq__" in vars(cls)]
    assert JobFailed in alone and [cls for cls in alone if "__ne__" not in vars(cls)] == []
    one, other = JobFailed(job="a", why="b", error=ValueError()), JobFailed(job="a", why="b")
    assert one == other and (one != other) is False
    assert one != JobFailed(job="a", why="c")


def of_all_kinds() -> dict[str, object]:
    """Values that hold mappings which nobody can write to, and values that hold those."""
    device = dm.Device.example().with_object("fumo")
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.read("./DevInfo/Man"))
    headers = MappingProxyType({"x-syncml-hmac": "algorithm=MD5"})
    return {
        "packet": dm.Packet("IMEI:1", b"x", "text/xml", headers),
        "transcript": talk,
        "tree": device.tree,
        "list": acl.parse("Add=*&Get=a+b"),
        "device": device.snapshot(),
        "server": dm.Server.example(device).snapshot(),
        "flash": Flash.of("two slots", Image("M", "1.0")),
        "assumptions": WORLDS["DM 1.2"],
        "rules": dm.Rules(),
        "repository": Repository(),
    }


def test_a_value_can_be_copied_and_sent() -> None:
    for name, value in of_all_kinds().items():
        for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert type(again) is type(value) and again == value, name
