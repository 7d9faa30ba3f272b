"""Every switch of the rules with its rivals: what a sentence may be taken to mean.

A switch is a field of ``Rules``, ``TreeRules``, ``UriLimits`` or ``Dm2Rules``.  Where its annotation lists what it
takes, the rivals are those; where it is a number, a table or a function, ``DECLARED`` names one or two that differ
from the default.

>>> [switch.name for switch in switches("Rules.late_alert")], switch_of("Rules.late_alert").rivals
(['Rules.late_alert'], ('keep',))
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from fnmatch import fnmatch
from functools import cache
from typing import Any, Final

from dmkit.bootstrap.rules import BootstrapRules
from dmkit.dm2.rules import Dm2Rules
from dmkit.notify import NotifyRules
from dmkit.rights.rivals import RIVALS as POLICIES
from dmkit.session.rules import Rules
from dmkit.tree.rules import ALL_PROPERTIES, TreeRules
from dmkit.tree.uri import UriLimits
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.field_docs import documented
from dmkit.words.kinds import nearest

__all__ = ["DECLARED", "OWNERS", "RuleSwitch", "applied", "shown", "switch_of", "switches"]

OWNERS: Final[Mapping[str, type]] = {
    "Rules": Rules,
    "TreeRules": TreeRules,
    "UriLimits": UriLimits,
    "Dm2Rules": Dm2Rules,
}
"""Classes whose fields are the switches."""


def backwards(commands: tuple[object, ...]) -> tuple[object, ...]:
    """The commands of a message from the last to the first, a reading of ``Rules.order``."""
    return commands[::-1]


def nothing(type: str) -> bool:
    """Understands no alert of any type."""
    return False


def refuses(alert: object) -> StatusCode:
    """Answers 406 to an alert, whatever it is."""
    return StatusCode.NOT_SUPPORTED


DECLARED: Final[Mapping[str, tuple[object, ...]]] = {
    "Rules.auth": ("basic", "mac", "none"),
    "Rules.server_auth": ("basic", "mac", "none"),
    "Rules.client_schemes": (("basic",),),
    "Rules.channel": (b"the hash of a certificate",),
    "Rules.challenges": (0, 1),
    "Rules.max_message": (None, 2000),
    "Rules.max_object": (1000,),
    "Rules.chunk": (700,),
    "Rules.retries": (0,),
    "Rules.repeats": (0,),
    "Rules.messages": (2,),
    "Rules.resp_uri": ("https://dm.example.com/session/7",),
    "Rules.versions": ((("1.1", "DM/1.1"),),),
    "Rules.order": (backwards,),
    "Rules.alerts": ({1100: refuses},),
    "Rules.known_alerts": (nothing,),
    "Rules.known_events": (nothing,),
    "Rules.policy": tuple(POLICIES.values())[1:3],
    "Rules.tree": (TreeRules(atomic="unsupported"),),
    "Rules.notify": (NotifyRules(nonces=("stored",)),),
    "Rules.bootstrap": (BootstrapRules(unsecured="take", confirm=()),),
    "TreeRules.status": ({"malformed uri": 500, "rights": 405},),
    "TreeRules.limits": (UriLimits(max_depth=3, max_total=18, max_segment=8),),
    "UriLimits.max_depth": (2,),
    "UriLimits.max_total": (12,),
    "UriLimits.max_segment": (6,),
    "TreeRules.properties": (ALL_PROPERTIES - {"Size", "Title", "TStamp", "VerNo"},),
    "TreeRules.counted": (frozenset({"value"}),),
    "TreeRules.first_verno": (1,),
    "TreeRules.max_title": (16,),
    "TreeRules.creator_acl": (
        "Add={0}&Delete={0}&Exec={0}&Get={0}&Replace={0}",
        "Add={0}&Delete={0}&Get=*&Replace={0}",
    ),
    "TreeRules.max_value": (100,),
    "Dm2Rules.packages": (1,),
    "Dm2Rules.commands": (1,),
}
"""Rivals of fields whose annotation lists none; the first is the one that pairs are made of."""


@dataclass(frozen=True, slots=True)
class RuleSwitch:
    """One field of the rules, its default reading and the rivals; ``text`` is what the field says of itself.

    ``mark`` is UNSURE, CONFLICT, PROPOSAL or Free where the text has one of these words, else empty: then the
    specification is plain, or the field is a size or a limit that somebody has to choose.
    """

    owner: str
    field: str
    default: Any
    rivals: tuple[Any, ...]
    text: str

    @property
    def name(self) -> str:
        """``Rules.late_alert``."""
        return f"{self.owner}.{self.field}"

    @property
    def mark(self) -> str:
        """The word that says on what the default rests."""
        found = re.search(r"\b(CONFLICT|UNSURE|PROPOSAL|Free|Optional|Should|Must)\b", self.text)
        return found[1] if found else ""

    @property
    def open(self) -> bool:
        """Whether the specification is silent here, or says two things."""
        return self.mark in ("UNSURE", "CONFLICT")

    @property
    def source(self) -> str:
        """Where it stands: ``DMPRO §8, §8.7``; empty when the field names none."""
        found = re.findall(r"\[([^\]]*)\]", self.text)
        return "; ".join(found)


def _rivals(owner: type, name: str, hint: str, default: object) -> tuple[object, ...]:
    if (declared := DECLARED.get(f"{owner.__name__}.{name}")) is not None:
        return declared
    if hint == "bool":
        return (not default,)
    if hint.startswith("Literal["):
        return tuple(value for value in literal_eval(hint.removeprefix("Literal")) if value != default)
    if isinstance(default, int):  # a number that nobody chose a rival for: one more
        return (default + 1,)
    raise ConfigError(f"{owner.__name__}.{name} has no rivals; name one in DECLARED, workbench/readings/switches.py")


@cache
def _all() -> tuple[RuleSwitch, ...]:
    found = []
    for owner in OWNERS.values():
        texts = documented(owner)
        for field in fields(owner):
            make: Callable[[], object] | Any = field.default_factory
            default = field.default if field.default is not MISSING else make()
            rivals = _rivals(owner, field.name, str(field.type), default)
            found.append(RuleSwitch(owner.__name__, field.name, default, rivals, texts.get(field.name, "")))
    return tuple(found)


@asked
def switches(*names: str) -> tuple[RuleSwitch, ...]:
    """Those that ``names`` name; patterns may stand there (``TreeRules.tnds*``); all when there are none.

    ConfigError for a name that fits none, with the nearest.

    >>> len(switches("Rules.max_*"))
    3
    """
    every = _all()
    if not names:
        return every
    for name in names:
        if not any(fnmatch(switch.name, name) for switch in every):
            near = nearest(name, [switch.name for switch in every])
            raise ConfigError(f"no switch is called {name!r}; dm.workbench.readings.switches() has them{near}")
    return tuple(switch for switch in every if any(fnmatch(switch.name, name) for name in names))


@asked
def switch_of(name: str) -> RuleSwitch:
    """The switch of that very name.

    >>> switch_of("TreeRules.copy_creates").mark
    'UNSURE'
    """
    return switches(name)[0]


def applied(rules: Any, switch: RuleSwitch, value: object) -> Any:
    """``rules`` (of a session, or of DM 2.0) with the reading ``value``.

    >>> applied(Rules(), switch_of("TreeRules.copy"), False).tree.copy
    False
    """
    changed: dict[str, Any] = {switch.field: value}
    if switch.owner == "UriLimits":
        return replace(rules, tree=replace(rules.tree, limits=replace(rules.tree.limits, **changed)))
    if switch.owner == "TreeRules" and isinstance(rules, Rules):
        return replace(rules, tree=replace(rules.tree, **changed))
    return replace(rules, **changed)


def shown(value: object) -> str:
    """A reading in a table: short, and the same in every run.

    >>> shown(("basic",)), shown(True), shown(backwards)
    ("('basic',)", 'yes', 'backwards')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value)))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(one)}" for key, one in value.items()) or "none"
    if hasattr(value, "uses_nonce"):  # a scheme
        return str(getattr(value, "name", ""))
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    if isinstance(value, TreeRules | NotifyRules | BootstrapRules | UriLimits):
        changed = [f for f in fields(value) if f.init and getattr(value, f.name) != _default(f)]
        return ", ".join(f"{f.name}={shown(getattr(value, f.name))}" for f in changed) or "as specified"
    return value if isinstance(value, str) and value else repr(value)


def _default(field: Any) -> object:
    return field.default if field.default is not MISSING else field.default_factory()
