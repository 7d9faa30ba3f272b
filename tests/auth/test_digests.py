"""Which MD5 is there makes no difference."""

from __future__ import annotations

import hashlib
import sys
from importlib import reload
from random import Random

from pytest import MonkeyPatch

from dmkit.auth import digests


def test_both_are_md5(monkeypatch: MonkeyPatch) -> None:
    dice = Random(5)
    samples = [dice.randbytes(n) for n in (0, 1, 41, 55, 56, 63, 64, 65, 119, 120, 1000)]
    expected = [hashlib.md5(octets, usedforsecurity=False).digest() for octets in samples]
    assert [digests.md5(octets).digest() for octets in samples] == expected
    monkeypatch.setitem(sys.modules, "_md5", None)  # as in a Python that was built without it
    try:
        without = reload(digests).md5
        assert [without(octets).digest() for octets in samples] == expected
    finally:
        monkeypatch.undo()
        reload(digests)
