"""Reads ``worked.txt``, the worked tree commands as data, and carries them out.

A tree is nodes separated by ``;``: ``path !? [letters]? <type>? :format? (/ or =value) {acl}?``, ``!`` permanent,
letters those of AccessType.  A command is ``Verb URI :format <type> =data``; ``{a ++ b}`` are Items of one command,
``TNDS(..)`` a serialised tree as data (``*`` an empty NodeName, ``h in M`` a NodeName and a Path), ``S: ..`` names
another sender, ``set`` and ``forget`` are the device's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.context import Call
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.execute import execute
from dmkit.tree.inbox import inbox
from dmkit.tree.node import Node
from dmkit.tree.policy import Decision, oma_acl
from dmkit.tree.refusals import Refusal
from dmkit.tree.rules import ALL_PROPERTIES, TreeRules
from dmkit.tree.tree import DEFAULT_ROOT_ACL, Tree
from dmkit.tree.uri import UriLimits, parse
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Add, Atomic, Command, Copy, Delete, Element, Exec, Get, Item, Meta, Replace, Sequence
from dmkit.words.outcome import Outcome

__all__ = ["WORKED", "Ran", "WorkedCase", "build", "cases", "commands", "expected", "rules_of", "run", "shape", "split"]

REFUSALS = {refusal.value: refusal for refusal in Refusal}
WORKED = Path(__file__).with_name("worked.txt")
"""The worked commands, as a file."""

LETTERS = {verb.value[0]: verb for verb in (Verb.ADD, Verb.COPY, Verb.DELETE, Verb.EXEC, Verb.GET, Verb.REPLACE)}
COMMANDS = {"Add": Add, "Replace": Replace, "Delete": Delete, "Get": Get, "Exec": Exec}
NODE = re.compile(
    r"(?P<path>[^!\[<:/={ ]+(?:/[^!\[<:/={ ]+)*)(?: in (?P<above>\w+))?(?P<fixed>!)?(?:\[(?P<access>\w+)\])?"
    r"(?:<(?P<type>[^>]*)>)?(?::(?P<format>\w+))?(?:(?P<interior>/)|=(?P<value>[^{]*?))? ?(?:\{(?P<acl>[^}]*)\})?\Z"
)
COMMAND = re.compile(
    r"(?P<uri>\S+)(?: :(?P<format>\w+))?(?: <(?P<type>[^>]*)>)?(?: TNDS\((?P<tnds>.*)\)| =(?P<data>.*))?\Z"
)


@dataclass(frozen=True)
class WorkedCase:
    """One row: a tree, what the device is, who commands what, and what comes of it."""

    number: str
    tree: str
    device: str
    by: str
    commands: str
    status: str
    after: str
    results: str
    rule: str


def cases(path: Path = WORKED) -> Iterator[WorkedCase]:
    """All cases; another reading of case 19 is 19b, with its rules added to what the device is."""
    names: dict[str, str] = {}
    case, count = WorkedCase(*[""] * 9), 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if named := re.match(r"(Ex|T) = (.*)", line):
            names[named[1]] = named[2]
        elif line.startswith("~"):
            device, status, after, results, *_ = (*(cell.strip() for cell in line[1:].split(" | ")[1:]), "", "", "", "")
            count += 1
            number = case.number + chr(ord("a") + count)
            yield replace(
                case,
                number=number,
                device=f"{case.device}; {device}",
                status=status,
                after=after or "=",
                results=results,
            )
        elif line and not line.startswith("#"):
            cells = [cell.strip() for cell in line.split(" | ")]
            cells += [""] * (9 - len(cells))
            case, count = WorkedCase(*cells), 0
            case = replace(case, tree=names.get(case.tree, case.tree))
            yield case


# -- the tree


def split(text: str) -> list[str]:
    """Parts between ``;`` outside brackets of any kind."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == ";" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def spelled(acl: str) -> str:
    return re.sub(r"ALL=(\w+)", r"Add=\1&Delete=\1&Exec=\1&Get=\1&Replace=\1", acl)


def node(text: str) -> tuple[str, Node, re.Match[str]]:
    if text.startswith("."):
        found = re.match(r"(?P<path>\.) \{(?P<acl>.*)\}", text)
        assert found, text
        return ".", Node.interior(acl=found["acl"]), found
    found = NODE.match(text)
    assert found, text
    acl = spelled(found["acl"] or "")
    if found["interior"]:
        return found["path"], Node.interior(type=found["type"] or "", acl=acl), found
    form, value = found["format"] or "chr", found["value"] or ""
    stored: Any = bytes.fromhex(value[2:]) if value.startswith("0x") else None if form == "null" else value
    return found["path"], Node(form, stored, found["type"] or "text/plain", acl), found


def build(text: str, device: str, verno: int = 0) -> Tree:
    """The tree that ``text`` describes, on a device of that kind."""
    tree, rows = Tree(Node.interior(acl=DEFAULT_ROOT_ACL)), {}
    for part in split(text):
        path, made, found = node(part)
        made = replace(made, verno=verno)
        tree = tree.put(path, replace(made, children=tree.root.children) if path == "." else made)
        groups = found.groupdict()
        if groups.get("fixed") or groups.get("access"):
            access = frozenset(LETTERS[x] for x in groups["access"]) if groups["access"] else None
            rows[f"./{path}"] = Described(access, permanent=bool(groups["fixed"]))
    for option in split(device):
        if option.startswith("ddf "):
            uri, described = describe(option)
            rows[uri] = described
        elif option.startswith("verno "):
            uri, number = option[6:].split("=")
            tree = tree.put(uri, replace(tree.get(uri), verno=int(number)))
    exact = dict(sorted(rows.items(), key=lambda row: "*" in row[0]))
    return replace(tree, describe=Descriptions.of(exact))


def describe(text: str) -> tuple[str, Described]:
    _, path, *words = text.split()
    described = Described()
    for word in words:
        if word == "unknown":
            described = replace(described, known=False)
        elif word == "!":
            described = replace(described, permanent=True)
        elif word.startswith("most="):
            described = replace(described, most=int(word[5:]))
        elif word.startswith("["):
            described = replace(described, access=frozenset(LETTERS[x] for x in word[1:-1]))
        elif word.startswith("<"):
            described = replace(described, types=tuple(word[1:-1].split(",")))
        else:
            described = replace(described, formats=frozenset({word[1:]}))
    return f"./{path}", described


def shape(tree: Tree) -> dict[str, tuple[object, ...]]:
    """Format, value, type and list of each node."""
    return {uri: (n.format, n.value, n.type, str(parse_acl(n.acl, lenient=True))) for uri, n in tree.walk()}


def expected(before: Tree, after: str) -> dict[str, tuple[object, ...]]:
    """The shape that a case asks for."""
    shapes = shape(before)
    for part in split(after):
        if part == "=":
            continue
        mark, part = part[0], part[1:]
        if mark == "-":
            for uri in [uri for uri in shapes if f"{uri}/".startswith(f"./{part}/")]:
                del shapes[uri]
            continue
        path, n, _ = node(part)
        uri = path if path == "." else f"./{path}"
        assert (uri in shapes) == (mark == "~"), part
        shapes[uri] = (n.format, n.value, n.type, str(parse_acl(n.acl)))
    return shapes


# -- commands


def commands(text: str) -> tuple[Command, ...]:
    """The commands of a case."""
    return tuple(command(part) for part in split(text))


def command(text: str) -> Any:
    verb, _, rest = text.partition(" ")
    if text.startswith(("Atomic[", "Sequence[")):
        name, _, inner = text.partition("[")
        return (Atomic if name == "Atomic" else Sequence)(commands(inner.removesuffix("]")))
    if verb == "Copy":
        source, target = rest.split(" to ")
        return Copy.of(source, target)
    parts = rest[1:-1].split(" ++ ") if rest.startswith("{") else [rest]
    return COMMANDS[verb](tuple(map(item, parts)))


def item(text: str) -> Item:
    found = COMMAND.match(text.strip())
    assert found, text
    data, form, mime = found["data"], found["format"], found["type"]
    if found["tnds"]:
        return Item(
            found["uri"], meta=Meta(format="xml", type="application/vnd.syncml.dmtnds+xml"), data=tnds(found["tnds"])
        )
    if data is not None and data.startswith('"'):
        quoted, _, times = data[1:].rpartition('"')
        data = spelled(quoted) * int(times[1:] or 1)
    return Item(found["uri"], meta=Meta(format=form, type=mime) if form or mime else None, data=data)


def tnds(text: str) -> Element:
    """A document of the nodes in ``text``: paths are nested, ``h in M`` is flat."""
    places: dict[str, list[Any]] = {"": [("VerDTD", "1.2")]}
    for part in split(text.replace(" ", ";") if "=" in text and ";" not in text and "{" not in text else text):
        path, made, found = node(part)
        above, _, name = path.rpartition("/")
        run: list[Any] = [("ACL", made.acl)] if made.acl else []
        run.append(("Format", [(made.format, [])]))
        run.append(("Type", [("DDFName" if made.is_interior else "MIME", made.type)]))
        body: list[Any] = [("NodeName", "" if name == "*" else name)]
        body += [("Path", found["above"])] if found["above"] else []
        body.append(("RTProperties", run))
        body += [] if made.is_interior else [("Value", made.text)]
        places[above].append(("Node", body))
        places[path] = body

    def element(name: str, content: Any) -> Element:
        inside = (content,) if isinstance(content, str) else tuple(element(*child) for child in content)
        return Element(name, "syncml:dmddf1.2", tuple(part for part in inside if part != ""))

    return element("MgmtTree", places[""])


# -- the device


def first_entry(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """What a client does that reads only the first entry of a command."""
    acl = next(
        n.acl
        for n in reversed([tree.find(parse(uri).path[:d]) or Node() for d in range(len(parse(uri).path) + 1)])
        if n.acl
    )
    entry = next((e for e in acl.split("&") if e.startswith(f"{verb.value}=")), "=")
    ids = entry.partition("=")[2].split("+")
    return Decision("*" in ids or server in ids, uri, "first entry")


def rules_of(device: str) -> TreeRules:
    """The rules of a device of that kind."""
    rules, status = TreeRules(), dict[str, int]()
    limits: dict[str, Any] = {}
    types = {f.name: getattr(rules, f.name) for f in fields(TreeRules)}
    for option in split(device):
        name, _, value = option.partition("=")
        if name.startswith("status."):
            status[name[7:]] = StatusCode(int(value))
            assert name[7:] in {r.value for r in Refusal}, name
        elif name.startswith("limits."):
            limits[name[7:]] = int(value) if value.isdigit() else value == "yes"
        elif name == "without":
            rules = replace(rules, properties=ALL_PROPERTIES - {value})
        elif name == "counted":
            counted: Any = frozenset(value.split(","))
            rules = replace(rules, counted=counted)
        elif name in types:
            typed: Any = value
            if isinstance(types[name], bool):
                typed = value == "yes"
                assert value in ("yes", "no")
            elif types[name] is None or isinstance(types[name], int):
                typed = int(value)
            rules = replace(rules, **{name: typed})
        else:
            known = ("ddf ", "verno ", "guard", "now", "undo fails", "policy", "emptied", "exec answers")
            assert option.startswith(known), option
    return replace(rules, status=status, limits=UriLimits(**limits))


@dataclass
class Ran:
    """What became of a case."""

    tree: Tree
    statuses: list[str]
    results: list[str]
    executed: list[str]


def run(case: WorkedCase) -> tuple[Tree, Ran]:
    """The tree before, and all that became of the case."""
    options = dict(option.partition("=")[::2] for option in split(case.device))
    before = tree = build(case.tree, case.device, int(options.get("first_verno", 0)))
    now, ran = float(options.get("now", 0)), Ran(tree, [], [], [])

    def handler(at: Tree, call: Call) -> tuple[Tree, Outcome]:
        ran.executed.append(call.uri)
        return at, Outcome(StatusCode(int(options.get("exec answers", 200))))

    def guard(was: Tree, new: Tree, call: Call) -> Refusal | None:
        reason, _, place = options["guard"].partition(" A/")
        return REFUSALS[reason] if call.uri.endswith(place) else None

    for part in split(case.commands):
        sender = re.match(r"(\w+): (.*)", part)
        if part.startswith("set "):
            uri, _, value = part[4:].partition(" =")
            tree = tree.set(uri, value, now=now)
            continue
        if part.startswith("forget "):
            emptied: Any = options.get("emptied", "factory")
            tree = tree.forget(part[7:], now=now, emptied=emptied)
            continue
        by, text = (sender[1], sender[2]) if sender else (case.by, part)
        done = execute(
            tree,
            (command(text),),
            by=by,
            now=now,
            rules=rules_of(case.device),
            policy=first_entry if options.get("policy") == "first entry" else oma_acl,
            handlers={"./A/e": handler, "./A/U": handler, "./Inbox": inbox()},
            guard=guard if "guard" in options else None,
            undoable=(lambda c: c.verb.value != options["undo fails"]) if "undo fails" in options else None,
        )
        tree = done.tree
        ran.statuses += statuses(done.outcomes[0])
        ran.results += shown(done.outcomes[0], "?list=" in text)
    ran.tree = tree
    return before, ran


def statuses(outcome: Outcome) -> list[str]:
    own = [str(int(outcome.status))] if outcome.status else []
    parts = [status for part in outcome.parts for status in statuses(part)]
    if isinstance(outcome.command, Atomic | Sequence):
        return own + parts
    return parts or own


def shown(outcome: Outcome, listed: bool) -> list[str]:
    """Data of the Results, a listing as one row; what a Status says of a node that could not be made."""
    rows, targets = outcome.results, [f"says {item.target}" for item in outcome.items]
    if not rows:
        return targets + [row for part in outcome.parts for row in shown(part, listed)]
    if isinstance(rows[0].data, Element):
        return ["TNDS " + " ".join(document(rows[0].source or "", rows[0].data))]
    alone = len(rows) == 1 and rows[0].meta is not None and rows[0].meta.format == "node"
    if listed and not (alone and rows[0].data is not None) and "?" not in (rows[0].source or ""):
        return [*targets, " ".join(map(listing, rows))]
    return targets + [data(row) for row in rows]


def data(i: Item) -> str:
    text = f"0x{i.data.hex()}" if isinstance(i.data, bytes) else i.text
    return text or "(empty)"


def listing(i: Item) -> str:
    form = f":{i.meta.format}" if i.meta and i.meta.format else ""
    return f"{i.source}{form}" + (f"={data(i)}" if i.data is not None else "")


def document(source: str, mgmt: Element) -> Iterator[str]:
    """Nodes of a serialised tree with the properties that stand there."""

    def below(element: Element, above: str) -> Iterator[str]:
        for n in element.find("Node"):
            name = next(n.find("NodeName")).text
            uri = f"{above}/{name}".lstrip("/")
            there = [c.name for rt in n.find("RTProperties") for c in rt.children if isinstance(c, Element)]
            there += ["Value"] if any(True for _ in n.find("Value")) else []
            yield f"{uri}{{{' '.join(there)}}}"
            yield from below(n, uri)

    yield from below(mgmt, source.rpartition("/")[0])
