"""Firmware in flash memory: images in blocks, devices with two slots or one, and what a boot finds.  PROPOSAL

Installing is a list of steps.  Power may go before each of them or in its middle, which tears what it was writing;
``boot`` then looks at what is there.  Words that are written at once (which slot, how far) are never torn.

>>> old, new = Image("T1", "1.0.3"), Image("T1", "2.1")
>>> flash = stage(Flash.of("two slots", old), new)
>>> done = flash
>>> for step in steps(flash):
...     done = perform(done, step)
>>> done.running, perform(flash, steps(flash)[1], torn=True).slots["B"][0]
('2.1', None)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Final, Literal, NamedTuple, Self, TypeAlias, get_args

from dmkit.mo.firmware_image import BLOCKS, Image, number, package, read_image
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural, Range

__all__ = [
    "KINDS",
    "RECOVERY",
    "Flash",
    "Image",
    "UpdateKind",
    "UpdateStep",
    "boot",
    "number",
    "package",
    "perform",
    "read_image",
    "remaining",
    "stage",
    "steps",
]

UpdateKind: TypeAlias = Literal["two slots", "in place", "unprotected"]
"""Two slots (A/B): the new image is written beside the old one.  In place, with a journal and an updater that survives.
Unprotected: in place and nothing else."""
KINDS: Final[tuple[UpdateKind, ...]] = get_args(UpdateKind)
RECOVERY: Final = "updater"
"""What runs while a device in place cannot start its system."""
TRIES: Final = 3
"""How often a new system may start without having passed its test."""
Blocks: TypeAlias = tuple[bytes | None, ...]
"""The blocks of a slot; None for one that is erased or torn."""


@checked
@dataclass(frozen=True, slots=True)
class Flash:
    """Memory that survives, and what runs: a version, ``updater``, or nothing (empty) while off or broken.

    ``active`` is the slot that starts; ``trying`` one that is tried first, ``tries`` times more.  ``staged`` is the
    image to be installed.  ``journal``: installing in place has begun, and block ``journal`` stands in ``spare``
    (-1: none does yet).
    """

    kind: UpdateKind
    """How updates are installed."""
    slots: Mapping[str, Blocks]
    """Blocks of each slot; None for one that is erased."""
    active: str = "A"
    trying: str = ""
    tries: Natural = 0
    staged: tuple[bytes, ...] = ()
    journal: Annotated[int, Range("number", -1, whole=True)] | None = None
    spare: bytes | None = None
    running: str = ""
    """What runs: a version, ``updater``, or nothing."""

    def __hash__(self) -> int:
        return hash((self.active, self.trying, self.tries, self.journal, self.running))

    @classmethod
    def of(cls, kind: UpdateKind, image: Image, blocks: int = BLOCKS) -> Self:
        """A device that runs ``image``; ConfigError for a kind that there is not."""
        if kind not in KINDS:
            raise ConfigError(f"a device of kind {kind!r} is not known; there are {', '.join(KINDS)}")
        own: Blocks = image.blocks(blocks)
        slots = {"A": own, "B": (None,) * blocks} if kind == "two slots" else {"A": own}
        return cls(kind, MappingProxyType(slots), running=image.version)

    def image(self, slot: str) -> Image | None:
        """The whole image in a slot; None when it is torn, erased or half old and half new."""
        blocks = self.slots[slot]
        if any(block is None for block in blocks):
            return None
        return read_image(b"".join(block for block in blocks if block is not None))

    @property
    def target(self) -> Image | None:
        """The image to be installed."""
        return read_image(b"".join(self.staged)) if self.staged else None

    @property
    def boots(self) -> bool:
        """True when the device starts into something: a system, or the updater."""
        return bool(boot(self).running)

    def with_block(self, slot: str, at: int, block: bytes | None) -> Flash:
        """With another block."""
        blocks = self.slots[slot]
        return replace(self, slots=MappingProxyType({**self.slots, slot: (*blocks[:at], block, *blocks[at + 1 :])}))


class UpdateStep(NamedTuple):
    """One step of an installation: what is done, to which block."""

    do: str
    block: int = -1

    def __str__(self) -> str:
        return self.do if self.block < 0 else f"{self.do} {self.block}"


def stage(flash: Flash, image: Image | bytes) -> Flash:
    """With ``image`` (or its octets) waiting to be installed, cut into as many blocks as the device has."""
    octets = image if isinstance(image, bytes) else image.octets()
    count = len(flash.slots["A"])
    each = -(-len(octets) // count) or 1
    return replace(flash, staged=tuple(octets[at : at + each] for at in range(0, each * count, each)))


def steps(flash: Flash) -> tuple[UpdateStep, ...]:
    """All steps of an installation on a device of this kind."""
    blocks = range(len(flash.slots["A"]))
    if flash.kind == "two slots":
        writes = [UpdateStep("write", n) for n in blocks]
        return (
            UpdateStep("erase"),
            *writes,
            UpdateStep("verify"),
            UpdateStep("mark"),
            UpdateStep("restart"),
            UpdateStep("test"),
            UpdateStep("commit"),
        )
    if flash.kind == "in place":
        writes = [step for n in blocks for step in (UpdateStep("keep", n), UpdateStep("write", n))]
        return (
            UpdateStep("open journal"),
            *writes,
            UpdateStep("verify"),
            UpdateStep("close journal"),
            UpdateStep("restart"),
            UpdateStep("test"),
        )
    return (*(UpdateStep("write", n) for n in blocks), UpdateStep("restart"), UpdateStep("test"))


def _other(flash: Flash) -> str:
    return "B" if flash.active == "A" else "A"


def perform(flash: Flash, step: UpdateStep, *, torn: bool = False) -> Flash:
    """Carry out one step; ``torn``: power goes in its middle, so a block that was being written is unreadable.

    A step that finds what it must not (verify, test) leaves ``staged`` empty: the installation has failed.
    """
    slot = _other(flash) if flash.kind == "two slots" else flash.active
    match step.do:
        case "erase":
            blank: Blocks = tuple(None for _ in flash.slots[slot])
            return replace(flash, slots=MappingProxyType({**flash.slots, slot: blank}))
        case "keep":
            if torn:
                return replace(flash, spare=None, journal=-1 if flash.journal is not None else None)
            return replace(flash, spare=flash.staged[step.block], journal=step.block)
        case "write":
            new = flash.spare if flash.kind == "in place" else flash.staged[step.block]
            return flash.with_block(slot, step.block, None if torn else new)
    if torn:
        return flash
    match step.do:
        case "open journal":
            return replace(flash, journal=-1, running=RECOVERY)
        case "verify":
            return flash if flash.image(slot) is not None else _failed(flash)
        case "mark":
            return replace(flash, trying=slot, tries=TRIES)
        case "close journal":
            return replace(flash, journal=None, spare=None)
        case "restart":
            return boot(flash)
        case "test":
            return flash if _works(flash) else _failed(flash)
        case _:  # commit
            return replace(flash, active=slot, trying="", tries=0)


def _works(flash: Flash) -> bool:
    slot = flash.trying or flash.active
    image = flash.image(slot)
    return image is not None and image.works and image.version == flash.running


def _failed(flash: Flash) -> Flash:
    """The installation is given up; with two slots the old system starts again."""
    return boot(replace(flash, staged=(), trying="", tries=0))


def boot(flash: Flash) -> Flash:
    """Power comes: what starts.

    Two slots: the one being tried, as long as it has tries left and its image is whole, else the active one.  In place:
    the updater while the journal is open, or the system is not whole or does not work.  Unprotected: a whole system
    that works, or nothing.
    """
    if flash.kind == "two slots" and flash.trying:
        tried = flash.image(flash.trying)
        if flash.tries > 0 and tried is not None:
            return replace(flash, tries=flash.tries - 1, running=tried.version)
        return boot(replace(flash, trying="", tries=0, staged=()))
    image = flash.image(flash.active)
    if image is not None and not image.works:
        image = None
    if flash.kind == "in place" and (flash.journal is not None or image is None):
        return replace(flash, running=RECOVERY)
    return replace(flash, running=image.version if image is not None else "")


def remaining(flash: Flash) -> tuple[UpdateStep, ...]:
    """The steps that a device which has just started still has to take; none when nothing is staged or all is done.

    It is read from the memory itself: what was torn is written again.
    """
    target = flash.target
    if target is None or not flash.running:
        return ()
    whole = steps(flash)
    if flash.kind == "two slots":
        if flash.image(flash.active) == target:
            return ()
        return whole[whole.index(UpdateStep("test")) :] if flash.trying else whole
    if flash.kind == "in place":
        if flash.journal is not None:
            if flash.journal >= 0:
                return whole[whole.index(UpdateStep("write", flash.journal)) :]
            first = next((n for n, block in enumerate(flash.slots["A"]) if block != flash.staged[n]), None)
            return whole[
                whole.index(UpdateStep("verify" if first is None else "keep", -1 if first is None else first)) :
            ]
        return whole[whole.index(UpdateStep("test")) :] if flash.image(flash.active) == target else whole
    return whole[whole.index(UpdateStep("test")) :] if flash.image(flash.active) == target else whole
