"""Descriptions as small tables: a line for each node, written and read by people.

>>> spec = read_table('''
... basis: proposal lesson
... ./Mail          | 1 ! CS | node com.example/1.0/Mail | Get              | Accounts for mail.
...   <Account>     | *8     | node                      | Add Delete Get   | One account.
...     Host        | 1      | chr                       | Add Get Replace  | Name of the server.
...     Port "Port" | ?      | int = 993                 | A G R            | Port number. | established RFC 8314
... ''')
>>> spec.find("./Mail/*/Port").default, spec.find("./Mail/*").title, spec.count()
('993', 'Account', NodeCount(nodes=4, leaves=2))
>>> read_table(write_table(spec)) == spec
True

Columns: node, occurrence, format, access, description, basis; from the fourth on they may be left out.

- *node*: deeper by its indentation.  A root may be a whole address.  ``<Title>`` stands for a name given at run time;
  a title may follow a name in quotes.
- *occurrence*: ``1 ? * +`` as figures of specifications print it, with a bound behind ``*`` and ``+``; ``!`` for
  Permanent (else Dynamic), ``CS`` or ``CIS`` for CaseSense.
- *format*: DFFormat; then MIME types of a leaf (``text/plain`` when none is named) or the identifier of an object; then
  ``= default``.
- *access*: commands, or their first letters; ``-`` for none.
- *basis*: one of established, implementation, evidence, proposal, unsure; then the source.

Lines before the first node may say ``man:``, ``mod:`` and ``basis:`` of the document; ``#`` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from dmkit.ddf.grammar import ACCESS, MAX_NESTING
from dmkit.ddf.spec import Basis, NodeSpec, Occurrence, OccurrenceKind, Scope, Spec
from dmkit.words.codes import Format, Verb
from dmkit.words.counts import many
from dmkit.words.errors import DdfError

__all__ = ["COLUMNS", "read_table", "write_table"]

COLUMNS: Final = ("node", "occurrence", "format", "access", "description", "basis")
_CELL: Final = re.compile(r"(?<!\\)\|")
_RULE: Final = re.compile(r"[\s|:+-]+")
_NAME: Final = re.compile(r'(?P<name><[^<>]*>|[^\s"<>]+)(?:\s+"(?P<title>[^"]*)")?')
_OCCURS: Final = re.compile(r"(?P<sign>[1?*+])(?P<n>\d*)")
_KINDS: Final = {"1": OccurrenceKind.ONE, "?": OccurrenceKind.ZERO_OR_ONE, "*": OccurrenceKind.ZERO_OR_MORE,
                 "+": OccurrenceKind.ONE_OR_MORE}  # fmt: skip
_BOUND: Final = {"*": OccurrenceKind.ZERO_OR_N, "+": OccurrenceKind.ONE_OR_N}
_LETTERS: Final = {verb.value[0]: verb for verb in ACCESS}
_VERBS: Final = {verb.value.lower(): verb for verb in ACCESS}
_USUAL: Final = {Format.BIN: "application/octet-stream", Format.XML: "application/xml"}


@dataclass(slots=True)
class _Line:
    number: int
    depth: int
    node: NodeSpec


def read_table(text: str) -> Spec:
    """The description that a table says; DdfError names the line and what would be right."""
    given: dict[str, str] = {}
    basis: Basis | None = None
    source = ""
    lines: list[_Line] = []
    for number, raw in enumerate(text.expandtabs(4).splitlines(), 1):
        bare = raw.strip()
        if not bare or bare.startswith("#") or (_RULE.fullmatch(bare) and "|" in bare):
            continue
        if _CELL.search(bare) is None and not lines:
            key, colon, value = bare.replace(r"\|", "|").partition(":")
            if not colon or key.strip().lower() not in ("man", "mod", "basis"):
                raise DdfError(f"{bare[:40]!r} is no row; columns are {' | '.join(COLUMNS)}", line=number)
            key, value = key.strip().lower(), value.strip()
            if key == "basis":
                basis, source = _basis(value, number)
            given[key] = value
            continue
        if raw.lstrip().startswith("|"):
            raw = raw.lstrip()[1:].removesuffix("|") if raw.rstrip().endswith("|") else raw.lstrip()[1:]
        cells = _CELL.split(raw)
        if not lines and _is_heading(cells):
            continue
        lines.append(_Line(number, len(raw) - len(raw.lstrip()), _node(cells, number, not lines)))
    if not lines:
        raise DdfError("the table has no row; at least one node stands there")
    return Spec(tuple(_nest(lines, 1)), given.get("man"), given.get("mod"), basis, source)


def _is_heading(cells: list[str]) -> bool:
    """Whether it names the columns: a node may be called Name too, but then a format stands in the third."""
    third = cells[2].split() if len(cells) > 2 else []
    return cells[0].strip().lower() in ("node", "name") and not (third and Format.of(third[0]))


def _nest(lines: list[_Line], level: int) -> Iterator[NodeSpec]:
    """Lines with those that are indented deeper as their children."""
    at = 0
    first = lines[0].depth
    while at < len(lines):
        line = lines[at]
        end = at + 1
        while end < len(lines) and lines[end].depth > line.depth:
            end += 1
        if line.depth < first or (line.depth > first and at):
            raise DdfError("its indentation is that of no line above", node=line.node.label, line=line.number)
        if level > MAX_NESTING:
            raise DdfError(f"nodes are nested more than {MAX_NESTING} deep", node=line.node.label, line=line.number)
        below = tuple(_nest(lines[at + 1 : end], level + 1)) if end > at + 1 else ()
        if below and line.node.format is not Format.NODE:
            raise DdfError(
                f"its format is {line.node.format}, and nodes stand below it; node would be right",
                node=line.node.label,
                line=line.number,
            )
        yield replace(line.node, children=below)
        at = end


def _node(cells: list[str], number: int, first: bool) -> NodeSpec:
    cells = [cell.strip().replace(r"\|", "|") for cell in cells]
    if len(cells) > len(COLUMNS):
        raise DdfError(
            f"{many(len(cells), 'column')}; they are {' | '.join(COLUMNS)} (write \\| for a bar)", line=number
        )
    name_cell, occurs_cell, format_cell, access_cell, description, basis_cell = cells + [""] * (6 - len(cells))
    name, path, title = _name(name_cell, number)
    occurrence, scope, case = _occurs(occurs_cell, number, name_cell)
    format, mime, object_id, default = _format(format_cell, number, name_cell)
    basis, source = _basis(basis_cell, number) if basis_cell else (None, "")
    return NodeSpec(
        name=name, path=path, title=title, occurrence=occurrence, scope=scope, case_sensitive=case, format=format,
        mime=mime, object_id=object_id, default=default, access=_access(access_cell, number, name_cell),
        description=description or None, basis=basis, source=source, line=number,
    )  # fmt: skip


def _name(cell: str, number: int) -> tuple[str, str | None, str | None]:
    found = _NAME.fullmatch(cell)
    if found is None:
        raise DdfError(
            f"{cell[:40]!r} is no node; Name, <Title> or ./A/Name stands there, a title in quotes behind it",
            line=number,
        )
    name, title = found["name"], found["title"]
    if name.startswith("<"):
        return "", None, name[1:-1].strip() or title
    path, slash, last = name.rpartition("/")
    if slash and (not last or not (path == "." or path.startswith("./"))):
        raise DdfError(f"{name[:40]!r} is no address of a node; ./A/Name is one", line=number)
    return last, path if slash else None, title


def _occurs(cell: str, number: int, name: str) -> tuple[Occurrence, Scope, bool | None]:
    occurrence, scope, case = Occurrence(), Scope.DYNAMIC, None
    for word in cell.replace("!", " ! ").split():
        found = _OCCURS.fullmatch(word)
        if word == "!":
            scope = Scope.PERMANENT
        elif word in ("CS", "CIS"):
            case = word == "CS"
        elif found is None or (found["n"] and found["sign"] not in _BOUND):
            raise DdfError(
                f"occurrence {word[:20]!r}; 1 ? * + stand there, a bound behind * or +, ! for Permanent, CS or CIS",
                node=name,
                line=number,
            )
        elif found["n"]:
            n = int(found["n"]) if len(found["n"]) < 6 else 0
            if not 2 <= n <= 65536:
                raise DdfError(
                    f"a bound of {found['n'][:20]}; a number from 2 to 65536 stands there", node=name, line=number
                )
            occurrence = Occurrence(_BOUND[found["sign"]], n)
        else:
            occurrence = Occurrence(_KINDS[found["sign"]])
    return occurrence, scope, case


def _format(cell: str, number: int, name: str) -> tuple[Format, tuple[str, ...] | None, str | None, str | None]:
    value, equals, default = (part.strip() for part in cell.partition("="))
    word, *more = value.replace(",", " ").split() or [""]
    format = Format.of(word)
    if format is None:
        raise DdfError(
            f"{word[:40]!r} is no format; one of {', '.join(f.value for f in Format)} stands there",
            node=name,
            line=number,
        )
    if format is Format.NODE:
        if len(more) > 1:
            raise DdfError(
                f"{' '.join(more)[:60]!r} is no identifier of an object; it is one word", node=name, line=number
            )
        return format, None, more[0] if more else "", default if equals else None
    return format, tuple(more) or (_USUAL.get(format, "text/plain"),), None, default if equals else None


def _access(cell: str, number: int, name: str) -> frozenset[Verb]:
    words = re.split(r"[\s,]+", cell.strip()) if cell.strip() not in ("", "-") else []
    verbs = set()
    for word in words:
        if word.lower() in _VERBS:
            verbs.add(_VERBS[word.lower()])
        elif word and set(word) <= set(_LETTERS):
            verbs |= {_LETTERS[letter] for letter in word}
        else:
            raise DdfError(
                f"{word[:20]!r} is no command; {', '.join(v.value for v in ACCESS)} stand there, or their "
                "first letters",
                node=name,
                line=number,
            )
    return frozenset(verbs)


def _basis(cell: str, number: int) -> tuple[Basis, str]:
    word, _, source = cell.partition(" ")
    if word.rstrip(":,") not in set(Basis):
        raise DdfError(f"basis {word[:20]!r}; one of {', '.join(Basis)} stands there, then the source", line=number)
    return Basis(word.rstrip(":,")), source.strip()


def write_table(spec: Spec) -> str:
    """``spec`` as a table that ``read_table`` reads.

    What has no column is left out: RTProperties, Value, extensions, Path on nested nodes; white space in texts is
    folded.  DdfError for a name that a table cannot hold.
    """
    rows = [row for root in spec.roots for row in _rows(root, 0)]
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    heads = (("man", _flat(spec.man or "")), ("mod", _flat(spec.mod or "")))
    lines = [f"{key}: {value}" for key, value in heads if value]
    if spec.basis is not None:
        lines.append(f"basis: {spec.basis} {_flat(spec.source)}".rstrip())
    for row in rows:
        cells = [*(cell.ljust(width) for cell, width in zip(row[:5], widths, strict=True)), row[5]]
        lines.append(" | ".join(cells if row[5] else cells[:5]).rstrip())
    return "\n".join(lines) + "\n"


def _rows(node: NodeSpec, depth: int) -> Iterator[tuple[str, ...]]:
    value = _bare(node.title).replace('"', "'")
    name = _named(node) if node.name else f"<{value.replace('<', '(').replace('>', ')')}>"
    if depth == 0 and node.path and node.name:
        name = f"{node.path.strip().rstrip('/')}/{name}"
    title = f' "{_flat(value)}"' if value and node.name else ""
    occurs = node.occurs
    sign = occurs.kind.symbol + (str(occurs.n) if occurs.n is not None else "")
    case = "" if node.case_sensitive is None else " CS" if node.case_sensitive else " CIS"
    format = Format.NODE if node.is_interior else node.format or Format.CHR
    types = node.mo_id if node.is_interior else " ".join(mime for mime in node.mime or () if mime)
    if types == _USUAL.get(format, "text/plain"):
        types = ""
    default = f" = {_flat(node.default)}".rstrip() if node.default is not None else ""
    access = " ".join(verb.value for verb in ACCESS if verb in (node.access or ())) or "-"
    basis = f"{node.basis} {node.source}".strip() if node.basis is not None else ""
    yield (
        f"{'  ' * depth}{_flat(name)}{title}", f"{sign}{' !' if node.is_permanent else ''}{case}",
        f"{format.value} {types}".strip() + default, access, _flat(node.description or ""), _flat(basis),
    )  # fmt: skip
    for child in node.children:
        yield from _rows(child, depth + 1)


def _named(node: NodeSpec) -> str:
    """The name, when a table can hold it."""
    if not _NAME.fullmatch(node.name) or node.name[0] in "<#" or '"' in node.name:
        raise DdfError(f"the name {node.name[:40]!r} has no place in a table: it has blanks, quotes, < > or #")
    return node.name


def _bare(text: str | None) -> str:
    return " ".join((text or "").split())


def _flat(text: str) -> str:
    return _bare(text).replace("|", r"\|")
