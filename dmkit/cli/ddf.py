"""``dmkit ddf count | check | table | lint | diff | skeleton | tnds``: descriptions and serialised trees."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli import ddf_review, descriptions
from dmkit.cli.command import CliCommand, naming, read_input, write_output
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.ddf.checking import TreeFinding
    from dmkit.ddf.spec import Spec
    from dmkit.tree.tnds import TndsDocument
    from dmkit.tree.tree import Tree
    from dmkit.words.model import Command as DmCommand

__all__ = ["COMMANDS"]


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _spec(file: str, data: bytes | None = None) -> Spec:
    """The description in a file; errors name the file."""
    from dmkit import ddf

    with naming(file):
        return ddf.read(read_input(file) if data is None else data)


def _count(arguments: argparse.Namespace) -> int:
    nodes, leaves = _spec(arguments.file).count()
    write_output(arguments.output, (json.dumps({"nodes": nodes, "leaves": leaves}) + "\n").encode())
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from dmkit import ddf

    data = read_input(arguments.file)
    spec = _spec(arguments.file, data)
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
    findings = _against(spec, arguments)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def _against(spec: Spec, arguments: argparse.Namespace) -> tuple[TreeFinding, ...]:
    """What the tree, or what the commands of a message write, breaks; ConfigError where nothing can be looked at."""
    from dmkit.ddf.checking import outside
    from dmkit.ddf.writes import check_writes, written
    from dmkit.tree.uri import parse

    roots = ", ".join(place.uri for place in spec.walk() if place.uri.count("/") == 1 or place.node in spec.roots)
    data = read_input(arguments.tree)
    commands = _commands(arguments.tree, data)
    if commands is not None:
        count = sum(1 for _ in written(commands))
        findings = check_writes(commands, spec)
        if count == sum(finding.rule == "outside" for finding in findings):
            raise ConfigError(f"{arguments.tree}: none of its commands writes what is described; {roots} is")
        return findings
    tree = _tree(arguments.tree, data, spec)
    beyond = outside(tree, spec)
    if not any(tree.find(parse(place.uri).path) is not None for place in spec.walk() if place.node in spec.roots):
        holds = ", ".join(beyond) or "nothing"
        raise ConfigError(f"{arguments.tree}: the tree holds {holds}, nothing of what is described; {roots} is")
    for uri in beyond:
        print(f"not looked at: {uri}, which the description does not reach", file=sys.stderr)
    return spec.check(tree)


def _commands(file: str, data: bytes) -> tuple[DmCommand, ...] | None:
    """The commands of a message, or of a file of commands; None when the file holds something else."""
    from dmkit.wire.assemble import commands_of, message_of
    from dmkit.wire.document import is_wbxml, read_all
    from dmkit.wire.habits import COMMANDS as NAMES
    from dmkit.wire.octets import Notes

    if not is_wbxml(data) and b"<" not in data:
        return None
    if data.lstrip()[:1] in (b"{", b"["):
        return None
    with naming(file):
        documents = read_all(data, lenient=True)
        roots = [document.root for document in documents]
        if not all(root.name in {"SyncML", "SyncBody", *NAMES} for root in roots):
            return None
        notes = Notes(True)
        found: list[DmCommand] = []
        for root in roots:
            if root.name == "SyncML":
                found += message_of(root, notes).commands
            elif root.name == "SyncBody":
                found += commands_of([child for child in root.children if not isinstance(child, str | bytes)], notes)
            else:
                found += commands_of([root], notes)
    for deviation in [d for document in documents for d in document.deviations]:
        print(f"deviation: {deviation}", file=sys.stderr)
    return tuple(found)


def _tree(file: str, data: bytes, spec: Spec | None = None) -> Tree:
    """The tree in the octets of a file: JSON, a serialised tree in any form, or XML with nodes as elements."""
    from dmkit.ddf import plain
    from dmkit.tree import tnds
    from dmkit.tree.tnds_dump import modern
    from dmkit.wire.document import is_wbxml, read_wbxml
    from dmkit.wire.markup import read_xml

    with naming(file):
        if data.lstrip()[:1] in (b"{", b"["):
            try:
                values = json.loads(data)
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"no JSON: {error}") from None
            return plain.from_plain(values, *([spec] if spec is not None else []))
        if not is_wbxml(data) and b"<" not in data:
            return plain.from_document(_with_deviations(tnds.read(data.decode("latin-1"))))
        if is_wbxml(data):
            root = read_wbxml(data, lenient=True, octets=True).root
        else:
            root, _ = read_xml(data, lenient=True)
        if root.name in _MESSAGES:
            raise ConfigError(f"a {root.name} holds commands, not a tree")
        if root.name != "MgmtTree":
            return plain.from_document(tnds.of_names(root))
        return plain.from_document(_with_deviations(tnds.read_element(modern(root))))


def _with_deviations(document: TndsDocument) -> TndsDocument:
    """``document``, after a line for each Value of it that is not taken."""
    for uri in document.ignored:
        print(f"deviation: a Value at {uri}, an interior node: ignored", file=sys.stderr)
    return document


_MESSAGES: Final = frozenset({"SyncML", "SyncHdr", "SyncBody", "Item", "Meta"})


def _skeleton(arguments: argparse.Namespace) -> int:
    from dmkit import ddf
    from dmkit.ddf import plain
    from dmkit.ddf.checking import check

    spec = _spec(arguments.file)
    tree = spec.skeleton()
    data = (
        _json(plain.to_plain(tree, ".", spec)) if arguments.json else ddf.tnds(tree, wbxml=arguments.wbxml, spec=spec)
    )
    write_output(arguments.output, data)
    findings = check(tree, spec)
    for finding in findings:
        print(f"the skeleton does not conform: {finding}", file=sys.stderr)
    return 1 if findings else 0


def _tnds(arguments: argparse.Namespace) -> int:
    from dmkit import ddf
    from dmkit.ddf import plain

    tree = _tree(arguments.file, read_input(arguments.file))
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


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "ddf": CliCommand(
        "work with descriptions of management objects",
        "dmkit ddf count wifi.xml counts.json",
        below={
            "count": CliCommand(
                "count the nodes and the leaves of a description",
                "dmkit ddf count wifi.xml counts.json",
                _options_count,
                _count,
            ),
            "check": CliCommand(
                "check a tree against a description, or a description against the grammar",
                "dmkit ddf check wifi.xml --tree tree.json",
                _options_check,
                _check,
            ),
            "skeleton": CliCommand(
                "write the smallest tree that conforms",
                "dmkit ddf skeleton wifi.xml wifi.tnds.xml",
                _options_skeleton,
                _skeleton,
            ),
            "tnds": CliCommand(
                "write a tree as a serialised tree, or the other way round with --json",
                "dmkit ddf tnds tree.json tree.wbxml --wbxml",
                _options_tnds,
                _tnds,
            ),
            **ddf_review.BELOW,
            **descriptions.BELOW,
        },
    ),
}
