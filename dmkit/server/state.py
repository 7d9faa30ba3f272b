"""All that a server knows at one time, as a value: what ``Server.snapshot`` gives and ``Server.restore`` takes.

>>> from dmkit.device.device import Device
>>> from dmkit.server import jobs
>>> from dmkit.server.server import Server
>>> device = Device.example()
>>> server = Server.example(device)
>>> before = server.snapshot()
>>> server.enqueue(device.address, jobs.read("./DevInfo/Man"))
>>> server.snapshot() == before
False
>>> server.restore(before)
>>> server.snapshot() == before, hash(server.snapshot()) == hash(before), server.work
(True, True, {})
"""

from __future__ import annotations

import msgspec

from dmkit.auth import Account
from dmkit.session.events import AlertReceived
from dmkit.session.values import ServerSessionState
from dmkit.session.work import QueuedJob, Waiting
from dmkit.words.structs import like_a_dataclass

__all__ = ["JobResult", "ServerState"]


@like_a_dataclass
class JobResult(msgspec.Struct, frozen=True):
    """What became of one job: ``result`` when it ended, ``why`` when it failed."""

    device: str
    job: str
    done: bool
    result: object = None
    why: str = ""
    own: bool = False
    """It failed by its own doing, not because a session broke under it."""

    def __hash__(self) -> int:
        return hash((self.device, self.job, self.done, self.why, self.own))


class ServerState(msgspec.Struct, frozen=True, cache_hash=True):
    """A server between two packets; each field is the attribute of ``Server`` of that name, pairs in place of a dict.

    ``sessions`` are those in force, ``beside`` those that have not proved themselves and when each was heard.  What
    a server was made with and never changes (rules, nonces, jobs of welcome) is no part of it.
    """

    accounts: tuple[tuple[str, Account], ...] = ()
    work: tuple[tuple[str, tuple[QueuedJob, ...]], ...] = ()
    waiting: tuple[tuple[str, tuple[Waiting, ...]], ...] = ()
    sessions: tuple[tuple[str, ServerSessionState], ...] = ()
    results: tuple[JobResult, ...] = ()
    alerts: tuple[tuple[str, AlertReceived], ...] = ()
    devices: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    last_contacts: tuple[tuple[str, float], ...] = ()
    running: tuple[tuple[str, QueuedJob], ...] = ()
    tries: tuple[tuple[tuple[str, str], int], ...] = ()
    beside: tuple[tuple[str, tuple[tuple[ServerSessionState, float], ...]], ...] = ()
