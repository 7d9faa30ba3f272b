"""The element table: every name, code page, token and content kind that the codecs know.

One row per vocabulary; XML and WBXML read the same rows.  A page is written as one string of
element names in token order, from 05; the mark after a name says what the element holds::

    Name    text            Name>   elements (white space between them means nothing)
    Name!   nothing         Name*   data: text, octets or elements
    -       a token nobody uses

>>> SYNCML.name(0, 0x20), SYNCML.token(0, "Replace")
('Replace', 32)
>>> SYNCML.kind(0, "Final")
<ContentKind.EMPTY: '!'>
>>> vocabulary_of("-//SYNCML//DTD SyncML 1.2//EN").public_id
4609

Sources: [REPPRO] and [META] for SyncML and MetInf, [DMTND §10] for DMDDF, the DevInf and
provisioning content documents; token numbers agree with those of libwbxml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from dmkit.words.records import dataclass

__all__ = [
    "BY_FPI",
    "BY_NUMBER",
    "BY_ROOT",
    "DDF",
    "DEVINF",
    "MEDIA_TYPES",
    "METINF",
    "NS_DDF",
    "NS_DEVINF",
    "NS_METINF",
    "NS_SYNCML",
    "OTA",
    "PROV",
    "SYNCML",
    "SYNCML_1_0",
    "SYNCML_1_1",
    "UNKNOWN",
    "VOCABULARIES",
    "CodePage",
    "ContentKind",
    "Vocabulary",
    "vocabulary_of",
]

NS_SYNCML: Final = "SYNCML:SYNCML1.2"
NS_METINF: Final = "syncml:metinf"
NS_DDF: Final = "syncml:dmddf1.2"
NS_DEVINF: Final = "syncml:devinf"


class ContentKind(StrEnum):
    """What an element holds; the value is its mark in the table."""

    TEXT = ""
    ELEMENTS = ">"
    EMPTY = "!"
    DATA = "*"


@dataclass(frozen=True, slots=True)
class CodePage:
    """One code page: names by token, tokens and content kinds by name, and the namespace it stands for."""

    ns: str
    names: Mapping[int, str]
    tokens: Mapping[str, int]
    kinds: Mapping[str, ContentKind]


_KINDS: Final = {kind.value: kind for kind in ContentKind}


def _page(ns: str, text: str) -> CodePage:
    return CodePage(ns, *_tables(text))


@cache
def _tables(text: str) -> tuple[Mapping[int, str], Mapping[str, int], Mapping[str, ContentKind]]:
    names: dict[int, str] = {}
    kinds: dict[str, ContentKind] = {}
    for token, word in enumerate(text.split(), 0x05):
        name = word.rstrip(">!*")
        if name != "-":
            names[token] = name
            kinds[name] = _KINDS[word[len(name) :]]
    tokens = {name: token for token, name in names.items()}
    return MappingProxyType(names), MappingProxyType(tokens), MappingProxyType(kinds)


_SYNCML_1_0: Final = """
    Add> Alert> Archive! Atomic> Chal> Cmd CmdID CmdRef Copy> Cred> Data* Delete> Exec> Final! Get> Item> Lang LocName
    LocURI Map> MapItem> Meta> MsgID MsgRef NoResp! NoResults! Put> Replace> RespURI Results> Search> Sequence>
    SessionID SftDel! Source> SourceRef Status> Sync> SyncBody> SyncHdr> SyncML> Target> TargetRef - VerDTD VerProto
    NumberOfChanges MoreData!"""
_SYNCML_1_2: Final = _SYNCML_1_0 + " Field> Filter> Record> FilterType SourceParent> TargetParent> Move> Correlator"
_METINF: Final = """
    Anchor> EMI Format FreeID FreeMem Last Mark MaxMsgSize Mem> MetInf> Next NextNonce SharedMem! Size Type Version
    MaxObjSize FieldLevel!"""
_DDF: Final = """
    AccessType> ACL Add! b64! bin! bool! chr! CaseSense> CIS! Copy! CS! date! DDFName DefaultValue Delete! Description
    DFFormat> DFProperties> DFTitle DFType> Dynamic! Exec! float! Format> Get! int! Man MgmtTree> MIME Mod Name Node>
    node! NodeName null! Occurrence> One! OneOrMore! OneOrN Path Permanent! Replace! RTProperties> Scope> Size time!
    Title TStamp Type> Value* VerDTD VerNo xml! ZeroOrMore! ZeroOrN ZeroOrOne!"""
_DEVINF_1_1: Final = """
    CTCap> CTType DataStore> DataType DevID DevInf> DevTyp DisplayName DSMem> Ext> FwV HwV Man MaxGUIDSize MaxID MaxMem
    Mod OEM ParamName PropName Rx> Rx-Pref> SharedMem! Size SourceRef SwV SyncCap> SyncType Tx> Tx-Pref> ValEnum VerCT
    VerDTD XNam XVal UTC! SupportNumberOfChanges! SupportLargeObjs!"""
_DEVINF_1_2: Final = (
    _DEVINF_1_1.replace(" Size ", " MaxSize ")
    + """
    Property> PropParam> MaxOccur NoTruncate! - Filter-Rx> FilterCap> FilterKeyword FieldLevel!
    SupportHierarchicalSync!"""
)
_PROV: Final = "wap-provisioningdoc> characteristic> parm!"
_OTA: Final = "CHARACTERISTIC-LIST> CHARACTERISTIC> PARM!"

# Attribute starts: token -> (attribute, what its value begins with, or None for nothing).
_Starts = Mapping[int, tuple[str, str | None]]
_Values = Mapping[int, str]


def _starts(rows: str) -> _Starts:
    """Rows of ``attribute first-token name name ...``; a lone ``.`` stands for no value, ``-`` for a gap."""
    table: dict[int, tuple[str, str | None]] = {}
    for row in rows.strip().splitlines():
        attribute, first, *values = row.split()
        for token, value in enumerate(values, int(first, 16)):
            if value != "-":
                table[token] = (attribute, None if value == "." else value)
    return MappingProxyType(table)


def _values(rows: str) -> _Values:
    table: dict[int, str] = {}
    for row in rows.strip().splitlines():
        first, *values = row.split()
        table.update((token, value) for token, value in enumerate(values, int(first, 16)) if value != "-")
    return MappingProxyType(table)


_PROV_STARTS: Final = (
    _starts("""
        name 05 .
        value 06 .
        name 07 NAME NAP-ADDRESS NAP-ADDRTYPE CALLTYPE VALIDUNTIL AUTHTYPE AUTHNAME AUTHSECRET LINGER BEARER NAPID
        name 12 COUNTRY NETWORK INTERNET PROXY-ID PROXY-PROVIDER-ID DOMAIN PROVURL PXAUTH-TYPE PXAUTH-ID PXAUTH-PW
        name 1C STARTPAGE BASAUTH-ID BASAUTH-PW PUSHENABLED PXADDR PXADDRTYPE TO-NAPID PORTNBR SERVICE LINKSPEED
        name 26 DNLINKSPEED LOCAL-ADDR LOCAL-ADDRTYPE CONTEXT-ALLOW TRUST MASTER SID SOC WSP-VERSION PHYSICAL-PROXY-ID
        name 30 CLIENT-ID DELIVERY-ERR-SDU DELIVERY-ORDER TRAFFIC-CLASS MAX-SDU-SIZE MAX-BITRATE-UPLINK
        name 36 MAX-BITRATE-DNLINK RESIDUAL-BER SDU-ERROR-RATIO TRAFFIC-HANDL-PRIO TRANSFER-DELAY
        name 3B GUARANTEED-BITRATE-UPLINK GUARANTEED-BITRATE-DNLINK PXADDR-FQDN PROXY-PW PPGAUTH-TYPE
        version 45 . 1.0
        name 47 PULLENABLED DNS-ADDR MAX-NUM-RETRY FIRST-RETRY-TIMEOUT REREG-THRESHOLD T-BIT - AUTH-ENTITY SPI
        type 50 . PXLOGICAL PXPHYSICAL PORT VALIDITY NAPDEF BOOTSTRAP VENDORCONFIG CLIENTIDENTITY PXAUTHINFO
        type 5A NAPAUTHINFO ACCESS"""),
    _starts("""
        name 05 .
        value 06 .
        name 07 NAME
        name 14 INTERNET
        name 1C STARTPAGE
        name 22 TO-NAPID PORTNBR SERVICE
        name 2E AACCEPT AAUTHDATA AAUTHLEVEL AAUTHNAME AAUTHSECRET AAUTHTYPE ADDR ADDRTYPE APPID APROTOCOL PROVIDER-ID
        name 39 TO-PROXY URI RULE
        type 50 .
        type 53 PORT - APPLICATION APPADDR APPAUTH CLIENTIDENTITY RESOURCE"""),
)
_PROV_VALUES: Final = (
    _values("""
        85 IPV4 IPV6 E164 ALPHA APN SCODE TETRA-ITSI MAN
        90 ANALOG-MODEM V.120 V.110 X.31 BIT-TRANSPARENT DIRECT-ASYNCHRONOUS-DATA-SERVICE
        9A PAP CHAP HTTP-BASIC HTTP-DIGEST WTLS-SS MD5
        A2 GSM-USSD GSM-SMS ANSI-136-GUTS IS-95-CDMA-SMS IS-95-CDMA-CSD IS-95-CDMA-PACKET ANSI-136-CSD ANSI-136-GPRS
        AA GSM-CSD GSM-GPRS AMPS-CDPD PDC-CSD PDC-PACKET IDEN-SMS IDEN-CSD IDEN-PACKET FLEX/REFLEX PHS-SMS PHS-CSD
        B5 TETRA-SDS TETRA-PACKET ANSI-136-GHOST MOBITEX-MPAK CDMA2000-1X-SIMPLE-IP CDMA2000-1X-MOBILE-IP
        C5 AUTOBAUDING
        CA CL-WSP CO-WSP CL-SEC-WSP CO-SEC-WSP CL-SEC-WTA CO-SEC-WTA OTA-HTTP-TO OTA-HTTP-TLS-TO OTA-HTTP-PO
        D3 OTA-HTTP-TLS-PO
        E0 AAA HA"""),
    # 90 to 93 are read and never written: the printed document gives them 80 to 83, which are extension tokens.
    _values("""
        86 IPV6 E164 ALPHA
        8D APPSRV OBEX
        90 , HTTP- BASIC DIGEST"""),
)
_OTA_STARTS: Final = (
    _starts("""
        TYPE 06 ADDRESS URL NAME
        NAME 10 .
        VALUE 11 .
        NAME 12 BEARER PROXY PORT NAME PROXY_TYPE URL PROXY_AUTHNAME PROXY_AUTHSECRET SMS_SMSC_ADDRESS
        NAME 1B USSD_SERVICE_CODE GPRS_ACCESSPOINTNAME PPP_LOGINTYPE PROXY_LOGINTYPE
        NAME 21 CSD_DIALSTRING PPP_AUTHTYPE PPP_AUTHNAME PPP_AUTHSECRET
        NAME 28 CSD_CALLTYPE CSD_CALLSPEED
        VALUE 45 GSM/CSD GSM/SMS GSM/USSD IS-136/CSD GPRS
        VALUE 60 9200 9201 9202 9203 AUTOMATIC MANUAL
        VALUE 6A AUTO 9600 14400 19200 28800 38400 PAP CHAP ANALOGUE ISDN 43200 57600 MSISDN_NO IPV4 MS_CHAP
        TYPE 7C MMSURL ID
        NAME 7E ISP_NAME
        TYPE 7F BOOKMARK"""),
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One document type: identifiers, media types, code pages.

    ``public_id`` is the registered number, 1 where none is registered; then ``fpi`` travels as text.
    ``starts`` and ``values`` are the attribute pages; ``unwritten`` values are read, never written.
    """

    title: str
    root: str
    version: str
    fpi: str
    public_id: int
    ns: str
    pages: Mapping[int, CodePage]
    media_type: str = ""
    starts: tuple[_Starts, ...] = ()
    values: tuple[_Values, ...] = ()
    unwritten: frozenset[tuple[int, int]] = field(default=frozenset())

    def name(self, page: int, token: int) -> str | None:
        """The element that ``token`` (without its flag bits) means on ``page``, or None."""
        found = self.pages.get(page)
        return found.names.get(token) if found else None

    def token(self, page: int, name: str) -> int | None:
        """The token of element ``name`` on ``page``, or None."""
        found = self.pages.get(page)
        return found.tokens.get(name) if found else None

    def kind(self, page: int, name: str) -> ContentKind | None:
        """What element ``name`` of ``page`` holds, or None when the page has no such element."""
        found = self.pages.get(page)
        return found.kinds.get(name) if found else None

    def page_of(self, ns: str) -> int | None:
        """The code page that stands for namespace ``ns``, or None."""
        return next((number for number, page in self.pages.items() if page.ns == ns), None)


def _syncml(version: str, number: int, names: str, media_type: str) -> Vocabulary:
    ns = f"SYNCML:SYNCML{version}"
    # Page 2 inside SyncML is how MgmtTree travels inline; peers of every version use it.
    pages = {0: _page(ns, names), 1: _METINF_PAGE, 2: _DDF_PAGE}
    fpi = f"-//SYNCML//DTD SyncML {version}//EN"
    return Vocabulary(f"SyncML {version}", "SyncML", version, fpi, number, ns, MappingProxyType(pages), media_type)


def _devinf(version: str, number: int, names: str) -> Vocabulary:
    fpi = f"-//SYNCML//DTD DevInf {version}//EN"
    pages = MappingProxyType({0: _page(NS_DEVINF, names)})
    return Vocabulary(
        f"DevInf {version}", "DevInf", version, fpi, number, NS_DEVINF, pages, "application/vnd.syncml-devinf"
    )


_METINF_PAGE: Final = _page(NS_METINF, _METINF)
_DDF_PAGE: Final = _page(NS_DDF, _DDF)

# The 1.0 and 1.1 pages are the 1.2 page cut short at MoreData; no token changed its meaning.  We read
# all of them with the long page, as peers that say 1.1 and send Correlator expect.
SYNCML: Final = _syncml("1.2", 0x1201, _SYNCML_1_2, "application/vnd.syncml.dm")
SYNCML_1_1: Final = _syncml("1.1", 0x0FD3, _SYNCML_1_2, "application/vnd.syncml")
SYNCML_1_0: Final = _syncml("1.0", 0x0FD1, _SYNCML_1_2, "application/vnd.syncml")
METINF: Final = Vocabulary(
    "MetInf 1.2",
    "MetInf",
    "1.2",
    "-//SYNCML//DTD MetInf 1.2//EN",
    0x1202,
    NS_METINF,
    MappingProxyType({1: _METINF_PAGE}),
)
DDF: Final = Vocabulary(
    "DM DDF 1.2",
    "MgmtTree",
    "1.2",
    "-//OMA//DTD-DM-DDF 1.2//EN",
    0x01,
    NS_DDF,
    MappingProxyType({2: _DDF_PAGE}),
    "application/vnd.syncml.dmtnds",
)
DEVINF: Final = _devinf("1.2", 0x1203, _DEVINF_1_2)
DEVINF_1_1: Final = _devinf("1.1", 0x0FD4, _DEVINF_1_1)
DEVINF_1_0: Final = _devinf("1.0", 0x0FD2, _DEVINF_1_1)
PROV: Final = Vocabulary(
    "PROV 1.0",
    "wap-provisioningdoc",
    "1.0",
    "-//WAPFORUM//DTD PROV 1.0//EN",
    0x0B,
    "",
    MappingProxyType({0: _page("", _PROV), 1: _page("", "- characteristic> parm!")}),
    "application/vnd.wap.connectivity",
    _PROV_STARTS,
    _PROV_VALUES,
    frozenset((1, token) for token in range(0x90, 0x94)),
)
OTA: Final = Vocabulary(
    "OTA settings 7.0",
    "CHARACTERISTIC-LIST",
    "7.0",
    "",
    0x01,
    "",
    MappingProxyType({0: _page("", _OTA)}),
    "application/x-wap-prov.browser-settings",
    _OTA_STARTS,
)
UNKNOWN: Final = Vocabulary("no known vocabulary", "", "", "", 0x01, "", MappingProxyType({}))
"""No table at all: every name travels as a literal in the string table."""

VOCABULARIES: Final = (SYNCML, SYNCML_1_1, SYNCML_1_0, METINF, DDF, DEVINF, DEVINF_1_1, DEVINF_1_0, PROV, OTA)

BY_NUMBER: Final[Mapping[int, Vocabulary]] = MappingProxyType({v.public_id: v for v in VOCABULARIES if v.public_id > 1})
BY_FPI: Final[Mapping[str, Vocabulary]] = MappingProxyType({v.fpi: v for v in VOCABULARIES if v.fpi})
BY_ROOT: Final[Mapping[str, tuple[Vocabulary, ...]]] = MappingProxyType(
    {v.root: tuple(w for w in VOCABULARIES if w.root == v.root) for v in VOCABULARIES}
)
MEDIA_TYPES: Final[Mapping[str, Vocabulary]] = MappingProxyType(
    {
        f"{media_type}{suffix}": vocabulary
        for media_type, vocabulary in (
            ("application/vnd.syncml.dm", SYNCML),
            ("application/vnd.syncml", SYNCML),
            ("application/vnd.syncml.dmtnds", DDF),
            ("application/vnd.syncml.dmddf", DDF),
            ("application/vnd.syncml-devinf", DEVINF),
        )
        for suffix in ("+xml", "+wbxml")
    }
    | {
        "application/vnd.wap.connectivity-wbxml": PROV,
        "text/vnd.wap.connectivity-xml": PROV,
        "application/x-wap-prov.browser-settings": OTA,
    }
)
"""Media type, lower case and without parameters -> vocabulary."""


def vocabulary_of(public_id: int | str) -> Vocabulary:
    """The vocabulary of a registered number or of a formal public identifier; ``UNKNOWN`` when there is none.

    >>> vocabulary_of(0x0B).root
    'wap-provisioningdoc'
    >>> vocabulary_of("-//X//Y") is UNKNOWN
    True
    """
    if isinstance(public_id, int):
        return BY_NUMBER.get(public_id, UNKNOWN)
    return BY_FPI.get(public_id, UNKNOWN)
