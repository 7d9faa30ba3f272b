"""What becomes of a phone when its card is swapped, cut off, cloned or lost, and when its operator withdraws: played.

>>> swapped(WAYS["USIM"]), swapped(WAYS["CP by SMS"])
('account gone', 'account stays')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dmkit.bootstrap import dmacc
from dmkit.card.card import Usim
from dmkit.card.files import AID_PKCS15
from dmkit.card.memory import UsimState
from dmkit.card.ota.script import compact, update_file
from dmkit.card.ota.sms import deliver as messages
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.studies.media_runs import (
    MediumRun,
    lwm2m_registered,
    operator_server,
    play,
    power_on,
    pushed,
    registration_on,
)
from dmkit.lab.studies.media_ways import OTA_KEYS, WAYS, MediumWay, blank, card_of, document, way
from dmkit.server import jobs
from dmkit.server.overair import OtaSender, rewrite_bootstrap, send_script
from dmkit.transport.loop import converse
from dmkit.transport.push import deliver
from dmkit.words.errors import RemoteProtocolError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "changed", "cloned", "cuts", "fates", "found", "lost", "swapped", "withdrawn"]

COLUMNS: Final = {
    "way": "who carries the bootstrap document",
    "swapped": "a card of somebody else, with no document, is put in",
    "changed": "the next operator brings its own document the same way",
    "cuts": "moments at which power, card or a short message is lost on the way to the account",
    "without": "moments of those behind which the phone has no account, until it is done again",
    "healed": "of those, put right by doing it again",
    "taken back": "moments of a later power-on, cut there, behind which the account is gone",
    "cloned": "what a second phone with a copy of the card is served",
    "lost": "the card is taken out of the phone",
    "found": "what a finder's phone reads from the card",
    "found, PIN": "the same, the file behind a PIN",
    "withdrawn": "the server deletes the account in a session, and the phone is switched on again",
}
"""Columns of ``fates`` and what they mean."""

_OURS: Final = b"com.mgmtsrv"
_NEXT: Final = b"org.newserv"
_ICCID_NEXT: Final = "8900101000000999999"
_PIN: Final = "7294"
_FILE: Final = 0x6431
_EVER: Final = 10_000


class _Pulled:
    """A card that is pulled out after so many commands."""

    def __init__(self, card: Usim, after: int) -> None:
        self.card, self.left = card, after

    def transmit(self, apdu: bytes) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise RemoteProtocolError("the card was pulled out")
        return self.card.transmit(apdu)


def _servers(run: MediumRun) -> set[str]:
    """Whose accounts the phone has."""
    if run.way.profile == "LwM2M":
        if run.registration is None:
            return set()
        return {_NEXT.decode() if "next" in str(value) else _OURS.decode()
                for path, value in run.registration.values.items() if path.ids == (0, 0, 0)}  # fmt: skip
    return {account.server_id for account in run.phone.accounts}


def _has(run: MediumRun) -> bool:
    return _OURS.decode() in _servers(run)


def _next(one: MediumWay) -> bytes:
    """The document of the next operator."""
    return document(one.profile).replace(_OURS, _NEXT).replace(b"dm.example:", b"dm.nextone:")


def _stays(run: MediumRun) -> str:
    return "account stays" if _has(run) else "account gone"


def swapped(one: MediumWay) -> str:
    """Somebody else's card, which has no document, and power on."""
    run = play(one)
    run.phone.card = Usim.example(iccid=_ICCID_NEXT)
    power_on(run)
    return _stays(run)


def changed(one: MediumWay) -> str:
    """The next operator's card, and its document the same way."""
    run = play(one)
    if one.carries == "maker":
        run.phone.card = Usim.example(iccid=_ICCID_NEXT)
        power_on(run)
    elif one.carries == "push":
        run.phone.card = Usim.example(iccid=_ICCID_NEXT)
        power_on(run)
        _push(run, _next(one))
    else:
        run.phone.card = card_of(one, _next(one), iccid=_ICCID_NEXT)
        power_on(run)
    both = _servers(run)
    if _NEXT.decode() not in both:
        return "the old one stays"
    return "both stand" if _OURS.decode() in both else "the new one alone"


def _push(run: MediumRun, written: bytes, lose: int | None = None, reference: int = 1) -> int:
    """Push a document, one of its messages lost; how many there were."""
    units = pushed(run.way, written, reference)
    deliver(run.phone, [unit for number, unit in enumerate(units) if number != lose])
    return len(units)


def _fresh(one: MediumWay) -> MediumRun:
    return MediumRun(one, blank(one, card_of(one)))


def cuts(one: MediumWay) -> tuple[int, int, int]:
    """Every moment of the first time at which something is lost: how many; without an account then; healed."""
    runs = list(_cut_runs(one))
    return len(runs), sum(not then for then, _ in runs), sum(not then and after for then, after in runs)


def _cut_runs(one: MediumWay) -> Iterator[tuple[bool, bool]]:
    """For each moment: whether there is an account behind the loss, and whether behind doing it again."""
    if one.carries == "push":
        total = _push(_fresh(one), document(one.profile))
        for lose in range(total):
            run = _fresh(one)
            _push(run, document(one.profile), lose)
            then = _has(run)
            _push(run, document(one.profile), reference=2)
            yield then, _has(run)
    elif one.carries == "packet":
        yield from _cut_packets(one)
    elif one.on_card:
        for after in range(_commands(_fresh(one))):
            run = _fresh(one)
            _cut_power_on(run, after)
            then = _has(run)
            power_on(run)
            yield then, _has(run)


def _commands(run: MediumRun) -> int:
    """Commands to the card until its document is taken, when nobody pulls it."""
    return _EVER - _cut_power_on(run, _EVER)


def _cut_power_on(run: MediumRun, after: int) -> int:
    """Switch on, and pull the card after so many commands; how many of them were not used up."""
    card = run.phone.card
    assert isinstance(card, Usim)
    card.reset()
    if run.way.profile == "LwM2M":
        pulled = _Pulled(card, after)
        run.registration = registration_on(pulled) or run.registration
        return max(0, pulled.left)
    run.phone.card = pulled = _Pulled(card, after)
    run.phone.bootstrap()
    run.phone.card = card
    return max(0, pulled.left)


def _cut_packets(one: MediumWay) -> Iterator[tuple[bool, bool]]:
    """A short message lost, or the card without power after so many commands of the packet."""
    written = document(one.profile)
    total = len([hop for hop in _rewritten(_fresh(one), written) if hop[:2] == ("air", "phone")])
    for lose in range(total):
        run, sender = _fresh(one), OtaSender(OTA_KEYS)
        power_on(run)
        _lossy(run, written, sender, lose)
        then = _has(run)
        _again(run, written, sender)
        yield then, _has(run)
    commands = update_file([_FILE], written, aid=AID_PKCS15)
    for after in range(1, len(commands)):
        run, sender = _fresh(one), OtaSender(OTA_KEYS)
        power_on(run)
        send_script(run.phone, commands[:after], sender)  # the packet's rest is gone with the power
        power_on(run)
        then = _has(run)
        _again(run, written, sender)
        yield then, _has(run)


def _again(run: MediumRun, written: bytes, sender: OtaSender) -> None:
    """The whole packet once more, under another reference: pieces of the first may wait in the card."""
    send_script(run.phone, update_file([_FILE], written, aid=AID_PKCS15), sender, reference=2)


def _rewritten(run: MediumRun, written: bytes) -> list[tuple[str, str, bytes]]:
    chain = rewrite_bootstrap(run.phone, written, OtaSender(OTA_KEYS), room=len(written))
    return [(hop.who, hop.to, hop.octets) for hop in chain.hops]


def _lossy(run: MediumRun, written: bytes, sender: OtaSender, lose: int) -> None:
    """A packet of which one short message does not come."""
    _, packet = sender.seal(compact(update_file([_FILE], written, aid=AID_PKCS15)))
    for number, unit in enumerate(messages(packet, sender=sender.number, reference=1)):
        if number != lose:
            run.phone.to_card(unit)


def taken_back(one: MediumWay) -> tuple[int, int]:
    """A later power-on that is cut at every command: how many moments, and behind how many the account is gone."""
    if not one.on_card:
        return 0, 0
    run = play(one)
    total, gone = _commands(run), 0
    for after in range(total):
        _cut_power_on(run, after)
        gone += not _has(run)
    return total, gone


def _copy(card: Usim) -> Usim:
    """All that a card holds, in another."""
    other = Usim.example()
    other.medium, other.services, other.state = card.medium, card.services, UsimState(card.memory)
    return other


def cloned(one: MediumWay) -> str:
    """A second phone with a copy of the card, and the address of the first."""
    run = play(one)
    card = run.phone.card
    assert isinstance(card, Usim)
    second = MediumRun(one, blank(WAYS["USIM"] if one.carries == "maker" else one, _copy(card)))
    power_on(second)
    if not _has(second):
        return "nothing: no account on the card"
    if one.profile == "LwM2M":
        served = [lwm2m_registered(phone) for phone in (run, second, run)]
        return "both, one after the other" if all(served) else f"{sum(served)} of 3 registrations"
    server = operator_server(run.phone)
    done = []
    for phone in (run.phone, second.phone, run.phone):
        converse(phone, server, job=jobs.read("./DevInfo/Man"))
        done.append(server.results[-1].done)
    return "both, one after the other" if all(done) else f"{sum(done)} of 3 sessions"


def lost(one: MediumWay) -> str:
    """The card is taken out, and the phone switched on."""
    run = play(one)
    run.phone.card = None
    if one.profile == "LwM2M":
        run.registration = None  # its client holds what the card says, no more
    power_on(run)
    return _stays(run)


def found(one: MediumWay, *, pin: str | None = None) -> str:
    """The card in a phone of somebody who found it, and knows no PIN."""
    run = play(one, pin=pin) if one.on_card else play(one)
    card = run.phone.card
    assert isinstance(card, Usim)
    finder = MediumRun(one, blank(WAYS["USIM"] if one.carries == "maker" else one, card))
    power_on(finder)
    return "the account" if _has(finder) else "nothing"


def withdrawn(one: MediumWay) -> str:
    """The server deletes the account, and the phone is switched on once more; of the packet's way, the file erased."""
    run = play(one)
    if one.profile == "LwM2M":
        return "no session of DM"
    if one.carries == "packet":
        erased = b"\xff" * len(document(one.profile))
        send_script(run.phone, update_file([_FILE], erased, aid=AID_PKCS15), OtaSender(OTA_KEYS, counter=1))
    else:
        where = dmacc.find(run.phone.tree, _OURS.decode())
        assert where is not None
        server = operator_server(run.phone)
        converse(run.phone, server, job=jobs.delete(where))
    then = _has(run)
    power_on(run)
    return "not deleted" if then else "the card brings it back" if _has(run) else "account gone"


@lru_cache(maxsize=32)
def _row(one: MediumWay) -> dict[str, object]:
    number, without, healed = cuts(one)
    _, gone = taken_back(one)
    return {
        "way": one.name, "swapped": swapped(one), "changed": changed(one), "cuts": number, "without": without,
        "healed": healed, "taken back": gone, "cloned": cloned(one), "lost": lost(one), "found": found(one),
        "found, PIN": found(one, pin=_PIN), "withdrawn": withdrawn(one),
    }  # fmt: skip


def fates(ways: Iterable[str | MediumWay] | None = None) -> pd.DataFrame:
    """Every way, or those named, and every fate, each from a run (COLUMNS).

    >>> fates(["USIM"])["swapped"].tolist()
    ['account gone']
    """
    return _frame([_row(way(one)) for one in (WAYS if ways is None else ways)], COLUMNS, "media.fates")
