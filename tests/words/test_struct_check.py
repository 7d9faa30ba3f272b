"""A message made by hand of wrong types is one sentence: in a job, in a codec, and in the makers of commands."""

from __future__ import annotations

import pytest
from hypothesis import given

import dmkit as dm
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError, JobError
from dmkit.words.model import Add, Alert, Atomic, Exec, Get, Header, Item, Message, Meta, Replace, Sequence, Status
from dmkit.words.struct_check import struct_fault
from tests.strategies import messages

LANG = "./DevInfo/Lang"

WRONG = [
    (Get("./DevInfo"), "Get.items is './DevInfo'; it must be a tuple, each entry an Item"),
    (Get([Item(target=LANG)]), "Get.items is [Item(target='./DevInfo/Lang')]; it must be a tuple"),
    (Get((LANG,)), "Get.items is a tuple with './DevInfo/Lang'; it must be a tuple, each entry an Item"),
    (Get((Item(target=5),)), "Get: Item.target is 5; it must be a text or None"),
    (Get((Item(target=LANG), Item(target=b"./A"))), "Get: Item.target is b'./A'; it must be a text or None"),
    (Get((Item(target=LANG),), no_resp="no"), "Get.no_resp is 'no'; it must be True or False"),
    (Get((Item(target=LANG),), cmd_id=3), "Get.cmd_id is 3; it must be a text"),
    (Replace((Item(target=LANG, data=7),)), "Replace: Item.data is of type int; it must be a text, octets"),
    (Replace((Item(target=LANG, data="x", meta="chr"),)), "Replace: Item.meta is 'chr'; it must be a Meta or None"),
    (Replace((Item(target=LANG, meta=Meta(format=3)),)), "Replace: Item: Meta.format is 3; it must be a text or None"),
    (Replace((Item(target=LANG, meta=Meta(size="big")),)), "Meta.size is 'big'; it must be a whole number or None"),
    (Alert(code=1201), "Alert.code is 1201; it must be an AlertCode: AlertCode(1201)"),
    (Alert(code="1201"), "Alert.code is '1201'; it must be an AlertCode"),
    (Atomic((Get("x"),)), "Atomic: Get.items is 'x'; it must be a tuple, each entry an Item"),
    (Sequence((Atomic((Exec("x"),)),)), "Sequence: Atomic: Exec.items is 'x'"),
]
EMPTY = [(Get(()), "Get has no Item"), (Atomic.of(Add(())), "Add has no Item")]


@pytest.mark.parametrize(("command", "why"), [*WRONG, *EMPTY], ids=[why for _, why in [*WRONG, *EMPTY]])
def test_a_job_that_yields_a_wrong_command_is_told_which_field(command, why):
    def job(info):
        yield [dm.Get.of("./DevInfo/Man")]
        yield [command]

    device = dm.Device.example()
    with pytest.raises(JobError) as caught:
        dm.converse(device, dm.Server.example(device), job=job)
    assert why in str(caught.value) and "\n" not in str(caught.value)


SOUND = [
    Get((Item(target=LANG), Item(target="./A"))),
    Get((Item(target=LANG),), no_resp=True, cmd_id="3"),
    Replace((Item(target=LANG, data="x", meta=Meta(format="chr", size=1)),)),
    Replace((Item(target=LANG, data=b"x"),), Meta(size=3)),
    Atomic((Get((Item(target="x"),)), Sequence((Exec((Item(target="x"),)),)))),
]


@pytest.mark.parametrize(("command", "why"), WRONG, ids=[why for _, why in WRONG])
def test_what_was_found_sound_before_lets_nothing_else_pass(command, why):
    for _ in range(2):
        assert [struct_fault(sound) for sound in SOUND] == [""] * len(SOUND)
    for _ in range(2):
        assert why in struct_fault(Sequence((*SOUND, command, *SOUND)))


def test_shapes_that_are_remembered_are_not_many():
    from dmkit.words.struct_check import _MANY, _shapes

    for number in range(2 * _MANY):
        name = type(f"Text{number}", (str,), {})("x")
        assert struct_fault(Item(target=name, source=name)) == ""
        assert struct_fault(Item(target=name, source=number)) != ""
    assert len(_shapes(Item)) <= _MANY


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=["xml", "wbxml"])
@pytest.mark.parametrize(("command", "why"), WRONG, ids=[why for _, why in WRONG])
def test_a_codec_says_which_field_it_cannot_write_or_writes(codec, command, why):
    message = Message(Header("1", "1", "https://dm.example.com/dm", "IMEI:493005100592800"), (command,))
    try:
        octets = codec.encode(message)
    except dm.CodecError as error:
        assert why in str(error)
    else:
        assert octets


@pytest.mark.parametrize("thing", ["<SyncML/>", None, 5, Get.of(LANG)], ids=["text", "none", "number", "command"])
def test_a_codec_writes_messages_only(thing):
    with pytest.raises(dm.CodecError, match="a codec writes a Message, not"):
        dm.XML.encode(thing)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Get.of(5), "an address is a text such as './DevInfo/Man', not 5"),
        (lambda: Get.of([LANG]), "an address is a text"),
        (lambda: dm.Delete.of(None), "an address is a text"),
        (lambda: dm.Copy.of("./A", 5), "an address is a text"),
        (lambda: Replace.of(None, "x"), "an address is a text"),
        (lambda: Replace.of(LANG, [1]), "the value of a leaf is a text, octets, a number, True, False or an Element"),
        (lambda: Replace.of(LANG, "x", format=3), "the format of a leaf is a text or None, not 3"),
        (lambda: Add.of(LANG, "x", type=5), "the type of a leaf is a text or None, not 5"),
        (lambda: Alert.of("x"), "the code of an Alert is a number such as 1226, not 'x'"),
        (lambda: Alert.of(1100, 5), "the Items of an Alert hold texts or None, not 5"),
    ],
)
def test_a_maker_says_at_once_what_is_wrong(make, why):
    with pytest.raises(ConfigError, match=why):
        make()


def test_a_secret_in_a_field_of_the_wrong_type_is_not_repeated():
    fault = struct_fault(Replace((Item(target=LANG, data=("hunter2",)),)))
    assert "of type tuple" in fault and "hunter2" not in fault
    assert "hunter2" not in struct_fault(Status(StatusCode(401), chal=Meta(next_nonce=["hunter2"])))


@given(messages())
def test_what_the_readers_make_is_sound(message):
    assert struct_fault(message) == ""
