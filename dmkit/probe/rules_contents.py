"""Verdict rules about what stands in a message: elements, numbers, alerts, commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dmkit.probe.changes import element_of
from dmkit.probe.scene import (
    Broken,
    Finding,
    Rule,
    Scene,
    Unsure,
    alerts_of,
    places,
    wishes,
)
from dmkit.wire.codec import WBXML, XML
from dmkit.words.errors import CodecError
from dmkit.words.model import Element, flatten

__all__ = [
    "CONTENTS",
]


def _has(scene: Scene, text: str) -> Finding:
    path, equals, value = text.partition(" = ")
    found = places(scene, path)
    if isinstance(found, Unsure):
        return found
    if not found:
        return Broken(f"{path} is missing")
    if equals and not any(element.text.strip() == value for element in found):
        return Broken(f"{path} is {found[0].text.strip()[:60]!r}; {value!r} would be right")
    return None


def _lacks(scene: Scene, text: str) -> Finding:
    path, equals, value = text.partition(" = ")
    found = places(scene, path)
    if isinstance(found, Unsure):
        return found
    bad = next((e for e in found if not equals or e.text.strip() == value), None)
    return None if bad is None else Broken(f"{path} is there{f' with {bad.text.strip()[:60]!r}' if bad.text else ''}")


def _final(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    return None if scene.received.message.final else Broken("there is no Final")


def _not_final(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    return Broken("there is a Final") if scene.received.message.final else None


def _alert(scene: Scene, text: str) -> Finding:
    found = alerts_of(scene)
    if any(str(a.code.value) in text.split() for a in found):
        return None
    return Broken(f"no Alert {' or '.join(text.split())} came{f', but {found[0].code.value}' if found else ''}")


def _no_alert(scene: Scene, text: str) -> Finding:
    bad = next((a for a in alerts_of(scene) if str(a.code.value) in text.split()), None)
    return None if bad is None else Broken(f"Alert {bad.code.value} came")


def _no_commands(scene: Scene, text: str) -> Finding:
    found = wishes(scene)
    return Broken(f"{found[0].verb.value} came") if found else None


def _some_command(scene: Scene, text: str) -> Finding:
    verbs = text.split()
    found = [c for c in flatten(tuple(wishes(scene))) if not verbs or c.verb.value in verbs]
    return None if found else Broken(f"no {' or '.join(verbs) or 'command'} came")


def _only(scene: Scene, text: str) -> Finding:
    allowed = text.split()
    commands = scene.received.message.commands if scene.received else ()
    bad = next((c for c in flatten(commands) if c.verb.value not in allowed), None)
    return None if bad is None else Broken(f"{bad.verb.value} came; {', '.join(allowed)} may")


def _versions(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    header = scene.received.message.header
    if (header.ver_dtd, header.ver_proto) == ("1.2", "DM/1.2"):
        return None
    return Broken(f"VerDTD {header.ver_dtd!r} and VerProto {header.ver_proto!r}; '1.2' and 'DM/1.2' would be right")


def _session_id(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    session_id = scene.received.message.header.session_id
    if scene.us.role == "server":
        first = scene.us.received[0].message.header.session_id
        return None if session_id == first else Broken(f"SessionID {session_id!r}; the session began as {first!r}")
    mine = scene.us.session_id
    return None if session_id == mine else Broken(f"SessionID {session_id!r}; ours is {mine!r}")


def _msg_id(scene: Scene, text: str) -> Finding:
    ids = [
        received.message.header.msg_id
        for received in scene.us.received
        if received.message.header.session_id == scene.us.received[-1].message.header.session_id
    ]
    wanted = str(len(ids))
    if text == "counts":
        return (
            None
            if ids == [str(n) for n in range(1, len(ids) + 1)]
            else Broken(f"MsgIDs {', '.join(ids)}; 1 to {wanted} would be right")
        )
    return None if ids[-1] == text else Broken(f"MsgID {ids[-1]}; {text} would be right")


def _cmd_ids(scene: Scene, text: str) -> Finding:
    commands = scene.received.message.commands if scene.received else ()
    ids = [c.cmd_id for c in flatten(commands)]
    if "0" in ids or "" in ids:
        return Broken("a command has no CmdID, or 0")
    double = next((one for one in ids if ids.count(one) > 1), None)
    return None if double is None else Broken(f"CmdID {double} stands twice in one message")


def _ends(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    header = scene.received.message.header
    mine = scene.us.device if scene.us.role == "client" else scene.us.peer.address
    return None if header.target == mine else Broken(f"Target {header.target!r}; ours is {mine!r}")


def _media_type(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    packet = scene.received.packet
    codec = WBXML if packet.body[:1] in (b"\0", b"\1", b"\2", b"\3") else XML
    kind = packet.media_type.partition(";")[0].strip().lower()
    if text == "loose":
        kind = kind.replace("vnd.syncml+", "vnd.syncml.dm+")
    return (
        None
        if kind == codec.media_type
        else Broken(f"media type {packet.media_type!r} on a body in {codec.name}; {codec.media_type} would be right")
    )


def _written(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    is_wbxml = scene.received.packet.body[:1] in (b"\0", b"\1", b"\2", b"\3")
    return (
        None if is_wbxml == (text == "wbxml") else Unsure(f"it answers in {'WBXML' if is_wbxml else 'XML'}", lacks=True)
    )


def _strict(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    deviations = scene.received.message.deviations
    return Broken(f"{deviations[0]}") if deviations else None


_LEFT_OUT: Final = frozenset(
    [
        "Archive",
        "Lang",
        "NoResp",
        "NoResults",
        "NumberOfChanges",
        "SftDel",
        "Map",
        "MapItem",
        "Put",
        "Search",
        "Sync",
        "Filter",
        "Record",
        "Field",
        "FilterType",
        "SourceParent",
        "TargetParent",
        "Move",
    ]
)
"""Elements of SyncML that DM 1.2 leaves out.  [DMREPPRO §6.1, §6.6]"""


def _dm_elements(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    try:
        root = element_of(scene.received.packet)
    except CodecError as error:
        return Unsure(f"its elements cannot be read: {error}")

    def names(element: Element) -> Iterator[str]:
        yield element.name
        if element.name != "Data":
            for child in element.children:
                if isinstance(child, Element):
                    yield from names(child)

    bad = next((name for name in names(root) if name in _LEFT_OUT), None)
    return None if bad is None else Broken(f"{bad} stands in the message; DM 1.2 leaves it out")


CONTENTS: Final[Mapping[str, Rule]] = {
    "has": Rule("{0} is there", _has),
    "lacks": Rule("{0} is not there", _lacks),
    "final": Rule("the message has a Final", _final),
    "no final": Rule("the message has no Final", _not_final),
    "alert": Rule("Alert {0} comes", _alert),
    "no alert": Rule("no Alert {0} comes", _no_alert),
    "no commands": Rule("no command comes but answers and alerts of control", _no_commands),
    "commands": Rule("a command comes: {0}", _some_command),
    "only": Rule("nothing comes but {0}", _only),
    "versions": Rule("VerDTD is 1.2 and VerProto is DM/1.2", _versions),
    "session id": Rule("the SessionID is that of the session", _session_id),
    "msg id": Rule("the MsgID {0}", _msg_id),
    "cmd ids": Rule("CmdIDs are there, not 0, and unlike each other", _cmd_ids),
    "target": Rule("the Target of the header is our address", _ends),
    "media type": Rule("the media type is that of DM and of the encoding {0}", _media_type),
    "written": Rule("the message is written in {0}", _written),
    "strict": Rule("the message can be read strictly", _strict),
    "dm elements": Rule("no element stands in the message that DM 1.2 leaves out", _dm_elements),
}
"""The word -> what it asks for."""
