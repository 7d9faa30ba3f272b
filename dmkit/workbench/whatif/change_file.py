"""A change of the specification from what one has: a TOML file with functions of files beside it, rules, fields.

What cannot stand in a file is one sentence.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Final

from dmkit.auth import SCHEMES
from dmkit.ddf.api import load
from dmkit.rights.rivals import RIVALS
from dmkit.server.peers import DEVICES, PROFILES
from dmkit.session.rules import Rules
from dmkit.tree.context import Handler
from dmkit.tree.rules import TreeRules
from dmkit.tree.uri import parse as parse_uri
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed, ConfigError, DmError
from dmkit.words.from_toml import in_file, parse
from dmkit.words.kinds import nearest
from dmkit.words.model import Alert
from dmkit.workbench.readings.switches import switches
from dmkit.workbench.whatif.change import SpecChange, differences
from dmkit.workbench.whatif.keys import KEYS

__all__ = ["change_of", "read"]


def read(file: str | Path) -> SpecChange:
    """The change of a TOML file; ConfigError with one sentence for what cannot stand there."""
    path = Path(file)
    octets = path.read_bytes()
    with in_file(path.name):
        return _change(octets, path)


def _change(octets: bytes, path: Path) -> SpecChange:
    document = parse(octets, path.name)
    for key in document:
        if key not in KEYS:
            raise ConfigError(f"{path.name}: {key} is not known; there are {', '.join(KEYS)}{nearest(key, KEYS)}")
    _check_words(document, path.name)
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
        if not isinstance(code, int) or isinstance(code, bool) or not 1 <= code <= 99_999:
            raise ConfigError(f"{path.name}: alert.code is {code!r}; it must be a number from 1 to 99999")
        both["alerts"] = {code: _behaviour(alert, path)}
        sections.append(_ALERT)
    handlers: dict[str, Handler] = {}
    if "handler" in document:
        handler = _keys(document["handler"], ("uri", "do"), f"{path.name}: handler")
        if set(handler) != {"uri", "do"}:
            raise ConfigError(f"{path.name}: handler needs uri and do")
        for key in ("uri", "do"):
            if not isinstance(handler[key], str):
                raise ConfigError(f"handler.{key} is {handler[key]!r}; it must be a text")
        try:
            parse_uri(handler["uri"], strict=True)
        except CommandFailed as error:
            raise ConfigError(f"{path.name}: handler.uri is {handler['uri']!r}: {error}") from None
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


_CHANGES: Final = tuple(key for key in KEYS if key not in ("name", "about", "sections"))
"""What makes a change of a file."""


def _check_words(document: Mapping[str, Any], file: str) -> None:
    """ConfigError where words are none, or nothing is changed."""
    for key in ("name", "about"):
        if not isinstance(document.get(key, ""), str):
            raise ConfigError(f"{file}: {key} is {document[key]!r}; it must be text")
    for key in ("settles", "sections"):
        given = document.get(key, [])
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ConfigError(f"{file}: {key} is {given!r}; it must be a list of texts")
    known = [switch.name for switch in switches()]
    unknown = next((name for name in document.get("settles", ()) if name not in known), None)
    if unknown is not None:
        raise ConfigError(
            f"{file}: settles names {unknown!r}, which is no switch of the rules{nearest(unknown, known)}"
        )
    if not any(key in document for key in _CHANGES):
        raise ConfigError(f"{file}: it changes nothing; one of {', '.join(_CHANGES)} is wanted")


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
        status = StatusCode(0)
    if not status.is_known:
        raise ConfigError(f"{path.name}: alert.answer is {alert['answer']!r}; it must be a status code")
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
    found = getattr(module, attribute)
    return _answerable(found, f"{path.name}: {name}") if callable(found) and not isinstance(found, type) else found


def _answerable(run: Callable[..., Any], where: str) -> Callable[..., Any]:
    """``run``, of which one sentence is said where it fails; an error of ours is an answer, and goes its way."""

    @wraps(run)
    def answered(*arguments: Any, **named: Any) -> Any:
        try:
            return run(*arguments, **named)
        except DmError:
            raise
        except Exception as error:  # whatever the function of a user does
            raise ConfigError(f"{where} failed: {type(error).__name__}: {error}"[:300]) from None

    return answered


_ALERT: Final = "DMREPPRO §7, DMPRO §8.7"


_HANDLER: Final = "DMREPPRO §6.6.6, DMTND §6.2.5"


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


def _short(value: object) -> str:
    return getattr(value, "__name__", None) or repr(value)
