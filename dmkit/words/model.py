"""What is said: messages, headers, items and commands as values, in the protocol's own words.

Every value is frozen and compares by content.  Identifiers are text, as on the wire.
``cmd_id`` may stay empty until a session or a codec numbers the message.

>>> Get.of("./DevInfo/Man", "./DevInfo/Mod")
Get(items=(Item(target='./DevInfo/Man'), Item(target='./DevInfo/Mod')))
>>> Replace.of("./Vendor/Poll", 60).items[0].meta
Meta(format='int')

Structs rather than dataclasses: a message is some sixty values, and these are ten times
faster to build (docs/architecture.md, "Why structs").  [DMREPPRO §6]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Self, TypeAlias

import msgspec

from dmkit.words.codes import SYNC_HDR, AlertCode, Format, StatusCode, Verb
from dmkit.words.deviations import Deviation
from dmkit.words.errors import ConfigError
from dmkit.words.structs import nested_hash

__all__ = [
    "Add",
    "Alert",
    "Atomic",
    "Command",
    "Copy",
    "Cred",
    "Data",
    "Delete",
    "Element",
    "Exec",
    "Get",
    "Header",
    "Item",
    "Message",
    "Meta",
    "Packet",
    "Replace",
    "Results",
    "Sequence",
    "Status",
    "Unknown",
    "Value",
    "flatten",
]

VER_DTD: Final = "1.2"
VER_PROTO: Final = "DM/1.2"

Value: TypeAlias = str | bytes | int | bool | float
"""What a caller may give as the value of a leaf; numbers are written as the formats demand."""


class _Struct(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """Base of every value here: frozen, compared by content, short when printed."""


class Element(_Struct, frozen=True):
    """A piece of mark-up of any vocabulary: what ``Data`` holds when it is not text.

    ``ns`` is the namespace name, ``children`` are elements, text and octets in order.

    >>> Element("b", children=("bold",)).children
    ('bold',)
    """

    name: str
    ns: str = ""
    children: tuple[Element | str | bytes, ...] = ()
    attrs: tuple[tuple[str, str], ...] = ()
    __hash__ = nested_hash

    @property
    def text(self) -> str:
        """All text below this element, joined; octets are read as UTF-8."""
        return "".join(
            c if isinstance(c, str) else c.decode("utf-8", "replace") if isinstance(c, bytes) else c.text
            for c in self.children
        )

    def find(self, name: str) -> Iterator[Element]:
        """Child elements called ``name``."""
        return (c for c in self.children if isinstance(c, Element) and c.name == name)


Data: TypeAlias = str | bytes | Element
"""Content of ``Data``: text, octets (WBXML OPAQUE of a ``bin`` Item) or one element (inline TNDS)."""


class Meta(_Struct, frozen=True):
    """Meta information in the namespace ``syncml:metinf``; None means the element is absent.

    ``size``, ``max_msg_size`` and ``max_obj_size`` are octets; ``next_nonce`` is base64 text as carried.
    [DMREPPRO §6.4]

    >>> Meta(format="chr").format
    'chr'
    """

    format: str | None = None
    type: str | None = None
    mark: str | None = None
    size: int | None = None
    next_nonce: str | None = None
    max_msg_size: int | None = None
    max_obj_size: int | None = None
    version: str | None = None
    emi: tuple[str, ...] = ()


class Cred(_Struct, frozen=True):
    """Credentials of the sender, in the header only.  [DMREPPRO §6.1.6]

    ``data`` is the proof as text, ``meta`` its type (``AuthType``) and Format b64.  A MAC is no Cred: it travels beside
    the message (``Packet.headers``).

    >>> Cred("Z3Vlc3Q6cHc=", Meta(type="syncml:auth-basic")).meta.type
    'syncml:auth-basic'
    """

    data: str
    meta: Meta | None = None


class Item(_Struct, frozen=True):
    """One object of a command: where it is, what it is.  [DMREPPRO §6.3.2]

    ``target`` and ``source`` are the LocURI texts, ``target_name`` and ``source_name`` the LocName texts;
    ``data`` None means that Data is absent, ``""`` that it is empty.

    >>> Item(target="./A", data="1").text
    '1'
    """

    target: str | None = None
    source: str | None = None
    meta: Meta | None = None
    data: Data | None = None
    more_data: bool = False
    target_name: str | None = None
    source_name: str | None = None

    @property
    def text(self) -> str:
        """The data as text: empty when absent, octets read as UTF-8."""
        data = self.data
        if data is None:
            return ""
        if isinstance(data, str):
            return data
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else data.text


def _value_item(uri: str, value: Value | Element | None, format: str | None, type: str | None) -> Item:
    """An Item for ``uri`` with a Meta that says no more than is needed."""
    if value.__class__ is str and uri.__class__ is str and format is None and type is None:  # as almost always
        return Item(target=uri, data=value)
    if not isinstance(value, str | bytes | int | float | Element | None):
        what = "a text, octets, a number, True, False or an Element"
        raise ConfigError(f"the value of a leaf is {what}, not {_of_type(value)}")
    for name, word in (("format", format), ("type", type)):
        if not isinstance(word, str | None):
            raise ConfigError(f"the {name} of a leaf is a text or None, not {_brief(word)}")
    if isinstance(value, bool):
        value, format = ("true" if value else "false"), format or Format.BOOL.value
    elif isinstance(value, int | float):
        value, format = str(value), format or (Format.INT.value if isinstance(value, int) else Format.FLOAT.value)
    elif isinstance(value, bytes):
        format, type = format or Format.BIN.value, type or "application/octet-stream"
    elif isinstance(value, Element):
        format = format or Format.XML.value
    meta = Meta(format=format, type=type) if format or type else None
    return Item(target=_address(uri), meta=meta, data=value)


def _address(uri: str) -> str:
    if isinstance(uri, str):
        return uri
    raise ConfigError(f"an address is a text such as './DevInfo/Man', not {_brief(uri)}")


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else _of_type(value)


def _of_type(value: object) -> str:
    return f"of type {type(value).__name__}"


class Add(_Struct, frozen=True):
    """Create nodes, one for each Item: ``target`` says where, ``data`` what.  [DMREPPRO §6.6.1]

    418 for a node that is there, 404 without a parent (unless the device makes it), 405 and 415 for what a description
    does not allow, 425 without the right Add on the parent.

    >>> Add.of("./A/B", "1").items[0].target
    './A/B'
    """

    items: tuple[Item, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.ADD

    @classmethod
    def of(
        cls, uri: str, value: Value | Element | None = None, *, format: str | None = None, type: str | None = None
    ) -> Self:
        """Add a leaf with ``value``, or an interior node when there is no value and no ``format``."""
        if value is None and format is None:
            format = Format.NODE.value
        return cls((_value_item(uri, value, format, type),))


class Replace(_Struct, frozen=True):
    """Give nodes that are there new values, or new values to their properties (``?prop=ACL``).  [DMREPPRO §6.6.11]

    404 for a node that is not there, 405 for an interior one, 415 for a value it does not take, 425 without Replace.
    From a client it carries the leaves of DevInfo, ``source`` in place of ``target``.  [DMPRO §8.3]

    >>> Replace.of("./A/B", "2").items[0].data
    '2'
    """

    items: tuple[Item, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.REPLACE

    @classmethod
    def of(cls, uri: str, value: Value | Element | None, *, format: str | None = None, type: str | None = None) -> Self:
        """Replace the value of the leaf or property at ``uri``."""
        return cls((_value_item(uri, value, format, type),))


class Copy(_Struct, frozen=True):
    """Copy the value of the leaf ``source`` of each Item over the leaf ``target``; optional, 406.  [DMREPPRO §6.6.4]

    >>> Copy((Item(source="./A/B", target="./A/C"),)).items[0].target
    './A/C'
    """

    items: tuple[Item, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.COPY

    @classmethod
    def of(cls, source: str, target: str) -> Self:
        """Copy ``source`` onto ``target``."""
        return cls((Item(target=_address(target), source=_address(source)),))


class Delete(_Struct, frozen=True):
    """Remove nodes with all below them.  [DMREPPRO §6.6.5]

    404 for a node that is not there, 405 for the root and for permanent nodes, 425 without Delete.

    >>> Delete.of("./A/B").verb.value
    'Delete'
    """

    items: tuple[Item, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.DELETE

    @classmethod
    def of(cls, *uris: str) -> Self:
        """Delete each of ``uris``."""
        return cls(tuple(Item(target=_address(uri)) for uri in uris))


class Get(_Struct, frozen=True):
    """Ask for values of leaves, names of children, properties (``?prop=``) or listings (``?list=``).

    The answer is a Status, and Results when it is 200.  404 for a node that is not there, 406 for a property or listing
    that the device has not, 425 without Get.  [DMREPPRO §6.6.7, DMTND §7.3, §8]

    >>> Get.of("./A/B").items[0].target
    './A/B'
    """

    items: tuple[Item, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.GET

    @classmethod
    def of(cls, *uris: str) -> Self:
        """Get each of ``uris``."""
        return cls(tuple(Item(target=_address(uri)) for uri in uris))


class Exec(_Struct, frozen=True):
    """Run what a node stands for, with the data of the Item as its argument; optional, 406.  [DMREPPRO §6.6.6]

    200 when it is done, 202 when it goes on: an Alert 1226 with the same ``correlator`` then reports its end.

    >>> Exec.of("./A/Start").verb.value
    'Exec'
    """

    items: tuple[Item, ...]
    meta: Meta | None = None
    correlator: str | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.EXEC

    @classmethod
    def of(cls, uri: str, argument: str | bytes | None = None, *, correlator: str | None = None) -> Self:
        """Execute ``uri``; a later Alert 1226 that reports its end will carry ``correlator``."""
        return cls((_value_item(uri, argument, None, None),), correlator=correlator)


class Alert(_Struct, frozen=True):
    """Say that something happened, or ask the user.  [DMREPPRO §6.6.2, §7]

    What ``items`` hold depends on ``code``: options, text and choices of a question (1100 to 1104), type and data of a
    Generic Alert (1226); others have none.
    """

    code: AlertCode
    items: tuple[Item, ...] = ()
    correlator: str | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.ALERT

    @classmethod
    def of(cls, code: int, *texts: str | None) -> Self:
        """An alert whose Items hold ``texts``; None makes an Item without Data.

        >>> Alert.of(1101, "MAXDT=30", "Go on?").items[1].text
        'Go on?'
        """
        if not isinstance(code, int):
            raise ConfigError(f"the code of an Alert is a number such as 1226, not {_brief(code)}")
        strange = next((text for text in texts if not isinstance(text, str | None)), None)
        if strange is not None:
            raise ConfigError(f"the Items of an Alert hold texts or None, not {_brief(strange)}")
        return cls(AlertCode(code), tuple(Item(data=text) for text in texts))


class Atomic(_Struct, frozen=True):
    """All of these commands, or none: after a failure the tree is as it was.  [DMREPPRO §6.6.3]

    Then the failed command has its own Status, those before it 216 (undone; 516 when that failed), those behind it
    215, and the Atomic itself 507.  Get, Exec and other containers do not stand inside.

    >>> Atomic((Get.of("./A"),)).commands[0].verb.value
    'Get'
    """

    commands: tuple[Command, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.ATOMIC
    __hash__ = nested_hash

    @classmethod
    def of(cls, *commands: Command) -> Self:
        """All of ``commands``, or none."""
        return cls(commands)


class Sequence(_Struct, frozen=True):
    """These commands in this order, one after the other; no to a question inside skips the rest (215).

    Without it a device may choose the order.  [DMREPPRO §6.6.14, §6.6.2]

    >>> Sequence((Get.of("./A"),)).commands[0].verb.value
    'Get'
    """

    commands: tuple[Command, ...]
    meta: Meta | None = None
    cmd_id: str = ""
    no_resp: bool = False
    verb: ClassVar[Verb] = Verb.SEQUENCE
    __hash__ = nested_hash

    @classmethod
    def of(cls, *commands: Command) -> Self:
        """``commands`` in this order."""
        return cls(commands)


class Results(_Struct, frozen=True):
    """Values that a Get asked for, one Item each with ``source`` and data; they get no Status when all is well.

    ``msg_ref`` and ``cmd_ref`` name the Get; a missing ``msg_ref`` means message 1.  [DMREPPRO §6.6.12, §6.5.1]

    >>> Results((Item(source="./DevInfo/Man", data="Acme"),), cmd_ref="2").items[0].data
    'Acme'
    """

    items: tuple[Item, ...]
    msg_ref: str | None = None
    cmd_ref: str | None = None
    meta: Meta | None = None
    target_ref: str | None = None
    source_ref: str | None = None
    cmd_id: str = ""
    verb: ClassVar[Verb] = Verb.RESULTS


class Status(_Struct, frozen=True):
    """Answer to one command, or to a header when ``cmd_ref`` is ``0``.  [DMREPPRO §6.5.1]

    ``cmd`` is the name of what is answered; ``chal`` the Meta of a challenge; ``cmd_ref`` None
    when the peer left it out (legal for a header only).

    >>> Status(StatusCode.OK, cmd="SyncHdr").is_header
    True
    """

    code: StatusCode
    msg_ref: str = ""
    cmd_ref: str | None = None
    cmd: str = ""
    target_refs: tuple[str, ...] = ()
    source_refs: tuple[str, ...] = ()
    chal: Meta | None = None
    items: tuple[Item, ...] = ()
    cmd_id: str = ""
    verb: ClassVar[Verb] = Verb.STATUS

    @property
    def is_header(self) -> bool:
        """True when this answers a SyncHdr."""
        return self.cmd == SYNC_HDR


class Unknown(_Struct, frozen=True):
    """What stands where a command should, and is none of DM: it is answered, and nothing is done.

    A word that nobody knows, a command of SyncML that DM leaves out (Put, Search, Map, Sync, Move), or one that does
    not stand in its container.  ``content`` is what was in it beside CmdID and NoResp.  Only a lenient reader gives it;
    406, or 400 by ``TreeRules.unknown_command``, and an Atomic with it fails as a whole.  [DMREPPRO §6.6, §6.6.3]

    >>> Unknown("Search", cmd_id="4").verb.value
    'Search'
    """

    name: str
    content: tuple[Element | str | bytes, ...] = ()
    cmd_id: str = ""
    no_resp: bool = False
    items: ClassVar[tuple[Item, ...]] = ()

    @property
    def verb(self) -> Verb:
        """Its name, as a Status repeats it."""
        return Verb.unknown(self.name)

    @classmethod
    def of(cls, element: Element) -> Self:
        """What ``element``, as it was read, says of itself.

        >>> Unknown.of(Element("Put", "", (Element("CmdID", "", ("7",)), Element("NoResp"))))
        Unknown(name='Put', cmd_id='7', no_resp=True)
        """
        own = next((child for child in element.find("CmdID")), None)
        silent = any(True for _ in element.find("NoResp"))
        rest = tuple(c for c in element.children if not (isinstance(c, Element) and c.name in ("CmdID", "NoResp")))
        return cls(element.name, rest, "" if own is None else own.text.strip(), silent)

    def element(self, ns: str = "") -> Element:
        """It as mark-up again, in the namespace ``ns``."""
        head: tuple[Element, ...] = (Element("CmdID", ns, (self.cmd_id,)),) if self.cmd_id else ()
        if self.no_resp:
            head = (*head, Element("NoResp", ns))
        return Element(self.name, ns, (*head, *self.content))


Command: TypeAlias = Add | Alert | Atomic | Copy | Delete | Exec | Get | Replace | Results | Sequence | Status | Unknown


class Header(_Struct, frozen=True):
    """Who speaks to whom, in which session.  [DMREPPRO §6.2.2, DMPRO §8.3]

    ``meta`` carries the sender's MaxMsgSize and MaxObjSize; ``source_name`` the user name with MD5 and MAC.

    >>> Header("1", "1", "https://dm.example.com/dm", "IMEI:493005100592800").msg_id
    '1'
    """

    session_id: str
    msg_id: str
    target: str
    source: str
    target_name: str | None = None
    source_name: str | None = None
    resp_uri: str | None = None
    cred: Cred | None = None
    meta: Meta | None = None
    no_resp: bool = False
    ver_dtd: str = VER_DTD
    ver_proto: str = VER_PROTO


class Message(_Struct, frozen=True):
    """One SyncML document: a header, commands in order, and whether it ends its package.  [DMREPPRO §6.2, DMPRO §6]

    ``deviations`` is what a lenient reader accepted; empty for what we write.

    >>> Message(Header("1", "1", "https://dm.example.com/dm", "IMEI:493005100592800"), (), final=True).final
    True
    """

    header: Header
    commands: tuple[Command, ...] = ()
    final: bool = True
    deviations: tuple[Deviation, ...] = ()


def flatten(commands: tuple[Command, ...]) -> Iterator[Command]:
    """Commands in document order, a container before its own commands; RecursionError where one holds itself.

    >>> [c.verb.value for c in flatten((Atomic.of(Add.of("./A"), Delete.of("./B")), Get.of("./C")))]
    ['Atomic', 'Add', 'Delete', 'Get']
    """
    above = [(0, iter(commands))]
    theirs: set[int] = set()
    while above:
        container, left = above[-1]
        command = next(left, None)
        if command is None:
            above.pop()
            theirs.discard(container)
            continue
        yield command
        if isinstance(command, Atomic | Sequence):
            if id(command) in theirs:
                raise RecursionError(f"{command.verb.value} holds itself")
            theirs.add(id(command))
            above.append((id(command), iter(command.commands)))


_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class Packet(_Struct, frozen=True, gc=True):
    """What a transport carries: octets, where to, and headers beside them.

    ``headers`` holds ``x-syncml-hmac`` when the MAC is used; names are lower case.  [DMSEC §5.4.3]

    >>> Packet("IMEI:1", b"<SyncML/>", "application/vnd.syncml.dm+xml").to
    'IMEI:1'
    """

    to: str
    body: bytes
    media_type: str
    headers: Mapping[str, str] = _NO_HEADERS

    def __hash__(self) -> int:
        return hash((self.to, self.body, self.media_type, frozenset(self.headers.items())))
