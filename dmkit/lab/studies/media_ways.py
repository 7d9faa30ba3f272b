"""Ways by which a phone gets its first account: a row each, with the card, the phone and the document it begins with.

The same operator and the same account; what differs is who carries it.  ``media_runs`` plays them.

>>> len(WAYS), WAYS["USIM"].on_card, len(document("CP")) < len(document("DM"))
(9, True, True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from dmkit.bootstrap import BootstrapRules, CardRules
from dmkit.card.card import Usim
from dmkit.card.images.image import of_card, to_card
from dmkit.card.images.saip import read_package
from dmkit.card.images.saip_writing import write_package
from dmkit.card.ota.card import OtaCard
from dmkit.card.ota.packets import OtaKeys
from dmkit.card.pkcs15 import CP_BOOTSTRAP, DM_BOOTSTRAP, DataObject
from dmkit.card.turn import Services
from dmkit.device.device import Device
from dmkit.lab.studies import provisioning
from dmkit.lwm2m.card import LWM2M_BOOTSTRAP, write_card_file
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.lwm2m.values import Value
from dmkit.session.rules import Rules
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome

__all__ = [
    "IMSI",
    "LWM2M",
    "OTA_KEYS",
    "PIN",
    "SECRET",
    "WAYS",
    "MediumWay",
    "ProtectionMethod",
    "blank",
    "card_of",
    "document",
    "way",
]

IMSI: Final = provisioning.IMSI
SECRET: Final = b"clientpw"
"""The device's password in the operator's documents."""
LWM2M: Final = "LwM2M on the card"
OTA_KEYS: Final = OtaKeys(bytes(range(16)), bytes(range(16, 32)))
"""What the operator shares with a card for packets over the air."""
_FILE: Final = b"\x64\x31"
PIN: Final = provisioning.PIN
"""What the operator has told its subscribers for pushes that ask for one."""


ProtectionMethod: TypeAlias = Literal[
    "NETWPIN", "USERPIN", "USERNETWPIN", "USERPINMAC", "NETWORKID", "USERPIN_NETWORKID"
]


@checked
@dataclass(frozen=True, slots=True)
class MediumWay:
    """One way: who ``carries`` the document, in which ``profile``, and what a network must have for it (``needs``)."""

    name: str
    """Its row in the tables."""
    what: str
    """What it is, in a sentence."""
    carries: Literal["maker", "card", "push", "packet", "profile"]
    profile: Literal["CP", "DM", "LwM2M"] = "DM"
    medium: str = "usim"
    """Which card it needs, if one."""
    needs: tuple[str, ...] = ()
    source: str = ""
    """Where it is described."""
    methods: tuple[ProtectionMethod, ...] = ()
    """Protections that the phone takes of a push; the first is the operator's."""

    @property
    def on_card(self) -> bool:
        """Whether the document lies on the card when the phone reads it."""
        return self.carries in ("card", "packet", "profile")

    @property
    def rules(self) -> BootstrapRules:
        """A device that takes bootstrap data this way and no other."""
        taken = CardRules(enabled=self.on_card)
        if self.carries == "push":
            profiles: tuple[Literal["cp", "dm"], ...] = ("cp",) if self.profile == "CP" else ("dm",)
            return BootstrapRules(profiles=profiles, methods=self.methods, card=taken, confirm=())
        return BootstrapRules(methods=(), card=taken)


_ROWS: Final = (
    MediumWay("factory", "the maker puts the account in", "maker", needs=("made for one operator",),
              source="DMBOOT §5.1.2.1"),
    MediumWay("SIM", "a file on a card of the second generation", "card", medium="sim",
              needs=("2G card", "phone reads cards", "card has the file"), source="DMBOOT §5.4.6"),
    MediumWay("WIM", "a provisioning document on an identity module", "card", "CP", "wim",
              needs=("WIM", "phone reads cards", "card has the file"), source="OMA ProvSC; DMBOOT §5.3.5"),
    MediumWay("USIM", "a file on a UICC", "card",
              needs=("UICC", "phone reads cards", "card has the file"), source="DMBOOT §5.4.6"),
    MediumWay("CP by SMS", "a provisioning document pushed to the phone", "push", "CP",
              needs=("SMS", "phone takes CP"), source="DMBOOT §5.3", methods=("NETWPIN",)),
    MediumWay("DM by SMS", "a message of the DM profile pushed to the phone", "push",
              needs=("SMS", "phone takes DM profile"), source="DMBOOT §5.4", methods=("NETWORKID",)),
    MediumWay("OTA to the card", "secured packets that write the file on the card", "packet",
              needs=("SMS", "UICC", "phone reads cards", "operator has keys of the card"),
              source="TS 31.115, TS 102 226; usim sheet §6"),
    MediumWay("eSIM profile", "a profile that has the file in it, loaded into an eUICC", "profile",
              needs=("eUICC", "phone reads cards"), source="TCA Profile interoperability; SGP.22"),
    MediumWay(LWM2M, "objects of LwM2M in a file on a UICC", "card", "LwM2M",
              needs=("UICC", "client of LwM2M", "card has the file"), source="LwM2M TS App G"),
)  # fmt: skip

WAYS: Final[Mapping[str, MediumWay]] = MappingProxyType({row.name: row for row in _ROWS})
"""Every way by its name."""


def way(name: str | MediumWay) -> MediumWay:
    """The way called ``name``, or one of your own; ConfigError for one that is not there."""
    if isinstance(name, MediumWay):
        return name
    if name not in WAYS:
        raise ConfigError(f"way {name!r} is not known{nearest(name, WAYS)}; there are {', '.join(WAYS)}")
    return WAYS[name]


# -- what is carried


@lru_cache(maxsize=8)
def document(profile: str) -> bytes:
    """The operator's account and access point in one profile; for LwM2M, its security object and server object."""
    if profile != "LwM2M":
        return provisioning.documents()["account and access point", profile]
    values: dict[str, Value] = {
        "/0/0/0": "coaps://dm.example:5684", "/0/0/1": False, "/0/0/2": 0, "/0/0/3": b"client", "/0/0/5": SECRET,
        "/0/0/10": 1, "/1/0/0": 1, "/1/0/1": 86_400, "/1/0/7": "U",
    }  # fmt: skip
    return write_card_file(Store.of(STANDARD, values))


_OID: Final = {"DM": DM_BOOTSTRAP, "CP": CP_BOOTSTRAP, "LwM2M": LWM2M_BOOTSTRAP}


def card_of(
    one: MediumWay, content: bytes | None = None, *, iccid: str = "8900101000000000019", pin: str | None = None
) -> Usim:
    """The card that a phone has when it is first switched on this way.

    ``content`` in place of the operator's document; ``pin`` puts the file behind PIN1, which is then switched on.
    """
    written = document(one.profile) if content is None else content
    if one.carries == "profile":
        made = Usim.example(written, iccid=iccid, pin=pin or "1234", pin_enabled=pin is not None, private=bool(pin))
        return to_card(read_package(write_package(of_card(made))))
    if not one.on_card:
        return Usim.example(imsi=IMSI, iccid=iccid)
    empty = one.carries == "packet" and content is None
    auth = b"\x01" if pin else b""
    held = DataObject(f"{one.profile} Bootstrap", _OID[one.profile], _FILE, bool(pin), False, auth,
                      b"" if empty else written, max(1024, len(written)))  # fmt: skip
    keys = Services(ota=OtaCard({1: OTA_KEYS})) if one.medium == "usim" else None
    return Usim.example(medium=one.medium, imsi=IMSI, iccid=iccid, objects=[held], services=keys, pin=pin or "1234",
                        pin_enabled=pin is not None)  # fmt: skip


def _types(alert: Alert) -> Outcome:
    """The user, who was told the PIN of a push."""
    return Outcome(StatusCode.OK, items=(Item(data=PIN),))


def blank(one: MediumWay, card: Usim | None, *, pin: str | None = None) -> Device:
    """A phone as it is sold, which takes bootstrap data this way and no other; the maker's has its account."""
    phone = Device.blank(imsi=IMSI, card=card, rules=replace(Rules(), bootstrap=one.rules), pin=pin, user=_types)
    if one.carries == "maker":
        phone.bootstrap(document("DM"))
    return phone
