"""Two cards beside each other: a card taken through its contacts, its twin, and what is answered differently."""

from __future__ import annotations

import pytest

from dmkit.card.aka.aka import UsimAuthenticator
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.compare import AnswerDifference, beside, challenges, compare, play, twin, user_keys
from dmkit.card.compare_scripts import SCRIPTS, CardScript
from dmkit.card.images.image import differences, of_card
from dmkit.card.images.taken import take
from dmkit.card.pins import padded
from dmkit.card.terminal import run, verify
from dmkit.card.turn import Services
from dmkit.words.errors import ConfigError, LocalProtocolError, RemoteProtocolError

KEY = Milenage(bytes(range(16)), bytes(16))


class Changed:
    """A card whose answer to some commands is another."""

    def __init__(self, inner, **answers):
        self.inner, self.answers = inner, {key.replace("_", ""): value for key, value in answers.items()}

    def reset(self):
        return self.inner.reset()

    def transmit(self, apdu):
        answer = self.inner.transmit(apdu)
        return bytes.fromhex(self.answers.get(apdu.hex(), answer.hex()))


# -- taken


@pytest.mark.parametrize("medium", ["usim", "wim"])
def test_what_may_be_read_is_taken_as_it_is(medium):
    card = Usim.example(b"a document", medium=medium)
    image, whole = run(card, take()), of_card(card)
    known = {one.path for one in image.files}
    there = {one.path for one in whole.files}
    assert known <= there and {"MF/EF.DIR", "MF/EF.ICCID"} <= known
    rows = {row.path: row for row in differences(image, whole)}
    assert set(rows) == there - known, "only files that no table knows are missing"


def test_what_may_not_be_read_is_kept_without_its_content():
    card = Usim.example(pin_enabled=True)
    image = run(card, take())
    assert image.file("MF/ADF.USIM/EF.IMSI").content is None and image.file("MF/EF.ICCID").content is not None
    assert run(card, verify(0x01, padded("1234"))) is None
    assert run(card, take()).file("MF/ADF.USIM/EF.IMSI").content is not None


def test_a_card_without_files_gives_an_empty_image():
    class Nothing:
        def transmit(self, apdu):
            return b"\x90\x00" if apdu[1] == 0x20 else b"\x6a\x82"

        def reset(self):
            return b""

    assert run(Nothing(), take()).files == ()
    with pytest.raises(RemoteProtocolError, match="no MF"):
        twin(Nothing(), user_keys())


# -- beside each other


def test_a_twin_answers_as_its_model():
    theirs = Usim.example(imsi="262011106487504", pin_enabled=True)
    assert compare(twin(theirs, theirs.memory.keys), theirs) == ()


def test_each_difference_is_a_row_with_its_section():
    ours, theirs = Usim.example(pin_enabled=True), Usim.example(pin_enabled=True)
    scripts = {"rights": CardScript("TS 1", ("00A4000C022FE2", "00B000000A", "FF")), "own": SCRIPTS["rights"]}
    found = compare(ours, Changed(theirs, **{"00b000000a": "6a82", "ff": "6d00"}), scripts)
    assert [(row.script, row.at, row.theirs) for row in found] == [("rights", 2, "6a82"), ("rights", 3, "6d00")]
    assert found[0].section == SCRIPTS["rights"].section and AnswerDifference("x", 1, "00", "9000", "").section == ""
    text = repr(found[0])
    assert "command 2: 00B000000A READ BINARY" in text and "theirs 6A82 no such file" in text
    assert "command 3: FF [" in repr(found[1]), "what is no command has no name"
    assert "theirs 0000" in repr(AnswerDifference("x", 1, "FF", "9000", ""))


def test_answers_over_t0_are_whole():
    """P3 is always there, Le never behind data; what waits is fetched, a wrong length set right, 61xx cut off."""
    card = Usim.example()
    whole = list(play(card, CardScript("", ("00A40004022FE2", "00B0000001", "00B0", "A0A40000023F00"))))
    assert whole[0].startswith(b"\x62") and whole[0].endswith(b"\x90\x00") and whole[1] == b"\x98\x90\x00"
    assert whole[2] == b"\x67\x00" and whole[3].endswith(b"\x90\x00") and len(whole[3]) == 24
    heard = [exchange.apdu.hex() for exchange in card.log]
    assert "00c0000019" in heard and heard[-1].startswith("a0c00000")
    raw = list(play(card, CardScript("", ("00A40004022FE2",), raw=True)))
    assert raw == [b"\x61\x19"]

    class Endless:
        count = 0

        def reset(self):
            return b""

        def transmit(self, apdu):
            self.count += 1
            return b"\x61\x01" if apdu[0] != 0xFF else b"\x6c\x05"

    endless = Endless()
    assert list(play(endless, CardScript("", ("00B0000000",)))) == [b"\x61\x01"] and endless.count == 17
    assert list(play(endless, CardScript("", ("FFB0000000",)))) == [b"\x6c\x05"], "said twice, it is the answer"


def test_challenges_tell_two_centres_apart():
    def card(functions):
        return Usim.example(services=Services(authenticator=UsimAuthenticator(functions)))

    script = {"challenges": challenges(KEY)}
    assert compare(card(KEY), card(KEY), script) == ()
    other = compare(card(KEY), card(Milenage(bytes(16), bytes(16))), script)
    assert {row.at for row in other} >= {3, 5, 9}, "what is computed with another key differs"


def test_a_card_is_compared_with_its_own_twin():
    theirs = Usim.example(services=Services(authenticator=UsimAuthenticator(KEY)))
    keys = theirs.memory.keys
    assert {row.script for row in beside(theirs, keys, KEY)} == set()
    theirs = Usim.example(pin_enabled=True)
    found = beside(Changed(theirs, **{"80f2000000": "6d00"}), theirs.memory.keys)
    assert found and {(row.command, row.theirs) for row in found} == {("80F2000000", "6d00")}


@pytest.mark.parametrize(("answers", "says"), [
    ({"0020000108" + padded("1234").hex(): "63c1"}, "PIN1 is wrong: 1 try is left"),
    ({"0020000108" + padded("1234").hex(): "6f00"}, "does not let PIN1 be shown"),
])  # fmt: skip
def test_a_card_that_refuses_the_pin_is_left_alone(answers, says):
    card = Usim.example()
    with pytest.raises(LocalProtocolError, match=says):
        beside(Changed(card, **answers), card.memory.keys)


@pytest.mark.parametrize(("pin", "puk"), [("123", "12345678"), ("1234", "1234"), ("1234", "1234567x")])
def test_keys_of_a_user(pin, puk):
    with pytest.raises(ConfigError):
        user_keys(pin, puk)


def test_every_script_is_commands():
    assert len(SCRIPTS) >= 20 and all(script.commands and script.section for script in SCRIPTS.values())
    assert all(bytes.fromhex(text) for script in SCRIPTS.values() for text in script.commands)
