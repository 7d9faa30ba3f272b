"""Words that are no command of DM: a lenient reader keeps them, each gets a Status, and an Atomic fails as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.device.device import counted_nonces
from dmkit.server.peers import DEVICES
from dmkit.tree.rules import TreeRules
from dmkit.views.notation import read_commands, write_command
from dmkit.wire.codec import WBXML, XML
from dmkit.words.errors import CodecError
from dmkit.words.model import Atomic, Element, Header, Message, Replace, Sequence, Status, Unknown
from tests.wire.test_xml import document

NODE = "./APN/Name"
WRITE = Replace.of(NODE, "y", type="text/plain")
PART = (Element("Item", "SYNCML:SYNCML1.2", (Element("Data", "SYNCML:SYNCML1.2", ("z",)),)),)
WORDS = [Unknown("Relpace", PART), Unknown("Put", PART), Unknown("Search"), Unknown("Map"), Unknown("Sync"),
         Unknown("Move"), Unknown("Relpace", cmd_id="")]  # fmt: skip
SAYS = dm.Status(dm.StatusCode.OK, "1", "0", "SyncHdr")


def ids(command):
    return command.name + ("" if command.content else " without content")


def told(commands, codec=XML, profile="lenient", **tree):
    """What a device answers to ``commands`` by command, and the value afterwards."""
    rules = replace(DEVICES.get(profile, dm.Rules()), auth="none", server_auth="none", lenient=True)
    rules = replace(rules, tree=replace(rules.tree, **tree))
    device = dm.Device.example(rules=rules, auth="none", codec=codec)
    session = device.connect()
    session.start()
    message = Message(Header(session.session_id, "1", "IMEI:493005100592800", session.address), (SAYS, *commands), True)
    step = session.receive(dm.Packet(session.address, codec.encode(message), codec.media_type))
    reply = codec.decode(step.reply.body)
    answers = [(c.cmd, c.code.value) for c in reply.commands if isinstance(c, Status)][1:]
    return answers, device.tree.get(NODE).value


@pytest.mark.parametrize("codec", [XML, WBXML], ids=["xml", "wbxml"])
@pytest.mark.parametrize("word", WORDS, ids=ids)
class TestDevice:
    """A device of a lenient profile."""

    def test_alone(self, word, codec):
        assert told([word], codec) == ([(word.name, 406)], "internet.old")
        assert told([word], codec, unknown_command="400") == ([(word.name, 400)], "internet.old")

    def test_what_stands_beside_it_is_done(self, word, codec):
        assert told([WRITE, word], codec) == ([("Replace", 200), (word.name, 406)], "y")

    @pytest.mark.parametrize("profile", ["windows", "aosp", "the specification"])
    def test_an_atomic_fails_as_a_whole(self, word, codec, profile):
        code = 400 if profile == "windows" else 406  # [windows sheet §2, E]
        before = ([("Atomic", 507), ("Replace", 216), (word.name, code)], "internet.old")
        assert told([Atomic.of(WRITE, word)], codec, profile) == before
        behind = ([("Atomic", 507), (word.name, code), ("Replace", 215)], "internet.old")
        assert told([Atomic.of(word, WRITE)], codec, profile) == behind
        assert told([Atomic.of(word)], codec, profile) == ([("Atomic", 507), (word.name, code)], "internet.old")

    def test_a_sequence_goes_on(self, word, codec):
        said = [("Sequence", 200), (word.name, 406), ("Replace", 200)]
        assert told([Sequence.of(word, WRITE)], codec) == (said, "y")

    def test_containers_in_containers(self, word, codec):
        inside = Sequence.of(Atomic.of(WRITE, word), WRITE)
        said = [("Sequence", 200), ("Atomic", 507), ("Replace", 216), (word.name, 406), ("Replace", 200)]
        assert told([inside], codec, "the specification") == (said, "y")
        allowed = {"sequence_in_atomic": True}
        answers, value = told([Atomic.of(WRITE, Sequence.of(word))], codec, "the specification", **allowed)
        assert answers[0] == ("Atomic", 507) and (word.name, 406) in answers and value == "internet.old"

    def test_nobody_is_told_who_wants_no_answer(self, word, codec):
        silent = Unknown(word.name, word.content, no_resp=True)
        assert told([silent, WRITE], codec) == ([("Replace", 200)], "y")


@pytest.mark.parametrize("name", ["Results", "Status"])
def test_a_command_that_does_not_stand_in_a_container(name):
    answers, value = told([Atomic.of(WRITE, Unknown(name))])
    assert answers == [("Atomic", 507), ("Replace", 216), (name, 406)] and value == "internet.old"


def test_a_token_that_means_nothing():
    body = WBXML.encode(Message(Header("1", "1", "t", "s"), (Unknown("Put"),), True)).replace(b"\x5f", b"\x7e", 1)
    assert body != WBXML.encode(Message(Header("1", "1", "t", "s"), (Unknown("Put"),), True))
    with pytest.raises(CodecError, match="is not allowed in SyncBody"):
        WBXML.decode(body)
    (command,) = WBXML.decode(body, lenient=True).commands
    assert isinstance(command, Unknown) and command.cmd_id == "1" and "3E" in command.name


@pytest.mark.parametrize("text", ["<Foo/>", "<Foo><Item/></Foo>", '<v:Do xmlns:v="urn:v"><v:A>1</v:A></v:Do>'])
def test_without_a_number(text):
    """Its Status names no command; an Atomic with it fails all the same."""
    data = document(text)
    with pytest.raises(CodecError):
        XML.decode(data)
    message = XML.decode(data, lenient=True)
    assert [c.cmd_id for c in message.commands] == [""] and len(message.deviations) == 1
    inside = document(f"<Atomic><CmdID>4</CmdID>{text}</Atomic>")
    (atomic,) = XML.decode(inside, lenient=True).commands
    assert isinstance(atomic.commands[0], Unknown)


@pytest.mark.parametrize("text", ["<Item/>", "<Format>chr</Format>", "<Cred><Data>x</Data></Cred>", "<Target/>"])
def test_parts_that_stand_alone_are_no_commands(text):
    message = XML.decode(document(text + "<Get><CmdID>1</CmdID><Item/></Get>"), lenient=True)
    assert [c.verb.value for c in message.commands] == ["Get"] and message.deviations


@pytest.mark.parametrize("codec", [XML, WBXML], ids=["xml", "wbxml"])
@pytest.mark.parametrize("word", WORDS, ids=ids)
def test_written_and_read_it_is_the_same(word, codec):
    numbered = Unknown(word.name, word.content, "3")
    message = Message(Header("1", "1", "t", "s"), (Atomic((numbered,), cmd_id="1"),), True)
    with pytest.raises(CodecError):
        codec.decode(codec.encode(message))
    again = codec.decode(codec.encode(message), lenient=True)
    assert again.commands == message.commands
    assert read_commands(write_command(numbered)) == (numbered,)


@pytest.mark.parametrize("code", ["406", "400"])
@pytest.mark.parametrize("word", WORDS, ids=ids)
def test_a_server_answers_too(word, code):
    rules = dm.Rules(auth="none", server_auth="none", lenient=True, tree=TreeRules(unknown_command=code))
    account = dm.Account("srv", "https://dm.example/dm")
    server = dm.Server({"IMEI:1": account}, nonces=lambda device: counted_nonces(device), rules=rules)
    commands = (dm.Alert.of(1201), dm.Replace((dm.Item(source="./DevInfo/Man", data="Acme"),)), word)
    message = Message(Header("1", "1", account.address, "IMEI:1"), commands, True)
    step = server.receive(dm.Packet(account.address, XML.encode(message), XML.media_type))
    answers = [(c.cmd, c.code.value) for c in XML.decode(step.reply.body).commands if isinstance(c, Status)]
    assert answers[1:] == [("Alert", 200), ("Replace", 200), (word.name, int(code))]


def test_a_log_hides_all_of_it():
    from dmkit.transport.redact import redact

    word = Unknown("Put", (Element("Item", "", (Element("Data", "", ("geheim",)),)),), "1")
    message = Message(Header("1", "1", "t", "s"), (word,), True)
    safe = redact(dm.Packet("t", XML.encode(message), XML.media_type))
    assert safe is not None and b"geheim" not in safe.body and b"******" in safe.body
