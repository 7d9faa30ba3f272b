"""From a provisioning document to nodes: one row per characteristic, one entry per parameter.

``*`` in a path stands for the first, second, third ... of its kind.  What no row names goes below ``Ext``, so that
nothing of a document is lost.  [DMBOOT §5.3.2 and appendix; DMSTDOBJ appendix; enablers sheet §6, §8]
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Final, NamedTuple

from dmkit.auth import decode_b64
from dmkit.bootstrap.cp import Characteristic
from dmkit.bootstrap.dmacc import DMACC
from dmkit.tree.node import Node, Path
from dmkit.tree.places import ACCOUNTS, NAP, PROXY
from dmkit.wire.tags import text_of
from dmkit.words.records import dataclass

__all__ = ["APPLICATION", "OBJECTS", "W7", "Destination", "Filled", "fill", "row_of"]

_NO: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a characteristic goes.

    ``where`` is the parent in the tree, or, for one inside another, the path below it; ``leaves`` are parameter to
    path, ``parts`` the characteristics inside.  ``refs`` are parameters that name connectivity: one goes to
    ``ref_one``, several to ``ref_many``.  ``defaults`` are leaves that must be there; ``skipped`` has no place.
    ``id`` is the parameter by which documents speak of this object; ``type`` its object identifier.
    """

    where: str
    leaves: Mapping[str, str] = field(default_factory=lambda: _NO)
    parts: Mapping[str, Destination] = field(default_factory=lambda: MappingProxyType({}))
    refs: tuple[str, ...] = ()
    ref_one: str = ""
    ref_many: str = ""
    defaults: Mapping[str, str] = field(default_factory=lambda: _NO)
    skipped: frozenset[str] = frozenset()
    id: str = ""
    type: str = ""


def _words(text: str) -> dict[str, str]:
    """``NAME:Name`` pairs, separated by blanks."""
    return dict(pair.split(":") for pair in text.split())


_AUTH_LEAVES: Final = _words("AAUTHTYPE:AAuthType AAUTHNAME:AAuthName AAUTHSECRET:AAuthSecret AAUTHDATA:AAuthData")
_AUTH: Final = Destination("AppAuth/*", {"AAUTHLEVEL": "AAuthLevel"} | _AUTH_LEAVES)
_PORT: Final = Destination("Port/*", _words("PORTNBR:PortNbr SERVICE:Service/*/Service"))
_ADDRESS: Final = Destination("AppAddr/*", _words("ADDR:Addr ADDRTYPE:AddrType"), {"PORT": _PORT})
_LINKS: Final = ("TO-PROXY", "TO-NAPID")

W7: Final = Destination(
    ACCOUNTS,
    _words("APPID:AppID PROVIDER-ID:ServerID NAME:Name"),
    {
        "APPADDR": replace(_ADDRESS, defaults={"AddrType": "URI"}),
        "APPAUTH": replace(_AUTH, defaults={"AAuthLevel": "CLCRED", "AAuthType": "DIGEST"}),
    },
    _LINKS,
    "PrefConRef",
    "ToConRef/*/ConRef",
    id="PROVIDER-ID",
    type=DMACC,
)
"""The DM account.  [DMSTDOBJ appendix A]"""

APPLICATION: Final = Destination(
    "./Application",
    _words("APPID:AppID PROVIDER-ID:ProviderID NAME:Name AACCEPT:AAccept APROTOCOL:AProtocol ADDR:PrefAddr"),
    {
        "APPADDR": _ADDRESS,
        "APPAUTH": _AUTH,
        "RESOURCE": Destination(
            "Resource/*", _words("URI:URI NAME:Name AACCEPT:AAccept") | _AUTH_LEAVES, skipped=frozenset({"STARTPAGE"})
        ),
    },
    _LINKS,
    "PrefConRef",
    "ToConRef/*/ConRef",
    skipped=frozenset({"STARTPAGE"}),
)
"""Any other application: browser w2, multimedia messages w4, mail 25, 110, 143 ...  [DMBOOT appendix]"""

_PROXY_PORT: Final = Destination("Port/*", _words("PORTNBR:PortNbr SERVICE:Service/*/Service"))
_PROXY_AUTH: Final = Destination("AuthInfo", _words("PXAUTH-TYPE:AuthType PXAUTH-ID:AuthName PXAUTH-PW:AuthSecret"))

OBJECTS: Final[Mapping[str, Destination]] = MappingProxyType(
    {
        "NAPDEF": Destination(
            NAP,
            _words(
                "NAPID:NapId NAME:Name NAP-ADDRESS:Addr NAP-ADDRTYPE:AddrType BEARER:Bearer/BearerType LINGER:Linger "
                "DNS-ADDR:IPv4/DNS/*/DNSAddr LOCAL-ADDR:IPv4/LocalAddr"
            ),
            {
                "NAPAUTHINFO": Destination(
                    "AuthInfo",
                    _words(
                        "AUTHTYPE:AuthType AUTHNAME:AuthName AUTHSECRET:AuthSecret "
                        "AUTH-ENTITY:AuthEntities/*/AuthEntity SPI:SPI"
                    ),
                ),
                "VALIDITY": Destination("Ext/Validity/*"),
            },
            id="NAPID",
            type="urn:oma:mo:oma-connmo-nap:1.0",
        ),
        "PXLOGICAL": Destination(
            PROXY,
            _words("PROXY-ID:ProxyId NAME:Name DOMAIN:Domain/*/Domain TRUST:Trust MASTER:Master"),
            {
                "PXAUTHINFO": _PROXY_AUTH,
                "PORT": _PROXY_PORT,
                "PXPHYSICAL": Destination(
                    "Physical/*",
                    _words("PHYSICAL-PROXY-ID:PhysicalProxyId PXADDR:Addr PXADDRTYPE:AddrType"),
                    {"PORT": _PROXY_PORT},
                    ("TO-NAPID",),
                    "",
                    "NapRef/*/NapRef",
                ),
            },
            skipped=frozenset({"STARTPAGE"}),
            id="PROXY-ID",
            type="urn:oma:mo:oma-connmo-proxy:1.0",
        ),
        "ACCESS": Destination(
            "./Access",
            _words("RULE:Rule APPID:AppID PORTNBR:PortNbr/*/PortNbr DOMAIN:Domain/*/Domain"),
            {},
            _LINKS,
            "",
            "ConRef/*/ConRef",
        ),
        "BOOTSTRAP": Destination(
            "./Bootstrap",
            _words(
                "NAME:Name PROXY-ID:ProxyId/*/ProxyId PROVURL:ProvURL NETWORK:Network/*/Id "
                "COUNTRY:Country CONTEXT-ALLOW:ContextAllow"
            ),
        ),
        "VENDORCONFIG": Destination("./VendorConfig", _words("NAME:Name"), id="NAME"),
        "CLIENTIDENTITY": Destination("./ClientIdentity", _words("CLIENT-ID:ClientId")),
    }
)
"""Characteristics at the top of a document, APPLICATION apart.  Names of connectivity leaves: UNSURE."""


def row_of(group: Characteristic) -> Destination | None:
    """The row for a characteristic at the top, or None."""
    if group.type == "APPLICATION":
        return W7 if group.get("APPID") == "w7" else APPLICATION
    return OBJECTS.get(group.type)


# -- values


def _level(text: str) -> Node:
    """APPSRV are credentials for the server to check, the client's therefore.  [DMSTDOBJ appendix A]"""
    return Node("chr", {"APPSRV": "CLCRED", "CLIENT": "SRVCRED"}.get(text, text))


def _nonce(text: str) -> Node:
    """Base64 of the nonce (IMPL), else the text itself."""
    octets = decode_b64(text)
    return Node("bin", text.encode() if octets is None else octets, "application/octet-stream")


def _auth_type(text: str) -> Node:
    """The first of the listed types: a DMAcc has one."""
    return Node("chr", text.partition(",")[0])


def _plain(text: str) -> Node:
    return Node("chr", text)


_VALUES: Final[Mapping[str, Callable[[str], Node]]] = MappingProxyType(
    {"AAUTHLEVEL": _level, "AAUTHDATA": _nonce, "AAUTHTYPE": _auth_type}
)
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,30}\Z")


class Filled(NamedTuple):
    """The object of a characteristic, and what had no place in it: a name and the reason."""

    node: Node
    ignored: tuple[tuple[str, str], ...]


def fill(group: Characteristic, row: Destination, link: Callable[[str, str], str]) -> Filled:
    """The interior node that ``group`` becomes; ``link`` turns a reference (parameter, value) into a URI."""
    nodes: dict[Path, Node] = {}
    ignored: list[tuple[str, str]] = []
    _fill(_with_address(group, row), row, (), link, nodes, ignored)
    return Filled(_build(nodes, row.type), tuple(ignored))


def _with_address(group: Characteristic, row: Destination) -> Characteristic:
    """An account whose address stands outside APPADDR gets one of these.  IMPL [bootstrap sheet §2.1]"""
    address = group.get("ADDR")
    if row is not W7 or not address:
        return group
    parms = tuple(pair for pair in group.parms if pair[0] != "ADDR")
    parts = group.parts
    if not any(group.inside("APPADDR")):
        parts = (Characteristic("APPADDR", (("ADDR", address),)), *parts)
    return replace(group, parms=parms, parts=parts)


def _fill(
    group: Characteristic,
    row: Destination,
    at: Path,
    link: Callable[[str, str], str],
    nodes: dict[Path, Node],
    ignored: list[tuple[str, str]],
) -> None:
    counts: Counter[str] = Counter()

    def put(path: str, node: Node, what: str) -> None:
        if "*" in path:
            counts[path] += 1
            path = path.replace("*", str(counts[path]))
        full = (*at, *path.split("/"))
        if full in nodes:
            ignored.append((what, "it stands twice; the first counts"))
        else:
            nodes[full] = node

    links = [(name, value) for name, value in group.parms if name in row.refs]
    for name, value in group.parms:
        what = f"{group.type[:40]}/{name[:40]}"
        if name in row.refs:
            continue
        path = row.leaves.get(name, "" if name in row.skipped or not _NAME.match(name) else f"Ext/{name}")
        if not path:
            ignored.append((what, "it has no place in the tree"))
        elif text_of(value.encode("utf-8", "surrogatepass")) is None:
            ignored.append((what, "its value is no text"))
        else:
            put(path, _VALUES.get(name, _plain)(value), what)
    for name, value in links:
        path = row.ref_one if len(links) == 1 and row.ref_one else row.ref_many
        put(path, Node("chr", link(name, value)), f"{group.type}/{name}")
    for path, value in row.defaults.items():
        nodes.setdefault((*at, *path.split("/")), Node("chr", value))
    for part in group.parts:
        below = row.parts.get(part.type)
        if below is None:
            ignored.append((f"{group.type[:40]}/{part.type[:40]}", "it has no place in the tree"))
            continue
        counts[below.where] += 1
        if "*" not in below.where and counts[below.where] > 1:
            ignored.append((f"{group.type}/{part.type}", "it stands twice; the first counts"))
            continue
        place = below.where.replace("*", str(counts[below.where]))
        _fill(part, below, (*at, *place.split("/")), link, nodes, ignored)


def _build(nodes: Mapping[Path, Node], type: str) -> Node:
    """Nodes under their paths as one interior node."""
    children: dict[str, Node] = {}
    below: dict[str, dict[Path, Node]] = {}
    for path, node in nodes.items():
        if len(path) == 1:
            children[path[0]] = node
        else:
            children.setdefault(path[0], Node.interior())
            below.setdefault(path[0], {})[path[1:]] = node
    for name, inner in below.items():
        children[name] = _build(inner, "")
    return Node.interior(MappingProxyType(children), type=type)
