"""The twelve commands: parameters by position, who must support them, and on what each row rests.  [dm20 sheet §6]

>>> COMMANDS["HGET"].shape, COMMANDS["SUB"].basis.value
(('ServerURI', 'ClientURI?'), 'unsure')
>>> Command.of("GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man").wrong
''
>>> Command.of("END", "x").wrong
'END takes no parameter, not 1'
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from dmkit.ddf.spec import Basis
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["COMMANDS", "Command", "Shape"]


class Shape(msgspec.Struct, frozen=True):
    """What a command takes, and what is known of it.

    ``shape`` names the parameters in order: ``?`` may be left out, ``+`` once or more.  ``server`` and ``client`` say
    who supports it, M must, S should.  ``answered`` is False for commands without a status.
    """

    name: str
    shape: tuple[str, ...]
    server: str
    client: str
    what: str
    answered: bool = True
    basis: Basis = Basis.ESTABLISHED

    def wrong(self, parameters: tuple[str, ...]) -> str:
        """What is wrong with the number of these parameters; empty when nothing is."""
        most = None if any(name.endswith("+") for name in self.shape) else len(self.shape)
        least = sum(not name.endswith("?") for name in self.shape)
        given = len(parameters)
        if given >= least and (most is None or given <= most):
            return ""
        if not self.shape:
            return f"{self.name} takes no parameter, not {given}"
        return f"{self.name} takes {' '.join(self.shape)}, not {many(given, 'parameter')}"


_ROWS: Final = (
    Shape("HGET", ("ServerURI", "ClientURI?"), "M", "M", "fetch from a repository, then add or replace"),
    Shape("HPUT", ("ServerURI", "ClientURI+"), "M", "M", "put data into a repository"),
    Shape("HPOST", ("ServerURI", "ClientURI+"), "M", "M", "post data to a repository"),
    Shape("DELETE", ("ClientURI+",), "M", "M", "delete nodes with all below them"),
    Shape("EXEC", ("ClientURI", "ServerURI?"), "M", "M", "execute; with a ServerURI later, by an alert sent there",
          basis=Basis.UNSURE),
    Shape("GET", ("ClientURI+",), "M", "S", "read within the session"),
    Shape("SHOW", ("ServerURI",), "M", "S", "open a page for the user, and do not wait"),
    Shape("CONT", ("ServerURI",), "M", "M", "send this and all later answers of the session there"),
    Shape("END", (), "M", "M", "end the session: do all of this package, and answer nothing", answered=False),
    Shape("DEFAULT", ("ServerURI", "MOID"), "M", "S", "where to fetch an object whose configuration is missing",
          answered=False, basis=Basis.UNSURE),
    Shape("SUB", ("ServerURI", "ClientURI"), "S", "S", "put each change there", basis=Basis.UNSURE),
    Shape("UNSUB", ("ClientURI",), "S", "S", "end a subscription"),
)  # fmt: skip

COMMANDS: Final[Mapping[str, Shape]] = MappingProxyType({row.name: row for row in _ROWS})
"""Name -> shape.  Where the order of parameters is not established, ``basis`` is unsure."""


class Command(msgspec.Struct, frozen=True):
    """One command as it travels: its name, and parameters in order; a name that nobody knows is kept."""

    name: str
    parameters: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, *parameters: str) -> Command:
        """A command of texts; ConfigError when one is none."""
        if not all(isinstance(part, str) for part in (name, *parameters)):
            raise ConfigError(f"{name} {parameters}: a command and its parameters are texts")
        return cls(name, parameters)

    @property
    def wrong(self) -> str:
        """What is wrong with it, in a sentence; empty when nothing is."""
        row = COMMANDS.get(self.name)
        return f"{self.name[:40]} is no command of DM 2.0" if row is None else row.wrong(self.parameters)

    @property
    def client_uris(self) -> tuple[str, ...]:
        """Its parameters that are addresses on the device."""
        return self._kind("ClientURI")

    @property
    def server_uri(self) -> str:
        """Its parameter that is an address outside; empty when it has none."""
        return next(iter(self._kind("ServerURI")), "")

    def _kind(self, kind: str) -> tuple[str, ...]:
        row = COMMANDS.get(self.name)
        if row is None or row.wrong(self.parameters):
            return ()
        found: list[str] = []
        for at, name in enumerate(row.shape):
            if name.rstrip("?+") == kind:
                found += self.parameters[at:] if name.endswith("+") else self.parameters[at : at + 1]
        return tuple(found)

    def __str__(self) -> str:
        return " ".join((self.name, *self.parameters))
