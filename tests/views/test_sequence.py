"""Sequence pictures: every arrow is in text and drawing; what is said of parties that are not there."""

from __future__ import annotations

from urllib.parse import unquote
from xml.dom.minidom import parseString

import pytest

from dmkit.views.look import PAINT, contrast
from dmkit.views.sequence import SequenceArrow, sequence_picture
from dmkit.words.errors import ConfigError


def drawing(look):
    svg = unquote(look.html.partition("data:image/svg+xml,")[2].partition('"')[0])
    return parseString(svg), svg


@pytest.mark.parametrize("parties", [["a"], ["a", "b"], ["a", "b", "c", "d", "e"]])
def test_each_arrow_is_drawn_and_told(parties):
    arrows = [SequenceArrow(one, other, f"{one} <to> {other}", "a & b", bad=one == other)
              for one in parties for other in parties]  # fmt: skip
    look = sequence_picture(parties, arrows, title="all")
    tree, svg = drawing(look)
    assert look.text.count("\n") == len(arrows)
    assert len(tree.getElementsByTagName("circle")) == len(parties)
    assert len(tree.getElementsByTagName("path")) == len(arrows) - len(parties)
    assert tree.getElementsByTagName("svg")[0].getAttribute("role") == "img"
    assert look.text.splitlines()[0] == tree.getElementsByTagName("title")[0].firstChild.data
    assert svg.count(PAINT.red) >= len(parties)


def test_nothing_and_somebody_unknown():
    assert sequence_picture(["a", "b"], [], title="none").text == "none"
    with pytest.raises(ConfigError, match="'c'; the parties are a, b"):
        sequence_picture(["a", "b"], [SequenceArrow("a", "c", "x")], title="t")


def test_letters_are_legible_on_the_white_ground():
    assert min(contrast(colour, "#ffffff") for colour in (PAINT.ink, PAINT.grey, PAINT.red, PAINT.blue)) >= 4.5
