"""A session between two messages, as one value: ``ClientSessionState`` on the device, ``ServerSessionState`` beside it.

Values are frozen, compare by content and have a hash, which their parts keep once it is known; whatever did not change
in a step is shared with the value before.  ``dmkit.session.client.receive`` and ``dmkit.session.server.receive`` map a
value and a packet to the value that follows and a ``Step``; ``ClientSession`` and ``ServerSession`` hold such a value.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from dmkit.auth import Account
from dmkit.auth.mac import HEADER
from dmkit.session.batch import Batch
from dmkit.session.job_queue import QueueState
from dmkit.session.nonces import Source
from dmkit.session.objects import Incoming, Sending
from dmkit.session.packages import Unit
from dmkit.session.proofs import Prover, Verifier
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.session.work import QueuedJob, Waiting
from dmkit.wire.codec import Codec
from dmkit.words.model import Alert, Command, Message, Packet, Status

__all__ = ["Answered", "ClientSessionState", "ServerSessionState", "SessionSetting", "digest_of"]


class SessionSetting(msgspec.Struct, frozen=True):
    """What stays as it is for a whole session.

    ``address`` is that of the device, ``triggered`` says that package 0 woke it, ``resp_uri`` is the address that this
    session of a server has for itself.  The rules count for equality and not for the hash: they have fifty fields, and
    sessions that are compared mostly share them.
    """

    rules: Rules
    session_id: str
    address: str
    triggered: bool = False
    resp_uri: str | None = None

    def __hash__(self) -> int:
        return hash((self.session_id, self.address, self.triggered, self.resp_uri))


def digest_of(body: bytes) -> bytes:
    """What stands for the octets of a message in the memory of a session."""
    return blake2b(body).digest()  # SHA-256 comes from a library that is twice as long on its way to so few octets


class Answered(msgspec.Struct, frozen=True, cache_hash=True):
    """A message that was answered: the digest of its octets, with what, and how often it came again.

    The octets themselves are not kept: they may be many, and a stranger's.  ``proof`` is the MAC beside its body: who
    repeats a body that is easy to foresee, and cannot prove it, is no repeat.
    """

    msg_id: str
    digest: bytes
    proof: str | None
    reply: Packet | None
    times: int = 0

    @classmethod
    def of(cls, packet: Packet, msg_id: str, reply: Packet | None) -> Answered:
        """``packet``, which had ``msg_id``, is answered by ``reply``."""
        return cls(msg_id, digest_of(packet.body), packet.headers.get(HEADER), reply)

    def is_of(self, packet: Packet) -> bool:
        """True when ``packet`` is that message: the same octets under the same MAC."""
        return self.proof == packet.headers.get(HEADER) and self.digest == digest_of(packet.body)


class _SideState(msgspec.Struct, frozen=True):
    """What both sides have.

    ``state`` is the place in the table of states; ``msg_id`` counts our messages and ``peer_msg_id`` the peer's;
    ``sent`` is our last message, ``answered`` what may come again; ``incoming`` and ``outgoing`` are large objects in
    the middle; ``abort`` says why we mean to leave.
    """

    setting: SessionSetting
    account: Account
    codec: Codec
    nonces: Source
    prover: Prover
    verifier: Verifier
    state: SessionState = SessionState.IDLE
    msg_id: int = 0
    peer_msg_id: int = 0
    peer_max_message: int | None = None
    peer_max_object: int | None = None
    sent: Message | None = None
    answered: tuple[Answered, ...] = ()
    announced: bool = False
    incoming: Incoming | None = None
    outgoing: Sending | None = None
    abort: str | None = None


class ClientSessionState(_SideState, frozen=True, cache_hash=True):
    """A session as the device has it.

    ``alerts`` are to be sent, ``taken`` all that were taken up, ``unanswered`` those of them that were said and have no
    Status, by MsgID and CmdID; ``url`` is where packets go; ``queue`` waits for room;
    ``first`` are the commands of package 1, ``last`` those of our last message; ``piece_ref`` names the message and
    command of the last piece; ``server_final`` says that the server's package is complete; ``waiting`` is the packet
    whose answer is awaited, after ``attempt`` repetitions; ``untaken`` counts what came instead of it, with the reason
    why the last of that was not taken; ``now`` is the latest time that the session was told.
    """

    alerts: tuple[Alert, ...] = ()
    taken: tuple[Alert, ...] = ()
    url: str = ""
    queue: tuple[Unit, ...] = ()
    first: tuple[Command, ...] = ()
    last: tuple[Command, ...] = ()
    piece_ref: tuple[str, str | None] = ("", None)
    server_final: bool = True
    attempt: int = 0
    waiting: Packet | None = None
    untaken: tuple[int, str] = (0, "")
    now: float = 0.0
    unanswered: tuple[tuple[tuple[str, str | None], Alert], ...] = ()


class ServerSessionState(_SideState, frozen=True, cache_hash=True):
    """A session as the server has it.

    ``jobs`` is the job in hand, ``work`` what remains to be done and ``jobs_waiting`` what waits for a report; ``info``
    is what the device said of itself, by name; ``batch`` is what the job wants now, and what came back for it;
    ``client_final`` says that the device's package is complete; ``extra`` goes out with the next message, and
    ``owed`` are Statuses that had no room in those before.
    """

    jobs: QueueState = QueueState()
    work: tuple[QueuedJob, ...] = ()
    jobs_waiting: tuple[Waiting, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    batch: Batch | None = None
    client_final: bool = False
    extra: tuple[Command, ...] = ()
    owed: tuple[Status, ...] = ()
