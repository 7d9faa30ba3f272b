"""Configuration values check themselves: every field of every class, and a table of sentences."""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import math
import pkgutil
import re
import sys
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
import pytest

import dmkit
from dmkit.auth import SCHEMES
from dmkit.card.aka.aka import Subscriber
from dmkit.card.aka.milenage import Milenage
from dmkit.card.aka.tuak import Tuak
from dmkit.card.ota.crypto import OtaKeys
from dmkit.dm2.client import ExecResult
from dmkit.dm2.objects import Objects
from dmkit.lab.studies import rollout_designs
from dmkit.lab.studies.cards import Operator, operator
from dmkit.mo.sched.values import Op
from dmkit.probe.peer import Peer
from dmkit.session.events import Event
from dmkit.session.rules import Rules
from dmkit.sim.traffic import ReportMix
from dmkit.words.checked import _PLAIN, CHECKED, Names, Size, checked, kinds_of
from dmkit.words.codes import Verb
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Range, Seconds

for _module in pkgutil.walk_packages(dmkit.__path__, "dmkit."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)

CLASSES = sorted((cls for cls in CHECKED if cls.__module__.startswith("dmkit")), key=lambda cls: cls.__qualname__)
WRONG = tomllib.loads((Path(__file__).parent / "wrong_values.toml").read_text())["wrong"]
SCOPE = {cls.__name__: cls for cls in (*CLASSES, Op, Verb)} | {"nan": math.nan, "inf": math.inf, "object": object}


class Unseen:
    """A name that only a type checker imports: whatever stands there."""

    def __class_getitem__(cls, item: object) -> type:
        return cls


class Foreign:
    """What no field wants."""


def leaves(hint: Any, marks: tuple[Any, ...] = ()) -> list[tuple[Any, tuple[Any, ...]]]:
    """The alternatives of an annotation with their marks, read again from scratch."""
    if get_origin(hint) is Annotated:
        inner, *more = get_args(hint)[:1] + hint.__metadata__
        return leaves(inner, (*marks, *more))
    if get_origin(hint) in (Union, types.UnionType):
        return [leaf for part in get_args(hint) for leaf in leaves(part, marks)]
    return [(hint, marks)]


def wrong_for(hint: Any) -> list[object]:
    """Values that no reader of the annotation would let through."""
    parts = leaves(hint)
    kinds = {get_origin(part) or part for part, _ in parts}
    if kinds & {Any, object, Unseen}:
        return []
    wrong: list[object] = [Foreign(), Foreign]
    if any(getattr(kind, "__name__", "") == "Callable" for kind in kinds):
        wrong = [Foreign()]
    number = kinds & {int, float}
    if number:
        wrong += [math.nan, True, [1], "x" if str not in kinds else b"x"]
        marks = next(marks for part, marks in parts if part in (int, float))
        [allowed] = [mark for mark in marks if isinstance(mark, Range)]
        wrong += [] if allowed.endless else [math.inf, -math.inf]
        if math.isfinite(allowed.low):
            wrong.append(allowed.low if allowed.above else allowed.low - 1)
        if math.isfinite(allowed.high):
            wrong.append(allowed.high if allowed.below else allowed.high + 1)
        if int in kinds and float not in kinds:
            wrong.append(1.5)
    else:
        wrong += [1.5, math.nan]
    if bool in kinds:
        wrong += [1, 0, "yes"]
    for part, marks in parts:
        if get_origin(part) is Literal:
            wrong += [f"{value}x" for value in get_args(part) if isinstance(value, str)]
        if part is str and any(isinstance(mark, Names) for mark in marks):
            wrong.append("no such name")
    if str not in kinds and not number:
        wrong.append("no such text")
    if bytes not in kinds and not number and str in kinds:
        wrong.append(b"octets")
    if kinds & {tuple, frozenset}:
        wrong += [[], "text", {}]
    if type(None) not in kinds:
        wrong.append(None)
    return wrong


SAMPLES: list[Any] = [1, 0.5, "a", b"a", True, (), (0.5,), frozenset(), types.MappingProxyType({})]


WHOLE: dict[type, tuple[Any, ...]] = {
    ExecResult: (Objects.of({}),),
    Milenage: (bytes(16), bytes(16)),
    Operator: ((made := operator()[1]).centre, made.sender),
    OtaKeys: (bytes(16), bytes(16)),
    Subscriber: (Milenage(bytes(16), bytes(16)),),
    Tuak: (bytes(16), bytes(32)),
    Peer: ("server", "http://peer.example/dm"),
    ReportMix: ({60.0: 1.0},),
    rollout_designs.RolloutDesign: ("triggers", next(iter(rollout_designs.POLICIES_COMPARED["triggers"]))),
}
"""Classes whose fields belong together."""


def sample(cls: type) -> Any:
    """A value of ``cls``: defaults, and for a field without one the first sample that fits."""
    if cls in WHOLE:
        return cls(*WHOLE[cls])
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(cls):
        if not entry.init or entry.default is not dataclasses.MISSING:
            continue
        if entry.default_factory is not dataclasses.MISSING:
            continue
        kind = kinds_of(cls)[entry.name]
        fits = [value for value in SAMPLES if kind.holds(value)]
        fits += [next(iter(part)) for part in kind.parts if issubclass(part, Enum)]
        made = [part for part in kind.parts if part in CLASSES]
        values[entry.name] = fits[0] if fits else sample(made[0]) if made else kind.names()[0] if kind.names() else abs
    return cls(**values)


class Known(dict[str, Any]):
    """The names of a module; what only a type checker imports there is ``Unseen``."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return Unseen


def hints_of(cls: type) -> dict[str, Any]:
    """The annotations of ``cls`` with their marks."""
    scope = vars(sys.modules[cls.__module__])
    return get_type_hints(cls, scope, Known(scope), include_extras=True)


HINTS = {cls: hints_of(cls) for cls in CLASSES}
FIELDS = [(cls, name) for cls in CLASSES for name in kinds_of(cls)]


@pytest.mark.parametrize(("cls", "name"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
def test_every_field_refuses_what_it_is_not_and_says_its_name(cls, name):
    hint = HINTS[cls][name]
    assert kinds_of(cls)[name].text != "anything" or {Any, object, Unseen} & {part for part, _ in leaves(hint)}
    for wrong in wrong_for(hint):
        with pytest.raises(ConfigError) as caught:
            replace(sample(cls), **{name: wrong})
        message = str(caught.value)
        assert message.startswith(f"{cls.__name__}.{name} is "), (wrong, message)
        assert "\n" not in message and "it must be" in message


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_defaults_hold_what_the_annotations_say(cls):
    value = sample(cls)
    for name, kind in kinds_of(cls).items():
        assert kind.holds(getattr(value, name)), f"{cls.__name__}.{name}"
        assert kind.text


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_field_that_is_not_there_has_a_nearest_name(cls):
    names = tuple(kinds_of(cls))
    if not names:
        return
    first = names[0]
    with pytest.raises(ConfigError, match=rf"{cls.__name__} has no field '{first}x'.*nearest: '{first}'"):
        cls(**{f"{first}x": 1})


def test_every_class_of_choices_checks_itself():
    """Frozen values made by keyword only are configurations; what else is made so says why it is none."""
    none = {
        "Experiment",  # what a file said, built from values that were checked
        "RunTime", "NodeSpec", "Spec",  # a description, which has a checker of its own with places and sections
        "TndsNode",  # a node of a serialised tree, as read
    }  # fmt: skip
    loose = []
    for cls in classes():
        fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
        if fields and all(entry.kw_only for entry in fields) and cls not in CHECKED and cls.__name__ not in none:
            loose.append(f"{cls.__module__}.{cls.__name__}")
    assert loose == [], loose


def classes() -> Iterator[type]:
    """Every public frozen dataclass or struct; events are made by engines."""
    for name in sorted({module.name for module in pkgutil.walk_packages(dmkit.__path__, "dmkit.")}):
        if name.endswith("__main__"):
            continue
        for cls in vars(importlib.import_module(name)).values():
            if not isinstance(cls, type) or cls.__module__ != name or cls.__name__.startswith("_"):
                continue
            plain = getattr(cls, "__dataclass_params__", None) or getattr(cls, "__struct_config__", None)
            if plain is not None and plain.frozen and not issubclass(cls, Event):
                yield cls


def options(cls: type) -> list[str]:
    """Fields that a maker may leave out, and that hold a number or one of a few words."""
    if hasattr(cls, "__struct_fields__"):
        given = cls.__struct_fields__[len(cls.__struct_fields__) - len(cls.__struct_defaults__) :]
    else:
        given = tuple(one.name for one in dataclasses.fields(cls) if one.init
                      and (one.default, one.default_factory) != (dataclasses.MISSING, dataclasses.MISSING))  # fmt: skip
    try:
        hints = hints_of(cls)
    except TypeError:  # a name in quotation marks stands beside a |: its text tells as much
        hints = {name: int if re.search(r"\b(int|float|Literal)\b", text) else None
                 for name, text in cls.__annotations__.items()}  # fmt: skip
    return [name for name in given
            if any(part in (int, float) or get_origin(part) is Literal for part, _ in leaves(hints[name]))]  # fmt: skip


def test_a_value_with_options_checks_itself_or_is_made_by_the_library():
    """``made_by_the_library.txt`` has results, events and states; for what users make it may only become shorter."""
    text = (Path(__file__).parent / "made_by_the_library.txt").read_text()
    excused = {line.split()[0] for line in text.splitlines() if line and not line.startswith("#")}
    loose = {f"{cls.__module__}.{cls.__name__}" for cls in classes() if cls not in CHECKED and options(cls)}
    assert loose - excused == set(), "@checked above @dataclass; or a line in the list, when nobody makes it by hand"
    assert excused - loose == set(), "take these out of made_by_the_library.txt"


def test_the_search_for_options_sees_numbers_words_and_structs():
    @dataclass(frozen=True)
    class One:
        name: str
        size: int
        count: int | None = None
        mode: Literal["a", "b"] = "a"
        share: Annotated[float, Range("share")] = 0.5
        text: str = ""

    class Two(msgspec.Struct, frozen=True):
        size: int
        count: int = 1

    assert options(One) == ["count", "mode", "share"] and options(Two) == ["count"]


def test_the_table_has_ten_classes_with_six_wrong_values_each():
    count: dict[str, int] = {}
    for row in WRONG:
        count[row["call"].partition("(")[0]] = count.get(row["call"].partition("(")[0], 0) + 1
    assert sum(n >= 6 for n in count.values()) >= 10


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row["call"])
def test_a_wrong_value_is_one_sentence(row):
    with pytest.raises(ConfigError) as caught:
        eval(row["call"], dict(SCOPE))
    assert str(caught.value) == row["says"].replace("{schemes}", ", ".join(map(repr, SCHEMES))).replace(
        "{schemes}", ", ".join(map(repr, SCHEMES))
    )


def test_numbers_of_numpy_are_numbers():
    @checked
    @dataclass(frozen=True)
    class Knob:
        count: Count = 1
        wait: Seconds = 0.0
        names: Annotated[tuple[str, ...], Size(1, 2)] = ("a",)

    SCOPED = Knob(np.int64(3), np.float32(0.5))
    assert (SCOPED.count, SCOPED.wait) == (3, 0.5)
    for wrong in (np.int64(0), np.float64("nan"), np.bool_(True)):
        with pytest.raises(ConfigError, match=r"Knob\.count is"):
            Knob(wrong)
    with pytest.raises(ConfigError, match="1 to 2 of them"):
        Knob(names=())


def test_what_is_free_stays_free():
    class Own:
        name, type, uses_nonce, in_transport = "mine", "x-mine", False, False

        def prove(self, credential, nonce, body):
            return "proof"

        def check(self, proof, credential, nonce, body):
            return True

    rules = Rules(auth=Own(), known_alerts=lambda kind: True, order=lambda commands: commands[::-1])
    assert rules.auth.name == "mine"
    with pytest.raises(ConfigError, match=r"Rules\.auth is .*Own'>; it must be one of 'none', 'basic'"):
        Rules(auth=Own)


class OwnScheme:
    name, type, uses_nonce, in_transport = "mine", "x-mine", False, False

    def prove(self, credential, nonce, body):
        return "proof"

    def check(self, proof, credential, nonce, body):
        return proof == "proof"


def test_a_scheme_of_ones_own_is_taken_as_an_object_and_once_registered_by_its_name(monkeypatch):
    from dmkit.auth import Credential, register, scheme
    from dmkit.transport.config import AccountConfig

    monkeypatch.setattr(scheme, "_KNOWN", known := dict(SCHEMES))
    monkeypatch.setattr(scheme, "SCHEMES", types.MappingProxyType(known))
    own = OwnScheme()
    assert Credential("me", "secret", scheme=own).scheme is own
    with pytest.raises(ConfigError, match=r"Credential\.scheme is 'mine'; it must be one of 'none', 'basic'"):
        Credential("me", "secret", scheme="mine")
    assert register(own) is own and register(own) is own
    assert Credential("me", "secret", scheme="mine").scheme == "mine" == AccountConfig(auth="mine").auth
    assert scheme.scheme_of("mine") is own
    with pytest.raises(ConfigError, match="another scheme 'mine'"):
        register(OwnScheme())
    for wrong in (OwnScheme, object(), "mine", None):
        with pytest.raises(ConfigError, match="is no Scheme: an object with name, type"):
            register(wrong)


def test_a_device_with_an_own_scheme_in_its_credential_uses_it_unasked():
    import dmkit as dm

    own = OwnScheme()
    rules = replace(Rules(), auth=own)
    device = dm.Device.example(rules=rules)
    assert device.accounts[0].client.scheme is own
    talk = dm.converse(device, dm.Server.example(device, rules=rules), job=dm.jobs.read("./DevInfo/DevId"))
    assert talk.messages[0].header.cred.meta.type == "x-mine"


def test_a_secret_never_stands_in_a_sentence():
    from dmkit.auth import Credential

    with pytest.raises(ConfigError) as caught:
        Credential("me", b"my own secret")
    assert str(caught.value) == "Credential.secret is of type bytes; it must be a text or None"


READ: list[str] = []


def noted(name: str) -> Any:
    """Stands in an annotation, and notes that it is read."""
    READ.append(name)
    return object


def test_annotations_are_read_for_the_fields_that_are_given_and_need_a_look():
    @checked
    @dataclass(frozen=True, slots=True)
    class Late:
        text: str = ""
        code: Verb | None = None
        near: noted("near") = 0
        far: noted("far") = 0

    READ.clear()
    Late("a"), Late(code=Verb.GET), Late("b", None)
    assert READ == []
    Late(near=1), Late(near=2)
    assert READ == ["near"]


@pytest.mark.parametrize("before", [0, _PLAIN])
def test_the_first_values_and_those_of_a_written_init_are_asked_alike(before):
    @checked
    @dataclass(frozen=True, slots=True)
    class Choice:
        tries: Count
        mode: Literal["allow", "floor"] = "allow"
        names: tuple[str, ...] = dataclasses.field(default_factory=tuple)

        def __post_init__(self) -> None:
            if self.tries < 0:
                raise ConfigError("below nothing")

    for _ in range(before):
        Choice(1)
    assert Choice(2, names=("a",)) == Choice(tries=2, mode="allow", names=("a",))
    said = {
        "Choice.tries is 0; it must be a whole number from 1 upwards": lambda: Choice(0),
        "Choice.tries is 'x'; it must be a whole number from 1 upwards": lambda: Choice("x"),
        "Choice.mode is 'flor'; it must be 'allow' or 'floor'; nearest: 'floor'": lambda: Choice(1, "flor"),
        "Choice.names is ['a']; it must be a tuple, each entry a text": lambda: Choice(1, names=["a"]),
        "Choice has no field 'mod'; it has tries, mode and names; nearest: 'mode'": lambda: Choice(1, mod="allow"),
        "Choice.__init__() missing 1 required argument: 'tries'": lambda: Choice(mode="floor"),
    }
    for sentence, wrong in said.items():
        with pytest.raises((ConfigError, TypeError)) as caught:
            wrong()
        assert str(caught.value) == sentence


@pytest.mark.slow
def test_every_field_says_what_it_means_and_help_shows_it():
    from dmkit.words.field_docs import documented

    bare = {cls: set(kinds_of(cls)) - set(documented(cls)) for cls in CLASSES}
    told = {cls.__name__: {name for name in names if f"``{name}``" not in cls.__doc__.partition("- ``")[0]}
            for cls, names in bare.items()}  # fmt: skip
    assert {name: fields for name, fields in told.items() if fields} == {}
    for cls in CLASSES:
        for name, text in documented(cls).items():
            if name in kinds_of(cls):
                assert f"- ``{name}``" in cls.__doc__ and text.split()[0] in cls.__doc__
    assert "- ``downgrade`` = 'allow'; 'allow', 'sticky' or 'floor'.  Who may talk" in Rules.__doc__
