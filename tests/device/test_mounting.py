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


@pytest.mark.parametrize(("name", "option", "wrong"), [
    *(("fumo", "room", value) for value in ("x", -1, 1.5, True)),
    *(("scomo", "space", value) for value in ("x", -1, True)),
    *(("fumo", "world", value) for value in (None, ["https://a"], {"https://a": "text"}, {5: b""})),
    ("fumo", "busy", "x"), ("fumo", "user", "yes"), ("fumo", "times", 5), ("fumo", "trust", None),
    ("fumo", "resume", "no"),
    ("fumo", "ready_after", "x"), ("fumo", "ready_after", -1.0), ("fumo", "blocks", 0), ("fumo", "blocks", "4"),
    ("fumo", "firmware", "1.0"), ("fumo", "kind", "x"), ("fumo", "version_at", "x//y"), ("fumo", "roon", 5),
    ("scomo", "room", "x"), ("scomo", "replaces", "x"), ("scomo", "envs", "java"), ("scomo", "envs", None),
    ("scomo", "low_battery", "no"), ("scomo", "version", 1.1), ("scomo", "data", 5), ("scomo", "tasks", 5),
    ("scomo", "times", None), ("lawmo", "breaks", "FullyLock"), ("lawmo", "keeps", "./DevInfo"), ("lawmo", "user", 5),
    ("lawmo", "during_reset", "x"), ("dcmo", "capabilities", ["Camera"]), ("diagmon", "times", 5),
    ("trap", "limit", 5),
])  # fmt: skip
def test_an_option_of_the_wrong_kind_is_named(name: str, option: str, wrong: object) -> None:
    device = Device.example()
    with pytest.raises(ConfigError, match=f"{option}|{wrong}"):
        device.with_object(name, **{option: wrong})
    assert not device.objects
