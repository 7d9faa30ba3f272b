"""Verdict rules: what a case expects of the last message of a peer.  A rule is a word of ``RULES`` and its arguments.

A rule holds, is broken (then a sentence says by what), or cannot be told (then another says why): what a peer left out
altogether breaks only the rule that asks for it.

>>> sorted(RULES)[:3]
['alert', 'alive', 'answered']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dmkit.auth import by_type, decode_b64
from dmkit.auth.mac import HEADER
from dmkit.probe.changes import element_of
from dmkit.probe.persona import Heard, Persona, Sent
from dmkit.tree.uri import parse
from dmkit.wire.codec import WBXML, XML
from dmkit.words.checked import nearest
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError, CommandFailed, ConfigError
from dmkit.words.model import Alert, Command, Element, Item, Replace, Results, Status, flatten

__all__ = ["RULES", "Broken", "Finding", "Rule", "Scene", "Unsure", "check_rule", "hold", "says"]


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule is broken, in a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """It cannot be told, and why; ``lacks`` when the peer has declared that it cannot do what is needed."""

    why: str
    lacks: bool = False


Finding = Broken | Unsure | None
"""What a rule finds; None: it holds."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rule looks at: us, the last message of the peer, and what came in its place where none did.

    ``silent``: it let the time pass, or is known to want nothing more.  ``refused``: the status of the transport, 0
    for none.
    """

    us: Persona
    silent: bool = False
    refused: int = 0
    known_over: bool = False

    @property
    def heard(self) -> Heard | None:
        """The answer to our last message."""
        return None if self.silent or self.refused else self.us.reply

    @property
    def last(self) -> Sent | None:
        """Our last message."""
        return self.us.sent[-1] if self.us.sent else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: ``says`` is its sentence, {0} its arguments; ``needs`` whether it wants a message of the peer."""

    says: str
    holds: Callable[[Scene, str], Finding]
    needs: bool = True


def _codes(text: str) -> Callable[[int], bool]:
    """``200 2xx !405``: any of these, none of those."""
    wanted = [word for word in text.split() if not word.startswith("!")]
    unwanted = [word[1:] for word in text.split() if word.startswith("!")]

    def fits(code: int, word: str) -> bool:
        return str(code)[0] == word[0] if word.endswith("xx") else str(code) == word

    return lambda code: (not wanted or any(fits(code, w) for w in wanted)) and not any(fits(code, w) for w in unwanted)


def _commands(scene: Scene) -> tuple[Command, ...]:
    return scene.last.commands if scene.last else ()


def _which(scene: Scene, what: str) -> Command | None:
    """Our command that ``what`` names: a verb, a verb with its number (``Get[2]``), or a target."""
    mine = _commands(scene)
    match = re.fullmatch(r"([A-Z][A-Za-z]+)(?:\[(\d+)\])?", what)
    if match is None:
        return next((c for c in mine if any(i.target == what for i in getattr(c, "items", ()))), None)
    found = [c for c in mine if c.verb.value == match[1]]
    number = int(match[2] or 1)
    return found[number - 1] if len(found) >= number else None


def _answers(scene: Scene, command: Command | None) -> Iterator[Status]:
    """The Statuses of the peer for ``command`` of our last message; None: for its header."""
    heard, last = scene.heard, scene.last
    if heard is None or last is None:
        return
    for status in heard.statuses():
        if command is None:
            if status.is_header:
                yield status
        elif status.cmd_ref == command.cmd_id and status.msg_ref == last.message.header.msg_id:
            yield status


def _status(scene: Scene, text: str) -> Finding:
    what, _, codes = text.partition(" ")
    command = None if what == "SyncHdr" else _which(scene, what)
    if what != "SyncHdr" and command is None:
        return Unsure(f"{what} was not asked")
    found = list(_answers(scene, command))
    if not found:
        return Unsure(f"no Status for {what} came")
    fits = _codes(codes)
    wrong = next((status for status in found if not fits(status.code)), None)
    if wrong is None:
        return None
    return Broken(f"Status {wrong.code.value} for {what}; {_listed(codes)} would be right")


def _listed(codes: str) -> str:
    return " or ".join(w if not w.startswith("!") else f"anything but {w[1:]}" for w in codes.split())


def _answered(scene: Scene, text: str) -> Finding:
    """Header and every command of ours has its Status, with its name."""
    last = scene.last
    assert last is not None
    heard = scene.heard
    assert heard is not None
    if not any(_answers(scene, None)):
        return Broken("no Status for our header")
    for command in _commands(scene):
        found = list(_answers(scene, command))
        if not found:
            return Broken(
                f"no Status for {command.verb.value} (CmdID {command.cmd_id} of message {last.message.header.msg_id})"
            )
        if found[0].cmd != command.verb.value:
            return Broken(f"the Status for {command.verb.value} calls it {found[0].cmd!r}")
    return None


def _first(scene: Scene, text: str) -> Finding:
    commands = scene.heard.message.commands if scene.heard else ()
    if not any(isinstance(c, Status) and c.is_header for c in commands):
        return Unsure("no Status for our header came")
    first = commands[0]
    if not (isinstance(first, Status) and first.is_header):
        return Broken(f"{first.verb.value} stands before the Status for our header")
    return None


def _references(scene: Scene, text: str) -> Finding:
    heard, last = scene.heard, scene.last
    assert heard is not None
    assert last is not None
    known = {sent.message.header.msg_id: {c.cmd_id for c in flatten(sent.message.commands)} for sent in scene.us.sent}
    for status in heard.statuses():
        if status.msg_ref not in known:
            return Broken(f"a Status names message {status.msg_ref or 'nothing'}; we sent {', '.join(known)}")
        if status.is_header:
            if status.cmd_ref not in (None, "0"):
                return Broken(f"the Status for our header has CmdRef {status.cmd_ref}; 0 would be right")
        elif status.cmd_ref not in known[status.msg_ref]:
            return Broken(f"a Status names command {status.cmd_ref} of message {status.msg_ref}, which had none")
    return None if heard.statuses() else Unsure("no Status came")


def _ordered(scene: Scene, text: str) -> Finding:
    heard = scene.heard
    assert heard is not None
    last = scene.last
    refs = [int(s.cmd_ref or 0) for s in heard.statuses()
            if last and s.msg_ref == last.message.header.msg_id and (s.cmd_ref or "0").isdigit()]  # fmt: skip
    if len(refs) < 2:
        return Unsure("fewer than two Statuses came")
    return None if refs == sorted(refs) else Broken(f"Statuses for commands {', '.join(map(str, refs))} in this order")


def _none_for(scene: Scene, text: str) -> Finding:
    heard = scene.heard
    assert heard is not None
    found = next((s for s in heard.statuses() if s.cmd == text), None)
    return None if found is None else Broken(f"Status {found.code.value} for {text}, which gets none")


def _places(scene: Scene, path: str) -> list[Element] | Unsure:
    heard = scene.heard
    assert heard is not None
    try:
        found = [element_of(heard.packet)]
    except CodecError as error:
        return Unsure(f"its elements cannot be read: {error}")
    for step in path.split("/"):
        found = [child for element in found for child in element.children
                 if isinstance(child, Element) and (step == "*" or child.name == step)]  # fmt: skip
    return found


def _has(scene: Scene, text: str) -> Finding:
    path, equals, value = text.partition(" = ")
    found = _places(scene, path)
    if isinstance(found, Unsure):
        return found
    if not found:
        return Broken(f"{path} is missing")
    if equals and not any(element.text.strip() == value for element in found):
        return Broken(f"{path} is {found[0].text.strip()[:60]!r}; {value!r} would be right")
    return None


def _lacks(scene: Scene, text: str) -> Finding:
    path, equals, value = text.partition(" = ")
    found = _places(scene, path)
    if isinstance(found, Unsure):
        return found
    bad = next((e for e in found if not equals or e.text.strip() == value), None)
    return None if bad is None else Broken(f"{path} is there{f' with {bad.text.strip()[:60]!r}' if bad.text else ''}")


def _final(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    return None if scene.heard.message.final else Broken("there is no Final")


def _not_final(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    return Broken("there is a Final") if scene.heard.message.final else None


def _alerts(scene: Scene) -> list[Alert]:
    commands = scene.heard.message.commands if scene.heard else ()
    return [c for c in commands if isinstance(c, Alert)]


def _alert(scene: Scene, text: str) -> Finding:
    found = _alerts(scene)
    if any(str(a.code.value) in text.split() for a in found):
        return None
    return Broken(f"no Alert {' or '.join(text.split())} came{f', but {found[0].code.value}' if found else ''}")


def _no_alert(scene: Scene, text: str) -> Finding:
    bad = next((a for a in _alerts(scene) if str(a.code.value) in text.split()), None)
    return None if bad is None else Broken(f"Alert {bad.code.value} came")


_CONTROL: Final = frozenset({1222, 1223, 1225})


def _wishes(scene: Scene) -> list[Command]:
    """Commands of the peer other than answers and alerts of control."""
    commands = scene.heard.message.commands if scene.heard else ()
    return [c for c in commands if not isinstance(c, Status | Results)
            and not (isinstance(c, Alert) and c.code in _CONTROL)]  # fmt: skip


def _no_commands(scene: Scene, text: str) -> Finding:
    found = _wishes(scene)
    return Broken(f"{found[0].verb.value} came") if found else None


def _some_command(scene: Scene, text: str) -> Finding:
    verbs = text.split()
    found = [c for c in flatten(tuple(_wishes(scene))) if not verbs or c.verb.value in verbs]
    return None if found else Broken(f"no {' or '.join(verbs) or 'command'} came")


def _only(scene: Scene, text: str) -> Finding:
    allowed = text.split()
    commands = scene.heard.message.commands if scene.heard else ()
    bad = next((c for c in flatten(commands) if c.verb.value not in allowed), None)
    return None if bad is None else Broken(f"{bad.verb.value} came; {', '.join(allowed)} may")


def _versions(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    header = scene.heard.message.header
    if (header.ver_dtd, header.ver_proto) == ("1.2", "DM/1.2"):
        return None
    return Broken(f"VerDTD {header.ver_dtd!r} and VerProto {header.ver_proto!r}; '1.2' and 'DM/1.2' would be right")


def _session_id(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    said = scene.heard.message.header.session_id
    if scene.us.role == "server":
        first = scene.us.heard[0].message.header.session_id
        return None if said == first else Broken(f"SessionID {said!r}; the session began as {first!r}")
    mine = scene.us.session_id
    return None if said == mine else Broken(f"SessionID {said!r}; ours is {mine!r}")


def _msg_id(scene: Scene, text: str) -> Finding:
    ids = [
        heard.message.header.msg_id
        for heard in scene.us.heard
        if heard.message.header.session_id == scene.us.heard[-1].message.header.session_id
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
    commands = scene.heard.message.commands if scene.heard else ()
    ids = [c.cmd_id for c in flatten(commands)]
    if "0" in ids or "" in ids:
        return Broken("a command has no CmdID, or 0")
    double = next((one for one in ids if ids.count(one) > 1), None)
    return None if double is None else Broken(f"CmdID {double} stands twice in one message")


def _ends(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    header = scene.heard.message.header
    mine = scene.us.device if scene.us.role == "client" else scene.us.peer.address
    return None if header.target == mine else Broken(f"Target {header.target!r}; ours is {mine!r}")


def _media_type(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    packet = scene.heard.packet
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
    assert scene.heard is not None
    is_wbxml = scene.heard.packet.body[:1] in (b"\0", b"\1", b"\2", b"\3")
    return (
        None if is_wbxml == (text == "wbxml") else Unsure(f"it answers in {'WBXML' if is_wbxml else 'XML'}", lacks=True)
    )


def _strict(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    deviations = scene.heard.message.deviations
    return Broken(f"{deviations[0]}") if deviations else None


def _challenge(scene: Scene, text: str) -> Finding:
    """A challenge stands in the Status for our header, with all that it must carry."""
    assert scene.heard is not None
    status = scene.heard.header_status()
    if status is None:
        return Unsure("no Status for our header came")
    if status.code not in (401, 407):
        return Unsure(f"it was no challenge, but Status {status.code.value}")
    if status.chal is None:
        return Broken(f"Status {status.code.value} for our header has no Chal")
    scheme = by_type(status.chal.type)
    if scheme is None:
        return Broken(f"the Chal asks for {status.chal.type!r}")
    if "b64" in text.split():
        if not scheme.uses_nonce:
            return Unsure(f"it asks for {status.chal.type}, which needs no nonce", lacks=True)
        if (status.chal.format or "").lower() != "b64":
            return Broken(f"the Chal has Format {status.chal.format!r}; b64 would be right")
    if "nonce" in text.split() and scheme.uses_nonce:
        if not status.chal.next_nonce:
            return Broken("the Chal has no NextNonce")
        if decode_b64(status.chal.next_nonce) is None:
            return Broken(f"NextNonce {status.chal.next_nonce!r} is no base64")
    return None


def _fresh_nonce(scene: Scene, text: str) -> Finding:
    nonces = scene.us.nonces
    if len(nonces) < 2:
        return Unsure("fewer than two nonces were given out")
    return None if nonces[-1] not in nonces[:-1] else Broken("a nonce is given out that was given out before")


def _next_nonce(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    status = scene.heard.header_status()
    if status is None:
        return Unsure("no Status for our header came")
    return (
        None
        if status.chal is not None and status.chal.next_nonce
        else Broken("the Status for our header has no NextNonce")
    )


def _mac(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    if HEADER not in scene.heard.packet.headers:
        return Broken(f"the header {HEADER} is missing")
    right = scene.us.proved(scene.heard, scene.heard.nonce)
    if right is None:
        return Unsure("the secret of the peer is not known here")
    return None if right else Broken(f"the MAC is wrong: {scene.heard.packet.headers[HEADER]}")


def _proof(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    right = scene.us.proved(scene.heard, scene.heard.nonce)
    if right is None:
        return Broken("it does not prove itself") if text == "given" else Unsure("it gives no proof")
    return None if right else Broken("its proof is wrong")


def _no_proof(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    shown = scene.heard.message.header.cred is not None or HEADER in scene.heard.packet.headers
    return Broken("it proves itself") if shown else None


def _shows_proof(scene: Scene, text: str) -> Finding:
    return None if isinstance(_no_proof(scene, text), Broken) else Broken("it shows no proof")


def _results(scene: Scene) -> list[Item]:
    commands = scene.heard.message.commands if scene.heard else ()
    return [item for c in commands if isinstance(c, Results) for item in c.items]


def _same_place(one: str | None, other: str) -> bool:
    return (one or "").removeprefix("./").partition("?")[0] == other.removeprefix("./").partition("?")[0]


def _value(scene: Scene, text: str) -> Finding:
    uri, equals, value = text.partition(" = ")
    found = [item for item in _results(scene) if _same_place(item.source, uri)]
    if not found:
        return Broken(f"no Results for {uri} came")
    if not equals or found[0].text == value:
        return None
    return Broken(f"{uri} is {found[0].text[:60]!r}; {value[:60]!r} would be right")


def _children(scene: Scene, text: str) -> Finding:
    uri, _, names = text.partition(" = ")
    found = [item for item in _results(scene) if _same_place(item.source, uri)]
    if not found:
        return Unsure(f"no Results for {uri} came")
    said = set(found[0].text.split("/"))
    missing = [name for name in names.split() if name not in said]
    return Broken(f"{uri} has {found[0].text[:80]!r}; {missing[0]} is missing") if missing else None


def _no_value(scene: Scene, text: str) -> Finding:
    found = [item for item in _results(scene) if not text or _same_place(item.source, text)]
    return Broken(f"Results for {found[0].source} came") if found else None


def _size(scene: Scene, text: str) -> Finding:
    assert scene.heard is not None
    octets = len(scene.heard.packet.body)
    return None if octets <= int(text) else Broken(f"a message of {octets} octets; we take {text}")


def _objects(scene: Scene, text: str) -> Finding:
    commands = flatten(scene.heard.message.commands if scene.heard else ())
    items = [item for c in commands for item in getattr(c, "items", ())]
    sizes = [item.meta.size if item.meta and item.meta.size else len(item.text.encode()) for item in items]
    bad = next((size for size in sizes if size > int(text)), None)
    return None if bad is None else Broken(f"an object of {bad} octets; we take {text}")


def _device_info(scene: Scene, text: str) -> Finding:
    commands = scene.heard.message.commands if scene.heard else ()
    sources = [i.source or "" for c in commands if isinstance(c, Replace) for i in c.items]
    if not sources:
        return Broken("no Replace of DevInfo came")
    missing = next(
        (leaf for leaf in ("DevId", "Man", "Mod", "DmV", "Lang") if f"./DevInfo/{leaf}" not in sources), None
    )
    return None if missing is None else Broken(f"./DevInfo/{missing} is missing in the Replace")


def _refusal(scene: Scene, text: str) -> Finding:
    """The message was not taken: by the transport, or by a Status of 400 and more for header or a command."""
    if scene.refused:
        return (
            None
            if 400 <= scene.refused < 500 or scene.refused == 503
            else Broken(f"the transport answers {scene.refused}")
        )
    if scene.silent:
        return Unsure("nothing came")
    assert scene.heard is not None
    status = next((s for s in scene.heard.statuses() if s.code >= 400), None)
    if status is not None:
        return None
    return (
        None
        if any(a.code == 1223 for a in _alerts(scene))
        else Broken("the message was taken: no Status of 400 or more")
    )


def _alive(scene: Scene, text: str) -> Finding:
    """Whatever it is, it is an answer: a message, or a refusal that is no error of the peer itself."""
    if scene.refused >= 500 and scene.refused != 503:
        return Broken(f"the transport answers {scene.refused}")
    return Unsure("nothing came") if scene.silent else None


def _over(scene: Scene, text: str) -> Finding:
    """Nothing more comes, or nothing that asks for an answer."""
    if scene.silent or scene.refused:
        return None if scene.us.heard else Unsure("nothing came at all")
    heard = scene.heard
    assert heard is not None
    if scene.us.role == "server":
        return Broken(f"message {heard.message.header.msg_id} came, where the session is over")
    found = _wishes(scene)
    if found:
        return Broken(f"{found[0].verb.value} came, where the session is over")
    return None if heard.message.final else Broken("there is no Final, where the session is over")


def _goes_on(scene: Scene, text: str) -> Finding:
    if scene.silent:
        return Unsure("nothing came")
    return None


def _same_octets(scene: Scene, text: str) -> Finding:
    if len(scene.us.heard) < 2:
        return Unsure("there is nothing to compare with")
    one, other = scene.us.heard[-2:]
    if one.packet.body == other.packet.body:
        return None
    return Broken("the answer to the same octets is another message")


def _statuses_only(scene: Scene, text: str) -> Finding:
    commands = scene.heard.message.commands if scene.heard else ()
    bad = next((c for c in commands if not isinstance(c, Status)), None)
    return None if bad is None else Broken(f"{bad.verb.value} stands beside the refusal")


def _something(scene: Scene, text: str) -> Finding:
    """A message of a client says more than a good Status for the header."""
    commands = scene.heard.message.commands if scene.heard else ()
    rest = [c for c in commands if not (isinstance(c, Status) and c.is_header and c.code < 300)]
    return None if rest else Broken("its only content is a good Status for the header")


def _piece(scene: Scene, text: str) -> Finding:
    """The last message carries a piece of a large object; the first one has its Size."""
    commands = flatten(scene.heard.message.commands if scene.heard else ())
    pieces = [i for c in commands for i in getattr(c, "items", ()) if i.more_data]
    if not pieces:
        return Unsure("no piece of an object came")
    if text == "size" and (pieces[0].meta is None or pieces[0].meta.size is None):
        return Broken("the first piece has no Size")
    if text == "later" and pieces[0].meta is not None and pieces[0].meta.size is not None:
        return Broken("a later piece has a Size")
    return None


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
    assert scene.heard is not None
    try:
        root = element_of(scene.heard.packet)
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


def _uris(scene: Scene, text: str) -> Finding:
    uris = [i.target for c in flatten(tuple(_wishes(scene))) for i in getattr(c, "items", ()) if i.target]
    for uri in uris:
        try:
            parse(uri, strict=True)
        except CommandFailed as error:
            return Broken(str(error))
    return None if uris else Unsure("no command with a Target came")


def _item(scene: Scene, text: str) -> Finding:
    """The Status that holds for one Item of a command: its own, or the one for the whole command."""
    uri, _, codes = text.partition(" ")
    command = _which(scene, uri)
    if command is None:
        return Unsure(f"{uri} was not asked")
    found = list(_answers(scene, command))
    own = [s for s in found if any(_same_uri(ref, uri) for ref in s.target_refs)] or [
        s for s in found if not s.target_refs
    ]
    if not own:
        return Unsure(f"no Status for {uri} came")
    fits = _codes(codes)
    wrong = next((s for s in own if not fits(s.code)), None)
    return None if wrong is None else Broken(f"Status {wrong.code.value} for {uri}; {_listed(codes)} would be right")


def _same_uri(one: str, other: str) -> bool:
    return one.removeprefix("./") == other.removeprefix("./")


RULES: Final[Mapping[str, Rule]] = {
    "dm elements": Rule("no element stands in the message that DM 1.2 leaves out", _dm_elements),
    "uris": Rule("the URIs of its commands keep to the restrictions", _uris),
    "item": Rule("the Status that holds for {0}", _item),
    "status": Rule("a Status for {0}", _status),
    "answered": Rule("a Status for our header and for each of our commands, by number and name", _answered),
    "header first": Rule("the Status for our header stands first", _first),
    "references": Rule("each Status names a message and a command of ours", _references),
    "ordered": Rule("Statuses stand in the order of the commands", _ordered),
    "no status for": Rule("no Status for {0}", _none_for),
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
    "challenge": Rule("a whole challenge stands in the Status for our header ({0})", _challenge),
    "fresh nonce": Rule("the nonce was not given out before", _fresh_nonce),
    "next nonce": Rule("the Status for our header has a NextNonce", _next_nonce),
    "mac": Rule("the MAC of the message is right", _mac),
    "proof": Rule("the proof of the peer is right", _proof),
    "no proof": Rule("the peer does not prove itself", _no_proof),
    "shows proof": Rule("the peer shows a proof, right or wrong", _shows_proof),
    "value": Rule("the value of {0} comes", _value),
    "children": Rule("the names below {0} are among those that come", _children),
    "no value": Rule("no value comes {0}", _no_value),
    "size": Rule("the message has at most {0} octets", _size),
    "objects": Rule("no object has more than {0} octets", _objects),
    "device info": Rule("the five leaves of DevInfo come", _device_info),
    "refusal": Rule("the message is refused", _refusal, needs=False),
    "alive": Rule("there is an answer, or a refusal that is no error of the peer itself", _alive, needs=False),
    "over": Rule("the session is over", _over, needs=False),
    "goes on": Rule("an answer comes", _goes_on, needs=False),
    "same octets": Rule("the answer is the same, octet by octet", _same_octets),
    "statuses only": Rule("nothing stands beside the Statuses", _statuses_only),
    "something": Rule("the message says more than a good Status for the header", _something),
    "piece": Rule("a piece of a large object comes ({0})", _piece),
}
"""The word -> what it asks for."""

_LONGEST_FIRST: Final = sorted(RULES, key=len, reverse=True)


def _parts(text: str) -> tuple[str, str]:
    word = next((w for w in _LONGEST_FIRST if text == w or text.startswith(f"{w} ")), None)
    if word is None:
        first = text.partition(" ")[0]
        raise ConfigError(f"{text!r} is no rule of a verdict; there are {', '.join(RULES)}{nearest(first, RULES)}")
    return word, text[len(word) :].strip()


def check_rule(text: str) -> None:
    """ConfigError when ``text`` is no rule."""
    _parts(text)


def says(text: str) -> str:
    """The rule as a sentence for the test specification.

    >>> says("status Get 200 2xx"), says("no final")
    ('a Status for Get: 200 or 2xx', 'the message has no Final')
    """
    word, argument = _parts(text)
    if word in ("status", "item"):
        what, _, codes = argument.partition(" ")
        argument = f"{what}: {_listed(codes)}"
    return RULES[word].says.format(argument).replace(" ()", "").rstrip()


def hold(text: str, scene: Scene) -> Finding:
    """What the rule ``text`` finds in ``scene``."""
    word, argument = _parts(text)
    rule = RULES[word]
    if rule.needs and scene.heard is None:
        if scene.refused:
            return Unsure(f"the transport answers {scene.refused} in place of a message")
        return Unsure("nothing came")
    return rule.holds(scene, argument)


def verb_of(text: str) -> Verb | None:
    """The verb that a rule is about, where it is about one."""
    word, argument = _parts(text)
    name = argument.partition(" ")[0].partition("[")[0]
    return Verb(name) if word == "status" and name in {v.value for v in Verb} else None
