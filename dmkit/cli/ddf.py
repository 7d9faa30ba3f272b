"""``dmkit ddf count | check | table | lint | diff | skeleton | tnds``: descriptions and serialised trees."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli import ddf_review
from dmkit.cli.command import Command, read_input

if TYPE_CHECKING:
    from dmkit.ddf.spec import Spec
    from dmkit.tree.tree import Tree

__all__ = ["COMMANDS", "write_output"]


def write_output(path: str, data: bytes) -> None:
    """Put ``data`` into the file, or on standard output for ``-``."""
    if path == "-":
        sys.stdout.buffer.write(data if data.endswith(b"\n") or data[:1] < b"\x04" else data + b"\n")
        sys.stdout.flush()
    else:
        Path(path).write_bytes(data)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _count(arguments: argparse.Namespace) -> int:
    from dmkit import ddf

    nodes, leaves = ddf.read(read_input(arguments.file)).count()
    write_output(arguments.output, (json.dumps({"nodes": nodes, "leaves": leaves}) + "\n").encode())
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from dmkit import ddf

    data = read_input(arguments.file)
    spec = ddf.read(data)
    if arguments.tree is None:
        gaps = ddf.gaps(spec)
        for gap in gaps:
            print(gap)
        if gaps:
            return 1
        try:
            ddf.read(data, strict=True)
        except ddf.DdfError as error:
            print(error)
            return 1
        return 0
    findings = spec.check(_tree(arguments.tree, spec))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def _tree(file: str, spec: Spec | None = None) -> Tree:
    """The tree in a file: JSON, a serialised tree in any form, or XML with nodes as elements."""
    from dmkit.ddf import plain
    from dmkit.tree import tnds
    from dmkit.wire.document import is_wbxml
    from dmkit.wire.markup import read_xml
    from dmkit.words.errors import ConfigError

    data = read_input(file)
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            values = json.loads(data)
        except ValueError as error:
            raise ConfigError(f"{file}: no JSON: {error}") from None
        return plain.from_plain(values, *([spec] if spec is not None else []))
    if not is_wbxml(data) and b"<" not in data:
        return plain.from_document(tnds.read(data.decode("latin-1")))
    if not is_wbxml(data):
        root, _ = read_xml(data, lenient=True)
        return plain.from_document(tnds.read_element(root) if root.name == "MgmtTree" else tnds.of_names(root))
    return plain.from_document(tnds.read(data))


def _skeleton(arguments: argparse.Namespace) -> int:
    from dmkit import ddf
    from dmkit.ddf import plain

    spec = ddf.read(read_input(arguments.file))
    tree = spec.skeleton()
    data = _json(plain.to_plain(tree)) if arguments.json else ddf.tnds(tree, wbxml=arguments.wbxml)
    if spec.provenance and not (arguments.json or arguments.wbxml):
        data = data.replace(b"?>\n", f"?>\n<!-- {spec.provenance} -->\n".encode(), 1)
    write_output(arguments.output, data)
    return 0


def _tnds(arguments: argparse.Namespace) -> int:
    from dmkit import ddf
    from dmkit.ddf import plain

    tree = _tree(arguments.file)
    data = _json(plain.to_plain(tree)) if arguments.json else ddf.tnds(tree, wbxml=arguments.wbxml)
    write_output(arguments.output, data)
    return 0


_FILE: Final = "a description (DDF), XML or WBXML; - reads stdin"


def _options_count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=_FILE)
    parser.add_argument("output", metavar="OUT.json", nargs="?", default="-", help="where the numbers go (stdout)")


def _options_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=_FILE)
    parser.add_argument(
        "--tree",
        metavar="TREE",
        help="check this tree against it: JSON or a serialised tree; "
        "without it, the description is checked against the grammar of DDF 1.2",
    )


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("output", metavar="OUT", nargs="?", default="-", help="where it goes (stdout)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--wbxml", action="store_true", help="write WBXML, code page 2, instead of XML")
    form.add_argument("--json", action="store_true", help="write JSON: values by URI")


def _options_skeleton(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=_FILE)
    _output(parser)


def _options_tnds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a tree: a serialised tree (XML, WBXML, base64), JSON with values "
        "by URI, or XML with nodes as elements; - reads stdin",
    )
    _output(parser)


COMMANDS: Final[Mapping[str, Command]] = {
    "ddf": Command(
        "work with descriptions of management objects",
        "dmkit ddf count wifi.xml counts.json",
        below={
            "count": Command(
                "count the nodes and the leaves of a description",
                "dmkit ddf count wifi.xml counts.json",
                _options_count,
                _count,
            ),
            "check": Command(
                "check a tree against a description, or a description against the grammar",
                "dmkit ddf check wifi.xml --tree tree.json",
                _options_check,
                _check,
            ),
            "skeleton": Command(
                "write the smallest tree that conforms",
                "dmkit ddf skeleton wifi.xml wifi.tnds.xml",
                _options_skeleton,
                _skeleton,
            ),
            "tnds": Command(
                "write a tree as a serialised tree, or the other way round with --json",
                "dmkit ddf tnds tree.json tree.wbxml --wbxml",
                _options_tnds,
                _tnds,
            ),
            **ddf_review.BELOW,
        },
    ),
}
