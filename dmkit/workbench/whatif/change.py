"""A change of the specification as a value: rules, a policy, a scheme, an alert, a command handler, a DDF, a profile.

``read`` makes one of a file; what is a function there is named as ``own.py:function``, beside the file.

>>> change = SpecChange("MAC", both={"auth": "mac", "server_auth": "mac"})
>>> change.rules("device", Rules()).auth, change.touched
('mac', ('Rules.auth', 'Rules.server_auth'))
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from dmkit.auth import SCHEMES
from dmkit.ddf.api import load
from dmkit.ddf.spec import Spec
from dmkit.rights.rivals import RIVALS
from dmkit.server.peers import DEVICES, PROFILES
from dmkit.session.rules import Rules
from dmkit.tree.context import Handler
from dmkit.tree.rules import TreeRules
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.from_toml import parse
from dmkit.words.kinds import nearest
from dmkit.words.model import Alert
from dmkit.words.ranges import Natural
from dmkit.workbench.whatif.keys import KEYS

__all__ = ["SpecChange", "change_of", "read"]

ChangedSide = Literal["device", "server"]
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_ALERT: Final = "DMREPPRO §7, DMPRO §8.7"
_HANDLER: Final = "DMREPPRO §6.6.6, DMTND §6.2.5"


@checked
@dataclass(frozen=True)
class SpecChange:
    """A change with its name.  ``both``, ``device``, ``server`` are fields of ``Rules``; of its tree, ``tree.copy``.

    >>> SpecChange("no Copy", device={"tree.copy": False}).rules("device", Rules()).tree.copy
    False
    """

    name: str
    """How the report calls it."""
    about: str = ""
    """A sentence about it."""
    both: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    device: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    server: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    handlers: Mapping[str, Handler] = field(default_factory=lambda: _NOTHING)
    """URI -> what happens there."""
    ddf: tuple[Spec, Spec] | None = None
    """A description before and after."""
    alert: Natural | None = None
    """Code of the alert that the change is about."""
    settles: tuple[str, ...] = ()
    """Switches that it settles."""
    sections: tuple[str, ...] = ()
    """Sections of the specification that it touches."""
    mark: str = ""
    """What tells one state of its file from another."""

    def __post_init__(self) -> None:
        for part in (self.both, self.device, self.server):
            _changed(Rules(), part)

    def rules(self, side: ChangedSide, before: Rules) -> Rules:
        """``before`` with what the change says of this side."""
        return _changed(_changed(before, self.both), self.device if side == "device" else self.server)

    @property
    def touched(self) -> tuple[str, ...]:
        """Switches that it turns, by their full names."""
        names = {**self.both, **self.device, **self.server}
        return tuple(f"TreeRules.{n.removeprefix('tree.')}" if n.startswith("tree.") else f"Rules.{n}" for n in names)

    @property
    def of_rules(self) -> bool:
        """Whether anything that is said or done in a session may be another."""
        return bool(self.both or self.device or self.server or self.handlers)

    @property
    def of_rights(self) -> bool:
        """Whether who may do what may be another."""
        return any(name == "policy" or name.startswith("tree.") for name in {**self.both, **self.device})


def _changed(rules: Rules, values: Mapping[str, Any]) -> Rules:
    tree = {name.removeprefix("tree."): value for name, value in values.items() if name.startswith("tree.")}
    own: dict[str, Any] = {name: value for name, value in values.items() if not name.startswith("tree.")}
    for names, owner in ((own, Rules), (tree, TreeRules)):
        known = [entry.name for entry in fields(owner)]
        for name in names:
            if name not in known:
                raise ConfigError(f"{owner.__name__} has no field {name!r}{nearest(name, known)}")
    if "alerts" in own:
        own["alerts"] = {**rules.alerts, **own["alerts"]}
    if tree:
        own["tree"] = replace(rules.tree, **tree)
    return replace(rules, **own)


def change_of(thing: SpecChange | Mapping[str, Any] | Rules | str | Path) -> SpecChange:
    """A change from what one has: a file of one, fields of rules, or rules that differ from the specification.

    >>> change_of({"tree.copy": False}).name, change_of(Rules(auth="mac")).touched
    ('tree.copy = False', ('Rules.auth',))
    """
    if isinstance(thing, SpecChange):
        return thing
    if isinstance(thing, Rules):
        return change_of(differences(thing))
    if isinstance(thing, Mapping):
        return SpecChange(
            ", ".join(f"{name} = {_short(value)}" for name, value in thing.items()) or "nothing", both=thing
        )
    if isinstance(thing, str | Path):
        return read(thing)
    raise ConfigError(f"a change is a file, Rules, a table of fields or a Change, not {thing!r}")


def differences(rules: Rules) -> dict[str, Any]:
    """The fields in which ``rules`` are not the specification, those of the tree as ``tree.copy``."""
    spec = Rules()
    own = {f.name: getattr(rules, f.name) for f in fields(Rules) if f.name != "tree"}
    tree = {f"tree.{f.name}": getattr(rules.tree, f.name) for f in fields(TreeRules)}
    plain = {f.name: getattr(spec, f.name) for f in fields(Rules)} | {
        f"tree.{f.name}": getattr(spec.tree, f.name) for f in fields(TreeRules)
    }
    return {name: value for name, value in {**own, **tree}.items() if value != plain[name]}


def _short(value: object) -> str:
    return getattr(value, "__name__", None) or repr(value)


# -- files


def read(file: str | Path) -> SpecChange:
    """The change of a TOML file; ConfigError with one sentence for what cannot stand there."""
    path = Path(file)
    octets = path.read_bytes()
    document = parse(octets, path.name)
    for key in document:
        if key not in KEYS:
            raise ConfigError(f"{path.name}: {key} is not known; there are {', '.join(KEYS)}{nearest(key, KEYS)}")
    both, device, server = (
        _fields(document.get(key, {}), f"{path.name}: {key}") for key in ("rules", "device", "server")
    )
    sections = list(document.get("sections", ()))
    code = None
    if "profile" in document:
        name = _row(document["profile"], PROFILES, f"{path.name}: profile")
        device = {**differences(DEVICES.get(name, PROFILES[name])), **device}
        server = {**differences(PROFILES[name]), **server}
    if "policy" in document:
        both["policy"] = _named(document["policy"], RIVALS, path, "policy")
    if "scheme" in document:
        scheme = _named(document["scheme"], SCHEMES, path, "scheme")
        both |= {"auth": scheme, "server_auth": scheme}
    if "alert" in document:
        alert = _keys(document["alert"], ("code", "answer", "do"), f"{path.name}: alert")
        code = alert.get("code")
        if not isinstance(code, int) or not 1 <= code <= 99_999:
            raise ConfigError(f"{path.name}: alert.code is {code!r}; it must be a number from 1 to 99999")
        both["alerts"] = {code: _behaviour(alert, path)}
        sections.append(_ALERT)
    handlers: dict[str, Handler] = {}
    if "handler" in document:
        handler = _keys(document["handler"], ("uri", "do"), f"{path.name}: handler")
        if set(handler) != {"uri", "do"}:
            raise ConfigError(f"{path.name}: handler needs uri and do")
        handlers[str(handler["uri"])] = _function(str(handler["do"]), path, "handler.do")
        sections.append(_HANDLER)
    specs = None
    if "ddf" in document:
        files = _keys(document["ddf"], ("before", "after"), f"{path.name}: ddf")
        if set(files) != {"before", "after"}:
            raise ConfigError(f"{path.name}: ddf needs before and after, two files")
        specs = (load(path.parent / str(files["before"])), load(path.parent / str(files["after"])))
        sections.append("DMTND §9, DMSTDOBJ §5.1.2")
    return SpecChange(
        str(document.get("name", path.stem)), str(document.get("about", "")), both, device, server, handlers, specs,
        code,
        tuple(document.get("settles", ())), tuple(sections), hashlib.sha256(octets).hexdigest()[:16],
    )  # fmt: skip


def _fields(table: object, where: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} is {table!r}; it must be a table")
    found: dict[str, Any] = {}
    for name, value in table.items():
        if name == "tree":
            if not isinstance(value, Mapping):
                raise ConfigError(f"{where}.tree is {value!r}; it must be a table")
            found |= {f"tree.{one}": _value(TreeRules, one, it) for one, it in value.items()}
        else:
            found[name] = _value(Rules, name, value)
    return found


def _value(owner: type, name: str, value: object) -> Any:
    """Lists of a file are tuples or sets in rules."""
    default = getattr(owner(), name, None)
    if isinstance(value, list):
        return frozenset(value) if isinstance(default, frozenset) else tuple(value)
    return value


def _row(name: object, table: Mapping[str, Any], where: str) -> str:
    if not isinstance(name, str) or name not in table:
        raise ConfigError(f"{where} is {name!r}; there are {', '.join(table)}{nearest(name, table)}")
    return name


def _keys(table: object, known: tuple[str, ...], where: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} is {table!r}; it must be a table with {', '.join(known)}")
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}.{key} is not known; there are {', '.join(known)}{nearest(key, known)}")
    return table


def _named(name: object, table: Mapping[str, Any], path: Path, key: str) -> Any:
    if isinstance(name, str) and ".py:" in name:
        return _function(name, path, key)
    return table[_row(name, table, f"{path.name}: {key}")]


def _behaviour(alert: Mapping[str, Any], path: Path) -> Callable[[Alert], Any]:
    if ("answer" in alert) == ("do" in alert):
        raise ConfigError(f"{path.name}: alert needs either answer, a status, or do, a function")
    if "do" in alert:
        function: Callable[[Alert], Any] = _function(str(alert["do"]), path, "alert.do")
        return function
    try:
        status = StatusCode(int(alert["answer"]))
    except (ValueError, TypeError):
        raise ConfigError(f"{path.name}: alert.answer is {alert['answer']!r}; it must be a status code") from None
    return lambda alert: status


def _function(name: str, path: Path, key: str) -> Any:
    """What ``file.py:name`` names, the file beside that of the change; it is run, as is any module one imports."""
    file, _, attribute = name.partition(":")
    place = path.parent / file
    if not file.endswith(".py") or not attribute or not place.is_file():
        raise ConfigError(f"{path.name}: {key} is {name!r}; it must be file.py:name, the file beside this one")
    spec = importlib.util.spec_from_file_location(f"dmkit_change_{place.stem}", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the file of a user does when it is run
        raise ConfigError(f"{path.name}: {file} fails when it is run: {type(error).__name__}: {error}") from None
    if not hasattr(module, attribute):
        raise ConfigError(f"{path.name}: {file} has no {attribute!r}{nearest(attribute, vars(module))}")
    return getattr(module, attribute)
