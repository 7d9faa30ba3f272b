"""The rows of ``make bench``: what is measured, beside what, and what is wanted.  ``ROWS`` are measured by ``probe`` in
this release and in an earlier one, ``SECTIONS`` by a module of ``bench`` in a process of its own."""

from __future__ import annotations

from typing import Final, NamedTuple

from bench.probe import growing

__all__ = ["GROWTH", "MAIN_GROWTH", "MOST_GROWTH", "PINNED", "ROWS", "SECTIONS", "Goal", "Section"]

PINNED: Final = "c3259a8"
"""The release of the column "earlier": before anything was made quick."""
_EXPLORER, _WALKS = "db4f655", "2bf9a41"
"""Releases of their own, for work that the pinned one cannot do: the explorer before and after states were numbers."""


class Goal(NamedTuple):
    """A row: what is measured, beside what, and the ratio that is wanted; ``before`` when it is an earlier release.

    ``once``: that one is measured once only, for it may take half a minute.  ``part``: the table of the page.
    """

    name: str
    what: str
    wanted: float
    before: bool = False
    once: bool = False
    part: str = "main"
    pin: str = PINNED


ROWS: Final = (
    Goal("xml-parse", "XML parse to Message / lxml.fromstring alone", 1.25),
    Goal("wbxml-decode-lxml", "WBXML decode / libwbxml + lxml", 0.35),
    Goal("wbxml-decode", "WBXML decode / libwbxml alone (C)", 0.5),
    Goal("wbxml-encode", "WBXML encode / libwbxml", 0.27),
    Goal("session", "exact six-message session, now / earlier", 0.5, True),
    Goal("tree-write", "tree write / two dicts by hand", 2.5),
    Goal("tree-replace", "Replace with all checks / two dicts by hand", 12.0),
    Goal("lint", "lint of 6,000 nodes / lxml parse of the same", 9.0),
    Goal("ddf-read", "DDF read / lxml parse of the same", 8.0),
    Goal("first-converse", "first converse / importing lxml, msgspec, cryptography", 2.1),
    Goal("large-object", "4 MB object in 4 kB messages, now / earlier", 0.12, True, True),
    Goal("many-nodes", "4,000 nodes answered in 1 kB messages, now / earlier", 0.12, True, True),
    Goal("schedule-year", "50 schedules, a year, now / earlier", 0.5, True, True, "world"),
    Goal("exact", "1,000 devices of exact, now / earlier", 0.5, True, part="world"),
    Goal("fleet-fifo", "1e5 devices x 6 messages, FIFO, now / earlier", 1 / 7, True, True, "world"),
    Goal("fleet-rich", "1e5 devices, rich campaign, now / earlier", 1 / 8, True, True, "world"),
    Goal("tape", "10,000 devices of tape / bare SimPy", 1.3, part="world"),
    Goal("states", "5,000 states of the explorer, md5, two deeds, now / earlier", 0.6, True, pin=_EXPLORER),
    Goal("matrix", "9 attackers x 15 designs, each walked to its end, now / earlier", 0.75, True, True, pin=_WALKS),
    Goal("trials", "20 trials of the security matrix, now / earlier", 1.1, True, pin=_EXPLORER),
)
MAIN_GROWTH: Final = ("size", "items", "nodes", "siblings", "answers", "object", "sessions", "accounts")
"""The kinds of the picture; the others stand in the table beside it."""
GROWTH: Final = (*MAIN_GROWTH, *growing.GROWTH)
MOST_GROWTH: Final = 1.15


class Section(NamedTuple):
    """Rows that ``module.function`` yields; ``long``: minutes, so only with ``--all`` or by name."""

    module: str
    part: str
    long: bool = False
    function: str = "rows"


SECTIONS: Final = {
    "served": Section("http_bench", "main", function="served_rows"),
    "notebook": Section("notebook_bench", "main"),
    "peers": Section("peers_bench", "peers"),
    "payloads": Section("generations_bench", "payloads", function="payloads"),
    "memory": Section("memory_bench", "memory", True),
    "open-sessions": Section("served_bench", "memory", True),
    "services": Section("services_bench", "services", True),
    "schedules": Section("schedule_bench", "world", True),
    "world": Section("world_bench", "world", True, "compiled_rows"),
    "boards": Section("boards_bench", "boards", True),
    "windows": Section("windows_bench", "windows", True),
}
