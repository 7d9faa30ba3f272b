"""One described node in a set of descriptions, and what an address leads to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from dmkit.ddf.spec import NodeSpec
from dmkit.windows.facts import Facts, facts_of
from dmkit.words.asked import asked

__all__ = [
    "CatalogueEntry",
    "CatalogueMatch",
    "segments_of",
]


@dataclass(frozen=True)
class CatalogueEntry:
    """One described node: its address (``*`` for a name given at run time), its description, its file.

    ``made`` is the description, or what makes it when it is asked for; ``told`` makes its facts where they are known
    without it.
    """

    uri: str
    made: NodeSpec | Callable[[], NodeSpec]
    file: str
    told: Callable[[], Facts] | None = None

    @cached_property
    def node(self) -> NodeSpec:
        """Its description."""
        return self.made if isinstance(self.made, NodeSpec) else self.made()

    @cached_property
    def facts(self) -> Facts:
        """What it says in Microsoft's elements."""
        return facts_of(self.node) if self.told is None else self.told()


@dataclass(frozen=True, slots=True)
class CatalogueMatch:
    """What an address leads to: the entry, or None and near addresses; ``respelt`` is the address as described, where
    only case or blanks differ; ``names`` are those given at run time, with their entries."""

    entry: CatalogueEntry | None
    respelt: str = ""
    names: tuple[tuple[str, CatalogueEntry], ...] = ()
    nearest: tuple[str, ...] = ()
    deepest: str = ""


@asked
def segments_of(uri: str, device: str = "Device") -> tuple[str, ...]:
    """The names of an address: ``./Vendor`` means ``./Device/Vendor``, with that name for it.  [MDM, windows sheet §2]

    >>> segments_of("./Vendor/MSFT/Policy"), segments_of("./User/Vendor/x/")
    (('Device', 'Vendor', 'MSFT', 'Policy'), ('User', 'Vendor', 'x'))
    """
    names = [name for name in uri.strip().split("/") if name not in (".", "")]
    if names and names[0].lower() == "vendor":
        names.insert(0, device)
    return tuple(names)
