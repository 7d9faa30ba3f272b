"""Enumerations with meanings: each member of each has one, and is the word that it is written as."""

from __future__ import annotations

import pickle

import pytest

from dmkit.ddf.spec import Basis
from dmkit.mo.diagmon_functions import DiagWay
from dmkit.probe.verdict import Verdict
from dmkit.session.states import SessionState
from dmkit.words.meaning import MeaningEnum


@pytest.mark.parametrize("kind", [Basis, DiagWay, SessionState, Verdict])
def test_each_member_is_its_word_and_has_a_meaning_of_its_own(kind: type[MeaningEnum]) -> None:
    meanings = [member.meaning for member in kind]
    assert all(meanings) and len(set(meanings)) == len(meanings)
    for member in kind:
        assert kind(str(member)) is member and pickle.loads(pickle.dumps(member)) is member
