"""Card files: vectors read and write, what a new card says can be read, any octets give CodecError at most."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card import codings
from dmkit.card.access import RECORDS
from dmkit.card.card import Usim
from dmkit.card.files import DIRECTORIES, MF, USIM, Ef
from dmkit.words.errors import CodecError

ROWS = [row for directory in DIRECTORIES.values() for row in directory.files]
VECTORS = [(row, octets, value) for row in ROWS for octets, value in row.vectors]
CODINGS = [coding for coding in vars(codings).values() if isinstance(coding, codings.Coding)]


@pytest.mark.parametrize("row, octets, value", VECTORS, ids=[f"{row.name}-{octets[:8]}" for row, octets, _ in VECTORS])
def test_vector_reads_and_writes(row, octets, value):
    data = bytes.fromhex(octets)
    assert row.coding.decode(data) == value
    assert row.coding.fill(row.coding.encode(value), len(data)) == data


def test_most_codings_have_a_vector():
    covered = {row.coding.name for row, _, _ in VECTORS}
    assert len(covered) >= 17, sorted({coding.name for coding in CODINGS} - covered)


@pytest.mark.parametrize("directory", DIRECTORIES.values(), ids=lambda directory: directory.name)
def test_identifiers_are_unique_and_in_range(directory):
    fids = [row.fid for row in directory.files]
    assert len(set(fids)) == len(fids)
    sfis = [row.sfi for row in directory.files if row.sfi]
    assert len(set(sfis)) == len(sfis) and all(1 <= sfi <= 30 for sfi in sfis)
    assert all(row.access in RECORDS for row in directory.files)


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
