"""Every file that dmkit knows, in every form: there and back without loss; what no table knows stays octets."""

from __future__ import annotations

import pytest

from dmkit.card.card import ATR
from dmkit.card.codings import ICCID
from dmkit.card.files import MF
from dmkit.card.images.formats import FORMS, form_of, read_image, write_image
from dmkit.card.images.image import (
    CardImage,
    FileImage,
    below_of,
    differences,
    known,
    left_out,
    of_card,
    rows_of,
    template,
    to_card,
)
from dmkit.card.tlv import Tlv

_AID, _SFI = 0x84, 0x88


def places(row=MF, names=(MF.name,)):
    """Every directory that a table has, and its names from the MF on."""
    yield names, row
    for one in below_of(row.name):
        yield from places(one, (*names, one.name))


def said(row):
    """What a file says: its first vectors, where it has some, else what a new one says."""
    count = row.records or 1
    values = [bytes.fromhex(octets).ljust(row.size, b"\xff") for octets, _ in row.vectors]
    fitting = tuple(octets for octets in values if len(octets) == row.size)[:count]
    return fitting + row.content()[len(fitting) :]


def whole():
    files = []
    for names, row in places():
        more = [Tlv(_AID, row.aid)] if row.aid else []
        files.append(FileImage(names, template("directory", row.fid, None, *more)))
        for file in rows_of(row.name):
            sfi = Tlv(_SFI, bytes([file.sfi << 3]) if file.sfi else b"")
            content = (ICCID.encode("8900101000000000019"),) if file.name == "EF.ICCID" else said(file)
            files.append(FileImage((*names, file.name), template(file.structure, file.fid, content, sfi), content))
        unknown = (b"\x00\xff\x80",)
        files.append(FileImage((*names, "EF.5A5A"), template("transparent", 0x5A5A, unknown, Tlv(_SFI)), unknown))
    return CardImage(tuple(files), "UICC with a USIM", ATR)


WHOLE = whole()


def contents(image):
    return {one.path: (one.structure, one.fid, one.sfi, one.content) for one in image.files}


def test_the_table_is_large():
    assert len([one for one in WHOLE.files if known(one.path)]) >= 190
    assert len({one.path for one in WHOLE.files}) == len(WHOLE.files)
    assert {"MF/ADF.ISIM/EF.IMPI", "MF/ADF.USIM/DF.5GS/EF.SUCI_Calc_Info"} <= {one.path for one in WHOLE.files}


@pytest.mark.parametrize("form", FORMS)
def test_every_file_goes_there_and_back(form):
    written = write_image(WHOLE, form)
    assert form_of(written) == form
    again = read_image(written)
    assert differences(WHOLE, again) == ()
    ours, theirs = contents(WHOLE), contents(again)
    content_alone = form == "script"  # a script of pySim has no templates
    lost = {path for path in ours if not content_alone and ours[path] != theirs[path]}
    assert lost == set()
    assert write_image(again, form) == written


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", FORMS)
def test_one_form_into_another(first, second):
    between = read_image(write_image(WHOLE, first))
    again = read_image(write_image(between, second))
    assert {one.path: one.content for one in again.files} == {one.path: one.content for one in WHOLE.files}


def test_a_software_card_has_them_all():
    card = to_card(WHOLE)
    assert left_out(WHOLE) == ()
    assert {one.path: one.content for one in of_card(card).files} == {one.path: one.content for one in WHOLE.files}
    selected = card.transmit(bytes.fromhex("00A4040407A0000000871004"))
    assert selected[:1] == b"\x61", "the ISIM is an application"
    assert card.transmit(bytes.fromhex("00A4000C026F02"))[-2:] == b"\x90\x00"
    assert card.value("EF.IMPI") == {"nai": "738006000000101@ims.mnc000.mcc738.3gppnetwork.org"}
