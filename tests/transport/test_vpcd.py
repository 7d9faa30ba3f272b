"""The software card in a reader: messages of the virtual reader, command line, real card tools where they are."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread

import pytest

from dmkit.bootstrap.card_reading import read
from dmkit.card.apdu import CommandApdu
from dmkit.card.card import ATR, Usim
from dmkit.card.terminal import run
from dmkit.cli import main
from dmkit.transport.pcsc import PcscCard
from dmkit.transport.vpcd import answer, insert, serve
from dmkit.words.errors import ConfigError, RemoteProtocolError

ICCID = bytes.fromhex("980001010000000010f9")


def framed(*messages):
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


# -- the reader's messages


def test_orders_and_commands():
    card = Usim.example(pin_enabled=True)
    assert answer(card, b"\x04") == ATR and answer(card, b"\x01") is None
    assert answer(card, bytes.fromhex("002000010831323334ffffffff")) == b"\x90\x00"
    assert card.state.session.verified == {1}
    for order in (b"\x02", b"\x00", b"\x01"):
        answer(card, bytes.fromhex("002000010831323334ffffffff"))
        answer(card, order)
        assert card.state.session.verified == frozenset(), "a reset takes shown keys away"


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_a_reader_is_served_until_it_closes(piece):
    ours, theirs = socket.socketpair()
    told = []
    with ours, theirs:
        data = framed(b"\x01", b"\x04", b"", bytes.fromhex("00A4000C022FE2"), bytes.fromhex("00B000000A"))
        for at in range(0, len(data), piece):
            theirs.sendall(data[at : at + piece])
        theirs.shutdown(socket.SHUT_WR)
        assert serve(Usim.example(), ours, lambda message, reply: told.append((message, reply))) == 2
        ours.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: theirs.recv(1000), b""))
    assert got == framed(ATR, b"\x90\x00", ICCID + b"\x90\x00") and len(told) == 4


def test_a_connection_that_ends_inside_a_message_is_told():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\x00\x05\x00\xa4")
        theirs.close()
        with pytest.raises(RemoteProtocolError, match="3 octets were still to come"):
            serve(Usim.example(), ours)


def free_port():
    """A free port whose successor is free as well: the virtual reader takes both."""
    for _ in range(50):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise AssertionError("no two free ports side by side")


def test_without_a_reader_it_says_what_would_help(capsys):
    port = free_port()
    with pytest.raises(ConfigError, match="is pcscd with vpcd running"):
        insert(port=port)
    assert main(["card", "serve", "--port", str(port)]) == 2
    assert "no virtual card reader" in capsys.readouterr().err


# -- the command line


def test_apdu_by_hand(capsys):
    assert main(["card", "apdu", "00A40004022FE2", "00B000000A"]) == 0
    out = capsys.readouterr().out
    assert "980001010000000010f99000" in out and "READ BINARY EF.ICCID: 8900101000000000019" in out
    assert main(["card", "apdu", "--rows", "--pin", "1234", "0020000108" + "39" * 8]) == 1
    assert "2 tries are left" in capsys.readouterr().out
    assert main(["card", "apdu", "xyz"]) == 2


def test_files_and_their_content(tmp_path, capsys):
    file = tmp_path / "bootstrap.wbxml"
    file.write_bytes(b"\x02\xa4\x01")
    assert main(["card", "files", "--bootstrap", str(file), "--imsi", "262011106487504"]) == 0
    out = capsys.readouterr().out
    assert "262011106487504" in out and "6431 EF.DM_Bootstrap" in out and "02a401 and 1021 octets FF" in out
    assert main(["card", "files", "--imsi", "1"]) == 2
    assert "6 to 15 digits" in capsys.readouterr().err


# -- a card behind a reader


class Behind:
    """A connection as pyscard has it, with a software card behind it."""

    def __init__(self, card):
        self.card, self.said = card, []

    def transmit(self, apdu):
        self.said.append(bytes(apdu))
        *data, sw1, sw2 = self.card.transmit(bytes(apdu))
        return data, sw1, sw2


@pytest.mark.parametrize("block", [False, True])
def test_a_card_behind_a_reader_is_read_like_any(block):
    behind = Behind(Usim.example(b"a message"))
    [file] = run(PcscCard(behind, block=block), read()).files
    assert file.data == b"a message"
    both = [apdu for apdu in behind.said if CommandApdu.parse(apdu).data and CommandApdu.parse(apdu).le is not None]
    assert bool(both) == block, "over T=0 data and Le never travel together"


def test_a_reader_that_fails_is_told():
    class Broken:
        def transmit(self, apdu):
            raise OSError("pulled out")

    with pytest.raises(RemoteProtocolError, match="pulled out"):
        PcscCard(Broken()).transmit(b"\x00\xa4\x00\x04")


@pytest.mark.skipif(find_spec("smartcard") is not None, reason="pyscard is installed")
def test_without_pyscard_it_says_what_to_install(capsys):
    assert main(["card", "read"]) == 2
    assert "pip install dmkit[card]" in capsys.readouterr().err


# -- real tools

NAMES = ("pcscd", "opensc-tool", "pkcs15-tool")
TOOLS = {name: shutil.which(name) or shutil.which(f"/usr/sbin/{name}") for name in NAMES}
DRIVER = next(iter(sorted(Path("/usr/lib").glob("pcsc/drivers/serial/libifdvpcd.so"))), None)
MISSING = [name for name, found in TOOLS.items() if not found] + ([] if DRIVER else ["vsmartcard-vpcd"])
real_tools = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


class Reader:
    """A pcscd of our own with one virtual reader on a port of our own; a software card is in it."""

    def __init__(self, folder):
        self.port = free_port()
        (folder / "reader.conf").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port:#x}\n'
            f"LIBPATH {DRIVER}\nCHANNELID {self.port:#x}\n"
        )
        drivers = "enable_default_driver = true; card_drivers = default;"
        (folder / "opensc.conf").write_text(f"app default {{ {drivers} }}\n")
        self.environment = {**os.environ, "LC_ALL": "C", "OPENSC_CONF": str(folder / "opensc.conf")}
        command = [TOOLS["pcscd"], "--foreground", "--config", str(folder / "reader.conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.card = Usim.example(b"\x02\xa4\x01\x6a\x00 a bootstrap message")
        self.socket, self.thread, self.powered = None, None, Event()

    def put_in(self):
        pause = Event()
        for _ in range(100):
            try:
                self.socket = insert(port=self.port)
                break
            except ConfigError:
                if self.process.poll() is not None:
                    pytest.skip("pcscd does not start here (another one runs, or no right to)")
                pause.wait(0.1)
        assert self.socket is not None, "the virtual reader did not come up"
        self.thread = Thread(target=serve, args=(self.card, self.socket, self.heard), daemon=True)
        self.thread.start()
        return self.powered.wait(10)

    def greets(self):
        """Whether the reader says anything to a socket that is none of ours: if so, a silence is our fault."""
        pause = Event()
        for _ in range(100):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 10) as bare:
                    return bare.recv(3) != b""
            except ConnectionRefusedError:
                pause.wait(0.1)
            except OSError:
                return False
        return False

    def heard(self, message, reply):
        if message == b"\x01":
            self.powered.set()

    def tool(self, *command):
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, env=self.environment)
        return (done.stdout + done.stderr).decode(errors="replace")

    def take_out(self):
        self.process.terminate()
        self.process.wait(10)
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
        if self.thread is not None:
            self.thread.join(10)
        if self.socket is not None:
            self.socket.close()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A reader that has noticed its card; other tests may snatch its ports, so it is tried anew on others."""
    for _ in range(3):
        reader = Reader(tmp_path_factory.mktemp("pcsc"))
        try:
            if reader.put_in():
                yield reader
                return
        finally:
            reader.take_out()
    reader = Reader(tmp_path_factory.mktemp("pcsc"))
    try:
        assert not reader.greets(), "the reader speaks to a bare socket, but three times not to our card"
    finally:
        reader.take_out()
    pytest.skip("pcscd drives no virtual reader here: it does not even greet a bare socket")


def octets(out):
    """The answers that opensc-tool prints: status words, and octets in rows."""
    sent = re.split(r"Sending: .*\n", re.sub(r"^Using reader.*$", "", out, flags=re.M))[1:]
    return [
        (
            re.search(r"SW1=0x(..), SW2=0x(..)", part).groups(),
            "".join(re.findall(r"\b([0-9A-F]{2}) ", re.sub(r"^Received.*$", "", part, flags=re.M))),
        )
        for part in sent
    ]


@real_tools
def test_opensc_reads_identity_and_directory(reader):
    assert "Virtual PCD" in reader.tool("opensc-tool", "-l")
    assert ATR.hex(":") in reader.tool("opensc-tool", "-a")
    commands = [
        "00A4000C022FE2",
        "00B000000A",
        "00A4000C022F00",
        "00B2010440",
        "00A4040C07A0000000871002",
        "00A4000C026F07",
        "00B0000009",
    ]
    answers = octets(reader.tool("opensc-tool", *(part for command in commands for part in ("-s", command))))
    assert [sw for sw, _ in answers] == [("90", "00")] * len(commands)
    assert answers[1][1] == ICCID.hex().upper()
    assert answers[3][1].startswith("61184F10A0000000871002FFFFFFFF8907090000")
    assert answers[6][1] == "080910101032547698"


@real_tools
@pytest.mark.parametrize(("command", "heard", "length"), [
    ("00A40004022FE2", ["6119"], 0),  # docs/card-and-real-tools.md: without Le nothing is fetched behind 61xx
    ("00A40004022FE200", ["6119", "9000"], 25),  # with Le, by GET RESPONSE
    ("00A40004022FE201", ["6119", "9000"], 25),
    ("80F2000000", ["9000"], 43),
    ("80F2000001", ["6C2B", "9000"], 43),  # a wrong Le: the tool sends again with the one of 6Cxx
])  # fmt: skip
def test_opensc_and_the_length_of_an_answer(reader, command, heard, length):
    before = len(reader.card.log)
    _, (said, data) = octets(reader.tool("opensc-tool", "-s", "00A4000C023F00", "-s", command))
    assert said == ("90", "00") and len(data) == 2 * length
    assert [f"{exchange.sw:04X}" for exchange in list(reader.card.log)[before + 1 :]] == heard


@real_tools
def test_pkcs15_tool_reads_the_object_directory(reader):
    out = reader.tool("pkcs15-tool", "--dump")
    assert "PKCS#15 Card [PKCS-15]" in out and "Manufacturer ID: dmkit" in out
    assert "OMA DM Bootstrap" in out and "2.23.43.7.1" in out and "6431" in out
    data = reader.tool("pkcs15-tool", "--read-data-object", "2.23.43.7.1", "--raw")
    assert "a bootstrap message" in data


@real_tools
def test_pyscard_reads_the_bootstrap_file(reader):
    script = """
import sys
from smartcard.System import readers
connection = readers()[0].createConnection()
connection.connect()
print(bytes(connection.getATR()).hex())
def send(text):
    data, sw1, sw2 = connection.transmit(list(bytes.fromhex(text)))
    if sw1 == 0x61:
        data, sw1, sw2 = connection.transmit([0x00, 0xC0, 0, 0, sw2])
    return bytes(data).hex(), f"{sw1:02x}{sw2:02x}"
for text in ("00A404040CA000000063504B43532D3135", "00A40804047FFF6431", "00B000001A"):
    print(*send(text))
"""
    for python in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        if (
            Path(python).exists()
            and subprocess.run([python, "-c", "import smartcard"], capture_output=True, check=False).returncode == 0
        ):
            break
    else:
        pytest.skip("no Python here has pyscard")
    lines = reader.tool(python, "-c", script).split("\n")
    assert lines[0] == ATR.hex()
    assert [line.split()[-1] for line in lines[1:4]] == ["9000"] * 3
    assert lines[3].startswith("02a4016a00" + b" a bootstrap message".hex())


class Counted:
    """A socket that writes down what is asked of it."""

    def __init__(self, inner):
        self.inner, self.log = inner, []

    def setsockopt(self, level, option, value):
        self.log.append(("set", option))
        self.inner.setsockopt(level, option, value)

    def recv(self, size):
        self.log.append(("recv", size))
        return self.inner.recv(size)

    def sendall(self, octets):
        self.inner.sendall(octets)


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="this system has no TCP_QUICKACK")
def test_each_piece_is_acknowledged_at_once():
    """vpcd writes length and command apart: without this its second waits 40 ms, in each command.

    Measured through pcscd 1.9.9 and vpcd 3.3: 44 ms a command before, 0.05 ms with it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    with ours, theirs:
        for piece in (b"\x00\x07", bytes.fromhex("00A4000C022FE2"), b"\x00\x05", bytes.fromhex("00B000000A")):
            theirs.sendall(piece)
        theirs.shutdown(socket.SHUT_WR)
        counted = Counted(ours)
        assert serve(Usim.example(), counted) == 2
    quick = ("set", socket.TCP_QUICKACK)
    for at, (what, _) in enumerate(counted.log):
        if what == "recv" and counted.log[at - 1][0] != "recv":
            assert quick in counted.log[max(0, at - 2) : at]
    assert counted.log.count(quick) >= 2 * 2
