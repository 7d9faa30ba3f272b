"""Cards to files of other tools and back: nothing is lost, known or not; what differs is said."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.card.images.formats import FORMS, form_of, read_image, write_image
from dmkit.card.images.image import FileImage, differences, left_out, of_card, template, to_card
from dmkit.card.images.pysim import read_dump, read_script, write_dump
from dmkit.words.errors import CodecError, DmError
from tests.card.images.cards import CARDS, data_objects, image

PYSIM = ("fsdump", "script")


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("form", PYSIM)
def test_every_file_comes_back_and_makes_the_same_card(name, form):
    ours = image(name)
    octets = write_image(ours, form)
    assert form_of(octets) == form
    theirs = read_image(octets)
    assert theirs.files == ours.files and not differences(ours, theirs) and not left_out(theirs)
    again = to_card(replace(theirs, keys=ours.keys, name=ours.name))
    card = CARDS[name]()
    assert {path: stored.content for path, stored in again.memory.files.items()} == {
        path: stored.content for path, stored in card.memory.files.items()
    }
    assert [again.memory.rule_of(path) for path in card.memory.files] == [
        card.memory.rule_of(path) for path in card.memory.files
    ]
    assert of_card(again).files == ours.files
    assert str(again.tree) == str(card.tree)
    assert write_image(of_card(again), form) == octets


def test_a_card_from_a_dump_is_used_as_any_other():
    ours = dm.Usim.example(b"a document")
    card = to_card(read_dump(write_dump(of_card(ours))))
    device = dm.Device.blank(card=card)
    assert "9 octets" not in str(device.bootstrap().events) and card.value("EF.ICCID") == "8900101000000000019"
    from dmkit.bootstrap.card_reading import read
    from dmkit.card.terminal import run

    assert run(card, read()).files == run(ours, read()).files


def test_what_a_dump_says_besides_is_kept():
    whole = json.loads(write_dump(image("usim")))
    whole["eid"], whole["files"]["MF/EF.DIR"]["fcp"] = "89049032", {"file_size": 256, "odd": [None, True]}
    whole["files"]["MF/EF.SECRET"] = {
        "path": ["MF", "EF.SECRET"], "fcp_raw": "62098202412183022f55",
        "error": {"sw_actual": "6982", "sw_expected": "9000", "message": "security status"},
    }  # fmt: skip
    theirs = read_dump(json.dumps(whole))
    assert json.loads(write_dump(theirs)) == whole
    assert left_out(theirs) == (("MF/EF.SECRET", "its content was not read"),)
    assert (0x2F55,) not in to_card(theirs).memory.files


def test_files_of_data_objects_pass_through_but_not_into_the_card():
    ours = image("wim")
    ours = replace(ours, files=(*ours.files, data_objects()))
    for form in PYSIM:
        theirs = read_image(write_image(ours, form))
        assert theirs.files[-1] == data_objects() and write_image(theirs, form) == write_image(
            replace(ours, name=theirs.name, atr=theirs.atr), form
        )
    assert [path for path, _ in left_out(ours)] == ["MF/EF.OBJECTS"]
    assert (0x2F77,) not in to_card(ours).memory.files


def test_a_script_without_comments_is_read_from_its_commands():
    text = """
    select MF
    select MF/EF.ICCID
    update_binary 980001010000000010f9
    select MF/ADF.USIM/EF.MSISDN
    update_record 2 4f776effffffffffffffffffffff0791947110325476ffffffffffff
    """
    card = to_card(read_script(text))
    assert card.value("EF.ICCID") == "8900101000000000019"
    assert card.value("EF.MSISDN") == [None, {"name": "Own", "number": "+491701234567"}]


SIM_ANSWERS = {
    "0000000a2fe204000fff4401020000": ("transparent", 0x2FE2),
    "000001186f3a040011ff220102011c": ("linear", 0x6F3A),
    "000000066f39044011ff2201020303": ("cyclic", 0x6F39),
    "00007fff3f0001000000000009130000040083838383": ("directory", 0x3F00),
}


@pytest.mark.parametrize("answer", SIM_ANSWERS)
def test_what_a_sim_answers_to_select_is_read(answer):
    one = FileImage(("MF", "EF.X"), bytes.fromhex(answer))
    assert (one.structure, one.fid, one.sfi, one.rule) == (*SIM_ANSWERS[answer], 0, (0, 0))


def test_applications_without_an_identifier_get_one_each():
    adf = template("directory", 0x7FFF, None)
    files = [FileImage(("MF", f"ADF.{name}"), adf) for name in ("ISIM", "CSIM", "USIM")]
    files += [FileImage((*one.names, "EF.X"), template("transparent", 0x6F99, (b"x",)), (b"x",)) for one in files]
    card = to_card(replace(image("wim"), files=tuple(files)))
    assert len({path[0] for path in card.memory.files}) == 3 == len(card.memory.files)


# -- what differs


def test_what_differs_is_said_in_words():
    left, right = (of_card(dm.Usim.example(imsi=imsi)) for imsi in ("001010123456789", "001010123456780"))
    found = differences(left, right)
    assert [one.path for one in found] == ["MF/DF.GSM/EF.IMSI", "MF/ADF.USIM/EF.IMSI"]
    assert found[1].left.startswith("001010123456789 (08")


def test_what_is_on_one_side_only_is_said():
    left, right = image("usim"), image("sim")
    found = {one.path: one for one in differences(left, right)}
    assert found["MF/ADF.USIM"].right == "" and found["MF/ADF.USIM/EF.UST"].left == "transparent, 1 x 15 octets"
    assert {path: (one.right, one.left) for path, one in found.items()} == {
        one.path: (one.left, one.right) for one in differences(right, left)
    }
    assert "EF.ADN record 3" in str(differences(left, replace(left, files=tuple(_changed(one) for one in left.files))))


def _changed(one):
    if one.path != "MF/DF.TELECOM/EF.ADN":
        return one
    return replace(one, content=(*one.content[:2], b"\0" * 28, *one.content[3:]))


# -- bad input


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"), ("{}", "object with files by path"), ('{"files": []}', "object with files by path"),
        ('{"files": {"MF": 3}}', "a file is an object"), ('{"files": {"MF": {"fcp_raw": 3}}}', "hexadecimal"),
        ('{"files": {"MF": {"fcp_raw": "0g"}}}', "hexadecimal"), ('{"files": {"MF": {"body": {"a": {}}}}}', "--json"),
        ('{"files": {"MF": {"body": "1"}}}', "hexadecimal"), ('{"files": {"MF": {"body": [1]}}}', "without --json"),
        ('{"files": {"MF": {"body": {"x": "00"}}}}', "no tag"), ("[" * 100_000, "no JSON"),
        ('{"files": {"MF": {"x": ' + "[" * 900 + "]" * 900 + "}}}", "nested too deeply"),
        ('{"files": {}, "atr": 5}', "atr: octets"), ("", "this has none"), ("hello", "no command of an exported"),
        ("select", "names a file"), ("update_binary 00", "before any select"), ("select MF\nupdate_binary x", "line 2"),
        ("select MF\nupdate_record 0 00", "1 to 254"), ("select MF\nupdate_record 255 00", "1 to 254"),
        ("select MF\nupdate_binary_decoded '{}'", "no command"), (b"\xff\xfe", "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_card_is_said_in_one_sentence(text, says):
    octets = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(CodecError, match=says):
        read_image(octets)


def mutated(octets, seed):
    """The octets with a few changed, taken out, doubled or put in."""
    chance = random.Random(seed)
    some = bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        at, kind = chance.randrange(len(some) + 1), chance.randrange(5)
        if kind == 0 and at < len(some):
            some[at] = chance.randrange(256)
        elif kind == 1:
            del some[at : at + chance.choice((1, 2, 40, 400))]
        elif kind == 2:
            some[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 4)))
        elif kind == 3:
            piece = some[at : at + chance.randint(1, 200)]
            some[at:at] = piece
        elif at < len(some):
            some[at : at + 1] = chance.choice((b'"', b"}", b"\n", b"{", b"0", b"f", b"", b"\x80", b"\x00"))
        if not some:
            some = bytearray(b"\0")
    return bytes(some)


@pytest.mark.slow
@pytest.mark.parametrize("many", [150, pytest.param(10_000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["wim", "unknown"])
def test_mutated_files_are_a_card_or_a_codec_error(form, name, many):
    octets, taken = write_image(image(name), form), 0
    for seed in range(many):
        try:
            found = read_image(mutated(octets, seed))
            list(differences(found, image("wim"))), left_out(found)
            write_image(read_image(write_image(found, "fsdump")), form)
            to_card(found).transmit(bytes.fromhex("00A4000C023F00"))
        except CodecError:
            continue
        except DmError as error:  # pragma: no cover
            raise AssertionError(f"seed {seed}: {error!r}") from error
        taken += 1
    assert 0 < taken < many
