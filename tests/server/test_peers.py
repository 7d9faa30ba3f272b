"""Compatibility profiles: each switch does something that can be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.server.peers import DEVICES, NOTES, PROFILES, profile
from dmkit.session.rules import Rules
from dmkit.words.errors import ConfigError

EASY = {"auth": "none", "server_auth": "none"}


def talk(name, *commands, max_message=None, device=None):
    rules = replace(PROFILES[name], **EASY)
    phone = dm.Device.example(rules=device or Rules(max_message=max_message, **EASY))
    server = dm.Server.example(phone, rules=rules)
    transcript = dm.converse(phone, server, job=dm.jobs.send(*commands))
    return transcript, server.results[-1].result if server.results else None, phone


def test_every_profile_is_explained_and_unknown_names_are_refused():
    assert set(PROFILES) == set(NOTES)
    assert PROFILES["spec"] == Rules()
    with pytest.raises(ConfigError, match="there are spec, lenient"):
        profile("nokia")


def test_libdmclient_gets_no_sequence_and_no_bare_node():
    sequence = dm.Sequence.of(dm.Add.of("./Vendor/New"), dm.Replace.of("./APN/Name", "x"))
    transcript, [outcome], phone = talk("libdmclient", sequence)
    assert [c.verb.value for c in transcript[1].message.commands[-2:]] == ["Add", "Replace"]
    assert transcript[1].message.commands[-2].items[0].data == ""
    assert [part.status for part in outcome.parts] == [200, 200]
    assert phone.tree.get("./APN/Name").value == "x"


@pytest.mark.parametrize("name", ["libdmclient", "hs20", "koneki"])
def test_no_large_object_goes_to_who_does_not_know_them(name):
    transcript, [outcome], _ = talk(name, dm.Replace.of("./APN/Name", "x" * 4000), max_message=2000)
    assert not any(item.more_data for m in transcript.messages for c in m.commands for item in getattr(c, "items", ()))
    assert outcome.status is None
    assert "does not fit" in outcome.why


def test_windows_is_told_no_maximum():
    transcript, _, _ = talk("windows", dm.Get.of("./DevInfo/Man"))
    assert transcript[1].message.header.meta is None


def test_webos_means_another_mac():
    assert PROFILES["webos"].auth.rfc2104


def test_a_lenient_server_goes_on_without_devinfo():
    phone = dm.Device.example(rules=Rules(**EASY))
    start = phone.connect().start().reply
    message = dm.XML.decode(start.body)
    bare = dm.XML.encode(dm.Message(message.header, message.commands[:1]))
    answers = {}
    for name in ("spec", "lenient"):
        server = dm.Server.example(phone, rules=replace(PROFILES[name], **EASY))
        reply = server.receive(dm.Packet(start.to, bare, start.media_type)).reply
        answers[name] = dm.XML.decode(reply.body).commands[0].code
    assert answers == {"spec": 400, "lenient": 200}


def test_a_device_that_takes_the_first_piece_for_the_whole_is_noticed():
    """libdmclient's way: the server stops, and does not believe in the 200."""
    device = replace(DEVICES["libdmclient"], max_message=1500, **EASY)
    _, [outcome], phone = talk("lenient", dm.Replace.of("./APN/Name", "x" * 4000), device=device)
    assert outcome.status is None
    assert "first piece" in outcome.why
    assert len(phone.tree.get("./APN/Name").value) < 4000


def test_a_device_that_answers_each_item_is_understood():
    device = replace(DEVICES["aosp"], **EASY)
    transcript, [outcome], _ = talk("aosp", dm.Get.of("./DevInfo/Man", "./DevInfo/Mod"), device=device)
    gets = [c for c in transcript[2].message.commands if isinstance(c, dm.Status) and c.cmd == "Get"]
    assert len(gets) == 2
    assert [part.status for part in outcome.parts] == [200, 200]
    assert [item.text for item in outcome.results] == ["Acme", "T1"]


def test_a_device_without_atomic_answers_406():
    device = replace(DEVICES["hs20"], **EASY)
    _, [outcome], phone = talk("hs20", dm.Atomic.of(dm.Replace.of("./APN/Name", "x")), device=device)
    assert outcome.status == 406
    assert phone.tree.get("./APN/Name").value == "internet.old"


@pytest.mark.unsound("the device ignores MaxMsgSize, as one real client does")
def test_a_device_that_ignores_max_message_is_borne():
    device = replace(DEVICES["windows"], heed_max_message=False, **EASY)
    phone = dm.Device.example(rules=device)
    server = dm.Server.example(phone, rules=replace(PROFILES["lenient"], max_message=600, **EASY))
    transcript = dm.converse(phone, server, job=dm.jobs.read("./DevInfo/Man", "./DevInfo/Mod", "./DevInfo/Lang"))
    assert max(line.size for line in transcript if line.sender == "client") > 600
    assert server.results[0].result["./DevInfo/Lang"] == "en"


def _said_by_server(rules: dm.Rules, *commands: dm.Add) -> list[dm.Add]:
    device = dm.Device.example()
    server = dm.Server.example(device, rules=rules)
    talk = dm.converse(device, server, job=dm.jobs.send(*commands))
    return [
        command
        for line in talk
        if line.sender == "server"
        for command in line.message.commands
        if command.verb != "Status"
    ]


def test_what_a_client_without_defaults_dies_of_is_written_out():
    """Seen with a real client: an Add without Format, and a question without options, end its process."""
    wishes = (
        dm.Add.of("./Vendor/A", "x"),
        dm.Add.of("./Vendor/B"),
        dm.Replace.of("./Vendor/Acme/Poll", 7),
        dm.Replace.of("./Vendor/Acme/Poll?prop=Title", "t"),
        dm.Alert.of(1100, None, "hello"),
    )
    leaf, node, number, title, question = _said_by_server(profile("libdmclient"), *wishes)
    assert (leaf.items[0].meta.format, leaf.items[0].meta.type) == ("chr", "text/plain")
    assert (node.items[0].meta.format, node.items[0].meta.type, node.items[0].data) == ("node", None, "")
    assert (number.items[0].meta.format, number.items[0].meta.type) == ("int", "text/plain")
    assert title.items[0].meta is None
    assert question.items[0].data == ""
    plain = _said_by_server(profile("lenient"), *wishes)
    assert plain[0].items[0].meta is None and plain[4].items[0].data is None


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=lambda codec: codec.name)
@pytest.mark.parametrize(("name", "octets", "cut", "text"), [
    ("aosp", 6000, True, True), ("aosp", 90, False, None), ("spec", 6000, True, None), ("lenient", 6000, True, None),
])  # fmt: skip
def test_large_binary_for_aosp_is_base64_in_wbxml_too(name, octets, cut, text, codec):
    rules = replace(PROFILES[name], **EASY)
    phone = dm.Device.example(codec=codec, rules=Rules(max_message=2000, **EASY))
    server = dm.Server.example(phone, rules=rules)
    data = bytes(range(256)) * (octets // 256) + bytes(octets % 256)
    transcript = dm.converse(
        phone, server, job=dm.jobs.send(dm.Add.of("./Vendor/Acme/Blob", data, type="application/x-blob"))
    )
    items = [i for m in transcript.messages for c in m.commands if isinstance(c, dm.Add | dm.Replace) for i in c.items]
    pieces = [item for item in items if (item.target or "").endswith("Blob")]
    assert any(item.more_data for item in pieces) is cut
    wanted = str if text or codec is dm.XML else bytes
    assert {type(item.data) for item in pieces} == {wanted}
    assert phone.tree.get("./Vendor/Acme/Blob").value == data


def test_large_binary_of_an_aosp_device_is_read_as_octets():
    device = replace(DEVICES["aosp"], **EASY)
    phone = dm.Device.example(codec=dm.WBXML, rules=device)
    phone.tree = phone.tree.set("./Vendor/Acme/Blob", bytes(range(256)) * 30)
    server = dm.Server.example(phone, rules=replace(PROFILES["aosp"], max_message=2000, **EASY))
    dm.converse(phone, server, job=dm.jobs.read("./Vendor/Acme/Blob"))
    assert server.results[0].result == {"./Vendor/Acme/Blob": bytes(range(256)) * 30}
