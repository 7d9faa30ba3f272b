"""Every public callable of ``dm``, of its rooms and of their modules, given something else: taken, or one sentence.

Behind the doors, at any depth, what shows an example is asked too, and all of the rooms that have no door.

Callables, parameters and what they take come from the package itself: a new name is tested as soon as it is public.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import pkgutil
import signal
import types
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache, reduce
from importlib import import_module
from typing import Any

import matplotlib as mpl
import pytest

import dmkit as dm
from dmkit.lwm2m.rights import RequestRefused
from dmkit.words.asked import asked, asked_first, blamed, kinds_of, wrong_argument
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.kinds import Kind, kind_of, spelled

ALL = os.environ.get("DMKIT_NIGHTLY") == "1"

BY_OTHERS = {"boards", "measure", "plot", "lessons", "studies"}
"""Rooms of the lab: what is asked of a board is in tests/lab/boards, of measures and figures in tests/lab."""

BY_ENGINES = {
    "attack": "alike choices engines forgetting goals judging knowledge memories parties path places powers remembered "
    "speech stage trial visited world",
    "card": "apdu aka authenticate data dispatch exchange images memory ota select sim turn",
}
"""Modules whose functions take what engines made, at each step: a wrapper would cost a call.  May only shrink."""

LEFT_OUT = {
    "dm.sweep": "starts processes; asked below",
    "dm.validate": "plays for minutes; asked below",
    "dm.summary": "a frame of any columns",
    "dm.Device.acts": "objects call it for each event; no wrapper, and P.args have no annotation to be read",
    "dm.Device.with_memory": "as acts",
}
"""May only shrink."""

NOT_NAMED = {
    "dm.Tree.with_node": "an empty path of any type is the root",
    "dm.Tree.without": "as with_node",
    "dm.ddf.Severity.of": "octets are shown",
    "dm.ddf.read": "the document is read before its limits are looked at",
    "dm.schedule.place": "a device without schedules is said first",
    "dm.schedule.from_ics": "what no calendar begins with is said by its line",
    "dm.wire.codec_for": "an empty body of any type is one",
    "dm.services.DeviceRecord.read": "a text is no journal, as octets that are none",
    "dm.rights.who_can_ever": "an entry of what helps is named, by the function that it goes to",
    "dm.Usim.example": "a PIN is not shown, its length is",
    "dm.card.pins.padded": "as dm.Usim.example",
    "dm.bootstrap.cp.read": "a document that is none is said before its limits are looked at",
    "dm.card.tlv.read": "as dm.bootstrap.cp.read",
    "dm.card.tlv.read_all": "as dm.bootstrap.cp.read",
    "dm.services.parse": "octets that are no TOML, as a text that is none",
    "dm.wire.sms.parse": "as dm.bootstrap.cp.read",
    "dm.wire.wsp.decode": "as dm.wire.codec_for",
    "dm.wire.wsp.pieces": "a text is no push, as octets that are none",
    "dm.sim.schedule.install": "as dm.schedule.place",
    "dm.sim.schedule.run": "as dm.schedule.place",
    "dm.sim.schedule.simulate": "as dm.schedule.place",
}
"""The sentence tells what is wrong otherwise than by the argument's name or value.  May only shrink."""


WITHOUT_DOOR = ("dm13", "dm2", "lwm2m", "windows")
"""Rooms of which users import modules: all that these have is asked."""
WITH_EXAMPLES = (
    "auth", "bootstrap", "card", "ddf", "enablers", "generations", "notify", "probe", "rights", "schedule", "server",
    "services", "views",
)  # fmt: skip
"""Rooms where, besides what passes through the door, what shows an example is asked, however deep it stands."""
OF_ENGINES = {
    "dmkit.attack", "dmkit.auth.mac", "dmkit.auth.scheme", "dmkit.device", "dmkit.mo", "dmkit.session", "dmkit.sim",
    "dmkit.transport", "dmkit.tree", "dmkit.wire", "dmkit.words", "dmkit.workbench", "dmkit.rights.rivals",
    "dmkit.services.versions",
}  # fmt: skip
"""Rooms and modules whose functions behind the door are called for each message, event, draw or verb: a wrapper would
cost each time.  May only shrink."""


class Thing:
    """What nothing takes."""

    def __repr__(self) -> str:
        return "a thing of no use"


class TooLong(BaseException):
    """The call goes on with what it was given: it was taken."""


VALUES: tuple[Any, ...] = (None, 5, "x", Thing(), [], {}, b"x", lambda: None, float("nan"), -1)


def modules(place: types.ModuleType) -> Iterator[str]:
    """Names in ``place`` of modules of the library."""
    for name in dir(place):
        found = getattr(place, name)
        if isinstance(found, types.ModuleType) and found.__name__.startswith("dmkit."):
            yield name


ROOMS = ("dm", *(f"dm.{name}" for name in modules(dm)))
DEEP = tuple(
    f"{room}.{name}"
    for room in ROOMS[1:] if room[3:] not in BY_OTHERS
    for name in modules(getattr(dm, room[3:])) if name not in BY_ENGINES.get(room[3:], "").split()
)  # fmt: skip
"""Modules two steps from the door."""


@cache
def samples() -> tuple[Any, ...]:
    """Values of which most arguments take one."""
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device))
    few = (dm.Rules(), dm.TreeRules(), dm.Get.of("./DevInfo"), dm.Usim.example(), dm.Campaign(devices=1))
    return (device, dm.Server.example(device), device.tree, talk, talk[0], *few, "./DevInfo", b"abc", True, 5, 1.5)


def further(room: str) -> Iterator[tuple[str, Any, type | None]]:
    """The same of all modules of a room, at any depth: what users may call behind its door."""
    package = import_module(f"dmkit.{room}")
    through = {name for name in getattr(package, "__all__", ()) if room not in dir(dm)}  # others are asked at the door
    for name in (
        package.__name__,
        *(found.name for found in pkgutil.walk_packages(package.__path__, f"dmkit.{room}.")),
    ):
        place = import_module(name)
        if name in OF_ENGINES:
            continue
        for public in getattr(place, "__all__", ()):
            value = getattr(place, public)
            if getattr(value, "__module__", "") == name:
                for here, made, owner in members(f"{name}.{public}", value):
                    if room in WITHOUT_DOOR or public in through or ">>>" in (inspect.getdoc(made) or ""):
                        yield here, made, owner


def callables(room: str) -> Iterator[tuple[str, Any, type | None]]:
    """Name, callable and, for a method, the class of its object."""
    place: Any = reduce(getattr, room.split(".")[1:], dm)
    for name in getattr(place, "__all__", ()) if room in DEEP else dir(place):
        value = getattr(place, name)
        here = f"{room}.{name}"
        if room in DEEP and getattr(value, "__module__", "") != place.__name__:
            continue  # tested where it is made
        if room != "dm" and value is getattr(dm, name, None) and name in dir(dm):
            continue
        if not isinstance(value, types.ModuleType) and str(getattr(value, "__module__", "")).startswith("dmkit"):
            yield from members(here, value)


def members(here: str, value: Any) -> Iterator[tuple[str, Any, type | None]]:
    """A function, or a class and its methods, under its name."""
    if not isinstance(value, type):
        if callable(value):
            yield here, value, None
    elif not issubclass(value, BaseException) and not getattr(value, "_is_protocol", False):
        yield here, value, None
        for method, made in vars(value).items():
            if not method.startswith("_") and isinstance(made, classmethod | staticmethod):
                yield f"{here}.{method}", getattr(value, method), None
            elif not method.startswith("_") and inspect.isfunction(made):
                yield f"{here}.{method}", made, value


def kinds(function: Any) -> Mapping[str, Kind]:
    """What each argument takes, by the annotations of the function or of the fields."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not isinstance(plain, type):
        return kinds_of(plain) if inspect.isfunction(plain) else {}
    own = inspect.unwrap(plain.__init__)
    if inspect.isfunction(own) and own.__annotations__ and str(own.__module__).startswith("dmkit"):
        return kinds(own)
    return {}


def filled(
    parameters: list[inspect.Parameter], takes: Mapping[str, Kind], at: int, wrong: Any, first: list[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """A call with ``wrong`` at one place, and elsewhere what is right there as far as a sample is."""
    args, words = list(first), {}
    for place, one in enumerate(parameters):
        if place != at and (one.default is not one.empty or one.kind is one.VAR_POSITIONAL):
            continue
        kind = takes.get(one.name)
        value = wrong if place == at else next((s for s in samples() if kind is None or kind.holds(s)), wrong)
        by_word = one.kind is one.KEYWORD_ONLY or (one.default is not one.empty and one.kind is not one.VAR_POSITIONAL)
        if by_word:
            words[one.name] = value
        else:
            args.append(value)
    return args, words


def outcome(function: Callable[..., Any], args: list[Any], words: dict[str, Any]) -> Exception | None:
    """What the call raised; a generator is begun, a call that goes on has taken its arguments."""

    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.2)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            made = function(*args, **words)
            if inspect.isgenerator(made):
                next(made, None)
            elif inspect.iscoroutine(made):
                made.close()
    except TooLong:
        return None
    except Exception as error:
        return None if stopped else error  # what Python makes of a stop inside its own compiler is a SystemError
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return None


def fault(name: str, parameters: list[inspect.Parameter], given: list[Any], error: Exception | None) -> str:
    """What is wrong with how the call ended; empty when all is well.  Behind the doors a sentence may be about another
    argument: no sample is a document, and that is said first."""
    if error is None or isinstance(error, OSError | RequestRefused):  # Python names a file that is not there
        return ""
    if not isinstance(error, DmError):
        return f"{name}{tuple(given)!r} raises {type(error).__name__}: {error}"
    text = str(error)
    told = [one.name for one in parameters] + [spelled(value) for value in given]
    told += [f"of type {type(value).__name__}" for value in given] + ["''"]
    if name in NOT_NAMED or name.startswith("dmkit.") or any(one in text for one in told):
        return "" if "\n" not in text else f"{name}: more than a line: {text!r}"
    return f"{name}{tuple(given)!r} names no argument: {text}"


@pytest.mark.parametrize("room", [*(room for room in ROOMS if room[3:] not in BY_OTHERS), *DEEP])
def test_a_wrong_argument_is_taken_or_is_one_sentence(room, tmp_path, monkeypatch, recwarn):
    monkeypatch.chdir(tmp_path)
    faults, _ = asked_wrongly(callables(room))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("room", [*WITHOUT_DOOR, *WITH_EXAMPLES])
def test_so_it_is_behind_the_doors(room, tmp_path, monkeypatch, recwarn):
    monkeypatch.chdir(tmp_path)
    faults, number = asked_wrongly(further(room))
    assert not faults, "\n".join(faults)
    assert number > (100 if room in WITHOUT_DOOR and room != "dm13" else 0)


def test_what_seals_and_signs_names_a_wrong_argument(tmp_path, monkeypatch, recwarn):
    """These have no example, since each needs keys; what they do with them takes far longer than asking."""
    monkeypatch.chdir(tmp_path)
    modules = [import_module(f"dmkit.auth.{name}") for name in ("channel", "content", "sealed", "signed", "undeniable")]
    public = [getattr(module, name) for module in modules for name in module.__all__]
    functions = [(f"{f.__module__}.{f.__name__}", f, None) for f in public if hasattr(f, "__wrapped__")]
    faults, number = asked_wrongly(iter(functions))
    assert len(functions) >= 11 and not faults and number >= 20, "\n".join(faults)


def asked_wrongly(each: Iterator[tuple[str, Any, type | None]]) -> tuple[list[str], int]:
    """What is wrong with how calls with one wrong argument ended, and how many arguments were looked at."""
    mpl.use("Agg")
    objects = {type(value): value for value in samples()}
    faults: list[str] = []
    number = 0
    for name, function, owner in each:
        if name in LEFT_OUT or (owner is not None and owner not in objects):
            continue
        takes = kinds(function)
        try:
            parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
        except ValueError:  # a class that is written in C
            continue
        first = [] if owner is None else [objects[owner]]
        parameters = parameters[len(first) :]
        for at, one in enumerate(parameters):
            wrong = [value for value in VALUES if one.name in takes and not takes[one.name].holds(value)]
            number += 1
            few = [wrong[number % len(wrong)], wrong[(number * 7 + 3) % len(wrong)]] if wrong else []
            for value in wrong if ALL else few:
                args, words = filled(parameters, takes, at, value, first)
                ended = outcome(function, args, words)
                faults += filter(None, [fault(name, parameters, [*args[len(first) :], *words.values()], ended)])
    return faults, number


def test_the_lists_name_what_is_there():
    there = {name for room in (*ROOMS, *DEEP) for name, _, _ in callables(room)}
    there |= {name for room in (*WITHOUT_DOOR, *WITH_EXAMPLES) for name, _, _ in further(room)}
    rooms = {found.name for found in pkgutil.iter_modules(dm.__path__) if found.ispkg} - {"cli", "lab"}
    assert rooms == {*WITHOUT_DOOR, *WITH_EXAMPLES, *(name[6:] for name in OF_ENGINES if name.count(".") == 1)}
    assert all(import_module(name) for name in OF_ENGINES)
    assert all(name in [*modules(getattr(dm, room))] for room, names in BY_ENGINES.items() for name in names.split())
    assert len(DEEP) >= 40
    assert set(LEFT_OUT) <= there and set(NOT_NAMED) <= there
    assert {f"dm.{room}" for room in BY_OTHERS} <= set(ROOMS)


NAMED = {
    "dm.XML.decode('x')": "a codec reads octets (bytes), not 'x'",
    "dm.WBXML.decode(5)": "a codec reads octets (bytes), not 5",
    "dm.check(5, 5)": "check: question is 5; it must be a text",
    "dm.readings(5)": "5",
    "dm.Device(5)": "Device: tree is 5; it must be a Tree",
    "dm.Device.example(rules=5)": "Device.example: rules is 5; it must be a Rules or None",
    "dm.Device(dm.Device.example().tree, rules=5)": "Device: rules is 5; it must be a Rules or None",
    "dm.Device(dm.Device.example().tree, 5)": "Device: accounts is 5; it must be an Account",
    "dm.Server.example('x')": "Server.example: devices is 'x'; it must be a Device",
    "dm.Server({}, nonces=5)": "Server: nonces is 5; it must be a function",
    "dm.Server({}, nonces=iter, when_full='refuze')": "'refuse'; nearest: 'refuse'",
    "dm.mo.load('fumoo')": "nearest: 'fumo'",
    "dm.mo.load(5)": "load: name is 5",
    "dm.Tree.of({'./A': object()})": "./A: the value of a leaf is a text, octets, a number, True, False",
    "dm.Tree.of({'./A': {}})": "not of type dict",
    "dm.Tree.of({'./A': '1'}).set('./A', [])": "not of type list",
    "dm.Tree.of({5: 'a'})": "Tree.of: values is {5: 'a'}",
    "dm.Tree.of({'./A': 'a'}).get(5)": "Tree.get: uri is 5; it must be a text",
    "dm.Tree.of({'./A': 'a'}).find(5)": "Tree.find: path is 5",
    "dm.Tree.of({'./A': 'a'}).may('s', 'Gett', './A')": "Tree.may: verb is 'Gett'",
    "dm.Server.example().receive(5)": "Server.receive: packet is 5; it must be a Packet",
    "dm.auth.by_type(5)": "by_type: type_ is 5; it must be a text or None",
    "dm.wire.codec_for(5)": "codec_for: media_type is 5; it must be a text",
    "dm.notify.decode('x')": "1 octet; a notification has 24",
    "dm.transport.read_trace(5)": "path is 5",
    "dm.sweep(dm.Campaign(devices=1), {'devices': 5})": "over['devices'] is 5; it must be several values, such as [5]",
    "dm.sweep(dm.Campaign(devices=1), {'devices': '5'})": "over['devices'] is '5'; it must be several values",
    "dm.sweep(dm.Campaign(devices=1), 5)": "over is 5",
    "dm.sweep(dm.Campaign(devices=1), {'devices': [1]}, on='many')": "on is 'many'; it must be None, a number",
    "dm.sweep(dm.Campaign(devices=1), {'devices': [1]}, on=0)": "on is 0; it must be None, a number of processes",
    "dm.sweep(dm.Campaign(devices=1), {'devices': [1]}, on=True)": "on is True",
    "dm.sweep(dm.Campaign(devices=1), {'devices': [1]}, store=5)": "sweep: store is 5",
    "dm.validate(5)": "5",
    "dm.Transcript(5)": "Transcript.lines is 5; it must be a tuple, each entry a Line",
    "dm.Transcript((), closing=5)": "Transcript.closing is 5",
    "dm.show(5)": "show: thing is 5; a int has no picture; these have: Tree, ",
    "dm.Rules(versions=())": "Rules.versions is (); it must be a tuple",
    "dm.Rules(max_message=10)": "Rules.max_message is 10; it must be a whole number from 86 B upwards or None",
    "dm.Rules(client_schemes=())": "Rules.client_schemes is () and Rules.auth is 'md5': no challenge could be answered",
    "dm.Rules(client_schemes=(), auth='mac')": "name 'mac' in client_schemes, or give auth='none'",
    "dm.Rules(client_schemes=5, versions=5)": "Rules.client_schemes is 5",
}
"""What the call is, and what its sentence holds."""


@pytest.mark.parametrize("call", NAMED)
def test_named_calls(call):
    with pytest.raises(DmError) as caught:
        eval(call, {"dm": dm})
    assert NAMED[call] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_generators_coroutines_and_what_is_asked_first():
    @asked
    def several(texts: tuple[str, ...]) -> Iterator[str]:
        yield from texts

    @asked
    async def later(text: str) -> str:
        return text.upper()

    @asked_first
    def kept(*names: str, most: int = 1) -> tuple[str, ...]:
        return names

    assert list(several(("a", "b"))) == ["a", "b"]
    with pytest.raises(ConfigError, match=r"^several: texts is 5; it must be a tuple, each entry a text$"):
        next(several(5))
    with pytest.raises(ConfigError, match=r"^later: text is None; it must be a text$"):
        later(None).send(None)
    with pytest.raises(StopIteration, match="A"):
        later("a").send(None)
    assert kept("a", most=2) == ("a",)
    with pytest.raises(ConfigError, match=r"^kept: names is 5; it must be a text$"):
        kept("a", 5)
    with pytest.raises(ConfigError, match=r"^kept: most is 'x'; it must be a whole number$"):
        kept(most="x")
    with pytest.raises(TypeError, match="unexpected keyword"):
        kept(other=1)


def test_a_counter_maps_its_keys_to_whole_numbers():
    kind = kind_of(Counter[str])
    assert kind.holds(Counter("aab")) and not kind.holds({"a": "b"}) and "a mapping, each key a text" in kind.text


def test_blame_falls_only_on_what_does_not_fit():
    own = ValueError("own")
    assert blamed(own, kind_of, int) is own
    assert blamed(own, kind_of) is own, "too few arguments: Python says that itself"
    assert wrong_argument(spelled, (5,), {"longest": "x"}) == "longest is 'x'; it must be a whole number"
