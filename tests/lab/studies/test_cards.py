"""Cards for lessons: the operator's other end, commands by hand, what reading and writing cost, the explorer."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.card.apdu import CommandApdu
from dmkit.lab.boards.card import COMMANDS, card_explorer, look_at
from dmkit.lab.studies import cards
from dmkit.words.errors import CodecError


def test_card_and_operator_share_their_keys():
    card, operator = cards.operator(b"x")
    sent = operator.challenge()
    ask = f"008800812210{sent.rand.hex()}10{sent.autn.hex()}00"
    log = cards.send(card, "00A4040C07A0000000871002", ask)
    assert log[1].data[2:10] == sent.xres


def test_commands_by_hand():
    card = dm.Usim.example()
    assert len(cards.send(card, "00A4000C022FE2", bytes.fromhex("00B000000A"))) == 2
    assert len(cards.send(card, "00B000000A")) == 1 and len(card.log) == 3
    with pytest.raises(CodecError, match="no command in hexadecimal"):
        cards.send(card, "00A4 xyz")


def test_power_on_begins_with_a_reset_and_shows_the_pin():
    card, _ = cards.operator(b"x", pin="1234")
    log = cards.power_on(card, "1234")
    assert log[0].before.session.verified == frozenset() and log[-1].after.session.verified == {1}
    assert "IMSI: 001010123456789" in repr(log)


def test_what_reading_costs():
    frame = cards.read_cost([100, 1000])
    assert list(frame["commands"]) == [16, 20] and list(frame.columns) == list(cards.READ_COST)
    assert frame.attrs["measure"] == "cards.read_cost" and frame.attrs["version"] == dm.__version__


def test_what_writing_over_the_air_costs_is_what_the_sheet_says():
    frame = cards.air_cost([600], ["checksum and cipher, AES"])
    [row] = frame.to_dict("records")
    assert (row["packet"], row["messages"], row["proof"]) == (666, 5, "OK")
    assert cards.air_cost([48], ["checksum and cipher, AES"])["messages"].tolist() == [1]


def test_the_figure_has_a_line_per_protection():
    axes = cards.plot_air_cost(cards.air_cost([50, 400]))
    assert [line.get_label() for line in axes.get_lines()] == list(cards.PROTECTIONS)


def test_the_file_is_rewritten_as_a_whole():
    card, operator = cards.operator(bytes(1400))
    phone = dm.Device.blank(card=card)
    operator.rewrite(phone, b"short")
    assert card.memory.files[(0x7F50, 0x6431)].content[0] == b"short".ljust(1400, b"\xff")


# -- the explorer


def test_every_command_that_can_be_picked_is_one():
    assert all(CommandApdu.parse(bytes.fromhex(text)) for text in COMMANDS.values())


def test_sending_changes_every_pane():
    shown = card_explorer()
    before = {name: pane.value for name, pane in shown.panes.items()}
    shown.choice.value = "SELECT EF.ICCID"
    assert shown.command.value == "00A40004022FE2"
    shown.send.click()
    assert all(shown.panes[name].value != before[name] for name in before)
    assert "← here" in shown.panes["files"].value and "6119" in shown.status.value.replace(" ", "")
    assert repr(shown) == "CardExplorer(at EF.ICCID, 1 exchange)"


def test_what_is_typed_wrong_is_said_and_sends_nothing():
    shown = card_explorer()
    shown.command.value = "00 A4 zz"
    shown.send.click()
    assert "no command in hexadecimal" in shown.status.value and len(shown.card.log) == 0


def test_writing_marks_the_file_and_reset_forgets_the_key():
    shown = card_explorer()
    for name in ("VERIFY ADM1", "SELECT PKCS#15", "SELECT EF.DM_Bootstrap", "UPDATE BINARY, one octet AA"):
        shown.choice.value = name
        shown.send.click()
    assert "~ changed" in shown.panes["files"].value
    shown.reset.click()
    assert "3b 9d 96" in shown.status.value and shown.card.state.session.verified == frozenset()
    assert "~ changed" in shown.panes["files"].value, "what was written stays"


def test_the_page_without_kernel_shows_the_first_screen():
    shown = card_explorer(None, "00A40004022F00")
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "CardExplorer(at EF.DIR, 1 exchange)"
    assert "EF.DIR" in bundle["text/html"] and "<script" not in bundle["text/html"]
    assert look_at(dm.Usim.example()).exchange.text == "nothing was said yet"
    assert all(control.description for control in (shown.choice, shown.command, shown.send, shown.reset))
