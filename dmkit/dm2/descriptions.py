"""What a description of DM 1.2 loses in DM 2.0, node by node, and what it gains nowhere.  [dm20 sheet §6, §8]

The descriptions stay in use; run-time properties are passed over, JSON has fewer formats than DFFormat, and of the
commands some have no counterpart.  Nothing else of a description changes: who may Get, Replace and Exec there is asked
of it all the same.

>>> from dmkit.mo import OBJECTS
>>> for loss in losses(OBJECTS["fumo"].spec):
...     if loss.uri.endswith("PkgData"):
...         print(loss)
./FUMO/Update/PkgData: format bin - base64 in a JSON text; only the description tells it from a text
./FUMO/Update/PkgData: media type - no member says that it is application/octet-stream
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from dmkit.ddf.spec import NodeSpec, Spec
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb

__all__ = ["Loss", "losses"]


class Loss(NamedTuple):
    """Something that does not cross: at which node, what, and what becomes of it."""

    uri: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.uri}: {self.what} - {self.why}"


_JSON: Final = frozenset({Format.CHR, Format.INT, Format.FLOAT, Format.BOOL, Format.NODE, Format.NULL})
"""Formats that JSON tells apart by itself."""
_PROPERTIES: Final = {"title": "Title", "tstamp": "TStamp", "verno": "VerNo", "size": "Size"}


@asked
def losses(spec: Spec) -> tuple[Loss, ...]:
    """All of a description, its roots first, in the order of its nodes."""
    found: list[Loss] = []
    for root in spec.roots:
        name = root.mo_id or root.label
        found.append(Loss(name, "ACL", "one list a node becomes rights on the whole instance"))
        found.append(Loss(name, "Get?list=Struct", "names come with their values only"))
    for place in spec.walk():
        found += [Loss(place.uri, what, why) for what, why in _of(place.node)]
    return tuple(found)


def _of(node: NodeSpec) -> Iterator[tuple[str, str]]:
    if node.format is not None and node.format not in _JSON:
        binary = node.format in (Format.BIN, Format.B64)
        how = "base64 in a JSON text" if binary else "a JSON text"
        yield f"format {node.format.value}", f"{how}; only the description tells it from a text"
    other = [kind for kind in node.types if kind != "text/plain"]
    if other:
        yield "media type", f"no member says that it is {' or '.join(other)}"
    access = node.access or frozenset()
    if Verb.COPY in access:
        yield "Copy", "no command copies within the device"
    if Verb.EXEC in access:
        yield "data of Exec", "EXEC carries an address for the report, and no argument"
    if node.run_time is not None:
        for name, title in _PROPERTIES.items():
            if getattr(node.run_time, name) is not None:
                yield f"property {title}", "run-time properties are passed over"
