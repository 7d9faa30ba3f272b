"""Rules: every choice that the specification leaves open, or that one may want to vary, in one frozen value.

``Rules()`` is the specification.  A design under study is one ``replace``:

>>> from dataclasses import replace
>>> replace(Rules(), auth="mac", server_auth="mac").auth
'mac'

Each field says what rivals it has.  docs/ambiguities.md lists the ones that settle an UNSURE or a CONFLICT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from typing import Annotated, Final, Literal, TypeAlias

from dmkit.auth import DM_1_2, SCHEMES
from dmkit.auth.scheme import SchemeChoice
from dmkit.bootstrap.rules import BootstrapRules
from dmkit.notify.rules import NotifyRules
from dmkit.tree.apply import TreeRules
from dmkit.tree.policy import Policy, oma_acl
from dmkit.words.checked import Names, Size, checked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.model import Alert
from dmkit.words.outcome import Outcome
from dmkit.words.ranges import Count, Natural, Octets, Range, SomeOctets
from dmkit.words.records import dataclass

__all__ = ["AlertPolicy", "MessageSize", "Rules", "loosened", "usual_rules"]

AlertPolicy: TypeAlias = Callable[[str], bool]
"""Says whether a server understands a Generic Alert or client event of this type."""


LEAST_MESSAGE: Final = 86
"""Octets of the shortest answer there is, in WBXML: a header without names, its Status, and Final."""
MessageSize: TypeAlias = Annotated[int, Range("octets", LEAST_MESSAGE, whole=True)]
"""Octets that a message may have: at least those of the shortest."""
AlertNumber: TypeAlias = Annotated[int, Range("number", 0, 99999, whole=True)]
"""The code of an alert, ``AlertCode`` or a number."""

AlertHandler: TypeAlias = Callable[[Alert], Outcome | StatusCode]
"""What to do with an alert; whatever it gives is the answer."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The choices of one side: what the specification leaves open, or one may want to vary.  Sizes are octets.

    The defaults are the specification.  A field names its section, and UNSURE, CONFLICT or PROPOSAL where it is no
    plain reading of it; ``tree``, ``notify`` and ``bootstrap`` are the choices of the parts below.

    >>> Rules(auth="mac").auth
    'mac'
    """

    # who is who
    auth: SchemeChoice = "md5"
    """How the client proves itself: basic, md5, mac, none, or a Scheme of yours.  [DMSEC §5.3]"""
    server_auth: SchemeChoice = "md5"
    """How the server proves itself; none leaves it to the transport.  [DMSEC §5.3]"""
    nonce: Literal["session", "message", "counter", "clock", "reused", "fixed resync"] = "session"
    """What nonces this side gives out, a row of ``dmkit.session.nonces.NONCES``: md5 with one proof a session (212),
    one per message (200), or rivals that show what a nonce is for.  mac is always per message.  [DMPRO §9.1]"""
    client_schemes: tuple[Annotated[str, Names(lambda: SCHEMES)], ...] = ("md5", "mac", "basic")
    """Schemes a client is able to use when challenged; another ends the session.  A scheme in ``auth`` that is no
    part of DM 1.2 counts too.  [DMSEC §5.4.1]"""
    downgrade: Literal["allow", "sticky", "floor"] = "allow"
    """Who may talk this side into a weaker scheme: anybody who can send a challenge; nobody, below what the account
    holds as its scheme (sticky); nobody, below ``auth`` or ``server_auth`` (floor).  PROPOSAL"""
    channel: bytes = b""
    """Binding of the connection this side sees, for schemes that bind: say the hash of the server's certificate.
    PROPOSAL  [RFC 5929]"""
    redirect: Literal["any", "same host"] = "any"
    """Client: which RespURI it follows: any, or one on the host and port of the account's address.  It follows none
    from https to http.  PROPOSAL  [DMPRO §9.1]"""
    challenges: Natural = 2
    """How often one side answers 401 (and 407) in a session before it gives up.  [DMSEC §5.3.3]"""
    store_unproven_nonce: bool = False
    """Keep a nonce that came from a peer that never proved itself.  [DMSEC §5.3.4 says no]"""
    transport_status: Literal[200, 212] = 200
    """Answer to a header when only the transport vouches for its sender.  UNSURE [security sheet §5.1]"""
    unaccepted: Literal["refuse", "execute"] = "refuse"
    """Client: commands of a proven server that has not accepted us yet.  UNSURE [security sheet §5.3, state NY]"""
    mac_on_challenge: bool = False
    """Server: its MAC stands beside a message that only challenges, too; whoever asks then gets something to guess the
    secret from.  False: from its answer to the first good header on.  UNSURE [DMSEC §5.4.3]"""
    mac_once: bool = False
    """Take the MAC of the first message for the whole session, as one real client has it.  Whoever strips the header
    from a later message may then alter it.  [DMSEC §5.4.3 says no]"""
    proves_to: Literal["the proven", "anybody"] = "the proven"
    """Server: who is shown its proof: a device that has proved itself in the message that is answered (or that the
    transport vouches for), or anybody.  A proof to anybody is a password in basic; in MD5 it can be guessed at, or
    handed on to the device.  A device has no such choice: it is asked first, and nobody proves anything to it before.
    PROPOSAL [DMSEC §5.3, DMPRO §9]"""
    challenged_midway: Literal["again", "end"] = "again"
    """Client: after a challenge behind package 1, say the last answer again, or end.  UNSURE [DMPRO §9]"""

    # sizes
    max_message: MessageSize | None = 16384
    """Largest message this side takes; announced as MaxMsgSize.  None announces nothing."""
    max_object: Octets | None = None
    """Largest object this side takes; announced as MaxObjSize.  None: no limit.  [DMPRO §7]"""
    object_counts: Literal["carried", "decoded"] = "carried"
    """Octets that count against MaxObjSize: as carried (the larger number), or without base64.  UNSURE [DMPRO §7]"""
    max_message_lasts: bool = True
    """The peer's MaxMsgSize stays in force until replaced; False: for the next message only.  UNSURE [META]"""
    chunk: SomeOctets | None = None
    """Largest piece of an object in one message; None: whatever the peer's MaxMsgSize leaves."""
    large_objects: Literal["yes", "no", "first piece is all"] = "yes"
    """Support for MoreData; the last is what one real client does.  UNSURE [DMPRO §7]"""
    large_binary: Literal["as carried", "b64"] = "as carried"
    """Octets that leave in pieces: as the encoding carries them, OPAQUE in WBXML, or as base64 text in WBXML too.
    [DMTND §7.7.2 allows both]"""
    heed_max_message: bool = True
    """Respect the peer's MaxMsgSize; one real client ignores it."""
    refused_chunk: Literal["close", "go on"] = "close"
    """Server: after a refused first piece, end the package or send what remains.  UNSURE [DMPRO §7]"""
    interrupting: Literal["execute", "412"] = "execute"
    """Client: fate of a command that breaks into an unfinished object.  UNSURE [DMPRO §7]"""
    missing_size: Literal["411", "accept"] = "411"
    """Answer to a first piece without Size.  UNSURE [DMPRO §7]"""

    # the conversation
    lenient: bool = False
    """Read what real peers send and report each deviation, instead of refusing it."""
    retries: Natural = 2
    """Client: how often the same octets are sent again when no answer came."""
    repeats: Natural = 4
    """How often one message is answered from memory when it comes again."""
    messages: Count = 128
    """Messages one side sends in a session before it gives up."""
    first_message: Literal["strict", "any"] = "strict"
    """Server: refuse a first message without Alert 1200/1201 (412) or DevInfo (400), or go on."""
    resp_uri: str | None = None
    """Server: RespURI to put into each header.  [DMPRO §9.1]"""
    later: Literal["at its RespURI", "anywhere"] = "at its RespURI"
    """Server: where later messages of a session that has an address of its own are taken.  Elsewhere only those that
    prove themselves; "anywhere" lets whoever knows the SessionID of a device speak in its name.  PROPOSAL
    [DMPRO §9.1]"""
    versions: Annotated[tuple[tuple[str, str], ...], Size(1)] = (("1.2", "DM/1.2"),)
    """Server: pairs of VerDTD and VerProto that it speaks; others get 505 or 513."""
    version_command_status: Literal["same", "500"] = "same"
    """Server: Status of the commands of a message whose version was refused.  UNSURE [sessions W26]"""
    abort_final: bool = True
    """Put Final into an Alert 1223 that stands for Next Message.  CONFLICT [DMPRO §6.2, §8.1.2]"""
    status_per_item: bool = False
    """Answer each Item of a command by a Status of its own, even when all are alike."""
    results_per_item: bool = False
    """Answer each Item of a Get by Results of its own."""
    first_cmd_id: Count = 1
    """CmdID of the first command of each message; clients of Windows begin with 2.  [V, windows sheet §2]"""
    alerts_first: bool = False
    """Client: its own alerts stand before the Replace of DevInfo, as Windows has them.  [E, windows sheet §8]"""
    too_large_results: Literal["413", "200 and the end"] = "413"
    """Client: Results that fit into no message: 413, or, as Windows does it, 200 without Results, Alert 1223 and the
    end of the session.  [DMREPPRO §6.6.7; V, windows sheet §2]"""
    target_refs: bool = True
    """Client: name the target of a command with one Item in its Status."""
    order: Callable[[tuple[object, ...]], tuple[object, ...]] | None = None
    """Client: another order for the commands of a message outside containers; None: as sent.  [DMPRO §8]"""
    late_alert: Literal["send", "keep"] = "send"
    """Client: a Generic Alert that came up while the server closed: send it, or keep it for the next session
    (``ClientSession.unsent``).  UNSURE [DMPRO §8, §8.7]"""
    write_meta: bool = False
    """Server: write Format and Type into Add and Replace where the defaults would do; one real client dies without."""
    write_empty_data: bool = False
    """Server: write an empty Data into Add of an interior node and into a question without options; one real client
    dies without."""
    sequences: bool = True
    """Server: send Sequence as such; False sends its commands one by one (one real client dies of it)."""

    # alerts
    alerts: Mapping[AlertNumber, AlertHandler] = field(default_factory=dict, hash=False)
    """Either side: what it does with an alert code that has no row in ``dmkit.session.alerts.CONTROL``, or that shall
    mean something else: a function of the Alert that gives a StatusCode or an Outcome.  [DMREPPRO §7]"""
    known_alerts: AlertPolicy | None = None
    """Server: types of Generic Alert it understands (others 415); None: all that are well formed."""
    known_events: AlertPolicy | None = None
    """Server: types of client event it understands (others 406); None: all."""

    # what the device may do and does
    policy: Policy = oma_acl
    """Who may do what.  [DMTND §7.7.1]"""
    tree: TreeRules = field(default_factory=TreeRules)
    """Choices about commands on the tree: Atomic, Sequence, implicit Add, Copy ..."""
    notify: NotifyRules = field(default_factory=NotifyRules)
    """Client: choices about package 0: nonces tried, versions, replay.  [DMNOTI]"""
    bootstrap: BootstrapRules = field(default_factory=BootstrapRules)
    """Client: what it takes as a bootstrap, and whom it asks.  [DMBOOT]"""

    def __post_init__(self) -> None:
        if not self.client_schemes and self.auth in DM_1_2:
            raise ConfigError(
                f"Rules.client_schemes is () and Rules.auth is {self.auth!r}: no challenge could be answered; name "
                f"{self.auth!r} in client_schemes, or give auth='none'"
            )


@cache
def usual_rules() -> Rules:
    """The rules of whoever names none: one value for all, since to make one looks at a hundred fields.

    >>> usual_rules() == Rules(), usual_rules() is usual_rules()
    (True, True)
    """
    return Rules()


_LOOSE: Final[tuple[tuple[str, object, str], ...]] = (
    ("mac_once", True, "later messages are taken without the MAC that was agreed"),
    ("proves_to", "anybody", "this side proves itself to whoever asks"),
    ("later", "anywhere", "later messages are taken at any address from whoever knows the SessionID"),
    ("mac_on_challenge", True, "a MAC of ours goes to whoever asks"),
    ("store_unproven_nonce", True, "nonces are kept that come from peers that have not proved themselves"),
)


def loosened(rules: Rules) -> tuple[str, ...]:
    """What ``rules`` let pass that the defaults do not, as sentences for whoever starts a server.

    >>> loosened(Rules()), loosened(Rules(mac_once=True))
    ((), ('mac_once: later messages are taken without the MAC that was agreed',))
    """
    return tuple(f"{name}: {why}" for name, value, why in _LOOSE if getattr(rules, name) == value)
