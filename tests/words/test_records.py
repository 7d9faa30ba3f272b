"""Dataclasses that are written when the first value is made are dataclasses: each use of one finds it written."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, field
from typing import ClassVar

import pytest

from dmkit.auth import Credential
from dmkit.words import records
from dmkit.words.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What others have too."""

    says: ClassVar[str] = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Late(Base):
    """One with every kind of field."""

    says: ClassVar[str] = "{0.uri}"
    uri: str
    depth: int = 3
    seen: list[str] = field(default_factory=list, compare=False)


class Plain:
    """The same as dataclasses make it."""

    @staticmethod
    def made() -> type:
        base = dataclasses.make_dataclass("Base", [("seconds", float, field(default=0.0, kw_only=True))], frozen=True)
        rows = [("uri", str), ("depth", int, 3), ("seen", list, field(default_factory=list, compare=False))]
        return dataclasses.make_dataclass("Late", rows, bases=(base,), frozen=True)


def fresh() -> type:
    """A class of which nothing was asked yet."""

    @dataclass(frozen=True, slots=True)
    class Fresh:
        uri: str
        depth: int = 3

    return Fresh


FIRST = {
    "a value": lambda cls: cls("./A").uri == "./A",
    "fields": lambda cls: [f.name for f in dataclasses.fields(cls)] == ["uri", "depth"],
    "is_dataclass": lambda cls: dataclasses.is_dataclass(cls),
    "signature": lambda cls: list(inspect.signature(cls).parameters) == ["uri", "depth"],
    "match_args": lambda cls: cls.__match_args__ == ("uri", "depth"),
    "params": lambda cls: cls.__dataclass_params__.frozen,
    "slots": lambda cls: cls.__slots__ == ("uri", "depth"),
}


@pytest.mark.parametrize("first", FIRST)
def test_whatever_is_asked_first(first):
    cls = fresh()
    assert FIRST[first](cls)
    assert all(ask(cls) for ask in FIRST.values())


def test_it_is_what_dataclasses_make():
    ours, theirs = Late("./A", seconds=2.0), Plain.made()("./A", seconds=2.0)
    assert repr(ours) == repr(theirs) and hash(ours) == hash(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert ours == Late("./A", 3, ["x"], seconds=2.0) and ours != Late("./B", seconds=2.0) and ours != theirs
    assert str(inspect.signature(Late)).replace("List", "list").startswith("(uri: 'str', depth: 'int' = 3")


def test_it_is_frozen_and_has_no_dict():
    late = Late("./A")
    with pytest.raises(FrozenInstanceError):
        late.uri = "./B"  # type: ignore[misc]
    assert not hasattr(late, "__dict__")
    with pytest.raises(TypeError, match="uri"):
        Late()  # type: ignore[call-arg]


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda late: pickle.loads(pickle.dumps(late)),
                                 dataclasses.replace])  # fmt: skip
def test_copies_are_equal(way):
    late = Late("./A", 4, ["x"], seconds=1.5)
    assert way(late) == late and way(late).seen == ["x"]


SCRIPT = """
import pickle, sys
value = pickle.loads(bytes.fromhex(sys.argv[1]))
print(repr(value), value == pickle.loads(bytes.fromhex(sys.argv[1])), "__eq__" in vars(type(value)))
"""


def test_a_value_that_comes_from_another_process_is_the_first_one():
    octets = pickle.dumps(Credential("client", "secret"))
    done = subprocess.run([sys.executable, "-c", SCRIPT, octets.hex()], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == ["True", "True"] and done.stdout.startswith("Credential(")


def test_patterns_and_subclasses_that_are_none():
    match Late("./A", 7):
        case Late(uri, depth):
            assert (uri, depth) == ("./A", 7)

    class Below(Late):
        pass

    assert Below("./A").depth == 3 and Below("./A") != Late("./A")


def test_the_first_values_and_the_compiled_ones_are_the_same():
    cls = fresh()
    values = [cls("./A", depth=1) for _ in range(records._WRITTEN_AT + 2)]
    assert not hasattr(cls.__init__, "__wrapped__")  # the compiled one stands in its place
    assert len(set(values)) == 1 and {repr(value) for value in values} == {repr(values[0])}
    assert [cls(*["./A"]).depth, cls(uri="./A").depth] == [3, 3]


@pytest.mark.parametrize("arguments", [((), {}), (("a", 1, 2), {}), (("a",), {"uri": "b"}), (("a",), {"no": 1})])
@pytest.mark.parametrize("before", [0, records._WRITTEN_AT])
def test_wrong_arguments_are_a_type_error_whenever_they_come(arguments, before):
    cls = fresh()
    for _ in range(before):
        cls("./A")
    args, values = arguments
    with pytest.raises(TypeError, match="__init__"):
        cls(*args, **values)


@dataclass(frozen=True)
class Open:
    """Frozen, without slots."""

    uri: str
    seen: list[str] = field(default_factory=list, hash=False)
    depth: int = field(default=2, repr=False)


@dataclass(slots=True)
class Moving:
    """One that changes."""

    uri: str
    seen: list[str] = field(default_factory=list)
    depth: int = field(default=2, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """Equal to nothing but itself."""

    uri: str


def test_classes_without_slots_or_that_change_are_written_at_once():
    theirs = dataclasses.make_dataclass(
        "Open",
        [
            ("uri", str),
            ("seen", list, field(default_factory=list, hash=False)),
            ("depth", int, field(default=2, repr=False)),
        ],
        frozen=True,
    )
    assert repr(Open("./A")) == repr(theirs("./A")) and hash(Open("./A")) == hash(theirs("./A")) and Open.depth == 2
    assert pickle.loads(pickle.dumps(Open("./A"))) == Open("./A") and not hasattr(Open, "seen")
    moving = Moving("./A")
    moving.uri = "./B"
    assert moving == Moving("./B", depth=7) and Moving.__hash__ is None and copy.copy(moving) == moving
    assert Apart("./A") != Apart("./A") and len({Apart("./A"), Apart("./A")}) == 2


def test_a_default_that_all_values_would_share_is_refused():
    with pytest.raises(ValueError, match="default_factory"):

        @dataclass(slots=True)
        class Shared:
            seen: list[str] = []  # noqa: RUF012


def test_frozen_and_others_do_not_mix():
    with pytest.raises(TypeError, match="frozen"):

        @dataclass(slots=True)
        class Below(Base):
            uri: str = ""


def test_a_class_with_an_init_of_its_own_keeps_it():
    @dataclass(frozen=True)
    class Own:
        uri: str

        def __init__(self, number: int) -> None:
            object.__setattr__(self, "uri", f"./{number}")

    assert Own(3).uri == "./3" and Own(3) == Own(3)
