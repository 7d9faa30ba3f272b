"""What a bootstrap costs in short messages, and whom it lets in: tidy frames from real documents and real phones.

Every frame says in ``.attrs`` which version made it, with which parameters, and the unit of each column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dmkit.auth import Account, Credential
from dmkit.bootstrap import BootstrapRules, cp, dm, dmacc
from dmkit.bootstrap.cp import Characteristic, Provisioning
from dmkit.bootstrap.security import METHODS, user_string
from dmkit.device.device import Device
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.session.rules import Rules
from dmkit.transport.push import bootstrap_push, deliver, provision
from dmkit.tree.node import Node
from dmkit.views.look import STROKE
from dmkit.wire import sms, wsp
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["ADMISSION", "DOCUMENTS", "IMSI", "MESSAGES", "PIN", "SENDERS", "admission", "documents", "messages",
           "plot_admission", "plot_messages"]  # fmt: skip

IMSI: Final = "001010123456789"
PIN: Final = "4711"
"""What the operator has told its subscriber."""
_SERVER: Final = "com.mgmtsrv"
_CP: Final = "application/vnd.wap.connectivity-wbxml"
_DM: Final = "application/vnd.syncml.dm+wbxml"

DOCUMENTS: Final = ("account", "account and access point", "everything")
"""What is bootstrapped: the least, the usual, and settings for every application."""

MESSAGES: Final[Mapping[str, str]] = {
    "document": "what it brings",
    "profile": "CP, or DM with serialised trees",
    "document_octets": "octets of the document",
    "push_octets": "octets of the push: the document, its protection, the headers",
    "messages": "short messages that carry it",
}
"""Columns of ``messages`` and their units."""

ADMISSION: Final[Mapping[str, str]] = {
    "method": "protection of the document, or what the device does without one",
    "sender": "what the sender knows and does",
    "taken": "true when the device has the account afterwards",
    "asked": "questions the user saw",
    "why": "why it was refused",
}
"""Columns of ``admission`` and their units."""


# -- documents


def documents() -> dict[tuple[str, str], bytes]:
    """Documents of the same content in both profiles, by name and profile."""
    account = Account(
        _SERVER,
        "https://dm.example/",
        Credential("client", "clientpw", bytes(range(16)), "md5"),
        Credential(_SERVER, "srvpw", bytes(range(16, 32)), "md5"),
    )
    made: dict[tuple[str, str], bytes] = {}
    parts: list[Characteristic] = []
    for name, more in zip(DOCUMENTS, ([_w7()], [_nap()], _applications()), strict=True):
        parts += more
        document = cp.to_wbxml(Provisioning(tuple(parts)))
        made[name, "CP"] = document
        tree = Device.blank()
        tree.bootstrap(document)
        objects: dict[str, Node] = {"Op": dmacc.node(account, name="Operator")}
        rights = f"Delete={_SERVER}&Get={_SERVER}&Replace={_SERVER}"
        for place in ("./NAP", "./Application"):
            found = tree.tree.get(place).children if place in tree.tree else {}
            objects |= {f"{place[2:5]}{n}": replace(node, acl=rights) for n, node in found.items()}
        made[name, "DM"] = dm.message(objects, server=_SERVER)
    return made


def _w7() -> Characteristic:
    auth = (
        cp.digest_proof("APPSRV", "client", "clientpw", "AAECAwQFBgcICQoLDA0ODw=="),
        cp.digest_proof("CLIENT", _SERVER, "srvpw", "EBESExQVFhcYGRobHB0eHw=="),
    )
    parms = (
        ("APPID", "w7"),
        ("PROVIDER-ID", _SERVER),
        ("NAME", "Operator"),
        ("TO-NAPID", "INET"),
        ("ADDR", "https://dm.example/"),
    )
    return Characteristic("APPLICATION", parms, auth)


def _nap() -> Characteristic:
    return Characteristic(
        "NAPDEF",
        (
            ("NAPID", "INET"),
            ("NAME", "Internet"),
            ("BEARER", "GSM-GPRS"),
            ("NAP-ADDRESS", "internet.example"),
            ("NAP-ADDRTYPE", "APN"),
        ),
    )


def _applications() -> list[Characteristic]:
    web = Characteristic("RESOURCE", (("URI", "http://start.example/"), ("NAME", "Start")))
    mail = [
        Characteristic(
            "APPLICATION",
            (("APPID", port), ("NAME", "Mail"), ("TO-NAPID", "INET")),
            (
                Characteristic(
                    "APPADDR", (("ADDR", f"{host}.example"),), (Characteristic("PORT", (("PORTNBR", port),)),)
                ),
                Characteristic("APPAUTH", (("AAUTHTYPE", "LOGIN"), ("AAUTHNAME", "me"), ("AAUTHSECRET", "secret"))),
            ),
        )
        for port, host in (("25", "smtp"), ("143", "imap"))
    ]
    return [
        Characteristic("APPLICATION", (("APPID", "w2"), ("NAME", "Web"), ("TO-NAPID", "INET")), (web,)),
        Characteristic(
            "APPLICATION", (("APPID", "w4"), ("NAME", "MMS"), ("TO-NAPID", "INET"), ("ADDR", "http://mms/"))
        ),
        *mail,
    ]


# -- how many short messages


def messages() -> pd.DataFrame:
    """Octets and short messages of each document in each profile, protected by what the network knows."""
    rows: list[dict[str, object]] = []
    for (name, profile), document in documents().items():
        media_type, method = (_CP, "NETWPIN") if profile == "CP" else (_DM, "NETWORKID")
        unit = wsp.encode(bootstrap_push(document, media_type, method, network_id=IMSI))
        rows.append(
            {
                "document": name,
                "profile": profile,
                "document_octets": len(document),
                "push_octets": len(unit),
                "messages": len(sms.split(unit)),
            }
        )
    return _frame(rows, MESSAGES, "provisioning.messages", imsi=IMSI)


def plot_messages(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Short messages against the size of a push: the staircase of the format, and where the documents stand on it."""
    axes = new_axes(ax)
    top = int(frame["push_octets"].max() * 1.15)
    sizes = range(1, top + 1)
    axes.step(
        sizes,
        [sms.count(size) for size in sizes],
        where="post",
        color=STROKE.dark,
        lw=1.2,
        label="140 octets each, less their headers",
    )
    for (name, profile), rows in frame.groupby(["document", "profile"], sort=False):
        axes.plot(
            rows["push_octets"],
            rows["messages"],
            "os^"[DOCUMENTS.index(name)],
            ms=8,
            lw=0,
            color=COLOURS[profile == "DM"],
            label=f"{profile}: {name}",
        )
    axes.set_xlim(0, top)
    axes.set_ylim(0, float(frame["messages"].max()) + 3)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    return finished(axes, "A bootstrap in short messages", "octets of the push", "short messages")


# -- who gets in


@dataclass(frozen=True, slots=True)
class _Sender:
    """What a sender knows, and which PIN the user holds for the right one when the message comes."""

    imsi: str
    pin: str
    told: str


SENDERS: Final[Mapping[str, _Sender]] = {
    "stranger": _Sender("001019999999999", "0000", PIN),
    "stranger who tells a PIN": _Sender("001019999999999", "9876", "9876"),
    "knows the IMSI": _Sender(IMSI, "0000", PIN),
    "knows the IMSI, tells a PIN": _Sender(IMSI, "9876", "9876"),
    "operator": _Sender(IMSI, PIN, PIN),
}
"""Who sends a bootstrap document.  A user believes whoever tells a PIN; that is how phishing by SMS worked in 2019."""

_DEVICES: Final[Mapping[str, tuple[str, str]]] = {
    "none, taken": ("none", "take"),
    "none, user asked": ("none", "ask"),
    "none, refused": ("none", "refuse"),
} | {row.name: (row.name, "refuse") for row in METHODS if row.profile == "cp"}


def admission(
    methods: Iterable[str] | None = None, senders: Iterable[str] | None = None, agrees: bool = True
) -> pd.DataFrame:
    """Let every sender try every protection on a phone of its own; a row is one run.

    ``agrees``: what the user says when asked whether to take new settings.
    """
    rows: list[dict[str, object]] = []
    chosen = tuple(methods or _DEVICES), tuple(senders or SENDERS)
    for method in chosen[0]:
        for name in chosen[1]:
            rows.append({"method": method, "sender": name} | _try(method, SENDERS[name], agrees))
    return _frame(rows, ADMISSION, "provisioning.admission", methods=chosen[0], senders=chosen[1], agrees=agrees)


def _try(name: str, sender: _Sender, agrees: bool) -> dict[str, object]:
    method, unsecured = _DEVICES[name]
    document = documents()["account and access point", "CP"]
    asked: list[str] = []
    digits = sender.told + "0" if len(sender.told) < 5 else sender.told

    def user(alert: Alert) -> Outcome:
        asked.append(alert.items[1].text)
        if alert.code is AlertCode.TEXT_INPUT:
            tells = sender.told == sender.pin
            typed = user_string(digits, document) if method == "USERPINMAC" and tells else sender.told
            return Outcome(StatusCode.OK, items=(Item(data=typed),))
        return Outcome(StatusCode.OK if agrees else StatusCode.NOT_MODIFIED)

    rules = replace(Rules(), bootstrap=BootstrapRules(unsecured=unsecured))  # type: ignore[arg-type]
    phone = Device.blank(imsi=IMSI, rules=rules, user=user)
    pin = digits if method == "USERPINMAC" else sender.pin
    push = bootstrap_push(document, _CP, method, network_id=sender.imsi, pin=pin)
    reaction = deliver(phone, provision(push))
    return {"taken": bool(phone.accounts), "asked": len(asked), "why": reaction.why}


def plot_admission(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Who gets in: senders across, protections down; a filled square is a bootstrap, a small cross a refusal."""
    methods, senders = list(dict.fromkeys(frame["method"])), list(dict.fromkeys(frame["sender"]))
    axes = new_axes(ax, 7.6, 0.42 * len(methods) + 1.6)
    for taken, marker, colour, size, label in (
        (True, "s", COLOURS[1], 15, "the device takes it"),
        (False, "x", STROKE.mid, 6, "refused"),
    ):
        rows = frame[frame["taken"] == taken]
        axes.plot(
            [senders.index(s) for s in rows["sender"]],
            [methods.index(m) for m in rows["method"]],
            marker,
            color=colour,
            ms=size,
            label=label,
            lw=0,
        )
    for row in frame[frame["taken"] & (frame["asked"] > 0)].itertuples():
        axes.annotate(
            "asked",
            (senders.index(str(row.sender)), methods.index(str(row.method))),
            xytext=(11, 0),
            textcoords="offset points",
            fontsize=8,
            va="center",
        )
    labels = [sender.replace(", ", ",\n").replace(" who ", "\nwho ") for sender in senders]
    axes.set_xticks(range(len(senders)), labels, fontsize=8)
    axes.set_yticks(range(len(methods)), methods)
    axes.set_xlim(-0.5, len(senders) - 0.3)
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.legend(frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, markerscale=0.6)
    return finished(axes, "Who may bootstrap a phone", "who sends the document", "protection")
