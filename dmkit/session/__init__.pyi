from dmkit.session.client import ClientSession as ClientSession
from dmkit.session.events import Step as Step
from dmkit.session.nonces import NONCES as NONCES
from dmkit.session.nonces import NoncePolicy as NoncePolicy
from dmkit.session.oracle.check import assert_sound as assert_sound
from dmkit.session.rules import Rules as Rules
from dmkit.session.server import ServerSession as ServerSession
from dmkit.session.states import TRANSITIONS as TRANSITIONS
from dmkit.session.states import State as State
from dmkit.session.work import DeviceInfo as DeviceInfo
from dmkit.session.work import Job as Job
from dmkit.session.work import Talk as Talk
from dmkit.session.work import Wait as Wait
from dmkit.session.work import Work as Work

__all__ = [
    "NONCES",
    "TRANSITIONS",
    "ClientSession",
    "DeviceInfo",
    "Job",
    "NoncePolicy",
    "Rules",
    "ServerSession",
    "State",
    "Step",
    "Talk",
    "Wait",
    "Work",
    "assert_sound",
]
