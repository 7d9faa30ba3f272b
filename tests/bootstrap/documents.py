"""Documents and people for the tests of bootstrap."""

from __future__ import annotations

from dmkit.bootstrap.cp import Characteristic, Provisioning
from dmkit.device.phone import example_tree
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Item
from dmkit.words.outcome import Outcome

IMSI = "001010123456789"
CONNECTIVITY = "application/vnd.wap.connectivity-wbxml"

# the document of the security sheet, 181 octets; it has the token form of DIGEST
DOCUMENT_C = bytes.fromhex(
    "030b6a00c54503312e310001c600015501873600000603773700018700013800"
    "000603636f6d2e6d676d747372760001870706034f7020444d0001c600015601"
    "87340000060368747470733a2f2f646d2e6578616d706c652f0001c653018723"
    "060334343300010101c600015701873000000600018d01873300000600019301"
    "873100000603636c69656e7400018700013200000603636c69656e7470770001"
    "8700012f00000603626d39755932553d0001010101"
)


def w7(server="com.mgmtsrv", *parts, **parms):
    """An account, with client and server credentials."""
    auth = [
        Characteristic(
            "APPAUTH", (("AAUTHLEVEL", level), ("AAUTHTYPE", "DIGEST"), ("AAUTHNAME", name), ("AAUTHSECRET", secret))
        )
        for level, name, secret in (("APPSRV", "client", "clientpw"), ("CLIENT", server, "srvpw"))
    ]
    said = (("APPID", "w7"), ("PROVIDER-ID", server), ("ADDR", "https://dm.example/"), *parms.items())
    return Characteristic("APPLICATION", said, (*parts, *auth))


NAP = Characteristic(
    "NAPDEF",
    (
        ("NAPID", "INET"),
        ("NAME", "Internet"),
        ("BEARER", "GSM-GPRS"),
        ("NAP-ADDRESS", "internet.example"),
        ("NAP-ADDRTYPE", "APN"),
        ("DNS-ADDR", "192.0.2.1"),
        ("DNS-ADDR", "192.0.2.2"),
        ("LINGER", "30"),
    ),
    (Characteristic("NAPAUTHINFO", (("AUTHTYPE", "PAP"), ("AUTHNAME", "u"), ("AUTHSECRET", "p"))),),
)

PROXY = Characteristic(
    "PXLOGICAL",
    (("PROXY-ID", "px.example"), ("NAME", "Gateway"), ("STARTPAGE", "http://x/")),
    (
        Characteristic("PXAUTHINFO", (("PXAUTH-TYPE", "HTTP-BASIC"), ("PXAUTH-ID", "u"), ("PXAUTH-PW", "p"))),
        Characteristic(
            "PXPHYSICAL",
            (("PHYSICAL-PROXY-ID", "1"), ("PXADDR", "192.0.2.9"), ("PXADDRTYPE", "IPV4"), ("TO-NAPID", "INET")),
            (Characteristic("PORT", (("PORTNBR", "9201"),)),),
        ),
    ),
)

BROWSER = Characteristic(
    "APPLICATION",
    (("APPID", "w2"), ("NAME", "Web"), ("TO-PROXY", "px.example")),
    (Characteristic("RESOURCE", (("URI", "http://start.example/"), ("NAME", "Start"), ("STARTPAGE", ""))),),
)
MMS = Characteristic(
    "APPLICATION", (("APPID", "w4"), ("NAME", "MMS"), ("TO-NAPID", "INET"), ("ADDR", "http://mms/"), ("CM", "R"))
)
MAIL = tuple(
    Characteristic(
        "APPLICATION",
        (("APPID", appid), ("NAME", "Mail"), ("PROVIDER-ID", "mail"), ("TO-NAPID", "INET")),
        (
            Characteristic(
                "APPADDR",
                (("ADDR", f"{appid}.mail.example"),),
                (Characteristic("PORT", (("PORTNBR", appid), ("SERVICE", "STARTTLS"))),),
            ),
            Characteristic("APPAUTH", (("AAUTHTYPE", "LOGIN"), ("AAUTHNAME", "me"), ("AAUTHSECRET", "pw"))),
        ),
    )
    for appid in ("25", "110", "143")
)
OTHERS = (
    Characteristic(
        "ACCESS", (("RULE", "web"), ("APPID", "w2"), ("PORTNBR", "80"), ("PORTNBR", "443"), ("TO-NAPID", "INET"))
    ),
    Characteristic("BOOTSTRAP", (("NAME", "Op"), ("PROXY-ID", "px.example"), ("CONTEXT-ALLOW", "0"))),
    Characteristic("VENDORCONFIG", (("NAME", "acme"), ("COLOUR", "blue"))),
    Characteristic("CLIENTIDENTITY", (("CLIENT-ID", "me"),)),
)
OPERATOR = w7("com.mgmtsrv", **{"NAME": "Op", "TO-PROXY": "px.example"})
EVERYTHING = Provisioning((OPERATOR, NAP, PROXY, BROWSER, MMS, *MAIL, *OTHERS))


class Person:
    """Answers questions: PINs in turn, and yes or no."""

    def __init__(self, *pins, agrees=True):
        self.pins, self.agrees, self.asked = list(pins), agrees, []

    def __call__(self, alert):
        self.asked.append(alert.items[1].text)
        if alert.code == AlertCode.TEXT_INPUT:
            if not self.pins:
                return Outcome(StatusCode.CANCELLED)
            return Outcome(StatusCode.OK, items=(Item(data=self.pins.pop(0)),))
        return Outcome(StatusCode.OK if self.agrees else StatusCode.NOT_MODIFIED)


TREE = example_tree()
