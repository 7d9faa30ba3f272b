"""Explorer and prover share no code and must agree: an attack in one is one in the other, a defence too.

Cases are made from the designs: each choice that matters for proofs is one model, and one walk through the engines.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.attack import parties
from dmkit.attack.choices import Choices
from dmkit.attack.designs import DESIGNS, SERVER_ID, Deployment, Design
from dmkit.attack.explorer import explore
from dmkit.attack.goals import account_planted
from dmkit.attack.parties import believes, rogue_document
from dmkit.attack.powers import Attacker
from dmkit.attack.stage import IMSI, Stage
from dmkit.auth import Account, Credential
from dmkit.bootstrap import Secrets, dm, dmacc
from dmkit.bootstrap.rules import PROFILES
from dmkit.bootstrap.security import METHODS, user_string
from dmkit.notify import NotifyRules
from dmkit.session.rules import Rules
from dmkit.transport.push import bootstrap_push, deliver, provision
from dmkit.words.codes import StatusCode
from dmkit.words.model import Item
from dmkit.words.outcome import Outcome
from tests.attack.prover import Proving, found, model, planting

pytest.importorskip("maude", reason="the prover is Maude, whose bindings are GPL: pip install 'dmkit[test]'")
pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")

ORACLE = ("listen", "inject", "choose nonce")
APART = NotifyRules(digest="md5-apart")
MIRRORED = Deployment(secret="mirrored")
NO_BASIC = ("md5", "mac")

# what the prover is asked -> the goal of the explorer, its powers and deeds
ASKED = {
    "let in": ("impersonated", (*ORACLE, "replay"), 2),
    "password": ("learned by asking", ("listen", "inject"), 2),
    "foreign command": ("foreign command", (*ORACLE, "alter"), 2),
    "woken": ("unasked session", (*ORACLE, "sms"), 2),
}


def both(scheme: str, world: Deployment | None = None, **rules) -> Design:
    around = [] if world is None else [name for name in ("path", "secret", "own_address") if getattr(world, name)]
    said = ", ".join([scheme, *rules, *(str(getattr(world, name)) for name in around)])
    return Design(said, replace(Rules(), auth=scheme, server_auth=scheme, **rules), world or Deployment())


OWN = (
    both("mac", downgrade="floor"),
    both("mac", client_schemes=NO_BASIC),
    both("mac-apart", client_schemes=NO_BASIC),
    both("mac-apart"),
    both("md5-apart", downgrade="floor"),
    both("md5", notify=APART),
    both("md5", notify=APART, downgrade="floor"),
    both("md5", notify=NotifyRules(nonces=("stored",)), downgrade="floor"),
    both("hmac-sha256", downgrade="floor"),
    both("md5", Deployment(path="tls")),
    both("md5", Deployment(path="tls", own_address=True)),
    both("basic", Deployment(path="tls", own_address=True)),
    both("basic", Deployment(path="tls", own_address=True), proves_to="anybody"),
    both("mac", Deployment(path="tls")),
    both("hmac-sha256", Deployment(path="tls"), proves_to="anybody"),
    both("md5", MIRRORED, downgrade="floor"),
    both("mac", MIRRORED, downgrade="floor"),
    Design("md5 and a MAC back", replace(Rules(), auth="md5", server_auth="mac", downgrade="floor")),
    Design("a MAC and md5 back", replace(Rules(), auth="mac", server_auth="md5", downgrade="floor")),
)

MODELS: dict[Proving, Design] = {}
for one in (*DESIGNS.values(), *OWN):
    MODELS.setdefault(Proving.of(one), one)

REASONS: dict[tuple[str, str], str] = {}
"""(design, what is asked) -> why the two do not say the same.  Every row is shown to differ."""


def test_every_design_has_its_model():
    assert all(Proving.of(design) in MODELS for design in DESIGNS.values())
    assert len(MODELS) > 25


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("design", MODELS.values(), ids=lambda design: design.name)
def test_explorer_and_prover_agree(design, asked):
    goal, powers, budget = ASKED[asked]
    walked = explore(design, Attacker.of(*powers, budget=budget), goals=(goal,), limit=40_000)
    proved = found(model(Proving.of(design), asked), asked)
    assert walked.complete or walked.witnesses, walked.sentence
    differ = (walked.verdict == "breached") != (proved is not None)
    assert differ == ((design.name, asked) in REASONS), (walked.sentence, proved)


# I6 goes over two sessions, and the server must not hear of it
@pytest.mark.parametrize(
    ("design", "attack"),
    [
        (both("mac", MIRRORED, client_schemes=NO_BASIC), True),
        (both("mac", client_schemes=NO_BASIC), False),
        (both("mac", MIRRORED, downgrade="floor"), False),
        (both("mac-apart", MIRRORED, downgrade="floor"), False),
        (both("md5", MIRRORED, downgrade="floor"), True),
    ],
    ids=lambda value: value.name if isinstance(value, Design) else "",
)
def test_a_proof_of_one_direction_in_the_other(design, attack):
    eve = Attacker.of("listen", "inject", "choose nonce", "parallel", budget=3)
    walked = explore(design, eve, goals=("foreign command",), sessions=2, reachable=False)
    proved = found(model(Proving.of(design), "foreign command"), "foreign command")
    assert (walked.verdict == "breached", proved is not None) == (attack, attack), (walked.sentence, proved)


# -- bootstrap: each profile of DMBOOT, each protection, who knows what, in whose name

CELL = {"phish": {"pin"}, "rogue cell": {"pin", "imsi"}}
PUSHES = [
    ("cp", "application/vnd.wap.connectivity-wbxml"),
    ("dm", "application/vnd.syncml.dm+wbxml"),
]  # fmt: skip


def _document(profile: str, server: str) -> bytes:
    if profile == "cp":
        return rogue_document(server)
    account = Account(server, "https://evil.example/dm", Credential("client", "x", b"", "md5"), Credential(server, "x"))
    return dm.message({"Op": dmacc.node(account, name="Operator")}, server=server)


def planted(design: Design, profile: str, media: str, knows: set[str]) -> bool:
    """Whether some push of an attacker who knows this much leaves it an account on a real device."""
    methods = ["none", *(row.name for row in METHODS if row.profile == profile)]
    for server in (parties.EVIL, SERVER_ID):
        document = _document(profile, server)
        for method in methods:
            stage = Stage(design)
            stage.session(Choices())
            stage.device.secrets = Secrets(IMSI)
            known = dmacc.node(stage.device.accounts[0], name="Operator")
            stage.device.tree = stage.device.tree.put("./DMAcc/Op", known)
            told = user_string("98765", document) if method == "USERPINMAC" else "9876"

            def user(alert, told=told):
                said = believes(alert)
                return Outcome(StatusCode.OK, items=(Item(data=told),)) if said.items else said

            stage.device.user = user
            imsi = IMSI if "imsi" in knows else "001019999999999"
            pin = "98765" if method == "USERPINMAC" else "9876"
            deliver(
                stage.device, provision(bootstrap_push(document, media, method, network_id=imsi, pin=pin)), stage.now
            )
            if account_planted(stage) is not None:
                return True
    return False


BOOTSTRAPS = {
    **{f"profile {name}": Design(name, replace(Rules(), bootstrap=rules)) for name, rules in PROFILES.items()},
    **{name: DESIGNS[name] for name in ("md5 per session", "mac, open bootstrap", "everything")},
    **{
        f"only {row.name} of {row.profile}": Design(
            row.name, replace(Rules(), bootstrap=replace(PROFILES["spec"], methods=(row.name,)))
        )
        for row in METHODS
    },
    "its own server only": Design("own", replace(Rules(), bootstrap=replace(PROFILES["spec"], servers=(SERVER_ID,)))),
    "its own server only, once": Design(
        "own once", replace(Rules(), bootstrap=replace(PROFILES["spec"], servers=(SERVER_ID,), known="refuse"))
    ),
}


@pytest.mark.parametrize("attacker", CELL)
@pytest.mark.parametrize(("profile", "media"), PUSHES, ids=["cp", "dm"])
@pytest.mark.parametrize("name", BOOTSTRAPS)
def test_bootstrap_by_push_is_judged_alike(name, profile, media, attacker):
    rules, knows = BOOTSTRAPS[name].rules.bootstrap, CELL[attacker]
    servers = ["doc"] if rules.servers is None else []
    servers += ["mine"] if rules.known != "refuse" else []
    module = planting(rules.methods, profile, knows, unsecured=rules.unsecured != "refuse", servers=tuple(servers))
    proved = found(module, "account")
    assert planted(BOOTSTRAPS[name], profile, media, knows) == (proved is not None), proved


def test_the_prover_says_how():
    assert found(model(Proving("mac", "mac"), "let in"), "let in") == ["join0", "deviceMd5", "server"]
    said = planting(("NETWPIN",), "cp", {"imsi"}, unsecured=False, servers=("doc",))
    assert found(said, "account") == ["forgesNETWPINdoc", "takesNETWPINdoc"]
    assert found(planting(("NETWPIN",), "cp", {"pin"}, unsecured=False, servers=("doc",)), "account") is None


def test_plain_md5_beside_a_mac_with_a_word_does_not_help():
    # the word stands before HA1, which no answer to a challenge can begin with otherwise
    apart = Proving("mac-apart", "mac-apart", able=NO_BASIC)
    assert found(model(apart, "let in"), "let in") is None
