"""The source of the readers of usual messages, written out from the grammar: what ``compiled`` compiles.

One regular expression a command, and one loop over the commands with a branch for each, in the way ``dataclasses``
writes ``__init__``; ``source_of(XML)`` shows it.  A process that reads but a few messages does not load this.

An expression takes a command with no Item or one, as is usual, and the first signs of what follows, which say where the
loop goes on; other Items are read by ``some``.  ``re`` keeps a step on its stack for each piece that may be missing or
repeated, and these cost more than the signs: so texts are possessive, what may be missing is ``(?:X|)``, which is
passed over by its first sign where ``(?:X)?`` keeps a loop, and two pieces of which one stands are one choice.

>>> "Status(" in source_of(XML), source_of(WBXML).count("scan_Exec")
(True, 1)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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


def _piece(form: Spelling, name: str, child: Child, prefix: str) -> _Part:
    """One child of ``name``; what may be missing is an alternative to nothing, which is quicker than ``?``."""
    field = prefix + child.field
    names: tuple[str, ...] = (field,)
    texts = frozenset[str]()
    if child.kind == "flag":
        return _Part(form.flag(child.name), names, texts)
    if child.kind == "data":
        return _Part(form.data(child.name), (field, f"{prefix}short"), frozenset({field}))
    if child.kind == "Meta":
        piece = form.meta
    elif child.kind == "Chal":
        piece = form.open("Chal") + form.meta + form.close("Chal") + form.shut
    elif child.kind in ("place", "Cred"):
        inner = _part(form, child.name, f"{field}_")
        piece = form.open(child.name) + inner.expression + form.close(child.name)
        piece, names, texts = piece + (form.shut if child.kind == "Cred" else ""), inner.names, inner.texts
    else:
        piece, texts = form.text(child.name, in_meta=name == "Meta"), frozenset({field})
    return _Part(piece if child.least else f"(?:{piece}|)", names, texts)


def _joined(parts: Iterable[_Part]) -> _Part:
    parts = list(parts)
    return _Part(
        "".join(part.expression for part in parts),
        tuple(name for part in parts for name in part.names),
        frozenset(name for part in parts for name in part.texts),
    )


def _part(form: Spelling, name: str, prefix: str = "") -> _Part:
    """The content of ``name`` up to its Items or commands."""
    rows = [child for child in MODELS[name].rows() if not child.excluded]
    return _joined(_piece(form, name, child, prefix) for child in rows if child.kind not in ("items", "commands"))


def _one_item(form: Spelling, name: str) -> _Part:
    """The content of an Item as it usually stands alone in ``name``: one address, without a LocName; Copy has two."""
    rows = MODELS["Item"].rows()
    places = [(child, f"i_{child.field}_loc_uri") for child in rows if child.kind == "place"]
    spelled = [form.open(child.name) + form.text("LocURI") + form.close(child.name) for child, _ in places]
    expression = "".join(f"(?:{piece}|)" for piece in spelled) if name == "Copy" else f"(?:{'|'.join(spelled)}|)"
    fields = tuple(field for _, field in places)
    others = (_piece(form, "Item", child, "i_") for child in rows if child.kind != "place")
    return _joined([_Part(expression, fields, frozenset(fields)), *others])


def _meta_of(name: str) -> str:
    return f"None if {name} is None else known_meta({name}) or new_meta({name})"


def _value(child: Child, command: str, prefix: str, alone: bool) -> dict[str, str]:
    """Fields of a struct that ``child`` fills, each with the expression for it."""
    field = prefix + child.field
    if child.kind == "place":
        return {child.field: f"{field}_loc_uri", f"{child.field}_name": "None" if alone else f"{field}_loc_name"}
    value = {
        "flag": "False" if child.excluded else f"not not {field}",
        "Meta": _meta_of(field),
        "Chal": _meta_of(field),
        "data": f'{field} if {prefix}short is None else ""',
        "code": f"known_{command}({field}) or codes_{command}[{field}]",
        "Cred": f"None if {field}_data is None else Cred({field}_data, {_meta_of(f'{field}_meta')})",
        "items": "items",
        "commands": "tuple(inner)",
    }.get(child.kind, f"() if {field} is None else ({field},)" if child.many else field)
    return {child.field: value}


def _call(name: str, prefix: str = "", *, alone: bool = False) -> str:
    """The call that makes the struct of ``name`` out of the variables; an Item that stands ``alone`` has no LocName."""
    model = MODELS[name]
    values: dict[str, str] = {}
    for child in model.rows():
        values |= _value(child, name, prefix, alone)
    return f"{model.struct.__name__}({', '.join(values[field] for field in model.struct.__struct_fields__)})"


_OFTEN_EMPTY: Final = frozenset({"Status"})
"""Commands that seldom have an Item."""


def _tail(form: Spelling, name: str, least: int) -> tuple[_Part, str]:
    """What usually stands behind the head of a command with Items, up to the sign of the next, and its Items."""
    end = form.close(name) + form.sign
    if name in _OFTEN_EMPTY:
        return _Part(f"(?:{end}|)", ("sign",), frozenset()), "()"
    part, made = _one_item(form, name), f"({_call('Item', 'i_', alone=True)},)"
    open_, close = form.open("Item"), form.close("Item")
    if least:
        return _Part(f"(?:{open_}{part.expression}{close}{end}|)", (*part.names, "sign"), part.texts), made
    expression = f"(?:(?:({open_}){part.expression}{close}|){end}|)"
    return _Part(expression, ("begun", *part.names, "sign"), part.texts), f"() if begun is None else {made}"


def _branch(form: Spelling, name: str) -> tuple[str, str]:
    """The expression of a command, and the lines that read it."""
    part, last = _part(form, name), MODELS[name].rows()[-1]
    tail, items = _Part(form.sign, ("sign",), frozenset()), ""
    if last.kind == "items":
        tail, items = _tail(form, name, last.least)
    whole = _joined([_Part(form.behind(name), (), frozenset()), part, tail])
    lines = [f"m = scan_{name}(text, at)", "if m is None: raise Irregular", f"{', '.join(whole.names)} = m.groups()",
             "at = m.end()"]  # fmt: skip
    if form is XML:
        text = ", ".join(sorted(whole.texts))
        lines.append(f"if coded: {text}, = plain(({text},))")
    if name in RULES:
        lines.append(f"if {RULES[name][0]}: raise Irregular")
    lines.append("ids.append(cmd_id)")
    if last.kind == "items":
        lines += [
            "if sign is None:",
            "    items, at = some(text, at, coded)",
            f"    at, sign = close(text, at, close_{name})",
            *(["    if not items: raise Irregular"] if last.least else []),
            f"else: items = {items}",
        ]
    else:
        lines += [
            f"if depth > {MAX_DEPTH // 2}: raise Irregular",
            "inner, at = commands(text, at, sign, coded, ids, depth + 1)",
            f"at, sign = close(text, at, close_{name})",
            f"if not inner or not inside_{name}.issuperset(map(type, inner)): raise Irregular",
        ]
    lines.append(f"found.append({_call(name)})")
    return whole.expression, "\n            ".join(lines)


def _told(form: Spelling) -> str:
    """The expression of the usual Status of a header: it names that, and one address on each side."""
    number, name = (
        re.sub(r"\(\[.*?\)", word, form.text(child)) for child, word in (("CmdRef", "0"), ("Cmd", "SyncHdr"))
    )
    texts = {child: form.text(child) for child in ("CmdID", "MsgRef", "TargetRef", "SourceRef", "Data")}
    chal = f"(?:{form.open('Chal')}{form.meta}{form.close('Chal')}{form.shut}|)"
    start = form.open("Status") + texts["CmdID"] + texts["MsgRef"] + number + name
    return start + texts["TargetRef"] + texts["SourceRef"] + chal + texts["Data"] + form.close("Status") + form.shut


_OFTEN: Final = {name: at for at, name in enumerate(("Status", "Replace", "Results", "Get", "Add", "Alert"))}
"""The order in which commands are asked for: the usual ones first."""


def readers_of(form: Spelling) -> tuple[str, dict[str, str]]:
    """The source of the readers of ``form``, and the expressions that it uses, by the name of their search."""
    item = _part(form, "Item", "i_")
    expressions = {"scan_item": form.open("Item") + item.expression + form.close("Item") + form.shut}
    branches = []
    for name in sorted(COMMANDS, key=lambda name: (name not in _OFTEN, _OFTEN.get(name, 0), name)):
        expressions[f"scan_{name}"], lines = _branch(form, name)
        expressions[f"close_{name}"] = form.close(name) + form.sign
        branches.append(f"if sign == {form.sign_of(name)!r}:\n            {lines}\n")
    width = form.width
    branches.insert(3, f"if sign == {form.last!r}: return found, at - {width}\n")
    if form.switch:
        branches.append(f"if sign == {form.switch!r} == text[at:at + 1]: sign, at = text[at + 1:at + 2], at + 2\n")
    header = _part(form, "SyncHdr")
    expressions["scan_header"] = (
        form.start + header.expression + form.close("SyncHdr") + form.shut + form.open("SyncBody")
    )
    expressions["scan_told"] = _told(form)
    expressions["scan_meta"] = _part(form, "Meta").expression + "\\Z"
    expressions["scan_challenge"] = "".join(form.text(n, in_meta=True) for n in ("Format", "Type", "NextNonce")) + "\\Z"
    expressions["scan_end"] = form.flag("Final") + form.end
    text = ", ".join(sorted(item.texts))
    unescape = f"if coded: {text}, = plain(({text},))" if form is XML else ""
    chain = "        el".join(branches)
    own = ", ".join(sorted(header.texts))
    return (
        f"""
def some(text, at, coded):
    found = []
    while True:
        m = scan_item(text, at)
        if m is None: return tuple(found), at
        {", ".join(item.names)} = m.groups()
        {unescape}
        found.append({_call("Item", "i_")})
        at = m.end()

def close(text, at, scan):
    m = scan(text, at)
    if m is None: raise Irregular
    return m.end(), m[1]

def commands(text, at, sign, coded, ids, depth):
    found = []
    while True:
        {chain}        else: return found, at - {width}

def body(text, at, coded):
    ids = []
    found, at = commands(text, at + {width}, text[at:at + {width}], coded, ids, 0)
    end = scan_end(text, at)
    if end is None: raise Irregular
    taken = set(ids)
    if len(taken) != len(ids) or "" in taken or "0" in taken: raise Irregular
    return tuple(found), taken, not not end[1]

def read(text, coded):
    m = scan_header(text)
    if m is None: raise Irregular
    {", ".join(header.names)} = m.groups()
    {f"if coded: {own}, = plain(({own},))" if form is XML else ""}
    if cred_data is not None and (not cred_data or cred_data.isspace()): raise Irregular
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
