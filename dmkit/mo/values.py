"""Objects that are values and nothing more: accounts, what a device says of itself, connectivity, applications.

They are as a bootstrap document makes them (``bootstrap.mapping``); each row gives the values of a new instance.
[DMSTDOBJ §5.3; enablers sheet §6, §8]
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.mo.object import Plain
from dmkit.tree.node import Node
from dmkit.words.model import Value

__all__ = ["FIRST", "make"]

_Values = Mapping[str, "Value | None | Node"]

FIRST: Final[Mapping[str, _Values]] = MappingProxyType({
    "dmacc": {
        "AppID": "w7", "ServerID": "com.mgmtsrv.manage", "Name": "Operator", "AppAddr/1/Addr": "https://dm.example.com/dm",
        "AppAddr/1/AddrType": "URI", "AppAuth/1/AAuthLevel": "CLCRED", "AppAuth/1/AAuthType": "DIGEST",
        "AppAuth/1/AAuthName": "client", "AppAuth/1/AAuthSecret": "clientpw", "AppAuth/1/AAuthData": b"",
        "AppAuth/2/AAuthLevel": "SRVCRED", "AppAuth/2/AAuthType": "DIGEST",
        "AppAuth/2/AAuthName": "com.mgmtsrv.manage", "AppAuth/2/AAuthSecret": "srvpw", "AppAuth/2/AAuthData": b"",
    },
    "devinfo": {"DevId": "IMEI:493005100592800", "Man": "Acme", "Mod": "T1", "DmV": "1.2", "Lang": "en"},
    "devdetail": {
        "DevTyp": "phone", "OEM": "Acme", "FwV": "1.0.3", "SwV": "9", "HwV": "2", "LrgObj": True, "URI/MaxDepth": "0",
        "URI/MaxTotLen": "0", "URI/MaxSegLen": "0",
    },
    "inbox": {},
    "nap": {
        "NapId": "internet", "Name": "Internet", "Addr": "internet", "AddrType": "APN", "AuthInfo/AuthType": "PAP",
        "AuthInfo/AuthName": "web", "AuthInfo/AuthSecret": "web", "Bearer/BearerType": "GSM-GPRS",
    },
    "proxy": {
        "ProxyId": "main", "Name": "Proxy", "Addr": "192.0.2.80", "AddrType": "IPV4", "Port/1/PortNbr": "8080",
        "NapRef/1/NapRef": "./NAP/Internet",
    },
    "bearer3gpp": {"APN": "internet", "PDPType": "IPv4v6", "NapRef": "./NAP/Internet"},
    "eap": {
        "Type": "EAP-TLS", "Identity": "device@office.example", "ClientCertRef": "./Vendor/Certificates/Device",
        "TrustedRootRef": "./Vendor/Certificates/Office", "ServerName": "radius.office.example",
    },
    "wlan": {"SSID/1/Name": "cafe", "Security": "wpa2-psk", "Key": "secret"},
    "browser": {
        "AppID": "w2", "Name": "Browser", "PrefConRef": "./Proxy/Main", "Resource/1/URI": "https://www.example.com/",
        "Resource/1/Name": "Home", "Resource/1/StartPage": True,
    },
    "mail": {
        "AppID": "143", "ProviderID": "mail.example.com", "Name": "Mail", "PrefConRef": "./NAP/Internet",
        "From": "user@example.com", "AppAddr/1/Addr": "imap.example.com", "AppAddr/1/Port/1/PortNbr": "993",
        "AppAuth/1/AAuthName": "user", "AppAuth/1/AAuthSecret": "secret",
    },
    "mms": {
        "AppID": "w4", "Name": "MMS", "PrefConRef": "./Proxy/Main", "Addr": "https://mmsc.example.com/", "CM": "FREE",
    },
})  # fmt: skip
"""Object -> what an example instance holds."""

_STANDS: Final = frozenset({"devinfo", "devdetail", "inbox"})
"""Objects that a device has already: what stands there stays."""


def make(at: str, name: str, *, values: _Values | None = None, empty: bool = False) -> Plain:
    """The object called ``name`` at ``at``: the example instance, with ``values`` by address below the root in place.

    ``empty`` leaves only what must be there.  Mounting raises ConfigError for an address that is not described.
    """
    first = {} if empty else dict(FIRST[name])
    return Plain(name, at, {**first, **(values or {})}, keep=name in _STANDS)
