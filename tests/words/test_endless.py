"""Values that hold themselves, or are nested without end: shown with dots, one sentence from who walks through."""

from __future__ import annotations

import subprocess
import sys
from re import escape
from typing import Any

import msgspec
import pytest

import dmkit as dm
from dmkit.words import endless as module
from dmkit.words.asked import asked
from dmkit.words.endless import endless
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.kinds import spelled
from dmkit.words.model import Atomic, Command, Sequence
from dmkit.words.records import dataclass, in_order


@dataclass(frozen=True, slots=True)
class Pair:
    """A record that takes anything."""

    name: str
    more: Any


def loops() -> dict[str, Any]:
    own: list[Any] = []
    own.append(own)
    table: dict[str, Any] = {}
    table["a"] = table
    parts: list[Any] = []
    record = Pair("p", parts)
    parts.append(record)
    both: list[Any] = [(table,)]
    table["b"] = both
    commands: Any = []
    commands.append(Sequence(commands))
    return {"list": own, "dict": table, "record": record, "both": both, "command": commands[0]}


@pytest.mark.parametrize("name", loops())
def test_what_holds_itself_is_shown_with_dots_and_found_out(name: str) -> None:
    value = loops()[name]
    assert "..." in in_order(value) and "..." in repr(Pair("x", value)) and "..." in spelled(value, 1000)
    assert endless(value) == "holds itself" and endless((1, [value])) == "holds itself"
    if name in ("list", "dict", "record"):
        assert in_order(value) == repr(value), "as Python shows it"


def test_what_is_there_twice_does_not_hold_itself() -> None:
    part = [1, "a", b"b", (), {}]
    assert endless({"one": part, "two": [part, part]}) == "" == endless(Pair("a", Pair("a", part)))
    assert endless(dm.Rules()) == "" == endless(dm.Device.example().tree)


class Place(int):
    """Where a value is: counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Place.compared += 1
        return int(self) == other

    __hash__ = int.__hash__


def test_what_is_nested_deeply_is_found_out_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "id", lambda value: Place(id(value)), raising=False)
    nested: list[Any] = []
    for _ in range(3000):
        nested = [nested]
    assert endless(nested) == "is nested too deeply"
    assert Place.compared < 3 * 3000
    monkeypatch.undo()


@pytest.mark.parametrize("name", ["list", "dict", "record"])
def test_to_compare_two_that_hold_themselves_is_one_sentence(name: str) -> None:
    one, other = (Pair("x", loops()[name]) for _ in range(2))
    with pytest.raises(ConfigError, match="a Pair that holds itself cannot be compared"):
        assert one == other
    assert one == Pair("x", one.more), "it is itself"
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def deep(times: int = 5000) -> Command:
    command: Command = dm.Get.of("./A")
    for _ in range(times):
        command = Atomic((command,))
    return command


def message(*commands: Command) -> dm.Message:
    device = dm.Device.example()
    told = dm.converse(device, dm.Server.example(device))[0].message
    assert told is not None
    return msgspec.structs.replace(told, commands=commands)


OWN = loops()["command"]
WALKS: dict[str, tuple[Any, str]] = {
    "execute": (lambda one: dm.Device.example().execute((one,), "s", 0.0), "Device.execute: commands {why}"),
    "show": (lambda one: dm.show(message(one)), "message_text: message {why}"),
}


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize(("command", "why"), [(OWN, "holds itself"), (deep(), "is nested too deeply")])
def test_whoever_walks_through_it_says_so(walk: str, command: Command, why: str) -> None:
    act, told = WALKS[walk]
    with pytest.raises(ConfigError) as error:
        act(command)
    assert str(error.value) == told.format(why=why)


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML])
def test_a_codec_says_so_too(codec: Any) -> None:
    with pytest.raises(CodecError, match=escape("Sequence.commands is [Sequence(commands=[...])]; it must be a tuple")):
        codec.encode(message(OWN))
    with pytest.raises(CodecError, match=r"Message\.commands is nested too deeply"):
        codec.encode(message(deep()))


def test_a_walk_of_its_own_that_does_not_end_is_its_own_error() -> None:
    @asked
    def down(number: int, text: str = "a") -> int:
        return down.__wrapped__(number + 1) + 1  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(RecursionError):
        down(1)
    with pytest.raises(ConfigError, match="down: number is 'x'; it must be a whole number"):
        down("x")  # type: ignore[arg-type]


NESTED = {
    "a node": "x = Node.interior({'a': x})",
    "a Sequence": "x = Sequence((x,))",
    "an Atomic": "x = Atomic((x,))",
    "mark-up": "x = Element('a', children=(x,))",
    "an Outcome": "x = Outcome(StatusCode.OK, parts=(x,))",
    "a record": "x = Record(RecordKind.MULTIPLE, 1, (x,))",
}
DEEP = """
from dmkit.lwm2m.tlv import Record, RecordKind
from dmkit.tree.node import Node
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.model import Atomic, Element, Get, Sequence, flatten
from dmkit.words.outcome import Outcome
x = Node() if "Node" in {made!r} else Get.of("./A")
found = set()
try:
    for _ in range(200_000):
        {made}
except ConfigError as error:
    found.add(str(error))
for ask in (hash, repr, str):
    try:
        ask(x)
    except (RecursionError, ConfigError) as error:
        found.add(type(error).__name__)
if isinstance(x, (Sequence, Atomic)):
    found.add(sum(1 for _ in flatten((x,))))
del x
print(sorted(map(str, found)))
"""


@pytest.mark.parametrize("name", NESTED)
def test_what_is_nested_very_deeply_by_hand_never_ends_python(name: str) -> None:
    script = DEEP.format(made=NESTED[name])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "RecursionError" in done.stdout
    assert ("nodes are nested 10000 deep at most" in done.stdout) is (name == "a node")
    assert ("200001" in done.stdout) is (name in ("a Sequence", "an Atomic"))
