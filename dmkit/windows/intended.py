"""What a profile intends: its commands, one by one, with the place where each stands.

Read from whole messages, bare commands, several side by side, and lists of OMA-URI settings as JSON or
CSV.  Nothing is sent; what cannot be read is a note with its line.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Intended", "Note", "WindowsProfile"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that reading met: rule, line, sentence."""

    rule: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Intended:
    """One command on one node.  ``format`` and ``data`` are None where the profile says nothing.

    ``within`` names the containers around it from the outside, ``atomic`` numbers the Atomic it stands in (0: none);
    ``cmd_id`` as written.  ``markup``: its Data holds elements; ``listed``: it stands in a list of settings, which has
    no containers; ``hidden``: that list does not give its value.
    """

    file: str
    line: int
    verb: str
    uri: str
    format: str | None = None
    type: str | None = None
    data: str | None = None
    within: tuple[str, ...] = ()
    atomic: int = 0
    cmd_id: str = ""
    markup: bool = False
    listed: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class WindowsProfile:
    """A file: its commands in order, what reading met, its octets, and whether it is a whole message."""

    file: str
    commands: tuple[Intended, ...]
    notes: tuple[Note, ...] = ()
    size: int = 0
    whole: bool = False
