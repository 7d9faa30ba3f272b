"""What is asked for while the device is being reset: by either server, of this object or of another of its kind."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.mo.lawmo import LawmoTimes
from dmkit.words.model import Exec, Replace
from tests.mo.fleet import SERVER, do, rest, value
from tests.mo.test_as_one import OTHER, reset, told

CODES = {"FullyLock": "1402", "PartiallyLock": "1403", "UnLock": "1404", "Wipe": "1405"}


def locked_out(**options: Any) -> dm.Device:
    """A device that is being reset from 0 to 120 s; what is asked at 119.5 s would be done after it."""
    device = dm.Device.example().with_object("lawmo", wipeable={"Names": "./APN"}, **options)
    do(device, Replace.of("./LAWMO/AvailableWipeList/1/ToBeWiped", True))
    reset(device)
    return device


@pytest.mark.parametrize("by", [SERVER, OTHER])
@pytest.mark.parametrize("operation", CODES)
def test_a_lock_that_is_asked_for_during_a_reset(operation: str, by: str) -> None:
    ask = Exec.of(f"./LAWMO/Operations/{operation}", correlator="late")
    device = locked_out()
    assert do(device, ask, by=by, now=119.5)[0].status == 202
    rest(device, 119.5)
    assert sorted(told(device)) == sorted([(by, CODES[operation], "late"), (SERVER, "1200", "reset")])
    assert (value(device, "./LAWMO/State"), value(device, "./APN/Name")) == ("30", "internet.old")
    device = locked_out(during_reset="carried out")
    do(device, ask, by=by, now=119.5)
    rest(device, 119.5)
    late = {"UnLock": "1404", "Wipe": "1406"}.get(operation, "1200")
    assert sorted(told(device)) == sorted([(by, late, "late"), (SERVER, "1200", "reset")])
    assert value(device, "./LAWMO/State") == {"FullyLock": "10", "PartiallyLock": "20"}.get(operation, "30")


@pytest.mark.parametrize("operation", CODES)
def test_what_is_done_before_the_reset_is_over_is_done(operation: str) -> None:
    device = locked_out(times=LawmoTimes(wipe=1.0))
    do(device, Exec.of(f"./LAWMO/Operations/{operation}", correlator="early"), by=OTHER, now=100.0)
    rest(device, 100.0)
    done = {"UnLock": "1404", "Wipe": "1201"}.get(operation, "1200")
    assert told(device) == [(OTHER, done, "early"), (SERVER, "1200", "reset")]
    assert value(device, "./LAWMO/State") == "30"


@pytest.mark.parametrize("during_reset", ["broken off", "carried out"])
@pytest.mark.parametrize("asked", [0.0, 60.0, 119.5, 120.0])
def test_another_reset_is_fulfilled_by_the_first(during_reset: str, asked: float) -> None:
    device = locked_out(during_reset=during_reset)
    reset(device, asked, OTHER)
    later = asked == 120.0
    device.live(130.0)
    assert len(told(device)) == (1 if later else 2) and value(device, "./APN/Name") == "internet.old"
    do(device, Replace.of("./APN/Name", "mine"), now=130.0)
    rest(device, 130.0)
    assert sorted(told(device)) == sorted([(SERVER, "1200", "reset"), (OTHER, "1200", "reset")])
    assert value(device, "./APN/Name") == ("internet.old" if later else "mine")


@pytest.mark.parametrize("operation", [*CODES, "FactoryReset"])
@pytest.mark.parametrize("order", [("./LAWMO", "./Other"), ("./Other", "./LAWMO")])
def test_a_second_object_of_the_kind_reports_what_the_reset_takes_from_it(operation: str, order: Any) -> None:
    device = dm.Device.example()
    for at in order:
        device.with_object("lawmo", at)
    reset(device)
    do(device, Exec.of(f"./Other/Operations/{operation}", correlator="late"), by=OTHER, now=119.5)
    rest(device, 119.5)
    assert sorted(told(device)) == sorted([(OTHER, CODES.get(operation, "1200"), "late"), (SERVER, "1200", "reset")])


def test_power_goes_in_a_reset_and_what_was_asked_meanwhile_is_done_before_it_begins_again() -> None:
    device = locked_out()
    do(device, Exec.of("./LAWMO/Operations/FullyLock", correlator="late"), by=OTHER, now=119.5)
    device.power_off(119.8)
    device.power_on(130.0)
    rest(device, 130.0)
    assert told(device) == [(OTHER, "1200", "late"), (SERVER, "1200", "reset")]
    assert value(device, "./LAWMO/State") == "30"


def test_a_reading_that_there_is_not() -> None:
    with pytest.raises(dm.ConfigError, match="during_reset is 'later'; it must be 'broken off' or 'carried out'"):
        dm.Device.example().with_object("lawmo", during_reset="later")
