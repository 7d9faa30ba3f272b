"""Areas of the rules: which switches are printed on one page.  They are the headings that stand between the fields.

>>> from dmkit.workbench.readings.switches import switch_of
>>> area_of(switch_of("TreeRules.keep_implicit")).title
'Add, Replace, Delete'
>>> [area.slug for area in AREAS][:3]
['who-is-who', 'sizes', 'conversation']
"""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import Final

from dmkit.words.errors import ConfigError
from dmkit.workbench.readings.switches import OWNERS, RuleSwitch, switches

__all__ = ["AREAS", "ReadingArea", "area_of", "headings", "switches_in"]


@dataclass(frozen=True, slots=True)
class ReadingArea:
    """A page: its name in an address, its title, and the headings of the rules (``class: comment``) that it covers."""

    slug: str
    title: str
    headings: tuple[str, ...]


AREAS: Final = (
    ReadingArea("who-is-who", "Who is who", ("Rules: who is who",)),
    ReadingArea("sizes", "Sizes and large objects", ("Rules: sizes",)),
    ReadingArea("conversation", "The conversation", ("Rules: the conversation",)),
    ReadingArea(
        "alerts", "Alerts, and what a device does", ("Rules: alerts", "Rules: what the device may do and does")
    ),
    ReadingArea("addresses", "Addresses", ("TreeRules: ", "TreeRules: addresses", "UriLimits: ")),
    ReadingArea("properties", "Properties", ("TreeRules: properties",)),
    ReadingArea("rights", "Access control lists", ("TreeRules: access control lists",)),
    ReadingArea("changes", "Add, Replace, Delete", ("TreeRules: Add, Replace, Delete",)),
    ReadingArea("reading", "Get and serialised trees", ("TreeRules: Get", "TreeRules: serialised trees")),
    ReadingArea("running", "Copy, Exec, Atomic, Sequence", ("TreeRules: Copy and Exec", "TreeRules: containers")),
    ReadingArea("dm2", "DM 2.0", ("Dm2Rules: ",)),
)
"""Pages, in their order; what stands above the first heading of a class is its own."""


@cache
def headings(owner: type) -> dict[str, str]:
    """Field -> the comment that stands over its part of the class ``owner``; empty above the first."""
    source = inspect.getsource(sys.modules[owner.__module__])
    body = source[source.index(f"class {owner.__name__}") :]
    found: dict[str, str] = {}
    now = ""
    for line in body.splitlines()[1:]:
        if line and not line.startswith((" ", ")")):
            break
        if heading := re.fullmatch(r"    # (.+)", line):
            now = heading[1]
        elif declared := re.match(r"    (\w+): ", line):
            found.setdefault(declared[1], now)
    return found


def area_of(switch: RuleSwitch) -> ReadingArea:
    """The page of a switch; ConfigError when its heading is on none."""
    heading = f"{switch.owner}: {headings(OWNERS[switch.owner]).get(switch.field, '')}"
    for area in AREAS:
        if heading in area.headings:
            return area
    raise ConfigError(f"{switch.name} stands below {heading!r}, which is on no page; name it in AREAS of {__name__}")


def switches_in(area: ReadingArea) -> tuple[RuleSwitch, ...]:
    """The switches of a page, in their order."""
    return tuple(switch for switch in switches() if area_of(switch) is area)
