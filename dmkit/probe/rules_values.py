"""Verdict rules about values and sizes: Results, large objects, DevInfo, URIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.probe.scene import (
    Broken,
    Finding,
    Rule,
    Scene,
    Unsure,
    results_of,
    same_place,
    wishes,
)
from dmkit.tree.uri import parse
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Replace, flatten

__all__ = ["VALUES"]


def _uris(scene: Scene, text: str) -> Finding:
    uris = [i.target for c in flatten(tuple(wishes(scene))) for i in getattr(c, "items", ()) if i.target]
    for uri in uris:
        try:
            parse(uri, strict=True)
        except CommandFailed as error:
            return Broken(str(error))
    return None if uris else Unsure("no command with a Target came")


def _value(scene: Scene, text: str) -> Finding:
    uri, equals, value = text.partition(" = ")
    found = [item for item in results_of(scene) if same_place(item.source, uri)]
    if not found:
        return Broken(f"no Results for {uri} came")
    if not equals or found[0].text == value:
        return None
    return Broken(f"{uri} is {found[0].text[:60]!r}; {value[:60]!r} would be right")


def _children(scene: Scene, text: str) -> Finding:
    uri, _, names = text.partition(" = ")
    found = [item for item in results_of(scene) if same_place(item.source, uri)]
    if not found:
        return Unsure(f"no Results for {uri} came")
    listed = set(found[0].text.split("/"))
    missing = [name for name in names.split() if name not in listed]
    return Broken(f"{uri} has {found[0].text[:80]!r}; {missing[0]} is missing") if missing else None


def _no_value(scene: Scene, text: str) -> Finding:
    found = [item for item in results_of(scene) if not text or same_place(item.source, text)]
    return Broken(f"Results for {found[0].source} came") if found else None


def _size(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    octets = len(scene.received.packet.body)
    return None if octets <= int(text) else Broken(f"a message of {many(octets, 'octet')}; we take {text}")


def _objects(scene: Scene, text: str) -> Finding:
    commands = flatten(scene.received.message.commands if scene.received else ())
    items = [item for c in commands for item in getattr(c, "items", ())]
    sizes = [item.meta.size if item.meta and item.meta.size else len(item.text.encode()) for item in items]
    bad = next((size for size in sizes if size > int(text)), None)
    return None if bad is None else Broken(f"an object of {many(bad, 'octet')}; we take {text}")


def _device_info(scene: Scene, text: str) -> Finding:
    commands = scene.received.message.commands if scene.received else ()
    sources = [i.source or "" for c in commands if isinstance(c, Replace) for i in c.items]
    if not sources:
        return Broken("no Replace of DevInfo came")
    missing = next(
        (leaf for leaf in ("DevId", "Man", "Mod", "DmV", "Lang") if f"./DevInfo/{leaf}" not in sources), None
    )
    return None if missing is None else Broken(f"./DevInfo/{missing} is missing in the Replace")


def _piece(scene: Scene, text: str) -> Finding:
    """The last message carries a piece of a large object; the first one has its Size."""
    commands = flatten(scene.received.message.commands if scene.received else ())
    pieces = [i for c in commands for i in getattr(c, "items", ()) if i.more_data]
    if not pieces:
        return Unsure("no piece of an object came")
    if text == "size" and (pieces[0].meta is None or pieces[0].meta.size is None):
        return Broken("the first piece has no Size")
    if text == "later" and pieces[0].meta is not None and pieces[0].meta.size is not None:
        return Broken("a later piece has a Size")
    return None


VALUES: Final[Mapping[str, Rule]] = {
    "uris": Rule("the URIs of its commands keep to the restrictions", _uris),
    "value": Rule("the value of {0} comes", _value),
    "children": Rule("the names below {0} are among those that come", _children),
    "no value": Rule("no value comes {0}", _no_value),
    "size": Rule("the message has at most {0} octets", _size),
    "objects": Rule("no object has more than {0} octets", _objects),
    "device info": Rule("the five leaves of DevInfo come", _device_info),
    "piece": Rule("a piece of a large object comes ({0})", _piece),
}
"""The word -> what it asks for."""
