"""Words in braces that stand in a case for what is known only when it is played.

>>> sorted(WORDS)[:4]
['adds', 'alerts', 'auth', 'below']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dmkit.probe.case import ProbeCase
from dmkit.probe.persona import Persona

__all__ = ["WORDS", "filled"]

_LEAVES: Final = ("Man", "Mod", "DmV", "Lang", "DevId")

_Fills = Callable[[Persona, ProbeCase, int], str]


def _node(us: Persona, case: ProbeCase, n: int) -> str:
    return f"{us.peer.below}/{case.row.replace('-', '')}"


WORDS: Final[Mapping[str, _Fills]] = {
    "below": lambda us, case, n: us.peer.below or "",
    "node": _node,
    "url": lambda us, case, n: us.peer.address,
    "device": lambda us, case, n: us.device,
    "server": lambda us, case, n: us.peer.server_id,
    "n": lambda us, case, n: str(n),
    "firmware": lambda us, case, n: us.peer.firmware or "",
    "password": lambda us, case, n: us.peer.password,
    "auth": lambda us, case, n: str(case.with_.get("auth", us.peer.auth)),
    "encoding": lambda us, case, n: us.codec.name,
    "size": lambda us, case, n: str(us.max_msg),
    "gets": lambda us, case, n: "; ".join(f"Get (T ./DevInfo/{_LEAVES[at % 5]})" for at in range(n)),
    "adds": lambda us, case, n: "; ".join(
        f"Add (T {_node(us, case, n)}/x{at}, Format=chr Type=text/plain, D v{at})" for at in range(n)
    ),
    "alerts": lambda us, case, n: "; ".join(
        f'Alert 1226 (S ./DevInfo, Type="Reversed-Domain-Name: com.example.probe{at}", Format=chr, D {at})'
        for at in range(n)
    ),
}
"""The word -> what stands in its place: for us, the case, and the number of commands."""


def filled(text: str, us: Persona, case: ProbeCase) -> str:
    """``text`` with the names of this run in place of words in braces."""
    if "{" not in text:
        return text
    many = int(case.with_.get("commands", 1))
    for name, fill in WORDS.items():
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", fill(us, case, many))
    return text
