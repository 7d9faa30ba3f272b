"""Where an object is mounted, and with what: its behaviour is there however the place is spelled, or it is refused."""

from __future__ import annotations

import pytest

from dmkit.device.device import Device
from dmkit.words.errors import ConfigError
from dmkit.words.model import Exec


@pytest.mark.parametrize(("at", "place"), [
    ("./L", "./L"), ("L", "./L"), ("./%4C", "./L"), ("./A/B", "./A/B"), ("A/%42", "./A/B"),
    ("./L%20x", "./L x"), ("./%C3%A9", "./é"),
])  # fmt: skip
def test_an_object_acts_however_its_place_is_spelled(at: str, place: str) -> None:
    device = Device.example().with_object("lawmo", at=at)
    assert list(device.objects) == [place]
    lock = Exec.of(f"{place}/Operations/FullyLock", correlator="c")
    assert device.execute((lock,), "srv", 0.0).outcomes[0].status == 202
    device.live(5.0)
    assert device.tree.get(f"{place}/State").value == "10" and [alert.correlator for alert in device.due(5.0)] == ["c"]
    with pytest.raises(ConfigError, match="there is an object already"):
        device.with_object("dcmo", at=at)


@pytest.mark.parametrize("name", ["lawmo", "fumo", "scomo", "dcmo", "sched"])
@pytest.mark.parametrize(
    "at", ["./L/", "/L", "./L?prop=ACL", "./L?list=Struct", "./L//M", "./L%4", ".", "./", "./A/../B"]
)
def test_a_place_that_is_none_is_one_sentence(name: str, at: str) -> None:
    device = Device.example()
    with pytest.raises(ConfigError):
        device.with_object(name, at=at)
    assert not device.objects


@pytest.mark.parametrize(("name", "options"), [
    ("lawmo", {"wipeable": "./Contacts"}), ("lawmo", {"wipeable": ["./Contacts"]}), ("lawmo", {"wipeable": {1: "./A"}}),
    ("lawmo", {"wipeable": {"Contacts": 1}}), ("lawmo", {"wipeable": {"Contacts": "./A//B"}}),
    ("lawmo", {"wipeable": None}),
    ("dcmo", {"capabilities": {"50%": "Hardware"}}), ("dcmo", {"capabilities": {"": "Hardware"}}),
])  # fmt: skip
def test_an_option_that_makes_no_nodes_is_one_sentence(name: str, options: dict[str, object]) -> None:
    device = Device.example()
    before = device.tree
    with pytest.raises(ConfigError):
        device.with_object(name, **options)
    assert not device.objects and device.tree is before
