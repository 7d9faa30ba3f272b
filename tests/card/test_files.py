"""Card files: vectors read and write, what a new card says can be read, any octets give CodecError at most."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card import codings, more_codings
from dmkit.card.access import RECORDS
from dmkit.card.card import Usim
from dmkit.card.files import DIRECTORIES, MF, USIM, Ef
from dmkit.card.images.image import rows_of
from dmkit.card.more_files import MORE
from dmkit.words.errors import CodecError

KNOWN = [*DIRECTORIES.values(), *MORE]
ROWS = [row for directory in KNOWN for row in rows_of(directory.name)]
VECTORS = [(row, octets, value) for row in ROWS for octets, value in row.vectors]
CODINGS = [
    coding
    for module in (codings, more_codings)
    for coding in vars(module).values()
    if isinstance(coding, codings.Coding)
]


@pytest.mark.parametrize("row, octets, value", VECTORS, ids=[f"{row.name}-{octets[:8]}" for row, octets, _ in VECTORS])
def test_vector_reads_and_writes(row, octets, value):
    data = bytes.fromhex(octets)
    assert row.coding.decode(data) == value
    assert row.coding.fill(row.coding.encode(value), len(data)) == data


def test_most_codings_have_a_vector():
    covered = {row.coding.name for row, _, _ in VECTORS}
    assert len(covered) >= 30, sorted({coding.name for coding in CODINGS} - covered)


@pytest.mark.parametrize("directory", KNOWN, ids=lambda directory: directory.name)
def test_identifiers_are_unique_and_in_range(directory):
    rows = rows_of(directory.name)
    for each in ([row.fid for row in rows], [row.name for row in rows], [row.sfi for row in rows if row.sfi]):
        assert len(set(each)) == len(each)
    assert all(0 <= row.sfi <= 30 for row in rows)
    assert all(row.access in RECORDS for row in rows)


WRITTEN = [row for row in ROWS if row not in rows_of("DF.PKCS15")]  # those are made by pkcs15.directory, as a whole


@pytest.mark.parametrize("row", WRITTEN, ids=[f"{row.fid:04X}-{row.name}" for row in WRITTEN])
def test_what_is_written_in_a_file_is_what_was_read_from_it(row):
    """The whole of the file: what a new one says, and each vector filled to the size of a file or record."""
    pieces = [
        *row.content(),
        *(row.octets(value) for _, value in row.vectors if len(row.coding.encode(value)) <= row.size),
    ]
    for piece in pieces:
        try:
            value = row.coding.decode(piece)
        except CodecError:
            assert set(piece) == {0xFF}, "only a file that says nothing yet cannot be read"
            continue
        assert row.octets(value) == piece, value


@pytest.mark.parametrize("coding", [codings.DIALLING, more_codings.SMSP], ids=lambda coding: coding.name)
@given(name=st.text("abcDEF 09", max_size=10), tail=st.binary(min_size=28, max_size=28), room=st.integers(10, 30))
def test_a_number_of_any_kind_is_written_as_it_was_read(coding, name, tail, room):
    """Kinds of numbers that have no sign of their own, extensions, digits behind the length: kept as octets."""
    size = 14 if coding is codings.DIALLING else 28
    data = name.encode().ljust(room, b"\xff") + tail[:size]
    assert coding.fill(coding.encode(coding.decode(data)), len(data)) == data


@pytest.mark.parametrize(("coding", "value", "said"), [
    (more_codings.PCSCF, {"kind": "IPv5", "address": "x"}, "FQDN, IPv4, IPv6"),
    (more_codings.PCSCF, {"kind": "IPv4", "address": "fe80::1"}, "no address of kind IPv4"),
    (more_codings.ROUTING, {"digits": "12345"}, "up to 4 digits"),
    (more_codings.SMSP, {"name": "", "indicators": "fd", "destination": "", "centre": "+49", "protocol": "00",
                         "coding": "00", "validity": "00"}, "28 octets"),
    (codings.DIALLING, {"name": "", "number": "", "octets": "ff"}, "octets of a number are 14"),
    (codings.DIALLING, {"name": "", "number": "1" * 21}, "room for 20"),
    (more_codings.OPL, {"network": "1", "first": "0000", "last": "0000", "name": "00"}, "written 001-01"),
    (more_codings.OPL, {"network": "001-01", "first": "0000", "name": "00"}, "networks and names needs 'last'"),
    (more_codings.OPL, {"network": "001-01", "first": "00", "last": "0000", "name": "00"}, "8 octets, not 7"),
    (more_codings.OPL, {"network": "001-01", "first": "xx", "last": "0000", "name": "00"}, "no hexadecimal text"),
])  # fmt: skip
def test_a_value_that_is_none_is_refused_in_words(coding, value, said):
    with pytest.raises(CodecError, match=said):
        coding.encode(value)


def test_every_file_of_a_new_card_can_be_read():
    card = Usim.example(b"x")
    for path, stored in card.memory.files.items():
        assert sum(map(len, stored.content)) == stored.row.size * (stored.row.records or 1)
        try:
            card.memory.decode(path)
        except CodecError:  # only of files that say nothing yet
            assert set(b"".join(stored.content)) == {0xFF}, stored.row.name


def test_a_value_that_does_not_fit_is_refused():
    with pytest.raises(CodecError, match=r"EF\.SPN has room for 17 octets"):
        USIM.file("EF.SPN").content({"display": 1, "name": "x" * 17})
    with pytest.raises(CodecError, match="has 4 records"):
        MF.file("EF.DIR").content([{"aid": "a0"}] * 5)
    with pytest.raises(CodecError, match="6 to 15 digits"):
        USIM.file("EF.IMSI").content("1" * 16)


@given(st.sampled_from(CODINGS), st.binary(max_size=60))
def test_any_octets_are_read_or_refused(coding, data):
    with contextlib.suppress(CodecError):
        coding.decode(data)


@given(st.text("0123456789", min_size=6, max_size=15))
def test_imsi_round_trip(imsi):
    assert codings.IMSI.decode(codings.IMSI.encode(imsi)) == imsi


@given(st.lists(st.from_regex(r"[0-9]{3}-[0-9]{2,3}", fullmatch=True), max_size=4))
def test_networks_round_trip(networks):
    assert codings.PLMNS.decode(codings.PLMNS.encode(networks)) == networks


@given(st.sets(st.integers(1, 120)))
def test_services_round_trip(services):
    assert codings.SERVICES.decode(codings.SERVICES.encode(sorted(services))) == sorted(services)


def test_filling_never_switches_a_service_on():
    row = Ef(0x6F38, "EF.UST", 15, codings.SERVICES)
    assert codings.SERVICES.decode(row.content([1])[0]) == [1]


def test_a_file_of_a_sim_and_its_successor_have_one_name():
    """Dumps know files by their names: HPPLMN is none where a USIM says HPLMN."""
    sim, usim = ({row.fid: row.name for row in rows_of(name)} for name in ("DF.GSM", "ADF.USIM"))
    others = {name: usim[fid] for fid, name in sim.items() if usim.get(fid, name) != name}
    assert others == {"EF.LP": "EF.LI", "EF.SST": "EF.UST"}, "those that hold something else"
