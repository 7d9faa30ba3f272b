"""Profiles: what a device and a server offer each other, and what the world around them does not have.

>>> [capability.name for capability in profile("no Exec").lacks]
['Exec']
>>> [capability.name for capability in SPEC.without(CAPABILITIES["Copy"]).added(CAPABILITIES["Copy"]).lacks]
[]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields, replace
from types import MappingProxyType
from typing import Any, Final

from dmkit.mo.capabilities import CAPABILITIES, Capability
from dmkit.server import peers
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["PROFILES", "SPEC", "EnablerProfile", "profile"]


@checked
@dataclass(frozen=True, slots=True)
class EnablerProfile:
    """``device`` and ``server`` are the rules of either side; ``absent`` names what the world does not have.

    ``absent`` holds the ``world`` of capabilities that are no choice of a session: "notification" and so on.
    """

    name: str
    """What it is called."""
    device: Rules = field(default_factory=Rules)
    server: Rules = field(default_factory=Rules)
    absent: frozenset[str] = frozenset()
    note: str = ""
    """Who does it so."""

    @property
    def lacks(self) -> tuple[Capability, ...]:
        """The capabilities that are not offered as the specification has them, in the order of the table."""
        return tuple(c for c in CAPABILITIES.values() if self._lacks(c))

    def _lacks(self, capability: Capability) -> bool:
        if capability.world:
            return capability.world in self.absent
        return capability.missing_in(self.device) or capability.missing_in(self.server)

    def without(self, *capabilities: Capability) -> EnablerProfile:
        """The same, with ``capabilities`` switched off on both sides."""
        made = self
        for each in capabilities:
            absent = made.absent | {each.world} if each.world else made.absent
            made = replace(made, device=each.without(made.device), server=each.without(made.server), absent=absent)
        return made

    def added(self, *capabilities: Capability) -> EnablerProfile:
        """The same, with ``capabilities`` as the specification has them."""
        made = self
        for each in capabilities:
            made = replace(
                made,
                device=each.added_to(made.device),
                server=each.added_to(made.server),
                absent=made.absent - {each.world},
            )
        return made

    def ruled(self, changes: Mapping[str, Any]) -> EnablerProfile:
        """The same with other rules on both sides: fields of ``Rules`` by name, those of its ``tree`` as ``tree.copy``.

        ConfigError for a name that is none.

        >>> SPEC.ruled({"tree.copy": False}).lacks[0].name
        'Copy'
        """
        own = {name: value for name, value in changes.items() if not name.startswith("tree.")}
        tree = {name.removeprefix("tree."): value for name, value in changes.items() if name.startswith("tree.")}
        for names, owner in ((own, Rules), (tree, TreeRules)):
            unknown = sorted(set(names) - {entry.name for entry in fields(owner)})
            if unknown:
                raise ConfigError(
                    f"{owner.__name__} has no field {unknown[0]!r}; max_message is one of Rules, "
                    "tree.sequence_stops one of its tree"
                )

        def changed(rules: Rules) -> Rules:
            return replace(rules, tree=replace(rules.tree, **tree), **own)

        return replace(self, device=changed(self.device), server=changed(self.server))

    def __str__(self) -> str:
        return self.name


SPEC: Final = EnablerProfile("DM 1.2", note="everything that the specification has, what is optional included")


def _peer(name: str, note: str, *absent: Capability) -> EnablerProfile:
    server = peers.PROFILES[name]
    return EnablerProfile(name, peers.DEVICES.get(name, server), server, note=note).without(*absent)


def _off(name: str, note: str, *levels_or_names: str) -> EnablerProfile:
    off = [c for c in CAPABILITIES.values() if c.name in levels_or_names or c.level in levels_or_names]
    return replace(SPEC.without(*off), name=name, note=note)


PROFILES: Final[Mapping[str, EnablerProfile]] = MappingProxyType(
    {
        made.name: made
        for made in (
            SPEC,
            _off("DM 1.2, musts and shoulds", "nothing that a client may leave away", "O"),
            _off("DM 1.2, musts only", "nothing that a client may or should have beyond the musts", "O", "S"),
            _off("no Exec", "a device of values only", "Exec"),
            _off("no alerts", "nothing is reported after the session", "asynchronous alert"),
            _off("no wake-up", "the device is behind a gateway that lets no push through", "notification"),
            _off("never calls", "the device talks only when it is woken", "client-initiated session"),
            _off("nobody there", "a machine without a user", "UI alert"),
            _peer("libdmclient", "an open client, as observed"),
            _peer("aosp", "the engine in Android, as observed"),
            _peer("hs20", "a client for hot spots, as observed"),
            _peer("koneki", "a Java client, as observed"),
            _peer(
                "windows",
                "enrolled Windows clients, as observed: no access control lists, no Correlator",
                CAPABILITIES["access control"],
                CAPABILITIES["correlator"],
            ),
        )
    }
)
"""Name -> profile: the specification, parts of it, and real peers as far as switches describe them."""


@asked
def profile(
    name: str, off: Iterable[str] = (), on: Iterable[str] = (), rules: Mapping[str, Any] = MappingProxyType({})
) -> EnablerProfile:
    """The profile called ``name`` with capabilities switched ``off`` and ``on``, and other ``rules`` (``ruled``).

    ConfigError for names that are none says which there are.

    >>> profile("DM 1.2", off=["Exec"]).name
    'DM 1.2, without Exec'
    """
    if name not in PROFILES:
        raise ConfigError(f"profile {name!r} is not known; there are {', '.join(PROFILES)}")
    off, on = tuple(off), tuple(on)
    for each in (*off, *on):
        if each not in CAPABILITIES:
            raise ConfigError(f"capability {each!r} is not known; there are {', '.join(CAPABILITIES)}")
    made = PROFILES[name].without(*(CAPABILITIES[n] for n in off)).added(*(CAPABILITIES[n] for n in on))
    found = [f"without {n}" for n in off] + [f"with {n}" for n in on] + [f"{n}={v}" for n, v in rules.items()]
    return replace(made.ruled(rules), name=", ".join([name, *found]))
