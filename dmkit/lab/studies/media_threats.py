"""What an attacker with which powers gets from each way of bootstrap: every row is played, most of them searched.

Three rows are attacks of ``dmkit.attack`` on a stage whose device takes bootstrap data this way only; all they may
choose is tried.  The others are about the octets that a run left: on the air, on the card, in a packet.

>>> threats(["USIM"], ["own card", "stranger"])[["threat", "breached"]].values.tolist()
[['own card', True], ['stranger', False]]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dmkit.attack import goals, parties
from dmkit.attack.attacks import Attack
from dmkit.attack.choices import Choices
from dmkit.attack.designs import SERVER_ID, Design
from dmkit.attack.path import EVIL
from dmkit.attack.stage import IMSI, Stage
from dmkit.attack.trial import Trial, search
from dmkit.auth import Account, Credential
from dmkit.bootstrap import Secrets, dm, dmacc
from dmkit.card.card import Usim
from dmkit.card.files import AID_PKCS15
from dmkit.card.ota.packets import OtaKeys
from dmkit.card.ota.script import update_file
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.studies.media_fates import cloned, found, swapped
from dmkit.lab.studies.media_runs import MediumRun, play, power_on
from dmkit.lab.studies.media_ways import SECRET, WAYS, MediumWay, blank, card_of, document, way
from dmkit.server.overair import OtaSender, send_script
from dmkit.session.rules import Rules
from dmkit.transport.push import bootstrap_push, deliver, provision
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "THREATS", "MediumThreat", "exposure", "threats"]

COLUMNS: Final = {
    "way": "who carries the bootstrap document",
    "threat": "row of THREATS",
    "powers": "rows of dmkit.attack.POWERS",
    "breached": "true when the attacker got what it wanted",
    "what": "what it got",
    "tried": "runs that were played",
}
"""Columns of ``threats`` and what they mean."""

_CP: Final = "application/vnd.wap.connectivity-wbxml"
_DM: Final = "application/vnd.syncml.dm+wbxml"
_METHODS: Final = ((_CP, ("none", "NETWPIN", "USERPIN", "USERNETWPIN")),
                   (_DM, ("none", "NETWORKID", "USERPIN", "USERPIN_NETWORKID")))  # fmt: skip
_TOLD: Final = "9876"
_FILE: Final = 0x6431


@dataclass(frozen=True, slots=True)
class MediumThreat:
    """Somebody with ``can`` (rows of POWERS) who ``wants`` something; ``run`` says whether, what, in how many runs."""

    name: str
    can: tuple[str, ...]
    wants: str
    run: Callable[[MediumWay], tuple[bool, str, int]]


def _rogue(server: str) -> bytes:
    account = Account(server, f"https://{EVIL}/dm", Credential("client", EVIL, b"", "md5"), Credential(server, EVIL))
    return dm.message({"Op": dmacc.node(account, name="Operator")}, server=server)


def _pushing(imsi: str) -> Callable[[Stage, Choices], None]:
    """Pushes of both profiles under every protection that its sender can make, in its own name or the operator's."""

    def played(stage: Stage, choices: Choices) -> None:
        stage.session(choices)
        stage.device.secrets = Secrets(IMSI)
        stage.device.tree = stage.device.tree.put("./DMAcc/Op", dmacc.node(stage.device.accounts[0], name="Operator"))
        stage.device.user = parties.believes
        ways = [(kind, method, server) for kind, methods in _METHODS for method in methods
                for server in (EVIL, SERVER_ID) if imsi or "NET" not in method]  # fmt: skip
        chosen = choices.of(1 + len(ways))
        if not chosen:
            return
        kind, method, server = ways[chosen - 1]
        rogue = parties.rogue_document(server) if kind == _CP else _rogue(server)
        stage.memory.messages += 1
        deliver(stage.device, provision(bootstrap_push(rogue, kind, method, network_id=imsi, pin=_TOLD)), stage.now)

    return played


def _attack(name: str, can: tuple[str, ...], play: Callable[[Stage, Choices], None]) -> Attack:
    return Attack(name=name, wants="an account of its own on the device", can=can, goal=goals.account_planted,
                  play=play)  # fmt: skip


_STRANGER: Final = _attack("stranger", ("sms",), _pushing(""))
_CELL: Final = _attack("false cell", ("sms", "cell", "IMEI"), _pushing(IMSI))
_SWAP: Final = _attack("own card", ("card",), parties.swap_card)


def _searched(attack: Attack) -> Callable[[MediumWay], tuple[bool, str, int]]:
    def run(one: MediumWay) -> tuple[bool, str, int]:
        if one.profile == "LwM2M":
            return _evil_lwm2m(one) if attack is _SWAP else (False, "", 1)
        design = Design(one.name, replace(Rules(), bootstrap=one.rules), basis="this study")
        done = search(Trial(tap=attack, design=design, sessions=1))
        breach = done.found.breach if done.found is not None else None
        return breach is not None, breach.what if breach is not None else "", done.runs

    return run


def _evil_lwm2m(one: MediumWay) -> tuple[bool, str, int]:
    """Its own card, read by a client of LwM2M."""
    card = card_of(one, document("LwM2M").replace(b"dm.example", b"ev.example"))
    run = MediumRun(one, blank(one, card))
    power_on(run)
    breached = run.registration is not None and any("ev.example" in str(v) for v in run.registration.values.values())
    return breached, "the client registers with ev.example" if breached else "", 1


def _listened(one: MediumWay) -> tuple[bool, str, int]:
    """Whether the password stands in short messages as they are: joined, and looked through."""
    run = play(one)
    air = b"".join(unit[-_user_data(unit) :] for unit in run.to_phone)
    breached = SECRET in air or any(SECRET in unit for unit in run.to_phone)
    return breached, "the password stands in short messages" if breached else "", 1


def _user_data(unit: bytes) -> int:
    """How many octets of a short message are content: the header of user data, at most 12, left out."""
    return max(1, len(unit) - 16 - 12)


def _read_out(one: MediumWay) -> tuple[bool, str, int]:
    """The card for a minute: its file read without a PIN, and with those that come to mind."""
    if not one.on_card or found(one) == "nothing":
        return False, "", 1
    return True, "the account, with its password", 1


def _guessed(one: MediumWay) -> tuple[bool, str, int]:
    """The same where the file lies behind a PIN that its user chose well: three tries."""
    if not one.on_card:
        return False, "", 1
    run = play(one, pin="7294")
    card, tries = run.phone.card, 0
    assert isinstance(card, Usim)
    for pin in parties.LIKELY_PINS:
        tries += 1
        finder = MediumRun(one, blank(one, card, pin=pin))
        power_on(finder)
        if finder.phone.accounts or finder.registration is not None:
            return True, f"the account, with PIN {pin}", tries
    return False, "", max(1, tries)


def _forged(one: MediumWay) -> tuple[bool, str, int]:
    """A packet for the card under keys that are not the operator's, and a recorded one once more."""
    run = play(one)
    card = run.phone.card
    if not isinstance(card, Usim) or not one.on_card or one.medium != "usim":
        return False, "", 1
    before = card.memory
    rogue = update_file([_FILE], _rogue(EVIL), aid=AID_PKCS15)
    send_script(run.phone, rogue, OtaSender(OtaKeys(bytes(16), bytes(16)), counter=9))
    runs = 1
    if run.to_phone:
        runs += 1
        for unit in run.to_phone:
            run.phone.to_card(unit)
    changed = card.memory.files != before.files
    return changed, "the file on the card is its own" if changed else "", runs


def _copied(one: MediumWay) -> tuple[bool, str, int]:
    """A copy of the card with all it holds: a second phone is served as the first."""
    outcome = cloned(one)
    return outcome.startswith("both"), f"served: {outcome}" if outcome.startswith("both") else "", 1


def _former(one: MediumWay) -> tuple[bool, str, int]:
    """The phone is sold; its new owner puts a card of their own in."""
    stays = swapped(one) == "account stays"
    return stays, "the phone of somebody else is managed" if stays else "", 1


_ROWS: Final = (
    MediumThreat("stranger", ("sms",), "an account of its own, by pushes to any number", _searched(_STRANGER)),
    MediumThreat("false cell", ("sms", "cell", "IMEI"), "the same, knowing the IMSI", _searched(_CELL)),
    MediumThreat("air", ("listen", "cell"), "the password, from short messages", _listened),
    MediumThreat("forged packet", ("sms",), "the file on the card, without its keys", _forged),
    MediumThreat("own card", ("card",), "an account of its own, by a card of its own", _searched(_SWAP)),
    MediumThreat("card in hand", ("card",), "the password, from the card, no PIN set", _read_out),
    MediumThreat("card behind a PIN", ("card", "guesses"), "the password, from the card, PIN set", _guessed),
    MediumThreat("copy of the card", ("card", "connect"), "to be served as the phone", _copied),
    MediumThreat("former operator", ("own server",), "to manage a phone that has another's card", _former),
)

THREATS: Final[Mapping[str, MediumThreat]] = MappingProxyType({row.name: row for row in _ROWS})
"""Every threat by its name."""


@lru_cache(maxsize=256)
def _outcome(one: MediumWay, name: str) -> tuple[bool, str, int]:
    return THREATS[name].run(one)


def threats(ways: Iterable[str | MediumWay] | None = None, names: Iterable[str] | None = None) -> pd.DataFrame:
    """Every way against every threat, or those named (COLUMNS)."""
    chosen = [way(name) for name in (WAYS if ways is None else ways)]
    asked = list(THREATS if names is None else names)
    for name in asked:
        if name not in THREATS:
            raise ConfigError(f"threat {name!r} is not known{nearest(name, THREATS)}; there are {', '.join(THREATS)}")
    rows: list[dict[str, object]] = []
    for one in chosen:
        for name in asked:
            threat = THREATS[name]
            breached, what, tried = _outcome(one, name)
            rows.append({"way": one.name, "threat": name, "powers": ", ".join(threat.can), "breached": breached,
                         "what": what, "tried": tried})  # fmt: skip
    return _frame(rows, COLUMNS, "media.threats")


def exposure(frame: pd.DataFrame, **weights: float) -> dict[str, float]:
    """Weighted share of the threats of ``frame`` that breach each way, 0 to 1; a weight is 1 where not given.

    Names of threats have ``_`` for blanks here.  ConfigError for a weight of something else, or below nothing.

    >>> exposure(threats(["USIM"], ["own card", "stranger"]), own_card=3)
    {'USIM': 0.75}
    """
    known = {name.replace(" ", "_"): name for name in dict.fromkeys(frame["threat"])}
    for name, weight in weights.items():
        if name not in known or not 0 <= weight < float("inf"):
            raise ConfigError(f"weight {name}={weight!r}: weights are not negative and name {', '.join(known)}")
    weight_of = {full: float(weights.get(short, 1.0)) for short, full in known.items()}
    total = sum(weight_of.values())
    if not total:
        raise ConfigError("every threat has weight 0: nothing counts")
    breached = frame[frame["breached"]]
    return {
        str(name): round(sum(weight_of[one] for one in breached.loc[breached["way"] == name, "threat"]) / total, 4)
        for name in dict.fromkeys(frame["way"])
    }
