"""Keys from the card, step by step: AKA, resynchronisation, GBA, keys of several services, and how long a key serves.

Every picture is of a run: the card answers commands, the home network makes challenges, values in it are theirs.

>>> print(aka("fresh").text.splitlines()[-1])
 8 network itself: RES is XRES: the card is there (CK and IK stay with phone and network)
>>> print(aka("forged").text.splitlines()[-1])
 5 card -> phone: 9862: not from home
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from dmkit.card.aka.aka import Challenge, MacFailure, Resync, build_autn
from dmkit.card.aka.card import CardAuthenticator
from dmkit.card.aka.gba import UA, NafKey
from dmkit.card.aka.gba_exchange import UbMessage
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.plots.drawing import COLOURS, MARKERS, finished, new_axes
from dmkit.lab.studies import cards
from dmkit.server import jobs
from dmkit.transport import gba as transport
from dmkit.transport.psk import PskHandshake, psk_handshake
from dmkit.views.look import Look
from dmkit.views.sequence import SequenceArrow, sequence_picture
from dmkit.views.transcript import Transcript
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["AkaKind", "aka", "functions", "gba", "lives", "naf_keys", "plot_reuse", "psk", "resynchronised", "reuse"]

AkaKind: TypeAlias = Literal["fresh", "again", "forged", "of another network"]
"""Challenges that a card may hear."""

_NETWORK, _PHONE, _CARD, _BSF, _SERVER = "network", "phone", "card", "BSF", "DM server"


def _short(octets: bytes) -> str:
    return octets[:4].hex() + ("…" if len(octets) > 4 else "")


# -- AKA

_SET_1: Final = {  # [TS 35.207 §4.3, test set 1; aka sheet §1]
    "K": "465b5ce8b199b49faa5f0a2ee238a6bc", "OPc": "cd63cb71954a9f4e48a5994e37a02baf",
    "RAND": "23553cbe9637a89d218ae64dae47bf35", "SQN": "ff9bb4d0b607", "AMF": "b9b9",
}  # fmt: skip
_PUBLISHED: Final = {
    "f1: MAC": "4a9ffac354dfafb3", "f2: RES": "a54211d5e3ba50bf", "f3: CK": "b40ba9a3c58b2a05bbf0d987b21bf8cb",
    "f4: IK": "f769bcd751044604127672711c6d3441", "f5: AK": "aa689c648370", "AUTN": "55f328b43577b9b94a9ffac354dfafb3",
}  # fmt: skip
FUNCTIONS: Final = {
    "value": "what is made of K, RAND and, for the MAC, of SQN and AMF",
    "computed": "by dmkit.card.aka.milenage",
    "published": "test set 1 of TS 35.207, and AUTN of the aka sheet",
    "equal": "whether they are",
}
"""Columns of ``functions``."""


def functions() -> pd.DataFrame:
    """The five functions of Milenage on the first published test set, and AUTN made of them (FUNCTIONS).

    >>> bool(functions()["equal"].all())
    True
    """
    given = {name: bytes.fromhex(text) for name, text in _SET_1.items()}
    made = Milenage(given["K"], given["OPc"])
    sqn = int.from_bytes(given["SQN"])
    keys = made.f2345(given["RAND"])
    values = (made.f1(given["RAND"], sqn, given["AMF"]), keys.res, keys.ck, keys.ik, keys.ak,
              build_autn(made, given["RAND"], sqn, given["AMF"]))  # fmt: skip
    rows: list[dict[str, object]] = [
        {"value": name, "computed": octets.hex(), "published": text, "equal": octets.hex() == text}
        for (name, text), octets in zip(_PUBLISHED.items(), values, strict=True)
    ]
    return _frame(rows, FUNCTIONS, "keys.functions", inputs=dict(_SET_1))


def _sent(challenge: Challenge, detail: str = "") -> list[SequenceArrow]:
    return [
        SequenceArrow(_NETWORK, _PHONE, "RAND, AUTN", f"{_short(challenge.rand)}, {_short(challenge.autn)}"),
        SequenceArrow(_PHONE, _CARD, "AUTHENTICATE, 3G context", detail),
    ]


def aka(kind: AkaKind = "fresh") -> Look:
    """One run of AKA through the contacts of a card: a fresh challenge, the same again, a forged one, a stranger's."""
    if kind not in get_args(AkaKind):
        raise ConfigError(f"no challenge {kind!r}{nearest(kind, get_args(AkaKind))}: {', '.join(get_args(AkaKind))}")
    card, operator = cards.operator()
    sent = operator.challenge()
    authenticator = CardAuthenticator(card)
    arrows = [SequenceArrow(_NETWORK, _NETWORK, "makes RAND, AUTN, XRES, CK, IK", "from K and the next SQN")]
    if kind == "again":
        authenticator.run(sent.rand, sent.autn)
        arrows = [SequenceArrow(_NETWORK, _NETWORK, "sends a challenge a second time")]
    if kind == "forged":
        sent = replace(sent, autn=sent.autn[:-1] + bytes([sent.autn[-1] ^ 1]))
        arrows = [SequenceArrow(_NETWORK, _NETWORK, "one bit of AUTN changes on the way", bad=True)]
    if kind == "of another network":
        strange = Milenage(bytes(16), bytes(16))
        sent = replace(sent, autn=build_autn(strange, sent.rand, 1, b"\x80\x00"))
        arrows = [SequenceArrow(_NETWORK, _NETWORK, "a network without K makes its own AUTN", bad=True)]
    arrows += _sent(sent)
    answer = authenticator.run(sent.rand, sent.autn)
    if isinstance(answer, MacFailure):
        arrows.append(SequenceArrow(_CARD, _CARD, "MAC is wrong: f1 gives another", bad=True))
        arrows.append(SequenceArrow(_CARD, _PHONE, "9862: not from home", bad=True))
    elif isinstance(answer, Resync):
        arrows.append(SequenceArrow(_CARD, _CARD, "MAC is right, SQN is not fresh"))
        arrows.append(SequenceArrow(_CARD, _PHONE, "AUTS", _short(answer.auts)))
        arrows.append(SequenceArrow(_PHONE, _NETWORK, "AUTS", "the number that the card has, under its own MAC"))
    else:
        arrows += [
            SequenceArrow(_CARD, _CARD, "MAC is right, SQN is fresh"),
            SequenceArrow(_CARD, _PHONE, "RES, CK, IK", f"{_short(answer.res)}, {_short(answer.ck)}"),
            SequenceArrow(_PHONE, _NETWORK, "RES", _short(answer.res)),
        ]
        right = answer.res == sent.xres
        arrows.append(SequenceArrow(_NETWORK, _NETWORK, "RES is XRES: the card is there" if right else "RES is wrong",
                                    "CK and IK stay with phone and network", not right))  # fmt: skip
        arrows.insert(3, SequenceArrow(_CARD, _CARD, "AK = f5(RAND); SQN = AUTN xor AK"))
    return sequence_picture([_NETWORK, _PHONE, _CARD], arrows, title=f"AKA: {kind}")


def resynchronised(behind: int = 3) -> Look:
    """A home network that lost its counter: its number is old, the card says AUTS, and the next challenge is fresh.

    ``behind``: challenges that the card has answered before the network began anew.
    """
    if isinstance(behind, bool) or not isinstance(behind, int) or not 1 <= behind <= 1000:
        raise ConfigError(f"a card that is ahead by 1 to 1000 challenges, not {behind!r}")
    card, operator = cards.operator()
    begun = dict(operator.centre.subscribers)
    authenticator = CardAuthenticator(card)
    for _ in range(behind):
        sent = operator.challenge()
        authenticator.run(sent.rand, sent.autn)
    highest = operator.centre.subscribers[cards.IMSI].sequence.sqn
    operator.centre.subscribers.update(begun)
    arrows = [
        SequenceArrow(_NETWORK, _NETWORK, "its counter is set back", f"challenges that it forgot: {behind}", True)
    ]
    old = operator.challenge()
    arrows += _sent(old)
    answer = authenticator.run(old.rand, old.autn)
    assert isinstance(answer, Resync)
    arrows += [
        SequenceArrow(_CARD, _PHONE, "AUTS", _short(answer.auts)),
        SequenceArrow(_PHONE, _NETWORK, "AUTS"),
    ]
    result = operator.centre.resynchronise(cards.IMSI, old.rand, answer.auts)
    told = operator.centre.subscribers[cards.IMSI].sequence.sqn
    arrows.append(SequenceArrow(_NETWORK, _NETWORK, f"MAC-S is right: the counter is {result}", f"to SQN {told}"))
    fresh = operator.challenge()
    arrows += _sent(fresh)
    taken = authenticator.run(fresh.rand, fresh.autn)
    done = getattr(taken, "res", b"") == fresh.xres
    last = "RES, CK, IK" if done else "AUTS again"
    arrows.append(SequenceArrow(_CARD, _PHONE, last, f"the card was at SQN {highest}", not done))
    return sequence_picture([_NETWORK, _PHONE, _CARD], arrows, title="AKA: out of step, and back")


# -- GBA


def gba(*, lifetime: float = 86_400.0, later: float | None = None) -> Look:
    """Bootstrapping, a key for the DM server, a session with it; ``later`` seconds on, one more session.

    >>> "401" in gba(lifetime=100, later=50).text.split("200 OK")[1]
    False
    """
    device, ue, bsf, server = transport.example(lifetime=lifetime)
    runs = [transport.converse_gba(device, ue, bsf, server, job=jobs.read("./DevInfo/Man"))]
    if later is not None:
        runs.append(transport.converse_gba(device, ue, bsf, server, job=jobs.read("./DevInfo/Man"), now=later))
    arrows: list[SequenceArrow] = []
    for number, run in enumerate(runs):
        if number:
            arrows.append(SequenceArrow(_PHONE, _PHONE, f"later, by {later:g} seconds"))
        for part, well in zip(run.parts, _went_well(run), strict=True):
            arrows += _part(part, well)
    return sequence_picture([_CARD, _PHONE, _BSF, _SERVER], arrows, title="GBA: a key for the DM server")


def _went_well(run: transport.GbaRun) -> list[bool]:
    """For each part: whether the session that it belongs to ended as it should; the last one alone tells."""
    sessions = [at for at, part in enumerate(run.parts) if isinstance(part, Transcript)]
    last = sessions[-2] if len(sessions) > 1 else -1
    return [at > last and run.well for at in range(len(run.parts))]


def _part(part: tuple[UbMessage, ...] | str | Transcript, well: bool) -> list[SequenceArrow]:
    if isinstance(part, str):
        answer = (SequenceArrow(_BSF, _SERVER, "Ks_NAF and its end", "Ks itself stays") if well else
                  SequenceArrow(_BSF, _SERVER, "none: its life is over", bad=True))  # fmt: skip
        return [SequenceArrow(_SERVER, _BSF, "who is this B-TID?", part.partition("@")[0][:8] + "…"), answer]
    if isinstance(part, Transcript):
        text = "a DM session: name B-TID, password of Ks_NAF"
        detail = f"{many(len(part), 'message')}, {many(part.size['both'], 'octet')}"
        arrows = [SequenceArrow(_PHONE, _SERVER, text, detail)]
        return arrows if well else [*arrows, SequenceArrow(_SERVER, _PHONE, "401: that key is over", bad=True)]
    arrows = []
    for message in part:
        if not message.status:
            proof = "response" in str(message.headers) and 'nonce=""' not in str(message.headers)
            arrows.append(SequenceArrow(_PHONE, _BSF, "GET /", "IMPI, and RES as the password" if proof else "IMPI"))
        elif message.status == 401:
            arrows.append(SequenceArrow(_BSF, _PHONE, "401, nonce = RAND AUTN"))
            arrows.append(SequenceArrow(_PHONE, _CARD, "AUTHENTICATE"))
            arrows.append(SequenceArrow(_CARD, _PHONE, "RES, CK, IK"))
        else:
            arrows.append(
                SequenceArrow(_BSF, _PHONE, f"{message.line}, B-TID and lifetime", "Ks = CK IK, on both sides")
            )
    return arrows


NAF_KEYS: Final = {
    "service": "its host name",
    "protocol": "Ua security protocol identifier",
    "key": "Ks_NAF, its first octets",
    "same": "how many octets it has in common with the first, of 32",
}
"""Columns of ``naf_keys``."""


def naf_keys(services: Iterable[tuple[str, str]] = (("dm.operator.example", "dm"), ("mail.operator.example", "dm"),
             ("dm.operator.example", "supl"), ("dm.operator.example.", "dm"))) -> pd.DataFrame:  # fmt: skip
    """One bootstrapping run, a key for each service: host name and a row of ``dmkit.card.aka.gba.UA`` (NAF_KEYS)."""
    device, ue, bsf, server = transport.example()
    transport.converse_gba(device, ue, bsf, server)
    listed = list(services)
    for _, protocol in listed:
        if protocol not in UA:
            raise ConfigError(f"protocol {protocol!r} is not known{nearest(protocol, UA)}; there are {', '.join(UA)}")
    keys = [ue.key(host, UA[protocol]).key for host, protocol in listed]
    rows: list[dict[str, object]] = [
        {"service": host, "protocol": UA[protocol].hex(), "key": _short(key),
         "same": sum(a == b for a, b in zip(key, keys[0], strict=True))}
        for (host, protocol), key in zip(listed, keys, strict=True)
    ]  # fmt: skip
    return _frame(rows, NAF_KEYS, "keys.naf_keys")


def psk(device: str = "dm.operator.example", server: str = "dm.operator.example") -> PskHandshake:
    """A real TLS-PSK handshake: the phone's key for one service, and the key that another service was given."""
    phone, ue, bsf, naf = transport.example()
    transport.converse_gba(phone, ue, bsf, naf)
    assert ue.keys is not None
    theirs = bsf.key(ue.keys.b_tid, server)
    assert isinstance(theirs, NafKey)
    return psk_handshake(ue.key(device).key, theirs.key, f"3GPP-bootstrapping;{ue.keys.b_tid}")


# -- how long a key serves

LIVES: Final = {
    "hour": "of the session",
    "ub_messages": "messages of bootstrapping in front of it",
    "refused": "sessions that were refused with an old key",
    "b_tid": "which key, its first characters",
    "card_commands": "commands that the card carried out",
}
"""Columns of ``lives`` and their units."""


def lives(lifetime: float = 24.0, every: float = 8.0, sessions: int = 7) -> pd.DataFrame:
    """A phone that calls ``every`` so many hours, whose key lives ``lifetime`` hours (LIVES)."""
    if lifetime <= 0 or every <= 0 or not 1 <= sessions <= 1000:
        raise ConfigError(f"hours above 0 and 1 to 1000 sessions, not {lifetime!r}, {every!r}, {sessions!r}")
    device, ue, bsf, server = transport.example(lifetime=lifetime * 3600)
    card = device.card
    assert isinstance(card, Usim)
    rows: list[dict[str, object]] = []
    for number in range(sessions):
        before = len(card.log)
        run = transport.converse_gba(device, ue, bsf, server, job=jobs.read("./DevInfo/Man"), now=number * every * 3600)
        asked = sum(len(part) for part in run.parts if isinstance(part, tuple))
        assert ue.keys is not None
        rows.append({"hour": number * every, "ub_messages": asked, "refused": len(run.sessions) - 1,
                     "b_tid": ue.keys.b_tid[:6], "card_commands": len(card.log) - before})  # fmt: skip
    return _frame(rows, LIVES, "keys.lives", lifetime=lifetime, every=every)


REUSE: Final = {
    "sessions": "that one key serves",
    "ub_messages": "messages of bootstrapping, a session",
    "card_commands": "commands to the card, a session",
    "refused": "refused sessions, a session",
}
"""Columns of ``reuse`` and their units."""


def reuse(uses: Iterable[int] = (1, 2, 4, 8, 16)) -> pd.DataFrame:
    """What a session costs when a key serves so many of them: runs of three lives of a key each (REUSE)."""
    rows: list[dict[str, object]] = []
    for use in uses:
        if isinstance(use, bool) or not isinstance(use, int) or not 1 <= use <= 100:
            raise ConfigError(f"a key serves 1 to 100 sessions, not {use!r}")
        frame = lives(lifetime=use, every=1.0, sessions=3 * use)
        rows.append({"sessions": use, **{name: round(float(frame[name].mean()), 3) for name in list(REUSE)[1:]}})
    return _frame(rows, REUSE, "keys.reuse")


def plot_reuse(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """What a session costs against how many sessions a key serves."""
    axes = new_axes(ax)
    labels = (("ub_messages", "messages of bootstrapping"), ("card_commands", "commands to the card"))
    for number, (name, label) in enumerate(labels):
        axes.plot(frame["sessions"], frame[name], MARKERS[number] + "-", color=COLOURS[number], label=label)
    axes.set_xscale("log", base=2)
    axes.set_xticks(frame["sessions"].tolist(), [str(n) for n in frame["sessions"]])
    axes.set_ylim(0)
    axes.legend(frameon=False, fontsize=9)
    return finished(axes, "What a key costs, spread over its sessions", "sessions that a key serves", "a session")
