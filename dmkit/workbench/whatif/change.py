"""A change of the specification as a value: rules, a policy, a scheme, an alert, a command handler, a DDF, a profile.

``change_file.read`` makes one of a file.

>>> change = SpecChange("MAC", both={"auth": "mac", "server_auth": "mac"})
>>> change.rules("device", Rules()).auth, change.touched
('mac', ('Rules.auth', 'Rules.server_auth'))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from dmkit.ddf.spec import Spec
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Natural

__all__ = ["SpecChange", "differences"]

ChangedSide = Literal["device", "server"]
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


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
    handlers: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: _NOTHING)
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


def differences(rules: Rules) -> dict[str, Any]:
    """The fields in which ``rules`` are not the specification, those of the tree as ``tree.copy``."""
    spec = Rules()
    own = {f.name: getattr(rules, f.name) for f in fields(Rules) if f.name != "tree"}
    tree = {f"tree.{f.name}": getattr(rules.tree, f.name) for f in fields(TreeRules)}
    plain = {f.name: getattr(spec, f.name) for f in fields(Rules)} | {
        f"tree.{f.name}": getattr(spec.tree, f.name) for f in fields(TreeRules)
    }
    return {name: value for name, value in {**own, **tree}.items() if value != plain[name]}
