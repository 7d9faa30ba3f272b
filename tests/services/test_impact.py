"""What breaks, and what goes another way."""

from __future__ import annotations

from dmkit.services import default, impact, plan
from dmkit.services.settle import after

PHONE = {"./DevDetail/Bearer/LTE": "true", "./DevDetail/Bearer/WLAN": "true", "./Card/Applications": "USIM"}
BOTH = dict(after(PHONE, plan(default(), PHONE, ["mms", "mail", "wlan-offload"]).changes))


def test_a_node_that_goes_breaks_all_that_lean_on_it_and_spares_those_with_another_way():
    found = impact(default(), BOTH, "./NAP/internet")
    assert found.broken == ("nap-internet", "proxy", "mms")
    assert found.why["mms"].startswith("mms -> proxy -> nap-internet: ./NAP/internet/NapId is not there")
    assert found.ways == {"mail": ("nap-internet", "wlan-offload")}
    assert "mail goes on, by wlan-offload in place of nap-internet" in str(found)


def test_another_value_may_do_as_well():
    assert not impact(default(), BOTH, "./NAP/internet/Bearer/BearerType", "LTE")
    assert "nap-internet" in impact(default(), BOTH, "./NAP/internet/Bearer/BearerType", "GSM-CSD").broken


def test_a_card_that_is_pulled_and_a_change_that_brings_something_back():
    assert {"nap-internet", "proxy", "mms"} == set(impact(default(), BOTH, "./Card").broken)
    pulled = {**BOTH, "./Card/Applications": None}
    assert "mms" in impact(default(), pulled, "./Card/Applications", "USIM").gained
    assert str(impact(default(), BOTH, "./DevInfo")) == "nothing leans on ./DevInfo"
