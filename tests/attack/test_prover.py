"""Explorer and prover share no code and must agree: an attack in one is one in the other, a defence too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.attack.designs import Deployment, Design
from dmkit.attack.explorer import explore
from dmkit.attack.powers import Attacker
from dmkit.notify import NotifyRules
from dmkit.session.rules import Rules
from tests.attack.prover import Proving, found

pytest.importorskip("maude", reason="the prover is Maude, whose bindings are GPL: pip install 'dmkit[test]'")
pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")

ORACLE = ("listen", "inject", "choose nonce")
TO_SERVER = ("let in", "impersonated", ORACLE, 2, {})
TO_DEVICE = ("foreign command", "foreign command", (*ORACLE, "parallel"), 3, {"sessions": 2, "reachable": False})
WAKING = ("woken", "unasked session", (*ORACLE, "sms"), 2, {})
APART = NotifyRules(digest="md5-apart")
MIRRORED = Deployment(secret="mirrored")

# name: scheme, more rules, world, what is asked, whether an attack is to be found
CASES = {
    "I2: an md5 answer is a MAC": ("mac", {}, Deployment(), TO_SERVER, True),
    "I2 under a floor": ("mac", {"downgrade": "floor"}, Deployment(), TO_SERVER, False),
    "I2 with a word in front": ("mac-apart", {}, Deployment(), TO_SERVER, False),
    "I2 with another function": ("hmac-sha256", {}, Deployment(), TO_SERVER, False),
    "I3: an md5 proof is a digest": ("md5", {}, Deployment(), WAKING, True),
    "I3 with a word in front": ("md5", {"notify": APART}, Deployment(), WAKING, False),
    "I6: a MAC of one side on the other": ("mac", {}, MIRRORED, TO_DEVICE, True),
    "I6 with two secrets": ("mac", {}, Deployment(), TO_DEVICE, False),
    "I6 under a floor": ("mac", {"downgrade": "floor"}, MIRRORED, TO_DEVICE, False),
    "md5 covers no body": ("md5", {}, Deployment(), TO_SERVER, True),
    "md5 with a word covers none either": ("md5-apart", {}, Deployment(), TO_SERVER, True),
}


@pytest.mark.parametrize("name", CASES)
def test_explorer_and_prover_agree(name):
    scheme, more, world, (asked, goal, powers, budget, options), attack = CASES[name]
    rules = replace(Rules(), auth=scheme, server_auth=scheme, **more)
    walked = explore(Design(name, rules, world), Attacker.of(*powers, budget=budget), goals=(goal,), **options)
    proved = found(Proving.of(rules, world), asked)
    assert walked.complete or walked.witnesses
    assert (walked.verdict == "breached", proved is not None) == (attack, attack), (walked.sentence, proved)


def test_the_prover_says_how():
    assert found(Proving("mac"), "let in") == ["join0", "deviceMd5", "server"]
    assert found(Proving(bootstrap="imsi"), "account") == ["forges", "secured"]
    assert found(Proving(bootstrap="none"), "account") == ["unsecured"]
    assert found(Proving(), "account") is None


def test_plain_md5_beside_a_mac_with_a_word_does_not_help():
    # the word stands before HA1, which no answer to a challenge can begin with otherwise
    assert found(Proving("mac-apart"), "let in") is None
