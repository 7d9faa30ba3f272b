"""What somebody wants of a device, without a word of any protocol.

>>> Write(settings=3).values
(('setting1', 'value 1'), ('setting2', 'value 2'), ('setting3', 'value 3'))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeAlias

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Range

__all__ = [
    "INTENTS",
    "Bootstrap",
    "Delegate",
    "Intent",
    "Inventory",
    "Lock",
    "Observe",
    "Provision",
    "Read",
    "Recover",
    "UpdateFirmware",
    "Wake",
    "Write",
    "intent",
    "name_of",
]

Few: TypeAlias = Annotated[int, Range("number", 1, 200, whole=True)]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Learn one value: who made the device.

    >>> Read().value
    'Open Mobile Alliance'
    """

    value: str = "Open Mobile Alliance"
    """What stands there."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Change settings that are there.

    >>> Write(settings=2).values[-1]
    ('setting2', 'value 2')
    """

    settings: Few = 1
    """How many."""

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Name and new value of each."""
        return tuple((f"setting{n}", f"value {n}") for n in range(1, self.settings + 1))


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """Set up an access point that is not there: an object of its own with its name and address.

    >>> Provision().apn
    'internet.example'
    """

    name: str = "Internet"
    """What the user sees."""
    apn: str = "internet.example"
    """The name of the access point in the network."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Learn what is there: names of objects and of what is in them, without values.

    >>> Inventory()
    Inventory()
    """


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmware:
    """Bring new firmware, and be told what came of it.

    >>> UpdateFirmware(delivery="push").size
    4096
    """

    delivery: Literal["pull", "push"] = "pull"
    """Whether the device fetches the package from an address, or the server sends it in the session."""
    size: Annotated[int, Range("octets", 1, 1 << 20, whole=True)] = 4096
    """Octets of the package."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Lock the device, and be told that it is locked.

    >>> Lock()
    Lock()
    """


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Be told when a value changes.

    >>> Observe().changes
    3
    """

    changes: Few = 3
    """How often it changes while somebody wants to know."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Let a second server read and write one object.

    >>> Delegate().server
    'second'
    """

    server: str = "second"
    """Who is let in."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """Write a setting over a network that loses a message, once: the setting is written, and it is known.

    >>> Recover().lost, Recover().values
    ('answer', (('setting1', 'value 1'),))
    """

    lost: Literal["command", "answer"] = "answer"
    """Which message is lost, the first time it is sent: the one with the command, or the one that answers it."""

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Name and new value of the setting."""
        return Write().values


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """Give a device that knows nobody its first account.

    >>> Bootstrap()
    Bootstrap()
    """


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Reach a device that sleeps, and read one value.

    >>> Wake()
    Wake()
    """


Intent: TypeAlias = (
    Read | Write | Provision | Inventory | UpdateFirmware | Lock | Observe | Delegate | Recover | Bootstrap | Wake
)

INTENTS: Final[Mapping[str, Intent]] = MappingProxyType(
    {
        "read a value": Read(),
        "write a setting": Write(),
        "provision an access point": Provision(),
        "list what is there": Inventory(),
        "update firmware, pull": UpdateFirmware(),
        "update firmware, push": UpdateFirmware(delivery="push"),
        "lock": Lock(),
        "observe a value": Observe(),
        "let a second server in": Delegate(),
        "recover from a lost message": Recover(),
        "bootstrap": Bootstrap(),
        "wake and read": Wake(),
    }
)
"""Name -> intent, each with its smallest values."""


@asked
def name_of(wanted: Intent) -> str:
    """What an intent is called in INTENTS, and what is not as it is there.

    >>> name_of(Read()), name_of(Write(settings=50))
    ('read a value', 'write a setting, settings=50')
    """
    known = [(name, one) for name, one in INTENTS.items() if type(one) is type(wanted)]
    name, usual = next((pair for pair in known if pair[1] == wanted), known[0])
    changed = ((field.name, getattr(wanted, field.name)) for field in fields(wanted))
    return ", ".join([name, *(f"{key}={value!r}" for key, value in changed if value != getattr(usual, key))])


def intent(wanted: Intent | str) -> Intent:
    """An intent, or the one of INTENTS with that name.  ConfigError for what is neither.

    >>> intent("lock")
    Lock()
    """
    if not isinstance(wanted, str):
        if not isinstance(wanted, Intent):
            raise ConfigError(f"an intent is wanted, not a {type(wanted).__name__}; there are {', '.join(INTENTS)}")
        return wanted
    if wanted not in INTENTS:
        raise ConfigError(f"intent {wanted!r} is not known; there are {', '.join(INTENTS)}{nearest(wanted, INTENTS)}")
    return INTENTS[wanted]


def __dir__() -> list[str]:
    return sorted(__all__)
