"""Files that real cards have and the card of the lessons has not, a row each: IMS, fifth generation, further ones.

Identifiers, short ones and services as in TS 31.102, TS 31.103 and TS 51.011; sizes are those of a small card.  A
dump or a profile package that has these files is read, shown and written with their names and meaning.

>>> ISIM.file("EF.P-CSCF").coding.decode(bytes.fromhex("800501c0a80c22"))
{'kind': 'IPv4', 'address': '192.168.12.34'}
>>> [directory.name for directory in MORE]
['ADF.ISIM', 'DF.5GS', 'DF.HNB', 'DF.SAIP', 'DF.PHONEBOOK']
"""

from __future__ import annotations

from typing import Final

from dmkit.card import book_codings as b
from dmkit.card import codings as c
from dmkit.card import more_codings as m
from dmkit.card.files import RULES, RULES_START, Directory, Ef

__all__ = ["AID_ISIM", "BOOK", "FIVE_G", "HOME_NODE", "ISIM", "MORE", "MORE_FILES", "PLACES", "SAIP_5G"]

AID_ISIM: Final = bytes.fromhex("A0000000871004FFFFFFFF8907090000")

_HOST = "696d732e6d6e633030302e6d63633733382e336770706e6574776f726b2e6f7267"
_FREE = {"type": 0, "octets": "ff" * 11, "next": 0xFF}
_SUCI = (
    "a00401010000" "a14a" "80010a" "81204e858c4d49d1343e6181284c47ca721730c98742cb7c6182d2e8126e08088d36"
    "80010b" "8120d1bc365f4997d17ce4374e72181431cbfeba9e1b98d7618f79d48561b144672a"
)  # fmt: skip
_SUCI_VALUE = {"schemes": [[1, 1], [0, 0]], "keys": [
    ["0a", "4e858c4d49d1343e6181284c47ca721730c98742cb7c6182d2e8126e08088d36"],
    ["0b", "d1bc365f4997d17ce4374e72181431cbfeba9e1b98d7618f79d48561b144672a"]]}  # fmt: skip

ISIM: Final = Directory(0x7FF2, "ADF.ISIM", (  # [TS 31.103 §4.2]
    Ef(0x6F02, "EF.IMPI", 64, m.IMPI, sfi=0x02, vectors=(
        (f"8031{b'738006000000101@'.hex()}{_HOST}", {
            "nai": "738006000000101@ims.mnc000.mcc738.3gppnetwork.org"}),)),
    Ef(0x6F03, "EF.DOMAIN", 48, m.DOMAIN, sfi=0x05, vectors=((f"8021{_HOST}", {
        "domain": "ims.mnc000.mcc738.3gppnetwork.org"}),)),
    Ef(0x6F04, "EF.IMPU", 64, m.IMPU, sfi=0x04, records=2, vectors=(
        (f"8035{b'sip:738006000000101@'.hex()}{_HOST}", {
            "uri": "sip:738006000000101@ims.mnc000.mcc738.3gppnetwork.org"}),)),
    Ef(0x6F06, "EF.ARR", 48, RULES, "always, ADM", 0x06, records=len(RULES_START), start=RULES_START),
    Ef(0x6F07, "EF.IST", 3, c.SERVICES, sfi=0x07, start=[], vectors=(("1302", [1, 2, 5, 10]),)),
    Ef(0x6F09, "EF.P-CSCF", 64, m.PCSCF, records=2, service=5, vectors=(
        ("802c0070637363662e696d732e6d6e633030302e6d63633733382e7075622e336770706e6574776f726b2e6f7267", {
            "kind": "FQDN", "address": "pcscf.ims.mnc000.mcc738.pub.3gppnetwork.org"}),
        ("800501c0a80c22", {"kind": "IPv4", "address": "192.168.12.34"}),
        ("801102fe800000000000000042d7fffe530335", {"kind": "IPv6", "address": "fe80::42:d7ff:fe53:335"}))),
    Ef(0x6F3C, "EF.SMS", 176, c.SMS, "PIN, PIN", records=2, service=6, start=[{"status": "00", "pdu": ""}] * 2),
    Ef(0x6F42, "EF.SMSP", 42, m.SMSP, "PIN, PIN", records=1, service=8),
    Ef(0x6F43, "EF.SMSS", 2, access="PIN, PIN", service=6),
    Ef(0x6FAD, "EF.AD", 3, c.AD, "always, ADM", 0x03, start={"mode": "normal", "info": "0000"}),
    Ef(0x6FD5, "EF.GBABP", 80, c.GBABP, "PIN, PIN", service=2, start={"rand": "", "b_tid": "", "lifetime": ""}),
    Ef(0x6FD7, "EF.GBANL", 64, c.GBANL, records=2, service=2),
    Ef(0x6FDD, "EF.NAFKCA", 64, c.NAFKCA, records=1, service=2, vectors=(
        ("80296273662e696d732e6d6e633030302e6d63633733382e7075622e336770706e6574776f726b2e6f7267", {
            "address": "bsf.ims.mnc000.mcc738.pub.3gppnetwork.org"}),
        ("8030656e65746e61667830312e696d732e6d6e633030302e6d63633733382e7075622e336770706e6574776f726b2e6f7267", {
            "address": "enetnafx01.ims.mnc000.mcc738.pub.3gppnetwork.org"}))),
    Ef(0x6FE7, "EF.UICCIARI", 32, records=1, service=10),
    Ef(0x6FF7, "EF.FromPreferred", 1, c.NUMBER, service=17, start=0),
    Ef(0x6FFA, "EF.WebRTCURI", 64, records=1, service=20),
), AID_ISIM, "ISIM")  # fmt: skip

FIVE_G: Final = Directory(0x5FC0, "DF.5GS", (  # [TS 31.102 §4.4.11]
    Ef(0x4F01, "EF.5GS3GPPLOCI", 20, m.FIVE_G_LOCI, "PIN, PIN", 0x01, service=122, vectors=(
        ("000bf200f110010041deadbeef" "00f110000001" "00", {
            "guti": "000bf200f110010041deadbeef", "tai": "001-01 000001", "status": "00"}),)),
    Ef(0x4F02, "EF.5GSN3GPPLOCI", 20, m.FIVE_G_LOCI, "PIN, PIN", 0x02, service=122),
    Ef(0x4F03, "EF.5GS3GPPNSC", 57, m.OBJECTS, "PIN, PIN", 0x03, records=1, service=122, vectors=(
        ("a00a" "800107" "810202" "03" "820100", [["A0", [["80", "07"], ["81", "0203"], ["82", "00"]]]]),)),
    Ef(0x4F04, "EF.5GSN3GPPNSC", 57, m.OBJECTS, "PIN, PIN", 0x04, records=1, service=122),
    Ef(0x4F05, "EF.5GAUTHKEYS", 68, m.OBJECTS, "PIN, PIN", 0x05, service=123, vectors=(
        ("80020102" "81020304", [["80", "0102"], ["81", "0304"]]),)),
    Ef(0x4F06, "EF.UAC_AIC", 4, c.SERVICES, sfi=0x06, service=126, start=[], vectors=(("03", [1, 2]),)),
    Ef(0x4F07, "EF.SUCI_Calc_Info", 96, m.SUCI, sfi=0x07, service=124, vectors=((_SUCI, _SUCI_VALUE),)),
    Ef(0x4F08, "EF.OPL5G", 10, m.OPL5G, "always, ADM", 0x08, records=2, service=129, vectors=(
        ("00f110" "000000" "fffffe" "01", {
            "network": "001-01", "first": "000000", "last": "fffffe", "name": "01"}),)),
    Ef(0x4F09, "EF.SUPI_NAI", 64, m.OBJECTS, sfi=0x09, service=130),
    Ef(0x4F0A, "EF.Routing_Indicator", 4, m.ROUTING, "PIN, ADM", 0x0A, service=124, vectors=(
        ("17ffffff", {"digits": "71"}), ("2143ffff", {"digits": "1234"}),
        ("f0ff00ff", {"digits": "0", "more": "00ff"}))),
    Ef(0x4F0B, "EF.URSP", 64, m.OBJECTS, sfi=0x0B, service=132),
    Ef(0x4F0C, "EF.TN3GPPSNN", 64, m.OBJECTS, "always, ADM", 0x0C, service=133),
    Ef(0x4F0D, "EF.CAG", 64, m.OBJECTS, sfi=0x0D, service=137),
    Ef(0x4F0E, "EF.SOR-CMCI", 64, m.OBJECTS, sfi=0x0E, service=138),
    Ef(0x4F0F, "EF.DRI", 16, sfi=0x0F, service=140),
    Ef(0x4F10, "EF.5GSEDRX", 2, sfi=0x10, service=141),
    Ef(0x4F11, "EF.5GNSWO_CONF", 1, sfi=0x11, service=142),
    Ef(0x4F15, "EF.MCHPPLMN", 1, c.NUMBER, sfi=0x15, service=144, start=0),
    Ef(0x4F16, "EF.KAUSF_DERIVATION", 1, sfi=0x16, service=145),
))  # fmt: skip

HOME_NODE: Final = Directory(0x5F50, "DF.HNB", (  # [TS 31.102 §4.4.6]
    Ef(0x4F81, "EF.ACSGL", 32, m.OBJECTS, "PIN, PIN", 0x01, records=1, service=86, vectors=(
        ("a00d800362f21081060000000002e0", [["A0", [["80", "62f210"], ["81", "0000000002e0"]]]]),)),
    Ef(0x4F82, "EF.CSGT", 48, m.OBJECTS, "PIN, PIN", 0x02, records=1, service=86, vectors=(
        ("8906810300666f6f801068747470733a2f2f666f6f2e6261722f", [
            ["89", "810300666f6f"], ["80", "68747470733a2f2f666f6f2e6261722f"]]),)),
    Ef(0x4F83, "EF.HNBN", 32, m.OBJECTS, "PIN, PIN", 0x03, records=1, service=86, vectors=(
        ("800b8108006d61686c7a656974", [["80", "8108006d61686c7a656974"]]),)),
    Ef(0x4F84, "EF.OCSGL", 32, m.OBJECTS, sfi=0x04, records=1, service=90, vectors=(
        ("a010800362f21081060000000002e0820100", [
            ["A0", [["80", "62f210"], ["81", "0000000002e0"], ["82", "00"]]]]),)),
    Ef(0x4F85, "EF.OCSGT", 48, m.OBJECTS, sfi=0x05, records=1, service=90),
    Ef(0x4F86, "EF.OHNBN", 32, m.OBJECTS, sfi=0x06, records=1, service=90),
))  # fmt: skip

SAIP_5G: Final = Directory(0x5FD0, "DF.SAIP", (  # [TCA profile package]
    Ef(0x4F01, "EF.SUCI_Calc_Info", 96, m.SUCI, "ADM, ADM", 0x07),
))  # fmt: skip

_PBR = (  # one set: a record each, by EF.IAP, by a number in a record
    "a817" "c0034f3a02" "c1034f250b" "c5034f0904" "c6024f26" "c9024f21"
    "a90c" "ca024f50" "c4024f11" "c3024f19" "aa0d" "c2034f4a06" "c7024f4b" "c8024f4c"
)  # fmt: skip
BOOK: Final = Directory(0x5F3A, "DF.PHONEBOOK", (  # [TS 31.102 §4.4.2]
    Ef(0x4F30, "EF.PBR", 64, b.PBR, "PIN, ADM", records=1, start=[b.PBR.decode(bytes.fromhex(_PBR))], vectors=(
        ("a80ac0034f3a02c5034f0904aa0acb034f3d07c2034f4a06", [
            [1, [["ADN", "4f3a02"], ["PBC", "4f0904"]]], [3, [["CCP1", "4f3d07"], ["EXT1", "4f4a06"]]]]),)),
    Ef(0x4F3A, "EF.ADN", 28, c.DIALLING, "PIN, PIN", 0x02, records=4),
    Ef(0x4F09, "EF.PBC", 2, access="PIN, PIN", sfi=0x04, records=4, start=["0000"] * 4),
    Ef(0x4F4A, "EF.EXT1", 13, b.EXT, "PIN, PIN", 0x06, records=2, start=[_FREE] * 2),
    Ef(0x4F25, "EF.IAP", 3, b.INDEX, "PIN, PIN", 0x0B, records=4),
    Ef(0x4F50, "EF.EMAIL", 34, b.ADDRESSED, "PIN, PIN", records=3),
    Ef(0x4F11, "EF.ANR", 17, b.ANR, "PIN, PIN", records=3),
    Ef(0x4F19, "EF.SNE", 16, b.ADDRESSED, "PIN, PIN", records=2),
    Ef(0x4F26, "EF.GRP", 3, b.INDEX, "PIN, PIN", records=4, start=[[0, 0, 0]] * 4),
    Ef(0x4F4B, "EF.AAS", 12, b.NAME, "PIN, PIN", records=2),
    Ef(0x4F4C, "EF.GAS", 12, b.NAME, "PIN, PIN", records=2),
    Ef(0x4F21, "EF.UID", 2, access="PIN, PIN", records=4, start=["0000"] * 4),
    Ef(0x4F22, "EF.PSC", 4, c.NUMBER, "PIN, PIN", start=0),
    Ef(0x4F23, "EF.CC", 2, c.NUMBER, "PIN, PIN", start=0),
    Ef(0x4F24, "EF.PUID", 2, c.NUMBER, "PIN, PIN", start=0),
))  # fmt: skip
"""A small phone book.  EF.PBR, EF.PSC, EF.CC, EF.PUID have these identifiers in every book; others are a maker's."""

_EARFCN = "a01a8004000100008112000001100001000002100002000003100003"

MORE_FILES: Final[dict[str, tuple[Ef, ...]]] = {
    "MF": (),
    "ADF.USIM": (  # [TS 31.102 §4.2]
        Ef(0x6F02, "EF.OCST", 8, service=148),
        Ef(0x6F0A, "EF.GBAUAPI", 32, records=1, service=68),
        Ef(0x6F0B, "EF.IMSDCI", 1, service=150),
        Ef(0x6F2C, "EF.DCK", 16, access="PIN, PIN", service=36),
        Ef(0x6F32, "EF.CNL", 6, service=37),
        Ef(0x6F37, "EF.ACMmax", 3, c.NUMBER, "PIN, PIN", service=13, start=0, vectors=(("000000", 0),)),
        Ef(0x6F39, "EF.ACM", 3, c.NUMBER, "PIN, PIN", records=2, structure="cyclic", service=13, start=[0, 0]),
        Ef(0x6F3B, "EF.FDN", 28, c.DIALLING, "PIN, PIN2", records=2, service=2),
        Ef(0x6F41, "EF.PUCT", 5, access="PIN, PIN", service=13),
        Ef(0x6F45, "EF.CBMI", 4, access="PIN, PIN", service=15),
        Ef(0x6F47, "EF.SMSR", 30, access="PIN, PIN", records=1, service=11),
        Ef(0x6F48, "EF.CBMID", 4, sfi=0x0E, service=29),
        Ef(0x6F49, "EF.SDN", 28, c.DIALLING, records=1, service=4),
        Ef(0x6F4B, "EF.EXT2", 13, b.EXT, "PIN, PIN2", records=1, service=3),
        Ef(0x6F4C, "EF.EXT3", 13, b.EXT, records=1, service=5),
        Ef(0x6F4D, "EF.BDN", 28, c.DIALLING, "PIN, PIN2", records=1, service=6),
        Ef(0x6F4E, "EF.EXT5", 13, b.EXT, "PIN, PIN", records=1, service=44),
        Ef(0x6F4F, "EF.CCP2", 15, access="PIN, PIN", sfi=0x16, records=1, service=14),
        Ef(0x6F50, "EF.CBMIR", 4, access="PIN, PIN", service=16),
        Ef(0x6F55, "EF.EXT4", 13, b.EXT, "PIN, PIN2", records=1, service=7),
        Ef(0x6F58, "EF.CMI", 11, records=1, service=6),
        Ef(0x6F80, "EF.ICI", 28, access="PIN, PIN", sfi=0x14, records=1, structure="cyclic", service=9),
        Ef(0x6F81, "EF.OCI", 27, access="PIN, PIN", sfi=0x15, records=1, structure="cyclic", service=8),
        Ef(0x6F82, "EF.ICT", 3, c.NUMBER, "PIN, PIN", records=1, structure="cyclic", service=9),
        Ef(0x6F83, "EF.OCT", 3, c.NUMBER, "PIN, PIN", records=1, structure="cyclic", service=8),
        Ef(0x6FB5, "EF.eMLPP", 2, service=24, vectors=(("7c04", "7c04"),)),
        Ef(0x6FB6, "EF.AAeM", 1, access="PIN, PIN", service=25, vectors=(("3c", "3c"),)),
        Ef(0x6FC4, "EF.NETPAR", 64, access="PIN, PIN"),
        Ef(0x6FC5, "EF.PNN", 32, m.OBJECTS, "always, ADM", 0x19, records=2, service=45, vectors=(
            ("430580c573bb0c" "450480c573bb", [["43", "80c573bb0c"], ["45", "80c573bb"]]),)),
        Ef(0x6FC6, "EF.OPL", 8, m.OPL, "always, ADM", records=2, service=46, vectors=(
            ("62f2100000fffe01", {"network": "262-01", "first": "0000", "last": "fffe", "name": "01"}),
            ("216354789abcde12", {"network": "123-456", "first": "789a", "last": "bcde", "name": "12"}))),
        Ef(0x6FC7, "EF.MBDN", 28, c.DIALLING, "PIN, PIN", records=1, service=47),
        Ef(0x6FC8, "EF.EXT6", 13, b.EXT, "PIN, PIN", records=1),
        Ef(0x6FC9, "EF.MBI", 4, m.MBI, "PIN, PIN", records=1, service=47, vectors=(
            ("01000000", {"voice": "01", "fax": "00", "mail": "00", "other": "00"}),)),
        Ef(0x6FCA, "EF.MWIS", 5, m.MWIS, "PIN, PIN", records=1, service=48, vectors=(
            ("0000000000", {"flags": "00", "voice": "00", "fax": "00", "mail": "00", "other": "00"}),)),
        Ef(0x6FCB, "EF.CFIS", 16, access="PIN, PIN", records=1, service=49),
        Ef(0x6FCC, "EF.EXT7", 13, b.EXT, "PIN, PIN", records=1),
        Ef(0x6FCD, "EF.SPDI", 16, m.OBJECTS, "always, ADM", service=51, vectors=(
            ("a3058003" "00f110", [["A3", [["80", "00f110"]]]]),)),
        Ef(0x6FDB, "EF.EHPLMNPI", 1, c.NUMBER, service=71, start=0, vectors=(("00", 0), ("02", 2))),
        Ef(0x6FDE, "EF.SPNI", 16, access="always, ADM", service=78),
        Ef(0x6FDF, "EF.PNNI", 16, access="always, ADM", records=1, service=79),
        Ef(0x6FE6, "EF.UFC", 16),
        Ef(0x6FED, "EF.FDNURI", 32, access="PIN, PIN2", records=1, service=99),
        Ef(0x6FEE, "EF.BDNURI", 32, access="PIN, PIN2", records=1, service=99),
        Ef(0x6FEF, "EF.SDNURI", 32, records=1, service=99),
        Ef(0x6FF1, "EF.IPS", 4, access="PIN, PIN", records=1, structure="cyclic"),
        Ef(0x6FF3, "EF.ePDGId", 48, m.PCSCF, service=106, vectors=(
            ("801100657064672e6f736d6f636f6d2e6f7267", {"kind": "FQDN", "address": "epdg.osmocom.org"}),
            ("800501c0a8a001", {"kind": "IPv4", "address": "192.168.160.1"}),
            ("80110220010db8000000000000000000000023", {"kind": "IPv6", "address": "2001:db8::23"}))),
        Ef(0x6FF4, "EF.ePDGSelection", 32, m.EPDGS, service=106, vectors=(
            ("800600f110000100", [["001-01", 1, 0]]), ("800600110000a001", [["001-001", 160, 1]]),
            ("800600011000a001", [["001-010", 160, 1]]))),
        Ef(0x6FF5, "EF.ePDGIdEm", 48, m.PCSCF, service=110),
        Ef(0x6FF6, "EF.ePDGSelectionEm", 32, m.EPDGS, service=110),
        Ef(0x6FF7, "EF.FromPreferred", 1, c.NUMBER, service=114, start=0),
        Ef(0x6FFD, "EF.EARFCNList", 64, m.OBJECTS, service=121, vectors=(
            (_EARFCN, [["A0", [["80", "00010000"], ["81", _EARFCN[20:]]]]]),)),
    ),
    "DF.GSM-ACCESS": (
        Ef(0x4F63, "EF.CPBCCH", 14, access="PIN, PIN", service=39),
        Ef(0x4F64, "EF.InvScan", 1, service=40),
    ),
    "DF.TELECOM": (
        Ef(0x6F3D, "EF.CCP", 14, access="PIN, PIN", records=1),
        Ef(0x6F47, "EF.SMSR", 30, access="PIN, PIN", records=1),
        Ef(0x6F49, "EF.SDN", 28, c.DIALLING, records=1),
        Ef(0x6F4A, "EF.EXT1", 13, b.EXT, "PIN, PIN", records=1),
        Ef(0x6F4B, "EF.EXT2", 13, b.EXT, "PIN, PIN2", records=1),
        Ef(0x6F4C, "EF.EXT3", 13, b.EXT, records=1),
        Ef(0x6F4D, "EF.BDN", 28, c.DIALLING, "PIN, PIN2", records=1),
        Ef(0x6F4E, "EF.EXT4", 13, b.EXT, "PIN, PIN2", records=1),
        Ef(0x6F4F, "EF.ECCP", 15, access="PIN, PIN", records=1),
        Ef(0x6F58, "EF.CMI", 11, records=1),
    ),
    "DF.GSM": (  # [TS 51.011 §10.3]
        Ef(0x6F2C, "EF.DCK", 16, access="PIN, PIN"),
        Ef(0x6F30, "EF.PLMNsel", 24, c.PLMNS, "PIN, PIN", vectors=(("22f860", ["228-06"]), ("330420", ["334-020"]))),
        Ef(0x6F32, "EF.CNL", 6),
        Ef(0x6F37, "EF.ACMmax", 3, c.NUMBER, "PIN, PIN", start=0),
        Ef(0x6F3E, "EF.GID1", 4),
        Ef(0x6F3F, "EF.GID2", 4),
        Ef(0x6F41, "EF.PUCT", 5, access="PIN, PIN"),
        Ef(0x6F45, "EF.CBMI", 4, access="PIN, PIN"),
        Ef(0x6F46, "EF.SPN", 17, c.SPN, "always, ADM", vectors=(
            ("0147534d2d52204348ffffffffffffffff", {"display": 1, "name": "GSM-R CH"}),)),
        Ef(0x6F48, "EF.CBMID", 4),
        Ef(0x6F50, "EF.CBMIR", 4, access="PIN, PIN"),
        Ef(0x6F52, "EF.KcGPRS", 9, m.KC, "PIN, PIN", vectors=(
            ("837d783609a3858f05", {"kc": "837d783609a3858f", "cksn": "05"}),)),
        Ef(0x6F53, "EF.LOCIGPRS", 14, m.LOCI_GPRS, "PIN, PIN", vectors=(
            ("ffffffffffffff22f8990000ff01", {
                "p_tmsi": "ffffffff", "signature": "ffffff", "rai": "228-99 0000ff", "status": "01"}),)),
        Ef(0x6F60, "EF.PLMNwAcT", 40, c.PLMNS_ACT, "PIN, PIN", vectors=(("62f220488c", [["262-02", "488c"]]),)),
        Ef(0x6F61, "EF.OPLMNwAcT", 40, c.PLMNS_ACT),
        Ef(0x6F62, "EF.HPLMNwAcT", 10, c.PLMNS_ACT),
        Ef(0x6F74, "EF.BCCH", 16, access="PIN, PIN"),
        Ef(0x6FB7, "EF.ECC", 15, access="always, ADM"),
        Ef(0x6FC5, "EF.PNN", 32, m.OBJECTS, "always, ADM", records=2),
        Ef(0x6FC6, "EF.OPL", 8, m.OPL, "always, ADM", records=2),
        Ef(0x6FC7, "EF.MBDN", 28, c.DIALLING, "PIN, PIN", records=1),
        Ef(0x6FC9, "EF.MBI", 4, m.MBI, "PIN, PIN", records=1),
        Ef(0x6FCA, "EF.MWIS", 5, m.MWIS, "PIN, PIN", records=1),
        Ef(0x6FCB, "EF.CFIS", 16, access="PIN, PIN", records=1),
        Ef(0x6FCD, "EF.SPDI", 16, m.OBJECTS, "always, ADM"),
    ),
}  # fmt: skip
"""Directory -> the files that real cards have there besides those of `dmkit.card.files`."""

MORE: Final = (ISIM, FIVE_G, HOME_NODE, SAIP_5G, BOOK)
"""Directories that real cards have: an application, and directories below the USIM."""

PLACES: Final[dict[str, tuple[Directory, ...]]] = {
    "MF": (ISIM,), "ADF.USIM": (FIVE_G, HOME_NODE, SAIP_5G, BOOK), "DF.TELECOM": (BOOK,),
}  # fmt: skip
"""Directory -> those below it."""
