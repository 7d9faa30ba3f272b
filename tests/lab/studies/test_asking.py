"""What a question stops, in every way that it can be sent and answered."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.lab.studies.asking import ANSWERS, PLACES, STOPS, plot_stops, session, what_no_stops
from dmkit.words.errors import ConfigError

BEHIND = {
    "side by side": ["carried out", "carried out", "not carried out", "not carried out", "carried out"],
    "Sequence": ["carried out", "not carried out", "not carried out", "not carried out", "carried out"],
    "Atomic": ["carried out"] + ["not carried out"] * 4,
}


@pytest.mark.parametrize("sent", PLACES)
def test_what_stands_behind_a_question(sent):
    """A No is a Status; only a container, or a cancel, stops what follows.  [DMREPPRO §6.6.14]"""
    assert what_no_stops().loc[sent].tolist() == BEHIND[sent]


def test_only_an_atomic_takes_back_what_stands_before():
    frame = what_no_stops(before=True)
    assert frame.loc["Atomic"].tolist() == ["carried out"] + ["carried out, and taken back"] * 4
    assert (frame.drop(index="Atomic") == "carried out").all(axis=None)


def test_the_other_reading_lets_an_ordinary_failure_end_a_sequence():
    strict = what_no_stops(dm.Rules(tree=dm.TreeRules(sequence_stops=True)))
    differ = strict != what_no_stops()
    assert differ.sum(axis=None) == 1 and differ.loc["Sequence", "no display"]


def test_the_figure_says_each_cell_in_words_too():
    axes = plot_stops(what_no_stops())
    assert {text.get_text() for text in axes.texts} <= {sign for _, sign, _ in STOPS.values()}
    assert "side by side: cancel, too late not carried out" in axes.told


@pytest.mark.parametrize(
    ("sent", "answer", "said"),
    [
        ("Sequenz", "no", "sent is 'Sequenz'; .*nearest: 'Sequence'"),
        ("Atomic", "maybe", "answer is 'maybe'"),
    ],
)
def test_a_wrong_name_is_one_sentence(sent, answer, said):
    with pytest.raises(ConfigError, match=said):
        session(sent, answer)
    assert set(ANSWERS) >= {"yes", "no"}
