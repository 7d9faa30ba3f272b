# ruff: noqa: E501, N806  (rows stay rows)
"""Rows of trees and of descriptions."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .messages import lxml_parser
from .names import Work, m, of

__all__ = ["ddf_lint", "ddf_read", "tree_replace", "tree_write"]


def _trees() -> tuple[Any, dict[str, Any]]:
    Tree = of("tree.tree:Tree", "tree.node:Tree")
    rights = "Add=S&Delete=S&Exec=S&Get=S&Replace=S"
    places = {f"./n{a}/n{b}/n{c}/n{d}": "x" for a in range(10) for b in range(4) for c in range(4) for d in range(9)}
    deep = Tree.of(places, acl={"./n3": rights})

    def plain(node: Any) -> dict[str, Any]:
        return {"value": node.value, "children": {n: plain(c) for n, c in node.children.items()}}

    return deep, plain(deep.root)


def _path_copy(node: dict[str, Any], path: list[str], value: str) -> dict[str, Any]:
    """What anybody would write by hand: the two dicts of each level on the way copied, the rest shared."""
    if not path:
        return {**node, "value": value}
    children = dict(node["children"])
    children[path[0]] = _path_copy(children[path[0]], path[1:], value)
    return {**node, "children": children}


PATH = ["n3", "n2", "n1", "n6"]


def tree_write() -> tuple[Work, Work, int]:
    deep, plain = _trees()
    uri = "./" + "/".join(PATH)
    return lambda: deep.set(uri, "y", now=1.0), lambda: _path_copy(plain, PATH, "y"), 100


def tree_replace() -> tuple[Work, Work, int]:
    deep, plain = _trees()
    execute, command = import_module("dmkit.tree.execute").execute, m("Replace").of("./" + "/".join(PATH), "y")
    return lambda: execute(deep, (command,), by="S"), lambda: _path_copy(plain, PATH, "y"), 50


def _descriptions(count: int = 60) -> list[bytes]:
    leaf = ("<Node><NodeName>Setting{n}</NodeName><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType>"
            "<DefaultValue>{n}</DefaultValue><Description>Setting {n} says how part {n} of the device behaves.</Description>"
            "<DFFormat><{f}/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><Scope><Dynamic/></Scope><DFType><MIME>"
            "text/plain</MIME></DFType></DFProperties></Node>")  # fmt: skip
    return [(f"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Area{n}</NodeName><Path>./Vendor/Bench</Path><DFProperties>"
             "<AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Scope><Permanent/></Scope><DFType><DDFName/>"
             "</DFType></DFProperties>"
             + "".join(leaf.format(n=at, f="int" if at % 2 else "chr") for at in range(19))
             + "</Node></MgmtTree>").encode() for n in range(count)]  # fmt: skip


def _parse_all(data: list[bytes]) -> Work:
    etree, parser = lxml_parser()
    return lambda: [etree.fromstring(one, parser) for one in data]


def ddf_read() -> tuple[Work, Work, int]:
    read, data = of("ddf.reader:read", "tree.ddf_read:read"), _descriptions()
    return lambda: [read(one) for one in data], _parse_all(data), 1


def ddf_lint() -> tuple[Work, Work, int]:
    read, lint = of("ddf.reader:read", "tree.ddf_read:read"), of("ddf.linting.report:lint", "tree.lint:lint")
    data = _descriptions(300)
    specs = [read(one) for one in data]
    return lambda: [lint(spec) for spec in specs], _parse_all(data), 1
