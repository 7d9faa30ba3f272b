"""Files, keys and numbers of a card as the sheets list them, written off by hand.  [usim sheet §1 to §7; ota, aka]"""

from __future__ import annotations

import pytest

from dmkit.card.access import DIRECTORY_MODES, KEYS, MODES
from dmkit.card.aka.tuak import INSTANCE
from dmkit.card.apdu import INSTRUCTIONS
from dmkit.card.book_codings import KINDS as BOOK
from dmkit.card.book_codings import TYPES
from dmkit.card.files import AID_PKCS15, AID_USIM, MF, USIM
from dmkit.card.images.saip_tables import NAMES as ELEMENTS
from dmkit.card.ota.packets import TARS, OtaStatus
from dmkit.card.pkcs15 import AODF, DODF, KINDS, NAMES, ODF
from dmkit.card.sim import STATUS_WORDS
from dmkit.card.t0 import DI, FI
from dmkit.card.toolkit import REFRESH_MODES

AT_MF = "2F00/1E DIR, 2FE2/02 ICCID, 2F05/05 PL, 2F06/06 ARR, 2F08/08 UMPC"
IN_USIM = """
    6F07/07 IMSI, 6FAD/03 AD, 6F38/04 UST, 6F08/08 Keys, 6F09/09 KeysPS, 6F7E/0B LOCI, 6F73/0C PSLOCI
    6FE3/1E EPSLOCI s85, 6FE4/18 EPSNSC s85, 6F7B/0D FPLMN, 6F60/0A PLMNwAcT s20, 6F61/11 OPLMNwAcT s42
    6F62/13 HPLMNwAcT s43, 6F31/12 HPPLMN, 6F05/02 LI, 6F46/00 SPN s19, 6F3E/00 GID1 s17, 6F3F/00 GID2 s18
    6F40/00 MSISDN s21, 6F3C/00 SMS s10, 6F42/00 SMSP s12, 6F43/00 SMSS s10, 6F78/06 ACC, 6F57/00 ACL s35
    6F5B/0F START-HFN, 6F5C/10 THRESHOLD, 6FB7/01 ECC, 6F56/05 EST, 6F06/17 ARR, 6FD9/1D EHPLMN s71
    6FD6/00 GBABP s68, 6FDA/00 GBANL s68, 6FDD/00 NAFKCA s76, 6FE2/00 NCP-IP s80, 6FE8/00 NASCONFIG s96
    6FEC/00 PWS s97, 6F01/00 eAKA"""
SIZES = {"ICCID": 10, "UMPC": 5, "IMSI": 9, "Keys": 33, "KeysPS": 33, "LOCI": 11, "PSLOCI": 14, "EPSLOCI": 18,
         "EPSNSC": 54, "FPLMN": 12, "HPPLMN": 1, "SPN": 17, "ACC": 2, "START-HFN": 6, "THRESHOLD": 3, "PWS": 1,
         "eAKA": 1, "AD": 4}  # fmt: skip
INS = """
    A4 SELECT, F2 STATUS, B0 READ BINARY, D6 UPDATE BINARY, B2 READ RECORD, DC UPDATE RECORD, A2 SEARCH RECORD
    32 INCREASE, 20 VERIFY PIN, 24 CHANGE PIN, 26 DISABLE PIN, 28 ENABLE PIN, 2C UNBLOCK PIN, 04 DEACTIVATE FILE
    44 ACTIVATE FILE, 88 AUTHENTICATE, 70 MANAGE CHANNEL, 84 GET CHALLENGE, C0 GET RESPONSE, AA TERMINAL CAPABILITY
    10 TERMINAL PROFILE, C2 ENVELOPE, 12 FETCH, 14 TERMINAL RESPONSE"""
BIT_MODES = {1: "read", 2: "update", 4: "write", 8: "deactivate", 0x10: "activate", 0x20: "terminate", 0x40: "delete"}
OF_A_SIM = """
    6282 9404, 6283 9000, 6982 9804, 6983 9840, 6984 9808, 6985 9810, 6986 9400, 6981 9408, 6A82 9404, 6A83 9402
    6A86 6B00, 6A88 9802, 6A80 6F00, 6A87 6700, 6881 6E00, 6A81 6F00, 9864 6F00"""
"""9400 no EF, 9402 out of range, 9404 not found, 9408 wrong kind of file, 9802 no CHV, 9804 access, 9808 contradiction
with the CHV status, 9810 with the invalidation status, 9840 blocked.  [TS 51.011 §9.4]"""
POR = "OK CHECK_FAILED COUNTER_LOW COUNTER_HIGH COUNTER_BLOCKED CIPHERING_ERROR SECURITY_ERROR NO_MEMORY MORE_TIME " \
    "TAR_UNKNOWN SECURITY_LEVEL BY_SUBMIT BY_USSD"  # fmt: skip
BOOK_TAGS = "ADN IAP EXT1 SNE ANR PBC GRP AAS GAS UID EMAIL CCP1"
SAIP = """
    0 header 1 genericFileManagement 2 pinCodes 3 pukCodes 4 akaParameter 5 cdmaParameter 6 securityDomain 7 rfm
    8 application 9 nonStandard 10 end 16 mf 17 cd 18 telecom 19 usim 20 opt-usim 21 isim 22 opt-isim 23 phonebook
    24 gsm-access 25 csim 26 opt-csim 27 eap 28 df-5gs 29 df-saip 30 df-snpn 31 df-5gprose 32 iot 33 opt-iot"""
"""[TCA interoperable profile format, ProfileElement]"""


def rows(text):
    return [row.split(maxsplit=1) for line in text.splitlines() for row in line.split(",") if row.strip()]


def shown(file):
    service = f" s{file.service}" if file.service else ""
    return [f"{file.fid:04X}/{file.sfi:02X}", file.name.removeprefix("EF.") + service]


@pytest.mark.parametrize(("directory", "text"), [(MF, AT_MF), (USIM, IN_USIM)], ids=["MF", "USIM"])
def test_files(directory, text):
    assert sorted(map(shown, directory.files)) == sorted(rows(text))


def test_sizes():
    files = {file.name.removeprefix("EF."): file.size for file in (*MF.files, *USIM.files)}
    assert {name: files[name] for name in SIZES} == SIZES


def test_applications_and_directories():
    assert AID_USIM.hex().startswith("a0000000871002") and AID_PKCS15.hex() == "a000000063504b43532d3135"
    assert {below.name: below.fid for below in MF.below} == {
        "DF.TELECOM": 0x7F10, "DF.GSM": 0x7F20, "ADF.USIM": 0x7FF0, "DF.PKCS15": 0x7F50}  # fmt: skip


def test_instructions():
    assert sorted([f"{ins:02X}", each.name] for ins, each in INSTRUCTIONS.items()) == sorted(rows(INS))


def test_access_bits():
    assert MODES == BIT_MODES
    assert DIRECTORY_MODES == BIT_MODES | {1: "delete child", 2: "create EF", 4: "create DF"}


def test_keys():
    assert {0x11: "universal PIN"} | {
        at + n: f"{name}{n + first}"
        for at, name, first, many in ((1, "PIN", 1, 8), (0x81, "2PIN", 1, 8), (0x0A, "ADM", 1, 5), (0x8A, "ADM", 6, 5))
        for n in range(many)
    } == KEYS


def test_status_words_of_a_sim():
    assert sorted([f"{of:04X}", f"{word:04X}"] for of, word in STATUS_WORDS.items()) == sorted(rows(OF_A_SIM))


def test_directory_of_objects():
    assert (ODF, DODF, AODF) == (0x5031, 0x6430, 0x6440)
    assert list(KINDS.items()) == [
        (0xA0, "private keys"), (0xA1, "public keys"), (0xA2, "trusted public keys"), (0xA3, "secret keys"),
        (0xA4, "certificates"), (0xA5, "trusted certificates"), (0xA6, "useful certificates"), (0xA7, "data objects"),
        (0xA8, "authentication objects")], "[0] to [8] of PKCS15Objects"  # fmt: skip
    assert NAMES == {
        "2.23.43.7.1": "dm-bootstrap", "2.23.43.5.1": "cp-bootstrap", "2.23.43.5.2": "cp-config1",
        "2.23.43.5.3": "cp-config2", "2.23.43.9.1": "lwm2m-bootstrap"}  # fmt: skip


def test_tags_of_a_phone_book():
    """[TS 31.102 §4.4.2.1]: C0 on, in this order; A8 to A10 hold the three ways of going with a name."""
    names = BOOK_TAGS.split()
    assert {0xC0 + at: name for at, name in enumerate(names)} == BOOK and TYPES == {0xA8: 1, 0xA9: 2, 0xAA: 3}


def test_what_a_terminal_is_asked_to_refresh():
    """[TS 102 223 §8.6], in its order."""
    words = [REFRESH_MODES[mode].split() for mode in range(7)]
    assert [("begin" in w, "files" in w, w[-1]) for w in words] == [
        (True, True, "changed"), (False, True, "changed"), (True, True, "changed"), (True, False, "anew"),
        (False, False, "card"), (False, False, "application"), (False, False, "session")]  # fmt: skip
    assert "all" in words[0] and "all" not in words[2] and len(REFRESH_MODES) == 7


def test_answers_over_the_air():
    assert {status.name: int(status) for status in OtaStatus} == {name: n for n, name in enumerate(POR.split())}
    assert {name: tar.hex() for name, tar in TARS.items()} == {
        "RAM": "b00000", "SIM RFM": "b00010", "USIM RFM": "b00011"}  # fmt: skip


def test_instances_of_tuak():
    """MAC of 64, 128, 256 bits is 08, 10, 20, and 80 more for f1*; RES of 32 to 256 is 40, 48, 50, 60."""
    assert INSTANCE["f1"] == {8: 0x08, 16: 0x10, 32: 0x20} and INSTANCE["f2345"] == {
        4: 0x40,
        8: 0x48,
        16: 0x50,
        32: 0x60,
    }
    assert INSTANCE["f1*"] == {size: value + 0x80 for size, value in {8: 0x08, 16: 0x10, 32: 0x20}.items()}
    assert INSTANCE["TOPc"] == {0: 0} and INSTANCE["f5*"] == {0: 0xC0}


def test_divisors_of_the_clock():
    """[ISO 7816-3 tables 7 and 8]: 372 times 1, 1.5, 2, 3, 4, 5, and 512 times 1, 1.5, 2, 3, 4."""
    assert {0: 372} | {n + 1: int(372 * x) for n, x in enumerate((1, 1.5, 2, 3, 4, 5))} | {
        n + 9: int(512 * x) for n, x in enumerate((1, 1.5, 2, 3, 4))} == FI  # fmt: skip
    assert {n: 2 ** (n - 1) for n in range(1, 8)} | {8: 12, 9: 20} == DI


def test_elements_of_a_profile():
    words = SAIP.split()
    assert {int(n): name for n, name in zip(words[::2], words[1::2], strict=True)} == ELEMENTS
