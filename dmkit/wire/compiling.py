"""The source of the readers of usual messages, written out from the grammar: what ``compiled`` compiles.

One regular expression a command, and one loop over the commands with a branch for each, in the way ``dataclasses``
writes ``__init__``; ``source_of(XML)`` shows it.  A process that reads but a few messages does not load this.

>>> "Status(" in source_of(XML), source_of(WBXML).count("scan_Exec")
(True, 1)
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from dmkit.wire.content import COMMANDS, MODELS, RULES, Child
from dmkit.wire.octets import MAX_DEPTH
from dmkit.wire.spelling import WBXML, XML, Spelling
from dmkit.words.records import repr_in_order

__all__ = ["WBXML", "XML", "readers_of", "source_of"]

SHORT: Final = 1024
"""How long a body that is remembered may be."""


class _Part(msgspec.Struct, frozen=True):
    """An expression, the variables that its groups fill, and which of them are text (to be unescaped)."""

    expression: str
    names: tuple[str, ...]
    texts: frozenset[str]

    __repr__ = repr_in_order


def _part(form: Spelling, name: str, prefix: str = "") -> _Part:
    """The content of ``name`` up to its Items or commands."""
    out, names, texts = "", [], set()
    for child in MODELS[name].rows():
        if child.excluded:
            continue
        if child.kind in ("items", "commands"):
            break
        field = prefix + child.field
        if child.kind == "flag":
            piece, own = form.flag(child.name), [field]
        elif child.kind == "Meta":
            piece, own = form.meta, [field]
        elif child.kind == "Chal":
            piece, own = form.open("Chal") + form.meta + form.close("Chal"), [field]
        elif child.kind == "data":
            piece, own = form.data(child.name), [field, f"{prefix}short"]
            texts.add(field)
        elif child.kind in ("place", "Cred"):
            inner = _part(form, child.name, f"{field}_")
            piece, own = form.open(child.name) + inner.expression + form.close(child.name), list(inner.names)
            texts |= inner.texts
        else:
            piece, own = form.text(child.name, in_meta=name == "Meta"), [field]
            texts.add(field)
        out += piece if child.least else f"(?:{piece})?"
        names += own
    return _Part(out, tuple(names), frozenset(texts))


def _meta_of(name: str) -> str:
    return f"None if {name} is None else known_meta({name}) or new_meta({name})"


def _value(child: Child, command: str, prefix: str) -> dict[str, str]:
    """Fields of a struct that ``child`` fills, each with the expression for it."""
    field = prefix + child.field
    if child.kind == "place":
        return {child.field: f"{field}_loc_uri", f"{child.field}_name": f"{field}_loc_name"}
    value = {
        "flag": "False" if child.excluded else f"{field} is not None",
        "Meta": _meta_of(field),
        "Chal": _meta_of(field),
        "data": f'{field} if {prefix}short is None else ""',
        "code": f"codes_{command}[{field}]",
        "Cred": f"None if {field}_data is None else Cred({field}_data, {_meta_of(f'{field}_meta')})",
        "items": "items",
        "commands": "tuple(inner)",
    }.get(child.kind, f"() if {field} is None else ({field},)" if child.many else field)
    return {child.field: value}


def _call(name: str, prefix: str = "") -> str:
    """The call that makes the struct of ``name`` out of the variables."""
    model = MODELS[name]
    values: dict[str, str] = {}
    for child in model.rows():
        values |= _value(child, name, prefix)
    return f"{model.struct.__name__}({', '.join(values[field] for field in model.struct.__struct_fields__)})"


def _branch(form: Spelling, name: str, item: _Part) -> tuple[str, str]:
    """The expression of a command, and the lines that read it."""
    model, part = MODELS[name], _part(form, name)
    rows = model.rows()
    last = rows[-1]
    names, texts, expression = part.names, part.texts, form.open(name) + part.expression
    if last.kind == "items":
        one = form.open("Item").join(("(", ")")) + item.expression + form.close("Item")
        expression += f"(?:(?:{one})?({form.close(name)}))?"
        names, texts = (*names, "begun", *item.names, "end"), texts | item.texts
    lines = [f"m = scan_{name}(text, at)", "if m is None: raise Irregular", f"{', '.join(names)}, = m.groups()",
             "at = m.end()"]  # fmt: skip
    if form is XML:
        text = ", ".join(sorted(texts))
        lines.append(f"if coded: {text}, = plain(({text},))")
    if name in RULES:
        lines.append(f"if {RULES[name][0]}: raise Irregular")
    lines.append("ids(cmd_id)")
    if last.kind == "items":
        lines += [
            "if end is None:",
            "    items, at = some(text, at, coded)",
            f"    at = close(text, at, close_{name})",
            *(["    if not items: raise Irregular"] if last.least else []),
            f"elif begun is None: {'raise Irregular' if last.least else 'items = ()'}",
            f"else: items = ({_call('Item', 'i_')},)",
        ]
    else:
        lines += [
            f"if depth > {MAX_DEPTH // 2}: raise Irregular",
            "inner, at = commands(text, at, coded, ids, depth + 1, -1)",
            f"at = close(text, at, close_{name})",
            f"if not inner or not inside_{name}.issuperset(map(type, inner)): raise Irregular",
        ]
    lines.append(f"add({_call(name)})")
    return expression, "\n            ".join(lines)


def _told(form: Spelling) -> str:
    """The expression of the usual Status of a header: it names that, and one address on each side."""
    number, name = (
        re.sub(r"\(\[.*?\)", word, form.text(child)) for child, word in (("CmdRef", "0"), ("Cmd", "SyncHdr"))
    )
    texts = {child: form.text(child) for child in ("CmdID", "MsgRef", "TargetRef", "SourceRef", "Data")}
    chal = f"(?:{form.open('Chal')}{form.meta}{form.close('Chal')})?"
    start = form.open("Status") + texts["CmdID"] + texts["MsgRef"] + number + name
    return start + texts["TargetRef"] + texts["SourceRef"] + chal + texts["Data"] + form.close("Status")


_OFTEN: Final = {name: at for at, name in enumerate(("Status", "Replace", "Results", "Get", "Add", "Alert"))}
"""The order in which commands are asked for: the usual ones first."""


def readers_of(form: Spelling) -> tuple[str, dict[str, str]]:
    """The source of the readers of ``form``, and the expressions that it uses, by the name of their search."""
    item = _part(form, "Item", "i_")
    expressions = {"scan_item": form.open("Item") + item.expression + form.close("Item")}
    branches = []
    for name in sorted(COMMANDS, key=lambda name: (name not in _OFTEN, _OFTEN.get(name, 0), name)):
        expressions[f"scan_{name}"], lines = _branch(form, name, item)
        expressions[f"close_{name}"] = form.close(name)
        branches.append(f"if sign == {form.sign(name)!r}:\n            {lines}\n")
    branches.insert(1, f"if sign in {form.ends!r}: return found, at\n")
    header = _part(form, "SyncHdr")
    expressions["scan_header"] = form.start + header.expression + form.close("SyncHdr") + form.open("SyncBody")
    expressions["scan_told"] = _told(form)
    expressions["scan_meta"] = _part(form, "Meta").expression + "\\Z"
    expressions["scan_challenge"] = "".join(form.text(n, in_meta=True) for n in ("Format", "Type", "NextNonce")) + "\\Z"
    expressions["scan_end"] = f"(?:{form.flag('Final')})?{form.end}"
    text = ", ".join(sorted(item.texts))
    unescape = f"if coded: {text}, = plain(({text},))" if form is XML else ""
    first, after = form.key
    chain = "        el".join(branches)
    own = ", ".join(sorted(header.texts))
    return (
        f"""
def some(text, at, coded):
    found = []
    while True:
        m = scan_item(text, at)
        if m is None: return tuple(found), at
        {", ".join(item.names)}, = m.groups()
        {unescape}
        found.append({_call("Item", "i_")})
        at = m.end()

def close(text, at, scan):
    m = scan(text, at)
    if m is None: raise Irregular
    return m.end()

def commands(text, at, coded, ids, depth, many):
    found = []
    add = found.append
    while len(found) != many:
        sign = text[at + {first}:at + {after}]
        {chain}        else: break
    return found, at

def body(text, at, coded):
    ids = []
    found, at = commands(text, at, coded, ids.append, 0, -1)
    end = scan_end(text, at)
    if end is None: raise Irregular
    taken = set(ids)
    if len(taken) != len(ids) or "" in taken or "0" in taken: raise Irregular
    return tuple(found), taken, end[1] is not None

def read(text, coded):
    m = scan_header(text)
    if m is None: raise Irregular
    {", ".join(header.names)}, = m.groups()
    {f"if coded: {own}, = plain(({own},))" if form is XML else ""}
    if cred_data == "": raise Irregular
    at = m.end()
    h = scan_told(text, at)
    if h is not None: at = h.end()
    if len(text) - at > {SHORT}:
        found, taken, final = body(text, at, coded)
    else:
        rest = text[at:]
        found, taken, final = bodies(rest) or keep(rest, body(rest, 0, coded))
    if h is not None:
        cmd_id, msg_ref, target, source, chal, code = h.groups()
        {"if coded: cmd_id, msg_ref, target, source = plain((cmd_id, msg_ref, target, source))" if form is XML else ""}
        if cmd_id == "" or cmd_id == "0" or cmd_id in taken: raise Irregular
        chal = None if chal is None else known_meta(chal) or new_meta(chal)
        found = (Status(codes_Status[code], msg_ref, "0", "SyncHdr", (target,), (source,), chal, (), cmd_id), *found)
    return Message({_call("SyncHdr")}, found, final)
""",
        expressions,
    )


def source_of(form: Spelling) -> str:
    """The source of the reader of ``form``: what was made of the grammar."""
    return readers_of(form)[0]
