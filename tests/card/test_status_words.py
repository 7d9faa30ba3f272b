"""Status words of the card as the sheet lists them, written off by hand.  [usim sheet; TS 102 221 §10.2.1]"""

from __future__ import annotations

import pytest

from dmkit.card.apdu import STATUS_WORDS, StatusWord

WORDS = {
    0x9000: "done", 0x910B: "done; a proactive command of 11 octets waits for FETCH", 0x9300: "the toolkit is busy",
    0x6113: "done; 19 octets can be fetched by GET RESPONSE", 0x6C08: "wrong Le; 8 would be right",
    0x6281: "part of the data may be corrupted", 0x6283: "the file is deactivated", 0x6285: "the file is terminated",
    0x63C3: "3 tries are left", 0x63C0: "0 tries are left", 0x6581: "memory problem", 0x6700: "wrong length",
    0x6881: "this logical channel is not supported or not open", 0x6882: "secure messaging is not supported",
    0x6981: "the file is of another structure than the command needs", 0x6982: "security status is not satisfied",
    0x6983: "the PIN is blocked", 0x6984: "the data are invalid", 0x6985: "conditions of use are not satisfied",
    0x6986: "no elementary file is selected", 0x6A80: "the data are not as they must be",
    0x6A81: "function is not supported", 0x6A82: "no such file or application", 0x6A83: "no such record",
    0x6A84: "not enough memory", 0x6A86: "wrong P1 or P2", 0x6A87: "Lc does not go with P1 and P2",
    0x6A88: "what P1 and P2 refer to is not there", 0x6D00: "no such instruction", 0x6E00: "no such class",
    0x6F00: "technical problem", 0x9850: "the value cannot grow any further",
    0x9862: "authentication failed: the MAC is wrong, or the context is not supported",
    0x9863: "the security session is no longer valid",
}  # fmt: skip
OLD = {0x9F10: "done; 16 octets can be fetched by GET RESPONSE", 0x9400: "no elementary file is selected",
       0x9404: "file or pattern is not there", 0x9802: "no CHV is there",
       0x9840: "wrong and blocked, or blocked already"}  # fmt: skip
"""Class A0.  [TS 51.011 §9.4]"""


@pytest.mark.parametrize(
    ("word", "meaning"), [*WORDS.items(), *OLD.items()], ids=lambda v: f"{v:04X}" if v in WORDS else ""
)
def test_meanings(word, meaning):
    assert StatusWord(word).meaning == meaning


def test_256_octets_are_said_as_0():
    assert StatusWord(0x6100).meaning.startswith("done; 256 ") and StatusWord(0x6C00).meaning.startswith(
        "wrong Le; 256 "
    )


def test_which_of_all_words_are_success():
    """9000, and those that have something for the terminal or took some tries: no warning, no busy toolkit."""
    good = {word for word in range(0x10000) if StatusWord(word).is_ok}
    assert good == {0x9000, *(high << 8 | low for high in (0x61, 0x91, 0x92, 0x9F) for low in range(256))}


def test_what_is_unknown_has_no_meaning():
    assert [StatusWord(word).meaning for word in (0x0000, 0x6284, 0x6A85, 0x9001, 0x9999)] == [""] * 5
    assert len(STATUS_WORDS) == len(set(STATUS_WORDS))
