"""Descriptions against lxml: 6 000 nodes read, written and checked, beside a bare parse of the same octets.

The set is made here, in the manner of published sets: some 300 documents of about 20 nodes, a third of the nodes with
elements of another namespace.  ``DMKIT_WINDOWS_DDF`` names a folder of real ones instead.
"""

from __future__ import annotations

import os
from pathlib import Path

from lxml import etree

from bench import Row, pair
from dmkit.ddf.checking import check, skeleton
from dmkit.ddf.reader import read
from dmkit.ddf.spec import NodeSpec, Occurrence, OccurrenceKind, Scope, Spec
from dmkit.ddf.writer import write
from dmkit.words.codes import Format, Verb
from dmkit.words.model import Element

__all__ = ["documents", "rows"]

_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)


def documents(count: int = 300) -> list[bytes]:
    """Descriptions of 20 nodes each."""
    access = frozenset({Verb.ADD, Verb.DELETE, Verb.GET, Verb.REPLACE})
    allowed = Element(
        "AllowedValues",
        "urn:x-bench",
        (
            Element(
                "Enum",
                "urn:x-bench",
                (Element("Value", "urn:x-bench", ("0",)), Element("ValueDescription", "urn:x-bench", ("Off",))),
            ),
        ),
    )

    def leaf(n: int) -> NodeSpec:
        return NodeSpec(
            name=f"Setting{n}",
            access=access,
            format=Format.INT if n % 2 else Format.CHR,
            mime=("text/plain",),
            occurrence=Occurrence(OccurrenceKind.ZERO_OR_ONE),
            scope=Scope.DYNAMIC,
            default=str(n),
            description=f"Setting {n} says how part {n} of the device behaves when nobody is looking.",
            extensions=(allowed,) if n % 3 == 0 else (),
        )

    return [
        write(
            Spec(
                (
                    NodeSpec(
                        name=f"Area{n}",
                        path="./Vendor/Bench",
                        access=frozenset({Verb.GET}),
                        format=Format.NODE,
                        object_id="",
                        scope=Scope.PERMANENT,
                        children=tuple(leaf(m) for m in range(19)),
                    ),
                )
            )
        )
        for n in range(count)
    ]


def rows() -> list[Row]:
    """Reading, writing and checking, each beside lxml on the same octets."""
    folder = os.environ.get("DMKIT_WINDOWS_DDF", "")
    data = [file.read_bytes() for file in sorted(Path(folder).glob("*.xml"))] if folder else documents()
    nodes = sum(read(one).count().nodes for one in data)
    specs = [read(one) for one in data]
    trees = [etree.fromstring(one, _PARSER) for one in data]
    whole = skeleton(*specs) if not folder else None

    def parse() -> object:
        return [etree.fromstring(one, _PARSER) for one in data]

    found = [
        pair(
            f"load of {len(data)} descriptions, {nodes} nodes / lxml.fromstring",
            lambda: [read(one) for one in data],
            parse,
            rounds=5,
            calls=1,
        ),
        pair(
            "writing the same / lxml.tostring",
            lambda: [write(spec) for spec in specs],
            lambda: [etree.tostring(tree) for tree in trees],
            rounds=5,
            calls=1,
        ),
    ]
    if whole is not None:
        found.append(
            pair(
                "check of the smallest tree of all of them / lxml.fromstring",
                lambda: check(whole, *specs),
                parse,
                rounds=5,
                calls=1,
            )
        )
    return found
