"""Security checks of the engines, removed one at a time: what was safe, to the end of a walk, is breached at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from dmkit.attack.designs import Deployment, Design
from dmkit.attack.explorer import explore
from dmkit.attack.places import DONE
from dmkit.attack.powers import Attacker
from dmkit.notify import NotifyRules, ReplayMemory
from dmkit.server import server as server_module
from dmkit.session import client_turn
from dmkit.session.client_turn import ClientTurn
from dmkit.session.proofs import ProofVerdict, Prover, Verifier
from dmkit.session.rules import Rules
from dmkit.session.server_turn import ServerTurn
from dmkit.words.codes import StatusCode
from dmkit.words.model import Replace

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


def both(scheme: str, world: Deployment | None = None, **rules: object) -> Design:
    return Design("under test", replace(Rules(), auth=scheme, server_auth=scheme, **rules), world or Deployment())


def takes_any_proof(self, required, why, fresh, *, fatal=False):
    return self._accept(required, fresh)


def needs_no_proof(self, required, fresh):
    return changed(self, accepted=True, lasting=True), ProofVerdict(True, StatusCode.AUTHENTICATED)


def same_nonce(self, fresh):
    return self.expected[-1] if self.expected else b""


def obeys_the_unproven(self, head, verdict, message, commands):
    return self._carry_out(head, message, commands, 0.0)


def takes_any_session(self, header):
    return _OUT_OF_PLACE(self, changed(header, session_id=self.session_id))


def takes_any_turn(self, header):
    return _OUT_OF_PLACE(self, changed(header, msg_id=str(self.peer_msg_id + 1)))


_OUT_OF_PLACE = ClientTurn._out_of_place


def in_two_steps(info):
    yield [Replace.of("./APN/Name", "one")]
    [outcome] = yield [Replace.of("./APN/Name", "internet")]
    return DONE if outcome.ok else "refused"


# name: what is patched, by what; design, powers, deeds, goal, options of the world
CHECKS = {
    "a proof is checked": (Verifier, "_refuse", takes_any_proof, both("mac"), ("inject",), 1, "impersonated", {}),
    "a proof is asked for": (Verifier, "_nothing_came", needs_no_proof, both("mac"), ("inject",), 1,
                             "foreign command", {}),
    "a MAC that was agreed stays demanded": (Verifier, "_nothing_came", needs_no_proof, both("mac"),
                                             ("alter", "strip"), 1, "foreign command", {}),
    "a nonce is good once": (Verifier, "_issue", same_nonce, both("md5"), ("listen", "replay"), 1, "impersonated", {}),
    "a floor holds": (Prover, "_too_weak", lambda self, scheme: False, both("mac", downgrade="floor"),
                      ("listen", "inject", "choose nonce"), 2, "impersonated", {}),
    "a password is not asked for below the floor": (Prover, "_too_weak", lambda self, scheme: False,
                                                    both("md5", downgrade="floor"), ("inject",), 1,
                                                    "learned by asking", {}),
    "no proof goes to the unproven": (ServerTurn, "_shows", lambda self: True,
                                      both("basic", Deployment(path="tls", own_address=True)), ("inject",), 1,
                                      "learned by asking", {}),
    "nothing is done for the unproven": (ClientTurn, "_refuse", obeys_the_unproven, both("mac"), ("inject",), 1,
                                         "foreign command", {}),
    "a session has its address": (server_module, "token_of", lambda uri: "", both("md5", Deployment(own_address=True)),
                                  ("inject",), 1, "false report believed", {}),
    "a wake is remembered": (ReplayMemory, "knows", lambda self, notification, by: False,
                             both("md5", notify=NotifyRules()), ("sms",), 1, "unasked session", {"wakes": 2}),
    "a message of another session is not taken": (ClientTurn, "_out_of_place", takes_any_session, both("md5"),
                                                  ("listen", "replay"), 1, "foreign command", {"job": in_two_steps}),
    "a message out of turn is not taken": (ClientTurn, "_out_of_place", takes_any_turn, both("md5"),
                                           ("listen", "replay", "reflect", "delay", "duplicate"), 2, "twice", {}),
    "a RespURI stays on its host": (client_turn, "_leads_away", lambda uri, address, same_host: "",
                                    both("mac", redirect="same host"), ("alter",), 1, "led away", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_removed_is_missed(name, monkeypatch):
    place, what, mutant, design, powers, budget, goal, options = CHECKS[name]
    eve = Attacker.of(*powers, budget=budget)
    before = explore(design, eve, goals=(goal,), **options)
    assert before.verdict == "safe", before.sentence
    assert hasattr(place, what)
    monkeypatch.setattr(place, what, mutant)
    assert explore(design, eve, goals=(goal,), **options).verdict == "breached"
