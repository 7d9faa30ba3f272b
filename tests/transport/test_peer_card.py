"""dmkit's card beside another implementation: the same scripts on both, and each difference known.

The other is onomondo-uicc (GPL-3.0, a USIM written in C, no part of dmkit).  How it is built and named stands in
docs/card-and-real-tools.md; where DMKIT_PEER_CARD does not name its folder, only our side of the table is tested.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from threading import Thread

import pytest

import dmkit as dm
from dmkit.card.aka.aka import AuthenticationCentre, Subscriber, UsimAuthenticator
from dmkit.card.aka.card import CardAuthenticator
from dmkit.card.aka.milenage import Milenage
from dmkit.card.aka.sqn import SequenceNumber
from dmkit.card.apdu import CommandApdu
from dmkit.card.compare import beside, challenges, compare, play, twin, user_keys
from dmkit.card.compare_scripts import SCRIPTS, CardScript
from dmkit.card.images.image import differences, of_card
from dmkit.card.images.taken import take
from dmkit.card.memory import CardMemory
from dmkit.card.ota.card import OtaCard
from dmkit.card.ota.crypto import OtaKeys
from dmkit.card.ota.packets import TARS, Integrity, SecuredCommand, Spi, decode_response, encode_command
from dmkit.card.ota.remote import envelope
from dmkit.card.ota.script import compact
from dmkit.card.ota.sms import deliver
from dmkit.card.select import describe
from dmkit.card.terminal import run, send, verify
from dmkit.card.turn import Services
from dmkit.cli import main
from dmkit.transport.virtual_reader import VirtualReader
from dmkit.transport.vpcd import PORT, insert, serve
from dmkit.words.errors import ConfigError, DmError, LocalProtocolError, RemoteProtocolError
from tests.card.images.cards import CARDS

KEY = Milenage(bytes(range(16)), bytes(range(16, 32)))
"""What the other card has as delivered, and its PIN is 1234."""

KNOWN = {
    "selection": """
        selection: 7 9000 6F00, 9 6700 6F00, 11 6A86 9000
        selection up and down: 7 9000 6B00, 8 6A82 6A81
    """,
    "parameters": """
        selection: 10 6A86 6B00, 12 6A86 6B00
        reading records: 11 6A86 6B00
        parameters of VERIFY: 6 6A88 6B00, 7 6A88 6B00, 8 6A86 63C3
        unblocking: 12 6A88 6B00
        status: 9 6A86 6B00, 10 6A86 6B00
        challenges: 11 6A86 6B00, 13 6A86 6B00
    """,
    "applications": """
        selection of applications: 2 6A82 9000, 10 6700 9000, 11 6A82 6A88, 13 6700 6A88, 14 6700 9000
    """,
    "get response": """
        short answers: 4 6115 9000, 5 9000 9000, 6 6985 9000, 11 6985 6700, 13 9000 6C26
    """,
    "no file": """
        reading: 2 6986 6981
        channels: 5 6986 6981
        status: 3 6A88 6986
    """,
    "the end of a file": """
        reading: 9 6B00 9000, 10 6B00 9000, 16 6B00 9000
        updating: 9 6B00 6700, 13 6B00 6700, 14 6B00 9000
    """,
    "broken lengths": """
        reading: 13 6700 9000
        updating: 10 6700 9000
        broken lengths: 4 6700 9000, 5 6700 6981, 6 6700 6981
        challenges: 10 6A80 6F00
    """,
    "short identifiers": """
        reading: 17 6A82 6981, 18 6A86 9000, 19 6A86 6986, 20 6A86 6981
    """,
    "records": """
        reading records: 4 6A83 6A84, 5 6A83 6A84, 7 9000 6A84, 12 6A86 6A83, 15 6A83 6A84, 16 6A82 6981
    """,
    "searching": """
        searching: 3 9000 9000, 4 9000 9000, 5 6282 9000, 6 9000 9000, 7 6A83 6A84, 8 9000 6A84, 9 6700 6B00,
            10 6A80 6A81, 11 9000 9000
    """,
    "rights": """
        rights: 3 6982 6900, 6 6982 6900, 8 6982 6900, 13 6982 6900, 16 6982 6900, 19 6982 6900
        files switched off: 7 6982 6900
    """,
    "PIN lengths": """
        tries of a PIN: 10 6983 63C0
        changing a PIN: 7 6700 63C2, 8 6700 63C1, 9 63C3 63C1, 10 6A80 9000
        switching a PIN: 14 6700 63C2, 15 6700 63C1
        unblocking: 8 6A80 9000, 10 6700 63C9
        parameters of VERIFY: 2 6700 63C2, 4 6700 63C2
    """,
    "switched PIN": """
        switching a PIN: 3 6984 9000, 4 6984 6985, 9 6984 6985, 12 6984 9000
    """,
    "classes": """
        status: 12 6E00 9000
        class and instruction: 3 6E00 6882, 5 6E00 9000, 7 6E00 6882, 8 6E00 9000, 9 6E00 9000, 10 6985 9000,
            11 6E00 6D00
    """,
    "channels": """
        channels: 2 9000 6881, 3 9000 6881, 4 9000 6881, 7 9000 6881, 8 9000 6881, 9 9000 6881, 10 6A81 6881,
            11 9000 6881, 14 6A86 6881, 15 6A86 6881, 16 6E00 6882
    """,
    "toolkit": """
        toolkit: 1 6985 6A81, 3 6985 9000, 4 6A80 6A81, 5 6A80 6A81, 6 9000 6D00, 7 6E00 6D00
    """,
    "files switched off": """
        files switched off: 3 6982 6D00, 5 6982 6700, 6 6A86 6D00
    """,
    "class A0": """
        the old class: 1 9000 6E00, 2 9000 6E00, 3 9404 6E00, 4 9404 6E00, 5 9400 6E00, 6 9404 6E00, 7 9000 6E00,
            8 6700 6E00, 9 9000 6E00, 10 6D00 6E00
    """,
}


def rows(kind):
    """Script, place in it, and the two status words, ours and theirs."""
    for line in KNOWN[kind].replace(",\n", ",").strip().splitlines():
        script, _, answers = line.strip().rpartition(": ")
        for answer in answers.split(","):
            at, ours, theirs = answer.split()
            yield script, int(at), ours, theirs


def word(answer):
    return answer[-4:].upper()


def ours():
    """The card of the lessons with the directories that the other has, and its key."""
    card = dm.Usim.example(pin_enabled=True, services=Services(authenticator=UsimAuthenticator(KEY)))
    gone = {path for path in card.memory.directories if path and path[0] != 0x7FF0}
    directories = {path: row for path, row in card.memory.directories.items() if path not in gone}
    files = {path: stored for path, stored in card.memory.files.items() if path[:1] not in gone}
    card.state = card.state.with_memory(CardMemory(directories, files, card.memory.keys))
    return card


@pytest.mark.parametrize("kind", KNOWN)
def test_our_side_of_each_difference(kind):
    scripts = {**SCRIPTS, "challenges": challenges(KEY)}
    for script, at, expected, _ in rows(kind):
        answers = list(play(ours(), scripts[script]))
        assert word(answers[at - 1].hex()) == expected, (script, at, scripts[script].commands[at - 1])


FOLDER = Path(os.environ.get("DMKIT_PEER_CARD", "no folder"))
PROGRAM = FOLDER / "build/src/softsim/softsim"


@contextmanager
def inserted(place, furnish=lambda files: None):
    """The other card in a reader of ours, with files of its own that it may write."""
    if not PROGRAM.exists():
        pytest.skip("DMKIT_PEER_CARD names no folder with a built onomondo-uicc (docs/card-and-real-tools.md)")
    shutil.copytree(FOLDER / "files", place / "files")
    furnish(place / "files" / "3f00")
    try:
        reader = VirtualReader(port=PORT)
    except ConfigError as error:
        pytest.skip(str(error))
    with reader, subprocess.Popen([PROGRAM], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as there:
        try:
            reader.wait()
            yield reader
        finally:
            there.terminate()


def with_bootstrap(files):
    """PKCS#15 as our card has it, written where the other keeps its files: a template and octets in hexadecimal."""
    card = dm.Usim.example(DOCUMENT)
    for path in (DF, *(path for path in card.memory.files if path[:1] == DF)):
        place = files.joinpath(*(f"{fid:04x}" for fid in path))
        place.parent.mkdir(exist_ok=True)
        place.with_suffix(".def").write_text(describe(card.memory, path).hex())
        if path != DF:
            place.write_text(card.memory.files[path].content[0].hex())
    aid = card.memory.directories[DF].aid
    record = card.memory.files[0x2F00,].content[1].rstrip(b"\xff")
    listed, names = files / "2f00", files / "a1df1d01"  # the second record of each is free
    listed.write_text((bytes.fromhex(listed.read_text())[:38] + record.ljust(38, b"\xff")).hex())
    known = bytes.fromhex(names.read_text())
    names.write_text((known[:18] + aid.ljust(16, b"\xff") + DF[0].to_bytes(2, "big") + known[36:]).hex())


DF, DOCUMENT = (0x7F50,), Path("data/bootstrap/operator-dm.wbxml").read_bytes()


def test_a_phone_takes_its_account_from_another_card(tmp_path):
    """Directory, objects and document as ours has them; the card has no logical channels."""
    with inserted(tmp_path, with_bootstrap) as reader:
        reader.reset()
        phone = dm.Device.blank(card=reader)
        events = phone.bootstrap().events
        assert [account.server_id for account in phone.accounts], events
        assert phone.from_card.iccid == "00112233445566778899"
        reader.reset()
        [*_, last] = phone.bootstrap().events
        assert type(last).__name__ == "FileKept"


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """What it answers otherwise, and the card."""
    with inserted(tmp_path_factory.mktemp("peer")) as reader:
        yield beside(reader, user_keys(), KEY), reader


def test_what_another_card_answers_is_known(peer):
    found, _ = peer
    seen = {(one.script, one.at): (word(one.ours), word(one.theirs)) for one in found}
    known = {(script, at): words for kind in KNOWN for script, at, *words in rows(kind)}
    assert {place: list(words) for place, words in seen.items()} == known


def test_what_another_card_holds_is_read_whole(peer):
    _, reader = peer
    reader.reset()
    image = run(reader, take())
    assert {"MF/EF.DIR", "MF/EF.ICCID", "MF/ADF.USIM/EF.IMSI", "MF/ADF.USIM/EF.EPSNSC"} <= {
        one.path for one in image.files
    }


def test_a_challenge_through_the_contacts_of_another_card(peer):
    """What a phone does with it, against the card's own sequence number: a run, then the same again."""
    _, reader = peer
    reader.reset()
    run(reader, verify(0x01, user_keys()[1].value))
    home = AuthenticationCentre({"1": Subscriber(KEY, SequenceNumber(1 << 26))}, iter([bytes([7]) * 16]))
    sent = home.vector("1")
    holder = CardAuthenticator(reader)
    assert holder.run(sent.rand, sent.autn).ck == sent.ck
    again = holder.run(sent.rand, sent.autn)
    assert home.resynchronise("1", sent.rand, again.auts) == "in step"


OTA = OtaKeys(bytes.fromhex("00112233445566778899aabbccddeeff"), bytes.fromhex("0123456789abcdef0123456701234567"))
"""Key set 3 of its application for the files of the USIM, as delivered."""
COUNTER = count(1)  # a packet of the other card counts up: it keeps the number
READ = [bytes.fromhex(text) for text in ("00A40004023F00", "00A40004022FE2", "00B000000A")]
NOT_THERE = [bytes.fromhex(text) for text in ("00A4000402DEAD", "00B0000005")]


@pytest.mark.parametrize(("script", "spi", "alike"), [
    (READ, Spi(), True), (READ, Spi(por_integrity=Integrity.NONE), True), (NOT_THERE, Spi(), True),
    (READ, Spi(por_ciphered=True), False),  # with AES it fills with 80 00, ours with 00
], ids=["signed", "not signed", "not there", "enciphered"])  # fmt: skip
@pytest.mark.parametrize("kic", [0x32, 0x35], ids=["AES", "triple DES"])
def test_secured_packets_are_opened_and_answered_by_either(peer, script, spi, alike, kic):
    """The same short messages to both: the same proof of receipt, octet for octet or at least in what it says."""
    _, reader = peer
    number = next(COUNTER)
    command = SecuredCommand(compact(script), spi, kic, kic, tar=TARS["USIM RFM"], counter=number)
    ours = twin(reader, user_keys(), services=Services(ota=OtaCard({3: OTA}, counters={3: number - 1}), refresh=False))
    answers = []
    for card in (ours, reader):
        card.reset()
        card.transmit(bytes.fromhex("8010000004FFFFFFFF"))
        [message] = deliver(encode_command(command, OTA), sender="491234")
        answers.append(run(card, send(CommandApdu(0x80, 0xC2, data=envelope(message)))).data)
    one, other = (decode_response(answer, OTA, spi, kic, kic) for answer in answers)
    assert one == other and one.counter == number and one.signed == (spi.por_integrity is Integrity.CC)
    assert answers[0] == answers[1] or not alike


# -- without the other


@pytest.mark.parametrize("name", ["usim", "unknown"])
def test_a_card_that_is_taken_is_the_card(name):
    """Read through the contacts: all that dmkit's tables know, and nothing else; then it answers as the card does."""
    card = CARDS[name]()
    keys = card.memory.keys
    if keys[1].enabled:
        card.transmit(bytes.fromhex("0020000108") + keys[1].value)
    image = run(card, take())
    whole = {one.path: one for one in of_card(card).files}
    assert {one.path for one in image.files} <= set(whole)
    assert all(one.content == whole[one.path].content for one in image.files)
    missing = {one.path.rpartition("/")[2] for one in differences(image, of_card(card))}
    assert missing <= {"EF.OWN", "EF.ROWS", "EF.RING", "EF.DM_Bootstrap"}


def test_a_twin_keeps_what_directories_say():
    """Rules and characteristics of directories are those of the other card, not those that ours has."""
    card = dm.Usim.example(pin_enabled=True)
    rules = {path: row.arr for path, row in card.memory.directories.items()}
    assert set(rules.values()) == {(0, 0)}, "of its own"
    again = twin(card, card.memory.keys)
    selected = "00A40004023F00", "00A4040407A0000000871002", "80F2000000", "00A40004022FE2", "00A40004022F00"
    assert compare(again, card, {"templates": CardScript("", selected)}) == ()
    assert again.memory.directories[()].arr == (0x2F06, 8)


def test_a_difference_names_its_place():
    [one, *_] = compare(
        dm.Usim.example(pin_enabled=True), dm.Usim.example(iccid="8999901000000000002", pin_enabled=True)
    )
    assert (one.script, one.section) == ("reading", "TS 102 221 §11.1.3")
    assert "READ BINARY" in repr(one) and "ours" in repr(one)


def test_octets_that_are_no_command_are_sent_as_they_are():
    """A script may hold what no card takes; a difference in it has no name of a command."""
    broken = CardScript("", ("00A4", "00A4000C033F00", "00A4000C023F0000FF"))
    assert [answer.hex() for answer in play(dm.Usim.example(), broken)] == ["6700"] * 3
    [one, *_] = compare(Saying("6f00"), dm.Usim.example(), {"broken": broken})
    assert repr(one).startswith("broken, command 1: 00A4\n") and one.section == ""


class Saying:
    """A card that says the same to everything, or what a table says to a command."""

    def __init__(self, answer, **more):
        self.answer, self.more, self.heard = answer, more, []

    def reset(self):
        return b""

    def transmit(self, apdu):
        self.heard.append(apdu.hex())
        return bytes.fromhex(self.more.get(f"x{apdu[1]:02x}{apdu[-1]:02x}", self.answer))


def test_a_wrong_le_is_set_right_and_what_waits_is_fetched_to_an_end():
    card = Saying("6c05", xb205="aabbccddee9000")
    assert list(play(card, CardScript("", ("00B2010400",)))) == [bytes.fromhex("aabbccddee9000")]
    assert card.heard == ["00b2010400", "00b2010405"]
    for endless in ("6101", "9f01"):
        card = Saying(endless)
        assert list(play(card, CardScript("", ("A0B2010400",)))) == [bytes.fromhex(endless)]
        assert len(card.heard) == 17 and card.heard[1][:2] == ("a0" if endless == "9f01" else "00")


def test_a_card_that_does_not_take_the_pin():
    with pytest.raises(LocalProtocolError, match="does not let PIN1 be shown: 6A88"):
        beside(Saying("6a88"), user_keys())
    with pytest.raises(LocalProtocolError, match="0 tries are left"):
        beside(Saying("6983"), user_keys())


@pytest.mark.parametrize("seed", range(20))
def test_a_card_that_says_anything_gives_differences_or_an_error_in_words(seed):
    """Answers of a right card with octets changed, cut, doubled: nothing escapes but an error of dmkit's."""
    dice = Random(seed)

    class Mangled(dm.Usim):
        def transmit(self, apdu):
            answer = super().transmit(apdu)
            if dice.random() > 0.05 or apdu[1] == 0x20:
                return answer
            return dice.choice([b"", answer[1:], answer * 2, bytes(b ^ 1 << dice.randrange(8) for b in answer)])

    card = Mangled.example(pin_enabled=True)
    try:
        found = beside(card, card.memory.keys)
    except DmError as error:
        assert str(error)
    else:
        assert all(repr(one) for one in found)


def test_a_card_without_a_master_file_has_no_twin():
    with pytest.raises(RemoteProtocolError, match="no MF"):
        twin(Saying("6a82", x20ff="9000"), user_keys())


def test_challenges_are_answered_alike():
    card = dm.Usim.example(services=Services(authenticator=UsimAuthenticator(KEY)))
    assert beside(card, card.memory.keys, KEY) == ()
    [other] = {one.script for one in beside(card, card.memory.keys, Milenage(bytes(16), bytes(16)))}
    assert other == "challenges"


def test_a_file_that_may_not_be_read_is_kept_without_content():
    card = dm.Usim.example(pin_enabled=True)
    image = run(card, take())
    assert image.file("MF/ADF.USIM/EF.IMSI").content is None and image.file("MF/ADF.USIM/EF.AD").content is not None
    assert image.file("MF/ADF.USIM/EF.SMS").content is None


@pytest.mark.parametrize(("pin", "puk"), [("12", "12345678"), ("1234", "1234567"), ("1234", "1234567x")])
def test_keys_are_digits(pin, puk):
    with pytest.raises(ConfigError):
        user_keys(pin, puk)


# -- the reader


@pytest.fixture
def inside():
    """A reader of ours with dmkit's card in it, which speaks over a socket."""
    with VirtualReader(port=0) as reader, insert(port=reader.port) as socket_:
        card = dm.Usim.example()
        thread = Thread(target=serve, args=(card, socket_), daemon=True)
        thread.start()
        reader.wait()
        yield reader, card
        reader.close()
        thread.join(10)


def test_a_reader_of_ours_and_a_card_of_ours(inside):
    reader, card = inside
    assert reader.reset() == card.atr == reader.atr
    assert beside(reader, card.memory.keys) == ()
    with pytest.raises(RemoteProtocolError, match="1 octet for an order"):
        reader.transmit(b"\x04")
    with pytest.raises(LocalProtocolError, match="PIN1 is wrong: 2 tries are left"):
        beside(reader, user_keys("9999"))


def test_a_reader_says_what_is_wrong():
    with VirtualReader(port=0, seconds=0.05) as reader:
        with pytest.raises(RemoteProtocolError, match="no card is in the virtual reader"):
            reader.transmit(b"\x00\xa4")
        with pytest.raises(ConfigError, match="no software card connected"):
            reader.wait()
        with pytest.raises(ConfigError, match="cannot listen as a virtual reader"):
            VirtualReader(port=reader.port)
        with insert(port=reader.port) as card:
            reader.wait()
            with pytest.raises(RemoteProtocolError, match="said nothing"):
                reader.transmit(b"\x00\xa4\x00\x00")
            card.shutdown(socket.SHUT_RDWR)
        with pytest.raises(RemoteProtocolError):
            for _ in range(3):
                reader.transmit(b"\x00\xa4\x00\x00")


def test_compare_on_the_command_line(inside, monkeypatch, capsys):
    reader, _ = inside
    monkeypatch.setattr("dmkit.transport.virtual_reader.VirtualReader", lambda *_, **__: reader)
    monkeypatch.setattr(reader, "wait", lambda: None)
    assert main(["card", "compare"]) == 0
    assert f"0 of {sum(len(script.commands) for script in SCRIPTS.values())} commands" in capsys.readouterr().out
    monkeypatch.undo()
    assert main(["card", "compare", "--port", "0", "--pin", "12"]) == 2
    assert "4 to 8 digits" in capsys.readouterr().err
