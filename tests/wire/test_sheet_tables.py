"""Code pages, document numbers and short codes as the sheets list them, written off by hand.  [wbxml §3 to §8]"""

from __future__ import annotations

import pytest

from dmkit.wire import obex, wsp
from dmkit.wire.elements import BY_NUMBER, DDF, DEVINF, DEVINF_1_1, OTA, PROV, SYNCML, SYNCML_1_0, SYNCML_1_1
from dmkit.wire.octets import CHARSETS
from dmkit.wire.sms import ANY_PORT, PUSH_PORT

MESSAGE = """
    05 Add Alert Archive Atomic Chal Cmd CmdID CmdRef Copy Cred Data Delete Exec Final
    13 Get Item Lang LocName LocURI Map MapItem Meta MsgID MsgRef NoResp NoResults Put Replace
    21 RespURI Results Search Sequence SessionID SftDel Source SourceRef Status Sync SyncBody SyncHdr SyncML Target
    2F TargetRef
    31 VerDTD VerProto NumberOfChanges MoreData Field Filter Record FilterType SourceParent TargetParent Move
    3C Correlator"""
META = """
    05 Anchor EMI Format FreeID FreeMem Last
    0B Mark MaxMsgSize Mem MetInf Next NextNonce
    11 SharedMem Size Type Version MaxObjSize FieldLevel"""
DESCRIPTION = """
    05 AccessType ACL Add b64 bin bool chr CaseSense CIS Copy CS date DDFName DefaultValue
    13 Delete Description DFFormat DFProperties DFTitle DFType Dynamic Exec float Format Get int Man MgmtTree
    21 MIME Mod Name Node node NodeName null Occurrence One OneOrMore OneOrN Path Permanent Replace
    2F RTProperties Scope Size time Title TStamp Type Value VerDTD VerNo xml ZeroOrMore ZeroOrN ZeroOrOne"""
DEVICE = """
    05 CTCap CTType DataStore DataType DevID DevInf DevTyp DisplayName DSMem Ext FwV
    10 HwV Man MaxGUIDSize MaxID MaxMem Mod OEM ParamName PropName Rx Rx-Pref
    1B SharedMem MaxSize SourceRef SwV SyncCap SyncType Tx Tx-Pref ValEnum VerCT
    25 VerDTD XNam XVal UTC SupportNumberOfChanges SupportLargeObjs Property PropParam
    2D MaxOccur NoTruncate
    30 Filter-Rx FilterCap FilterKeyword FieldLevel SupportHierarchicalSync"""
NUMBERS = {
    0x0B: "-//WAPFORUM//DTD PROV 1.0//EN", 0x0FD1: "-//SYNCML//DTD SyncML 1.0//EN",
    0x0FD2: "-//SYNCML//DTD DevInf 1.0//EN", 0x0FD3: "-//SYNCML//DTD SyncML 1.1//EN",
    0x0FD4: "-//SYNCML//DTD DevInf 1.1//EN", 0x1201: "-//SYNCML//DTD SyncML 1.2//EN",
    0x1202: "-//SYNCML//DTD MetInf 1.2//EN", 0x1203: "-//SYNCML//DTD DevInf 1.2//EN",
}  # fmt: skip
STARTS = (
    """45 . 1.0, 50 ., 51 PXLOGICAL PXPHYSICAL PORT VALIDITY NAPDEF BOOTSTRAP VENDORCONFIG CLIENTIDENTITY PXAUTHINFO
       5A NAPAUTHINFO ACCESS, 05 ., 06 ., 07 NAME NAP-ADDRESS NAP-ADDRTYPE, 0C AUTHTYPE AUTHNAME AUTHSECRET
       10 BEARER NAPID, 14 INTERNET PROXY-ID, 17 DOMAIN, 1C STARTPAGE, 20 PXADDR PXADDRTYPE TO-NAPID PORTNBR SERVICE
       2F PHYSICAL-PROXY-ID CLIENT-ID""",
    """05 ., 06 ., 07 NAME, 14 INTERNET, 1C STARTPAGE, 22 TO-NAPID PORTNBR SERVICE, 50 ., 53 PORT
       2E AACCEPT AAUTHDATA AAUTHLEVEL AAUTHNAME AAUTHSECRET AAUTHTYPE ADDR ADDRTYPE APPID APROTOCOL PROVIDER-ID
       39 TO-PROXY URI RULE, 55 APPLICATION APPADDR APPAUTH CLIENTIDENTITY RESOURCE""",
)
"""Attribute starts by page; a point stands for no value."""
VALUES = ("85 IPV4 IPV6 E164 ALPHA APN, 9A PAP CHAP HTTP-BASIC HTTP-DIGEST, 9F MD5, AA GSM-CSD GSM-GPRS, CA CL-WSP",
          "86 IPV6 E164 ALPHA, 8D APPSRV OBEX")  # fmt: skip
BEARERS = "A2 GSM-USSD GSM-SMS ANSI-136-GUTS IS-95-CDMA-SMS IS-95-CDMA-CSD IS-95-CDMA-PACKET ANSI-136-CSD " \
    "ANSI-136-GPRS GSM-CSD GSM-GPRS AMPS-CDPD PDC-CSD PDC-PACKET IDEN-SMS IDEN-CSD IDEN-PACKET FLEX/REFLEX " \
    "PHS-SMS PHS-CSD TETRA-SDS TETRA-PACKET ANSI-136-GHOST MOBITEX-MPAK CDMA2000-1X-SIMPLE-IP " \
    "CDMA2000-1X-MOBILE-IP"  # fmt: skip
"""All bearers have numbers in one row.  [libwbxml; the sheet has AA and AB of them]"""


def table(text):
    found = {}
    for row in text.replace(",", "\n").strip().splitlines():
        first, *names = row.split()
        found |= {int(first, 16) + at: name for at, name in enumerate(names)}
    return found


@pytest.mark.parametrize(
    ("page", "text"),
    [(SYNCML.pages[0], MESSAGE), (SYNCML.pages[1], META), (DDF.pages[2], DESCRIPTION), (DEVINF.pages[0], DEVICE)],
    ids=["SyncML", "MetInf", "DDF", "DevInf"],
)
def test_code_pages(page, text):
    assert dict(page.names) == table(text)


def test_older_pages():
    """SyncML 1.1 has the same page up to MoreData; DevInf 1.1 ends with SupportLargeObjs and says Size."""
    for older in (SYNCML_1_1, SYNCML_1_0):
        names = dict(older.pages[0].names)
        assert {t: n for t, n in names.items() if t <= 0x34} == {t: n for t, n in table(MESSAGE).items() if t <= 0x34}
    known = {token: name for token, name in table(DEVICE).items() if token <= 0x2A} | {0x1C: "Size"}
    assert dict(DEVINF_1_1.pages[0].names) == known


def test_numbers_of_documents():
    assert {number: vocabulary.fpi for number, vocabulary in BY_NUMBER.items()} == NUMBERS
    assert (DDF.public_id, DDF.fpi) == (1, "-//OMA//DTD-DM-DDF 1.2//EN"), "none is registered"


@pytest.mark.parametrize("page", [0, 1])
def test_attributes_of_provisioning(page):
    starts = {token: "." if value is None else value for token, (_, value) in PROV.starts[page].items()}
    wanted = table(STARTS[page])
    assert {token: starts[token] for token in wanted} == wanted
    values = table(VALUES[page])
    assert {token: PROV.values[page][token] for token in values} == values
    attribute = {token: name for token, (name, _) in PROV.starts[page].items()}
    assert (attribute[0x05], attribute[0x06], attribute[0x50]) == ("name", "value", "type")


def test_bearers_of_provisioning():
    wanted = table(BEARERS)
    assert {token: PROV.values[0][token] for token in wanted} == wanted


def test_values_of_the_older_settings():
    """Names and values of OTA settings 7.0.  [libwbxml]"""
    starts = {token: value for token, (_, value) in OTA.starts[0].items()}
    wanted = table("06 ADDRESS URL NAME, 12 BEARER PROXY PORT NAME PROXY_TYPE URL PROXY_AUTHNAME PROXY_AUTHSECRET "
                   "SMS_SMSC_ADDRESS USSD_SERVICE_CODE GPRS_ACCESSPOINTNAME PPP_LOGINTYPE PROXY_LOGINTYPE, "
                   "21 CSD_DIALSTRING PPP_AUTHTYPE PPP_AUTHNAME PPP_AUTHSECRET, 28 CSD_CALLTYPE CSD_CALLSPEED, "
                   "45 GSM/CSD GSM/SMS GSM/USSD IS-136/CSD GPRS, 60 9200 9201 9202 9203 AUTOMATIC MANUAL, "
                   "6A AUTO 9600 14400 19200 28800 38400 PAP CHAP ANALOGUE ISDN 43200 57600 MSISDN_NO IPV4 MS_CHAP, "
                   "7C MMSURL ID ISP_NAME BOOKMARK")  # fmt: skip
    assert {token: value for token, value in starts.items() if value is not None} == wanted


def test_short_codes():
    """[OMNA WSP content types and application ids; notification sheet §5, bootstrap sheet §2.3]"""
    types = {code: name for code, name in wsp.CONTENT_TYPES.items() if code >= 0x30}
    assert types == {
        0x30: "application/vnd.wap.slc", 0x34: "application/vnd.wap.sia", 0x35: "text/vnd.wap.connectivity-xml",
        0x36: "application/vnd.wap.connectivity-wbxml", 0x42: "application/vnd.syncml.dm+wbxml",
        0x43: "application/vnd.syncml.dm+xml", 0x44: "application/vnd.syncml.notification",
        0x4E: "application/vnd.syncml.ds.notification", 0x58: "application/vnd.syncml.dm.notification"}  # fmt: skip
    assert wsp.APPLICATIONS == {
        2: "x-wap-application:wml.ua", 4: "x-wap-application:mms.ua", 5: "x-wap-application:push.syncml",
        7: "x-wap-application:syncml.dm"}  # fmt: skip
    assert wsp.PARAMETERS == {1: "Charset", 0x11: "SEC", 0x12: "MAC"}
    assert (wsp.PUSH, wsp.APPLICATION_ID, PUSH_PORT, ANY_PORT) == (0x06, 0x2F, 2948, 0xC002)


def test_numbers_of_obex():
    """[IrOBEX 1.2 §2.1, §3.3.3]: PUT 02, its final bit 80; Type 42, Length C3, Body 48, End of Body 49."""
    found = (obex._PUT, obex._FINAL, obex._TYPE, obex._LENGTH, obex._BODY, obex._END_OF_BODY)
    assert found == (0x02, 0x80, 0x42, 0xC3, 0x48, 0x49)


def test_character_sets():
    """MIBenum of IANA: 3 US-ASCII, 4 to 12 ISO 8859-1 to -9 (bar those that need more), 106 UTF-8, 0 unknown."""
    assert {n: CHARSETS[n] for n in (0, 3, 4, 106)} == {0: "utf-8", 3: "utf-8", 4: "latin-1", 106: "utf-8"}
    assert {n: name for n, name in CHARSETS.items() if 5 <= n < 106} == {n: f"iso8859-{n - 3}" for n in range(5, 13)}
