"""Measures say what the messages themselves say."""

from __future__ import annotations

import msgspec
import pytest

import dmkit as dm
from dmkit.lab.measures.measure import (
    MESSAGE_SIZES,
    PACKAGE_COST,
    message_sizes,
    object_text,
    package_cost,
    write_object,
)
from dmkit.wire import wbxml

SIZES, LIMITS = (100, 3_000), (1_024, 4_096)


@pytest.fixture(scope="module")
def talk():
    device = dm.Device.example()
    return dm.converse(device, dm.Server.example(device), job=dm.jobs.inventory("."))


@pytest.fixture(scope="module")
def cost():
    return package_cost(SIZES, LIMITS)


def test_sizes_in_xml_are_those_of_the_packets(talk):
    assert list(message_sizes(talk)["xml"]) == [line.size for line in talk]
    assert list(message_sizes(talk)["message"]) == [line.label for line in talk]


def test_sizes_in_wbxml_are_those_of_the_packets_of_a_wbxml_session():
    device = dm.Device.example(codec=dm.WBXML)
    binary = dm.converse(device, dm.Server.example(device), job=dm.jobs.read("./DevInfo/Man"))
    frame = message_sizes(binary)
    assert list(frame["wbxml"]) == [line.size for line in binary]
    tables = [len(wbxml.encode(line.message, string_table=True)) for line in binary]
    assert list(frame["wbxml_table"]) == tables


def test_messages_and_octets_are_measured_like_lines(talk):
    frame = message_sizes(talk)
    for given in (talk.messages, [line.packet.body for line in talk]):
        assert list(message_sizes(given)["wbxml"]) == list(frame["wbxml"])


def test_octets_become_base64_in_xml_and_stay_octets_in_wbxml(talk):
    octets = bytes(300)
    command = dm.Replace.of("./A", octets, format="bin")
    message = msgspec.structs.replace(talk[0].message, commands=(command,))
    with_octets = message_sizes([message])
    nothing = msgspec.structs.replace(message, commands=(dm.Replace.of("./A", b"", format="bin"),))
    without = message_sizes([nothing])
    assert with_octets["xml"][0] - without["xml"][0] == pytest.approx(400, abs=15)
    assert with_octets["wbxml"][0] - without["wbxml"][0] == pytest.approx(300, abs=5)


def test_each_row_is_the_session_it_speaks_of(cost):
    for row in cost.itertuples():
        talk, outcome = write_object(row.size, row.max_message)
        assert (row.messages, row.octets, row.round_trips) == (len(talk), talk.size["both"], talk.round_trips)
        assert row.overhead == row.octets - row.size
        assert row.status == outcome.status == 200
        assert max(line.size for line in talk) <= row.max_message
        dm.session.assert_sound(talk)


def test_pieces_are_the_messages_with_a_part_of_the_object(cost):
    talk, _ = write_object(3_000, 1_024)
    parts = [
        item.data
        for message in talk.messages
        for command in message.commands
        if isinstance(command, dm.Replace)
        for item in command.items
        if item.target == "./Vendor/Acme/Name"
    ]
    row = cost[(cost["size"] == 3_000) & (cost["max_message"] == 1_024)].iloc[0]
    assert row["pieces"] == len(parts)
    assert "".join(parts) == object_text(3_000)


def test_a_smaller_limit_never_costs_less(cost):
    for _, rows in cost.groupby("size"):
        ordered = rows.sort_values("max_message")
        assert list(ordered["messages"]) == sorted(ordered["messages"], reverse=True)


def test_frames_say_how_they_came_about(cost, talk):
    assert cost.attrs["parameters"] == {"sizes": SIZES, "max_messages": LIMITS, "codec": "wbxml"}
    for frame, units in ((cost, PACKAGE_COST), (message_sizes(talk), MESSAGE_SIZES)):
        assert frame.attrs["version"] == dm.__version__
        assert frame.attrs["units"] == units
        assert list(frame.columns) == list(units)


@pytest.mark.unsound("the Statuses that must be sent are larger than the limit")
def test_a_limit_that_no_session_fits_into_is_said():
    with pytest.raises(dm.ConfigError, match="MaxMsgSize 300"):
        write_object(100, 300)


def test_progress_changes_nothing_but_the_screen(cost, capsys):
    assert package_cost(SIZES, LIMITS, progress=True).equals(cost)
    assert "sessions" in capsys.readouterr().err
