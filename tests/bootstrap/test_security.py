"""Keys, MACs, PINs: the vectors, and what a receiver takes."""

from __future__ import annotations

import pytest

from dmkit.bootstrap import PROFILES, BootstrapReason, BootstrapRules, Secrets, process
from dmkit.bootstrap.events import ProtectionVerified, Rejected, UserAsked
from dmkit.bootstrap.security import METHODS, imsi_octets, key, mac, parameters, user_string
from dmkit.words.errors import CodecError
from tests.bootstrap.documents import CONNECTIVITY, DOCUMENT_C, IMSI, TREE, Person

DOCUMENT_T = bytes.fromhex(
    "0200006a1b2d2f2f4f4d412f2f4454442d444d2d44444620312e322f2f454e00"
    "0002607703312e3200016466034d61696c00016f46034765743d2a265265706c"
    "6163653d7372763100015c2501755103636f6d2e6578616d706c652f312e302f"
    "4d61696c00010101646603486f737400016f5c0b01756103746578742f706c61"
    "696e0001010176036d782e6578616d706c650001010101"
)


@pytest.mark.spec("X-08", "X-09")
@pytest.mark.parametrize(
    ("method", "form", "octets", "right"),
    [
        ("USERPIN", "ascii", b"1234", "E74CAB194FCA4286DB49CE07DED7346902C0BF43"),
        ("NETWORKID", "ascii", IMSI.encode(), "AEBADAE8D0E96424534628AB32265509DBDEFEBF"),
        ("NETWORKID", "semi-octets", bytes.fromhex("0910101032547698"), "5852B558E5018F14803CCB430331114F6F6FF7BD"),
        ("USERPIN_NETWORKID", "ascii", f"1234:{IMSI}".encode(), "4415EC6C90C9909FCBBCFAD623A833AC4A58ABEB"),
        (
            "USERPIN_NETWORKID",
            "semi-octets",
            b"1234:" + bytes.fromhex("0910101032547698"),
            "DE6BE52FC9DF66C5EC9E7EEBAD1E51F572FD8947",
        ),
    ],
)
def test_vectors_of_the_dm_profile(method, form, octets, right):
    assert key(method, IMSI, "1234", form) == octets
    assert mac(octets, DOCUMENT_T) == right
    row = next(row for row in METHODS if (row.name, row.profile) == (method, "dm"))
    assert parameters(method, DOCUMENT_T, profile="dm", network_id=IMSI, pin="1234", form=form) == (
        ("SEC", row.code),
        ("MAC", right),
    )


@pytest.mark.parametrize(
    ("method", "right"),
    [
        ("NETWPIN", "37AABA6D5A49F8D5D0FB7B1ED595D8196B4CC2F5"),
        ("USERPIN", "E30A5502E0F582832F8F20ABCB19D6F0F2CBCC4C"),
        ("USERNETWPIN", "9C98C01AADC20D2A0FDE1AD5187F9FBCAA2B1354"),
    ],
)
def test_vectors_of_the_cp_profile(method, right):
    assert mac(key(method, IMSI, "1234"), DOCUMENT_C) == right


def test_the_users_string_has_random_digits_and_digits_of_the_mac():
    assert mac(b"12345", DOCUMENT_C)[:10].lower() == "093e2edc72"
    assert user_string("12345", DOCUMENT_C) == "1234592604"
    assert parameters("USERPINMAC", DOCUMENT_C, pin="12345") == (("SEC", 3),)


def test_an_imsi_is_packed_as_on_the_card():
    assert imsi_octets("00101012345678").hex() == "01101010325476f8"
    for bad in ("", "12345", "1234567890123456", "12345x", "１２３４５６"):
        with pytest.raises(CodecError, match="no IMSI"):
            imsi_octets(bad)


def test_an_equipment_number_is_text():
    assert key("NETWORKID", "A0000012345678") == b"A0000012345678"
    with pytest.raises(CodecError, match="protects no CP document"):
        parameters("NETWORKID", b"")
    assert parameters("none", b"") == ()


def taken(method, pin="1234", network_id=IMSI, rules=None, user=None, document=DOCUMENT_C, **changes):
    said = dict(parameters(method, DOCUMENT_C, network_id=network_id, pin=pin))
    given = {"sec": said.get("SEC"), "mac": said.get("MAC"), "secrets": Secrets(IMSI), "rules": rules} | changes
    return process(TREE, document, CONNECTIVITY, **given, **({"ask": user} if user else {}))


@pytest.mark.parametrize(
    ("method", "user"),
    [
        ("NETWPIN", None),
        ("USERPIN", Person("1234")),
        ("USERNETWPIN", Person("1234")),
        ("USERPINMAC", Person("1234592604")),
    ],
)
def test_each_method_opens_the_door_with_the_right_secret(method, user):
    result = taken(method, pin="12345" if method == "USERPINMAC" else "1234", user=user)
    assert result
    assert ProtectionVerified(method, 0 if user is None else 1) in result.events
    assert result.servers == ("com.mgmtsrv",)


@pytest.mark.parametrize(
    ("result", "reason", "why"),
    [
        (lambda: taken("none"), BootstrapReason.NO_SECURITY, "no SEC"),
        (lambda: taken("NETWPIN", network_id="001010123456780"), BootstrapReason.WRONG_MAC, "not that of NETWPIN"),
        (lambda: taken("NETWPIN", document=DOCUMENT_C[:-1] + b"\0"), BootstrapReason.WRONG_MAC, "not that of NETWPIN"),
        (lambda: taken("NETWPIN", mac=None), BootstrapReason.WRONG_MAC, "without a MAC"),
        (lambda: taken("NETWPIN", mac="é" * 20), BootstrapReason.WRONG_MAC, "not that of"),
        (lambda: taken("NETWPIN", secrets=Secrets()), BootstrapReason.NO_SECRET, "needs an IMSI"),
        (lambda: taken("NETWPIN", secrets=Secrets("abc")), BootstrapReason.NO_SECRET, "no IMSI"),
        (lambda: taken("NETWPIN", sec=9), BootstrapReason.METHOD, "SEC 9"),
        (lambda: taken("NETWPIN", rules=BootstrapRules(methods=("USERPIN",))), BootstrapReason.METHOD, "USERPIN are"),
        (lambda: taken("USERPIN"), BootstrapReason.USER, "gave no PIN"),
        (lambda: taken("USERPIN", user=Person("0000", "1111", "2222", "1234")), BootstrapReason.WRONG_PIN, "3 times"),
        (lambda: taken("USERPINMAC", user=Person("1234", "12344321", "123452")), BootstrapReason.WRONG_PIN, "3 times"),
        (lambda: taken("USERPIN", user=Person("１２３４")), BootstrapReason.USER, "gave no PIN"),
    ],
    ids=range(13),
)
def test_what_is_refused_says_why_and_changes_nothing(result, reason, why):
    got = result()
    assert got.refused is reason
    assert why in got.why
    assert got.tree is TREE
    assert got.events[-1] == Rejected(reason, got.why)
    assert not got.servers


@pytest.mark.parametrize(("digits", "fewest", "accepted"), [("1234", 5, False), ("1234", 4, True), ("12345", 5, True)])
def test_how_short_a_half_may_be(digits, fewest, accepted):
    """USERPINMAC: the half that the user knows has at least so many digits."""
    pin = user_string(digits, DOCUMENT_C)
    result = taken("USERPINMAC", pin=digits, user=Person(pin, pin, pin), rules=BootstrapRules(short_pin=fewest))
    assert bool(result.servers) is accepted


def test_the_third_try_is_as_good_as_the_first():
    user = Person("0000", "1111", "1234", "never asked")
    result = taken("USERPIN", user=user)
    assert ProtectionVerified("USERPIN", 3) in result.events
    assert [event.answer for event in result.events if isinstance(event, UserAsked)] == ["wrong", "wrong", "right"]
    assert user.pins == ["never asked"]


def test_the_case_of_the_mac_is_free():
    assert taken("NETWPIN", mac="37aaba6d5a49f8d5d0fb7b1ed595d8196b4cc2f5")
    assert process(
        TREE,
        DOCUMENT_C,
        f"{CONNECTIVITY}; SEC=NETWPIN; MAC=37aaba6d5a49f8d5d0fb7b1ed595d8196b4cc2f5",
        secrets=Secrets(IMSI),
    )


def test_a_device_may_take_what_is_not_protected():
    asked = BootstrapRules(unsecured="ask")
    assert taken("none", rules=asked).refused is BootstrapReason.USER
    assert taken("none", rules=asked, user=Person(agrees=False)).refused is BootstrapReason.USER
    assert taken("none", rules=asked, user=Person())
    assert taken("none", rules=BootstrapRules(unsecured="take"))


@pytest.mark.parametrize(
    ("name", "without", "with_imsi", "again"),
    [
        ("spec", BootstrapReason.NO_SECURITY, None, BootstrapReason.USER),
        ("unprotected taken", None, None, None),
        ("unprotected asked", BootstrapReason.USER, None, BootstrapReason.USER),
        ("machine", BootstrapReason.NO_SECURITY, None, BootstrapReason.KNOWN),
        ("first come", BootstrapReason.NO_SECURITY, None, BootstrapReason.KNOWN),
    ],
)
def test_devices_of_the_field_and_what_they_let_in(name, without, with_imsi, again):
    assert taken("none", rules=PROFILES[name]).refused is without
    first = taken("NETWPIN", rules=PROFILES[name])
    assert first.refused is with_imsi
    renamed = DOCUMENT_C.replace(b"Op DM", b"XX DM")
    said = dict(parameters("NETWPIN", renamed, network_id=IMSI))
    second = process(
        first.tree, renamed, CONNECTIVITY, sec=said["SEC"], mac=said["MAC"], secrets=Secrets(IMSI), rules=PROFILES[name]
    )
    assert second.refused is again


def test_secrets_do_not_show():
    assert IMSI not in repr(Secrets(IMSI))
