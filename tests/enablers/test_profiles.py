"""What each profile does not have, by hand: levels of the conformance list, clients as the sheet saw them."""

from __future__ import annotations

import pytest

from dmkit.enablers.finding import RANK
from dmkit.enablers.profile import PROFILES

OPTIONAL = "Exec, asynchronous alert, correlator, notification, UI alert, TNDS, implicit Add, Copy, bootstrap push"
LACKS = {
    "DM 1.2": "",
    "DM 1.2, musts and shoulds": OPTIONAL,
    "DM 1.2, musts only": f"{OPTIONAL}, large object, Atomic, listing",
    "no Exec": "Exec",
    "no alerts": "asynchronous alert",
    "no wake-up": "notification",
    "never calls": "client-initiated session",
    "nobody there": "UI alert",
    "libdmclient": "large object, Atomic, Sequence, Copy",
    "aosp": "Copy",
    "hs20": "large object, Atomic, Sequence",
    "koneki": "large object",
    "windows": "correlator, large object, TNDS, Copy, access control",
}


def test_every_profile_stands_here():
    assert list(PROFILES) == list(LACKS)


@pytest.mark.parametrize("name", LACKS)
def test_what_a_profile_lacks(name):
    assert {each.name for each in PROFILES[name].lacks} == set(LACKS[name].split(", ")) - {""}


def test_verdicts_from_worst_to_best():
    assert sorted(RANK, key=RANK.__getitem__) == ["fails", "degraded", "works"]
