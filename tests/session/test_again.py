"""Messages written by what was written before: the octets of the codec, and nothing that was said once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import dmkit as dm
from dmkit.session import packages
from dmkit.session.again import MEMORIES, MessageMemory
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.wire.compiled import paths
from dmkit.wire.numbers import number
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Command,
    Cred,
    Element,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Status,
)
from tests import strategies
from tests.golden.notation import goldens
from tests.pair import both, client_against_script, scaled, server_against_script
from tests.wire.test_paths import mutant

HEADER = Header("1", "2", "IMEI:1", "http://s/dm")
CHAL = Meta(format="b64", type="syncml:auth-md5", next_nonce="bm9uY2U=")
HEAD = Status(StatusCode(212), "1", "0", "SyncHdr", ("http://s/dm",), ("IMEI:1",), CHAL)
CODECS = pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda codec: codec.name)


def said(memory: MessageMemory, header: Header, head: Status | None, rest: tuple[Command, ...], final: bool) -> Any:
    """What ``memory`` writes, which is what its codec writes; None where it leaves that to the codec."""
    commands = rest if head is None else (head, *rest)
    found = memory.packed(header, commands, final)
    if found is not None:
        message = Message(header, number(commands), final)
        assert found == (message, memory.codec.encode(message))
        assert all(
            mine.__class__ is its.__class__ for mine, its in zip(found[0].commands, message.commands, strict=True)
        )
    return found


OWN = {codec: MessageMemory(codec) for codec in (XML, WBXML)}


@settings(max_examples=60)
@given(strategies.messages(), st.booleans(), st.booleans())
def test_what_is_remembered_is_what_the_codec_writes(message: Message, headed: bool, binary: bool) -> None:
    memory = OWN[WBXML if binary else XML]
    for _ in range(3):
        said(memory, message.header, HEAD if headed else None, message.commands, message.final)


@CODECS
@pytest.mark.parametrize("name", ["ml", "b", "a name of many signs", "Add"])
def test_mark_up_whose_names_have_no_token_changes_no_message_after_it(codec: Codec, name: str) -> None:
    """Names without a token stand in a string table in front of a message of WBXML, and in front of no other."""
    memory = MessageMemory(codec)
    odd = Replace((Item(target="./A", data=Element(name.replace(" ", "-"), "urn:x", ("text",))),))
    usual = (Get.of("./B"),)
    for rest in (usual, usual, usual, (odd,), (odd,), (odd,), usual):
        for head in (HEAD, None):
            found = said(memory, HEADER, head, rest, True)
    assert found is not None


HEADERS = {
    "plain": HEADER,
    "with a proof": replace(HEADER, source_name="me", cred=Cred("Zm9v", Meta(format="b64", type="syncml:auth-md5"))),
    "a name without a proof": replace(HEADER, source_name=""),
    "an address to answer to": replace(HEADER, resp_uri="http://s/dm/~x?a=%41&b=%s"),
    "limits": replace(HEADER, meta=Meta(max_msg_size=4096)),
    "names": replace(HEADER, target_name="100%", source_name="a<b&c"),
    "a sign of private use": replace(HEADER, target_name="\ue000", source="\ue000"),
    "no answer": replace(HEADER, no_resp=True),
}
HEADS = {
    "none": None,
    "plain": replace(HEAD, chal=None, code=StatusCode.OK),
    "a nonce": HEAD,
    "an empty nonce": replace(HEAD, chal=replace(CHAL, next_nonce="")),
    "a challenge without a nonce": replace(
        HEAD, code=StatusCode(407), chal=Meta(format="b64", type="syncml:auth-basic")
    ),
    "a nonce that is none": replace(HEAD, chal=replace(CHAL, next_nonce="%s<&>\r")),
    "no addresses": replace(HEAD, target_refs=(), source_refs=()),
    "three addresses": replace(HEAD, target_refs=("a", "b"), source_refs=("%", "%%s")),
    "versions": replace(HEAD, code=StatusCode(505), chal=None, items=(Item(data="1.2"),)),
}
BODIES: dict[str, tuple[Command, ...]] = {
    "nothing": (),
    "Statuses": (Status(StatusCode.OK, "1", "1", "Alert"), Status(StatusCode(404), "1", "2", "Get", ("./%s",))),
    "DevInfo": (
        Alert(AlertCode(1201)),
        Replace((Item(source="./DevInfo/Man", data="100 %"), Item(source="./A", data=""))),
    ),
    "a value": (Add((Item(target="./A", meta=Meta(format="chr"), data="<&\r>"),), cmd_id="9"), Get.of("./B")),
    "Results": (Results((Item(source="./A", data="é\U0001d11e"),), "1", "2"),),
    "a container": (dm.words.model.Atomic.of(Get.of("./A"), Get.of("./B")), Get.of("./C")),
}


@CODECS
@pytest.mark.parametrize("body", BODIES)
def test_headers_statuses_and_bodies_in_any_order(codec: Codec, body: str) -> None:
    memory = MessageMemory(codec)
    for final, header, head, n in product((True, False), HEADERS.values(), HEADS.values(), "123"):
        said(memory, replace(header, session_id=n, msg_id=f"{n}0"), head, BODIES[body], final)


@CODECS
def test_the_usual_messages_are_remembered(codec: Codec) -> None:
    memory = MessageMemory(codec)
    for body in ("nothing", "Statuses", "DevInfo", "a value", "Results"):
        for head in ("plain", "a nonce", "no addresses"):
            told = [said(memory, HEADERS["with a proof"], HEADS[head], BODIES[body], True) for _ in range(2)]
            assert told[1] is not None, (body, head)


@CODECS
def test_what_came_once_is_not_kept_and_nothing_without_end(codec: Codec) -> None:
    memory = MessageMemory(codec)
    for at in range(600):
        assert said(memory, HEADER, HEAD, (Replace.of("./A", f"secret {at}"),), True) is None
    kept = (memory._headers, memory._statuses, memory._bodies)
    assert not any(kept) and len(memory._once) <= 256
    for at in range(600):
        for _ in range(2):
            said(
                memory,
                replace(HEADER, target_name=f"n{at}"),
                replace(HEAD, cmd_ref=f"{at}"),
                (Get.of(f"./{at}"),),
                True,
            )
            said(memory, HEADER, HEAD, (Replace.of("./A", f"{at}" + "x" * 2000),), True)
    assert all(0 < len(memories) <= 256 for memories in kept)
    assert max(len(body.form) for body in memory._bodies.values()) < 1024


@CODECS
@pytest.mark.parametrize(
    ("usual", "strange"),
    [
        (Status(StatusCode.OK, "1", "1", "Get"), Status(200.0, "1", "1", "Get")),  # type: ignore[arg-type]
        (Alert(AlertCode(1226)), Alert(1226.0)),  # type: ignore[arg-type]
        (Replace((Item("./A", meta=Meta(size=1), data="a"),)), Replace((Item("./A", meta=Meta(size=True), data="a"),))),
        (Get.of("./A"), Get((Item("./A", data=["x"]),))),  # type: ignore[arg-type]
        (Get.of("./A"), Get((Item("./A", data="\ud800"),))),
        (Get.of("./A"), Get((Item("./A\0"),))),
    ],
)
def test_what_is_equal_and_of_another_type_is_left_to_the_codec(codec: Codec, usual: Command, strange: Command) -> None:
    memory = MessageMemory(codec)
    for _ in range(3):
        said(memory, HEADER, HEAD, (usual,), True)
    for _ in range(3):
        assert memory.packed(HEADER, (HEAD, strange), True) is None
    head = replace(HEAD, code=212.0)
    assert head == HEAD and memory.packed(HEADER, (head, usual), True) is None


@CODECS
@pytest.mark.parametrize("field", ["session_id", "target", "source"])
def test_a_text_that_cannot_be_written_is_left_to_the_codec(codec: Codec, field: str) -> None:
    memory = MessageMemory(codec)
    for _ in range(3):
        said(memory, HEADER, HEAD, BODIES["Statuses"], True)
    for bad in ("x\0\1", "\ud800"):
        assert memory.packed(replace(HEADER, **{field: bad}), (HEAD, *BODIES["Statuses"]), True) is None
        assert memory.packed(HEADER, (replace(HEAD, target_refs=(bad,)), *BODIES["Statuses"]), True) is None


def test_a_codec_of_ones_own_sees_each_message() -> None:
    class Own(type(XML)):  # type: ignore[misc]
        seen = 0

        def encode(self, message: Message) -> bytes:
            Own.seen += 1
            return super().encode(message)

    device = dm.Device.example(codec=Own())
    server = dm.Server.example(device)
    for _ in range(4):
        dm.converse(device, server, job=dm.jobs.put("./APN/Name", "internet"))
    assert Own.seen >= 4 * 2 and Own not in MEMORIES


# -- whole sessions, with memory and without


def spoken(g: Any, codec: Codec) -> list[Any]:
    """What is said when the golden ``g`` is played by whoever keeps the rules in it."""
    g = scaled(g, codec)
    unfaulty = {"client": (server_against_script,), "server": (client_against_script,)}
    sides = unfaulty.get(g.faulty, (client_against_script, server_against_script, both))
    talks = [side(g, codec)[0] for side in sides]
    return [(talk.packets, [str(event) for event in talk.events]) for talk in talks]


@CODECS
@pytest.mark.parametrize("g", goldens(), ids=lambda g: g.name)
def test_golden_conversations_are_the_same_octets(g: Any, codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    with paths(fast=True):
        remembered = [spoken(g, codec) for _ in range(3)]
        monkeypatch.setattr(packages, "MEMORIES", {})
        assert remembered == [spoken(g, codec)] * 3
    with paths(fast=False):
        assert spoken(g, codec) == remembered[0]


def stages(codec: Codec, rules: dm.Rules) -> Iterator[tuple[Any, Any, dm.Packet]]:
    """Both sides of a session of six messages as they stand when a packet comes to one of them."""
    device = dm.Device.example(codec=codec, rules=rules)
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.put("./APN/Name", "internet"))
    client = device.connect()
    packet = client.start().reply
    while packet is not None:
        side = client if packet.to == client.address else server
        yield side, side.snapshot(), packet
        yield device, device.snapshot(), packet
        packet = side.receive(packet).reply


def compared(codec: Codec, rules: dm.Rules, seed: int, most: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Mutants of packets to sides with memory and without: the same steps and values; how many were answered."""
    chance, answered = Random(seed), 0
    found = list(stages(codec, rules))
    places = [(side, value, found[2 * at + 1], packet) for at, (side, value, packet) in enumerate(found[::2])]
    for _ in range(most):
        side, value, (device, before, _), packet = chance.choice(places)
        changed = packet if chance.random() < 0.2 else replace(packet, body=mutant(packet.body, codec.name, chance))
        ends = []
        for remembers in (True, True, False):
            with monkeypatch.context() as patched:
                if not remembers:
                    patched.setattr(packages, "MEMORIES", {})
                device.restore(before)
                side.restore(value)
                step = side.receive(changed)
                ends.append((step, side.snapshot(), device.snapshot()))
        assert ends[0] == ends[1] == ends[2], changed
        answered += ends[0][0].reply is not None
    return answered


LENIENT = {"strict": dm.Rules(), "lenient": dm.Rules(lenient=True), "per message": dm.Rules(nonce="message")}


@CODECS
@pytest.mark.parametrize("rules", LENIENT)
def test_mutants_of_messages_are_answered_alike(codec: Codec, rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(codec, LENIENT[rules], 1, 150, monkeypatch) > 50


@pytest.mark.nightly
@CODECS
@pytest.mark.parametrize("rules", LENIENT)
def test_ten_thousand_mutants_are_answered_alike(codec: Codec, rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(codec, LENIENT[rules], 2, 1700, monkeypatch) > 500
