"""Protections and places of provisioning as the sheets list them, written off by hand.  [bootstrap §2; security §8]"""

from __future__ import annotations

import pytest

from dmkit.bootstrap.card_places import ROOT
from dmkit.bootstrap.card_reading import read
from dmkit.bootstrap.dmacc import SCHEME_OF, accounts
from dmkit.bootstrap.mapping import APPLICATION, OBJECTS, W7
from dmkit.bootstrap.rules import PROFILES
from dmkit.bootstrap.run import PROFILE_OF
from dmkit.bootstrap.security import METHODS
from dmkit.card.card import Usim
from dmkit.card.pkcs15 import CP_BOOTSTRAP, DataObject
from dmkit.card.terminal import run
from dmkit.tree.tree import Tree

ACCOUNT = """
    APPID AppID, PROVIDER-ID ServerID, NAME Name, APPADDR/ADDR AppAddr/*/Addr, APPADDR/ADDRTYPE AppAddr/*/AddrType
    APPADDR/PORT/PORTNBR AppAddr/*/Port/*/PortNbr, APPADDR/PORT/SERVICE AppAddr/*/Port/*/Service/*/Service
    APPAUTH/AAUTHLEVEL AppAuth/*/AAuthLevel, APPAUTH/AAUTHTYPE AppAuth/*/AAuthType
    APPAUTH/AAUTHNAME AppAuth/*/AAuthName, APPAUTH/AAUTHSECRET AppAuth/*/AAuthSecret
    APPAUTH/AAUTHDATA AppAuth/*/AAuthData"""
OTHER = (
    ACCOUNT.replace("ServerID", "ProviderID")
    + """
    AACCEPT AAccept, APROTOCOL AProtocol, ADDR PrefAddr, RESOURCE/URI Resource/*/URI, RESOURCE/NAME Resource/*/Name
    RESOURCE/AACCEPT Resource/*/AAccept, RESOURCE/AAUTHTYPE Resource/*/AAuthType
    RESOURCE/AAUTHNAME Resource/*/AAuthName, RESOURCE/AAUTHSECRET Resource/*/AAuthSecret
    RESOURCE/AAUTHDATA Resource/*/AAuthData"""
)
PROXY = """
    PROXY-ID ProxyId, NAME Name, DOMAIN Domain/*/Domain, TRUST Trust, MASTER Master
    PXAUTHINFO/PXAUTH-TYPE AuthInfo/AuthType, PXAUTHINFO/PXAUTH-ID AuthInfo/AuthName
    PXAUTHINFO/PXAUTH-PW AuthInfo/AuthSecret, PORT/PORTNBR Port/*/PortNbr, PORT/SERVICE Port/*/Service/*/Service
    PXPHYSICAL/PHYSICAL-PROXY-ID Physical/*/PhysicalProxyId, PXPHYSICAL/PXADDR Physical/*/Addr
    PXPHYSICAL/PXADDRTYPE Physical/*/AddrType, PXPHYSICAL/PORT/PORTNBR Physical/*/Port/*/PortNbr
    PXPHYSICAL/PORT/SERVICE Physical/*/Port/*/Service/*/Service"""
POINT = """
    NAPID NapId, NAME Name, NAP-ADDRESS Addr, NAP-ADDRTYPE AddrType, BEARER Bearer/BearerType, LINGER Linger
    DNS-ADDR IPv4/DNS/*/DNSAddr, LOCAL-ADDR IPv4/LocalAddr, NAPAUTHINFO/AUTHTYPE AuthInfo/AuthType
    NAPAUTHINFO/AUTHNAME AuthInfo/AuthName, NAPAUTHINFO/AUTHSECRET AuthInfo/AuthSecret
    NAPAUTHINFO/AUTH-ENTITY AuthInfo/AuthEntities/*/AuthEntity, NAPAUTHINFO/SPI AuthInfo/SPI"""
BOOTSTRAP = """NAME Name, PROXY-ID ProxyId/*/ProxyId, PROVURL ProvURL, NETWORK Network/*/Id, COUNTRY Country
    CONTEXT-ALLOW ContextAllow"""
ACCESS = "RULE Rule, APPID AppID, PORTNBR PortNbr/*/PortNbr, DOMAIN Domain/*/Domain"


def rows(text):
    return dict(row.split() for line in text.splitlines() for row in line.split(",") if row.strip())


def flat(destination, name="", place=""):
    found = {name + parameter: place + leaf for parameter, leaf in destination.leaves.items()}
    for part, below in destination.parts.items():
        found |= flat(below, f"{name}{part}/", f"{place}{below.where}/")
    return found


@pytest.mark.parametrize(
    ("destination", "text"),
    [(W7, ACCOUNT), (APPLICATION, OTHER), (OBJECTS["PXLOGICAL"], PROXY), (OBJECTS["NAPDEF"], POINT),
     (OBJECTS["BOOTSTRAP"], BOOTSTRAP), (OBJECTS["ACCESS"], ACCESS), (OBJECTS["VENDORCONFIG"], "NAME Name"),
     (OBJECTS["CLIENTIDENTITY"], "CLIENT-ID ClientId")],
    ids=["w7", "application", "proxy", "access point", "bootstrap", "access", "vendor", "client"],
)  # fmt: skip
def test_where_parameters_go(destination, text):
    assert flat(destination) == rows(text)


def test_where_objects_go():
    places = {name: (row.where, row.id, row.type.removeprefix("urn:oma:mo:oma-")) for name, row in OBJECTS.items()}
    assert places == {
        "NAPDEF": ("./NAP", "NAPID", "connmo-nap:1.0"), "PXLOGICAL": ("./Proxy", "PROXY-ID", "connmo-proxy:1.0"),
        "ACCESS": ("./Access", "", ""), "BOOTSTRAP": ("./Bootstrap", "", ""),
        "VENDORCONFIG": ("./VendorConfig", "NAME", ""), "CLIENTIDENTITY": ("./ClientIdentity", "", "")}  # fmt: skip
    assert (W7.where, W7.id, W7.type) == ("./DMAcc", "PROVIDER-ID", "urn:oma:mo:oma-dm-dmacc:1.0")


def test_protections():
    found = [(one.name, one.profile, one.code, one.network, one.pin) for one in METHODS]
    assert found == [
        ("NETWPIN", "cp", 0, True, False), ("USERPIN", "cp", 1, False, True), ("USERNETWPIN", "cp", 2, True, True),
        ("USERPINMAC", "cp", 3, False, True), ("NETWORKID", "dm", 0, True, False), ("USERPIN", "dm", 1, False, True),
        ("USERPIN_NETWORKID", "dm", 2, True, True)]  # fmt: skip
    assert [one.support for one in METHODS if one.profile == "dm"] == ["must", "must", "may"]


def test_types_of_documents():
    assert PROFILE_OF == {
        "application/vnd.wap.connectivity-wbxml": "cp", "text/vnd.wap.connectivity-xml": "cp",
        "application/vnd.syncml.dm+wbxml": "dm", "application/vnd.syncml+wbxml": "dm"}  # fmt: skip
    assert SCHEME_OF == {"BASIC": "basic", "DIGEST": "md5", "HMAC": "mac"}


@pytest.mark.parametrize(
    ("address", "port", "shown"),
    [("http://dm.example/a", "80", "http://dm.example/a"), ("https://dm.example/a", "443", "https://dm.example/a"),
     ("http://dm.example/a", "443", "http://dm.example:443/a"), ("https://dm.example", "80", "https://dm.example:80"),
     ("http://dm.example/a", "8080", "http://dm.example:8080/a")],
)  # fmt: skip
def test_the_usual_port_is_not_written(address, port, shown):
    at = "./DMAcc/1/AppAddr/1"
    leaves = {"./DMAcc/1/ServerID": "s", f"{at}/Addr": address, f"{at}/AddrType": "URI", f"{at}/Port/1/PortNbr": port}
    [account] = accounts(Tree.of(leaves))
    assert account.address == shown


def test_how_devices_took_documents():
    rows = {name: (rule.unsecured, rule.known, bool(rule.confirm)) for name, rule in PROFILES.items()}
    spec = PROFILES["spec"]
    assert rows == {
        "spec": (spec.unsecured, spec.known, True), "unprotected taken": ("take", spec.known, False),
        "unprotected asked": ("ask", spec.known, True), "machine": (spec.unsecured, "refuse", False),
        "first come": (spec.unsecured, "refuse", True)}  # fmt: skip
    assert PROFILES["machine"].methods == ("NETWPIN", "NETWORKID")


@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_the_directory_of_objects(medium):
    """Where EF.DIR says no path it is 7F50 below the MF: a path that leads there does not begin at the MF again."""
    assert ROOT == (0x3F00, 0x7F50)
    entry = DataObject("Operator", CP_BOOTSTRAP, bytes.fromhex("3F007F506433"), data=b"octets")
    card = Usim.example(objects=[entry], medium=medium)
    assert [file.data for file in run(card, read()).files] == [b"octets"]
    said = [exchange.apdu.hex() for exchange in card.log]
    last = said.index("01a40804047fff643300" if medium == "usim" else "a0a40000026433")
    assert said[last - 3 : last] in (["01b0000010", "01a40804047fff643000", "01b0000022"],
                                     ["a0b0000022", "a0a40000027f50", "a0c0000016"])  # fmt: skip
