from dmkit.session.client import ClientSession as ClientSession
from dmkit.session.events import Step as Step
from dmkit.session.nonces import NONCES as NONCES
from dmkit.session.nonces import NoncePolicy as NoncePolicy
from dmkit.session.oracle.check import assert_sound as assert_sound
from dmkit.session.rules import Rules as Rules
from dmkit.session.server import ServerSession as ServerSession
from dmkit.session.states import TRANSITIONS as TRANSITIONS
from dmkit.session.states import SessionState as SessionState
from dmkit.session.work import DeviceInfo as DeviceInfo
from dmkit.session.work import Job as Job
from dmkit.session.work import QueuedJob as QueuedJob
from dmkit.session.work import Talk as Talk
from dmkit.session.work import Wait as Wait

__all__ = [
    "NONCES",
    "TRANSITIONS",
    "ClientSession",
    "DeviceInfo",
    "Job",
    "NoncePolicy",
    "QueuedJob",
    "Rules",
    "ServerSession",
    "SessionState",
    "Step",
    "Talk",
    "Wait",
    "assert_sound",
]
