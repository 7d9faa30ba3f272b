"""Writers made from the grammar: for each struct a function that joins pieces of text, in XML and in WBXML.

The functions are written out as source, in the way ``dataclasses`` writes ``__init__``; ``source_of(XML)`` shows it.
Pieces go into one list, joined in the end: a call or a piece more for each element would be felt, so usual commands
are written where they are met, and those of the form that most have (``_SHAPES``) in one piece.
A whole WBXML message is made as one text, its tokens being below 80, and encoded once; octets in Data go in between.
What that cannot carry, mark-up in Data, is ``Irregular`` here and left to ``wbxml_write``.  A NUL inside a text would
end it: so the NULs that the form itself has are counted on the way, and there must be no more than those.

>>> print(source_of(XML).splitlines()[1])
def meta(c):
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from dmkit.wire.content import COMMANDS, FORMATS, MODELS, RULES, Child, Irregular
from dmkit.wire.elements import NS_METINF, NS_SYNCML, SYNCML
from dmkit.wire.markup import MAX_DEPTH, escape, write_element
from dmkit.wire.numbers import numbered
from dmkit.wire.octets import mb
from dmkit.words import model as structs
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Message, Meta, Status, Unknown

__all__ = ["WBXML", "XML", "source_of", "write_wbxml", "write_xml"]

XML: Final = "xml"
WBXML: Final = "wbxml"
_SHORT: Final = 512
_MANY: Final = 256
"""How long a written Meta or Status that is remembered may be, and how many there are of each."""
_FEW: Final = 8
"""So many commands at most has a message whose Statuses are remembered: those of longer ones rarely come again."""
_ALIKE: Final = tuple(name for name in COMMANDS if MODELS[name].rows() == MODELS["Add"].rows())
"""Commands that differ in nothing but their names."""
_SHAPES: Final = {
    "Status": "CmdID MsgRef CmdRef Cmd TargetRef Data",
    "Results": "CmdID MsgRef CmdRef Item",
    "Item": "Source Meta Data",
}
"""What most Statuses and Results have, once and nothing else, and the Item of these: they are written in one piece."""
_SIGNS: Final = frozenset({"LocURI", "RespURI", "SourceRef", "TargetRef", "Type", "VerDTD", "VerProto"})
"""Texts that hardly ever have letters and digits alone: nobody asks whether they have."""
_OTHERS: Final = tuple(name for name in COMMANDS if name not in _ALIKE)
_WHOLE: Final = (*(name for name in COMMANDS if MODELS[name].commands is not None), "Unknown")
"""Commands that have no Items of their own."""


def _token(name: str, page: int = 0) -> int:
    token = SYNCML.token(page, name)
    assert token is not None
    return token


class _Lines:
    """Source being written: pieces that always come are gathered in one f-string.

    In WBXML ``P`` holds the switch back to page 0 that the next tag needs when a Meta went before, and ``z`` counts
    NULs, that switch included; ``unsure`` says that ``P`` may hold something, ``nuls`` how many always come.
    """

    def __init__(self, binary: bool, indent: int = 4, *, unsure: bool = False) -> None:
        self.binary, self.indent, self.unsure = binary, indent, binary and unsure
        self.lines: list[str] = []
        self.gathered, self.nuls = "", 0

    def put(self, text: str) -> None:
        """A piece that always comes."""
        if self.unsure and not self.gathered:
            text = f"{{P}}{text}"
        self.gathered += text

    def when(self, test: str, text: str) -> None:
        """A piece that comes only when ``test``, an ``if`` of one line, holds."""
        self.flush()
        self.lines.append(f"{' ' * self.indent}{test}: {self.written(text)}")

    def add(self, *lines: str) -> None:
        """Lines as they are."""
        self.flush()
        self.lines += [" " * self.indent + line for line in lines]

    def inside(self, test: str) -> _Lines:
        """Lines of a block within these, below ``test``; ``done`` ends it."""
        self.add(f"{test}:")
        inner = _Lines(self.binary, self.indent + 4, unsure=self.unsure)
        inner.lines = self.lines
        return inner

    def written(self, text: str, *, always: bool = False) -> str:
        """The statements that write ``text``, a tag first; NULs of what comes ``always`` are counted in the end."""
        if self.unsure:
            text = "{P}" + text.removeprefix("{P}")
        nuls = text.count("\\0") if self.binary else 0
        if always:
            self.nuls += nuls
        piece = text[1:-1] if text == "{o}" else f'"{text}"' if "{" not in text else f'f"{text}"'
        return f"out.append({piece})" + f"; z += {nuls}" * (nuls > 0 and not always) + '; P = ""' * self.unsure

    def flush(self) -> None:
        """What was gathered, as a line."""
        if self.gathered:
            self.lines.append(" " * self.indent + self.written(self.gathered, always=True))
            self.gathered, self.unsure = "", False

    def done(self) -> None:
        """The end of a block: NULs that always come are counted."""
        self.flush()
        if self.nuls:
            self.add(f"z += {self.nuls}")
        self.nuls = 0


class _Maker:
    """Makes the functions of one form."""

    def __init__(self, form: str) -> None:
        self.binary = form == WBXML

    def open(self, name: str) -> str:
        return f"\\x{_token(name) | 0x40:02x}" if self.binary else f"<{name}>"

    def close(self, name: str) -> str:
        return "\\x01" if self.binary else f"</{name}>"

    def flag(self, name: str) -> str:
        return f"\\x{_token(name):02x}" if self.binary else f"<{name}/>"

    def text(self, name: str, value: str, *, in_meta: bool = False, plain: bool = False, sure: bool = False) -> str:
        """An element of text, as part of an f-string; ``plain`` text has nothing that needs escaping; ``sure`` is text.

        An f-string takes anything: what is no text is refused by an operation that only texts have, with TypeError.
        """
        there = f"({value} or unnumbered())" if name == "CmdID" else value
        if self.binary:
            checked = there if plain or sure else f"{there} + ''"
            return f"\\x{_token(name, int(in_meta)) | 0x40:02x}\\x03{{{checked}}}\\0\\x01"
        escaped = f"escape({there})" if name in _SIGNS else f"{value} if alnum({value}) else escape({there})"
        content = value if plain else escaped
        return f"<{name}{'{M}' if in_meta else ''}>{{{content}}}</{name}>"

    def code(self, name: str, field: str, hint: str) -> str:
        """An element that holds a code of the type ``hint``; a number of another type is written all the same."""
        return self.text(name, f"DIGITS[{field}] if type({field}) is {hint} else format({field}, 'd')", plain=True)

    def children(self, out: _Lines, name: str, of: str = "c") -> None:
        """The lines that write what is in an element called ``name``, whose struct is ``of``; not its commands."""
        hints = MODELS[name].struct.__annotations__
        for child in MODELS[name].rows():
            if child.kind not in ("items", "commands"):
                self.child(out, child, f"{of}.{child.field}", hints.get(child.field, ""), in_meta=name == "Meta")

    def child(self, out: _Lines, child: Child, field: str, hint: str, *, in_meta: bool) -> None:
        """The lines that write ``child``, which stands in ``field``."""
        name, optional = child.name, not child.least or "None" in hint
        if child.kind == "flag":
            out.when(f"if {field}", self.flag(name))
        elif child.kind == "place":
            self.place(out, name, field, optional)
        elif child.kind in ("Meta", "Chal"):
            self.meta(out, child, field)
        elif child.kind == "Cred":
            out.add(f"k = {field}")
            inner = out.inside("if k is not None")
            inner.put(self.open(name))
            self.children(inner, name, "k")
            inner.put(self.close(name))
            inner.done()
        elif child.kind == "code":
            out.put(self.code(name, field, hint))
        elif child.kind == "data":
            self.data(out, name, field)
        elif child.many:
            inner = out.inside(f"for v in {field}")
            inner.put(self.text(name, "v", in_meta=in_meta))
            inner.done()
        elif optional:
            out.add(f"v = {field}")
            count = child.kind == "count"
            value = "v if type(v) is int else count(v)" if count else "v"
            out.when("if v is not None", self.text(name, value, in_meta=in_meta, plain=count))
        else:
            out.put(self.text(name, field))

    def place(self, out: _Lines, name: str, field: str, optional: bool) -> None:
        """A Target or a Source; what was gathered before one that may be missing goes with it."""
        start, end = self.open(name) + self.text("LocURI", "v" if optional else field), self.close(name)
        loc_name = self.text("LocName", f"{field}_name")
        if not optional:
            out.put(start)
            out.when(f"if {field}_name is not None", loc_name)
            out.put(end)
            return
        before, out.gathered = out.gathered, ""
        out.add(f"v = {field}", "if v is None:", f"    if {field}_name is not None: raise CodecError(NAMELESS)")
        if before:
            out.add(f"    {out.written(before)}")
        out.when(f"elif {field}_name is None", before + start + end)
        out.when("else", before + start + loc_name + end)
        out.unsure = out.unsure and not before

    def meta(self, out: _Lines, child: Child, field: str) -> None:
        """A Meta, or a Chal with one; after it the next tag has to go back to page 0."""
        out.add(f"v = {field}")
        piece = "{o}" if child.kind == "Meta" else f"{self.open(child.name)}{{o}}{self.close(child.name)}"
        inner = out.inside("if v is not None")
        self.kept(inner, "metas(v) or meta(v)", piece)
        if self.binary:
            inner.add('P = "\\0\\0"')
            out.unsure = True

    def kept(self, out: _Lines, what: str, piece: str) -> None:
        """The lines that write ``piece``, of which ``o`` is remembered or made by ``what``."""
        out.add(f"o{', n' if self.binary else ''} = {what}", out.written(piece), *["z += n"] * self.binary)

    def data(self, out: _Lines, name: str, field: str) -> None:
        out.add(f"v = {field}", "if v is None: pass", "elif type(v) is str:")
        out.when("    if v", self.text(name, "v", sure=True))
        out.when("    else", self.flag(name))
        if self.binary:  # octets go in when the text has become octets
            out.when("elif type(v) is bytes", f"{self.open(name)}\\ud800{{put(blobs, v)}}{self.close(name)}")
        other = "raise Irregular" if self.binary else out.written(f"{self.open(name)}{{inline(v)}}{self.close(name)}")
        out.add(f"else: {other}")

    def shape(self, out: _Lines, name: str) -> None:
        """The lines that write a command called ``name`` as one piece, when it has the form that most of them have."""
        tests, text = self.shaped(name, "c")
        whole = out.inside(f"if k is {name} and " + " and ".join(tests))
        if "{o}" in text:  # the way back to page 0 stands in the text
            whole.add(f"o{', n' if self.binary else ''} = metas(i.meta) or meta(i.meta)", *["z += n - 2"] * self.binary)
        whole.add(whole.written(text), "continue")

    def shaped(self, name: str, of: str) -> tuple[list[str], str]:
        """What has to be true of ``of``, an element called ``name``, to have that form, and how it is written then."""
        tests, text = list[str](), self.open(name)
        for child in MODELS[name].rows():
            field, hint = f"{of}.{child.field}", MODELS[name].struct.__annotations__.get(child.field, "")
            if child.kind == "place":
                tests.append(f"{field}_name is None")
            if child.name in _SHAPES[name].split():
                more, piece = self.once(child, field, hint)
                tests += more
                text += piece
            else:
                tests.append(f"not {field}" if child.many or child.kind == "flag" else f"{field} is None")
        return tests, text + self.close(name)

    def once(self, child: Child, field: str, hint: str) -> tuple[list[str], str]:
        """What has to be true when ``field`` holds one ``child``, and how that is written."""
        name = child.name
        if child.kind == "items":
            tests, text = self.shaped(name, "i")
            return [f"len({field}) == 1", f"(i := {field}[0]) is not None", *tests], text
        if child.kind == "data":
            return [f"type({field}) is str", field], self.text(name, field, sure=True)
        if child.kind == "code":
            return [], self.code(name, field, hint)
        if child.many:
            return [f"len({field}) == 1"], self.text(name, f"{field}[0]")
        there = [f"{field} is not None"] * (not child.least or "None" in hint)
        if child.kind == "place":
            return there, self.open(name) + self.text("LocURI", field) + self.close(name)
        return there, "{o}" + "\\0\\0" * self.binary if child.kind == "Meta" else self.text(name, field)

    def function(self, name: str) -> str:
        """The function that writes a command called ``name``: a container whole, another up to its Items."""
        whole, out = MODELS[name].commands is not None, _Lines(self.binary, unsure=True)
        if whole:
            out.add(f"if depth > {MAX_DEPTH - 8}: raise CodecError(DEEP)")
        out.put(self.open(name))
        self.children(out, name)
        if whole:
            out.add(self.called("commands", "c.commands, depth + 1"), f'out.append("{self.close(name)}")')
        return self.defined(f"{name}_", "c", out)

    def called(self, name: str, what: str) -> str:
        """The statement that calls a function made by ``defined``."""
        return f"P, n = {name}({what}, out, P, blobs); z += n" if self.binary else f"{name}({what}, out)"

    def defined(self, name: str, what: str, out: _Lines) -> str:
        """The function ``name`` of ``what`` with these lines."""
        out.done()
        values, last = (", P, blobs", ["    return P, z"]) if self.binary else ("", [])
        return "\n".join([f"def {name}({what}, depth, out{values}):", "    z = 0", *out.lines, *last, ""])

    def metas(self) -> str:
        """The function that writes a Meta; in WBXML also how many NULs it has, with the way back to page 0."""
        out = _Lines(self.binary)
        wrong, says = RULES["Meta"]
        out.add("format = c.format", f"if {wrong}: raise CodecError({says})")
        self.children(out, "Meta")
        if self.binary:
            start = self.open("Meta") + "\\0\\x01"
            out.add("if not out: raise Irregular", f"return keep(c, (f\"{start}{{''.join(out)}}\\x01\", z + 3))")
        else:
            out.add('return keep(c, f"<Meta>{\'\'.join(out)}</Meta>" if out else "<Meta/>")')
        return "\n".join(["def meta(c):", "    out = []; z = 0", *out.lines, ""])

    def commands(self) -> str:
        """The function that writes commands one after the other: usual ones by itself, and the Items of all."""
        out = _Lines(self.binary, unsure=True)
        out.add(f"few = len(found) <= {_FEW} and depth >= 0")
        each = out.inside("for c in found")
        each.add("k = type(c)")
        known = each.inside("if few and k is Status and c.chal is None and not c.items and type(c.code) is StatusCode")
        self.kept(known, "statuses(c) or status(c)", "{o}")
        known.add("continue")
        for name in COMMANDS:
            if name in _SHAPES:
                self.shape(each, name)
        alike = each.inside("if k in TAGS")
        alike.put("{TAGS[k]}")
        self.children(alike, _ALIKE[0])
        alike.done()
        each.add("else:", f"    {self.called('WRITE[k]', 'c, depth')}", "    if k in WHOLE: continue")
        item = each.inside("for i in c.items")
        item.put(self.open("Item"))
        self.children(item, "Item", "i")
        item.add(f'out.append("{self.close("Item")}")')
        each.add('out.append("\\x01")' if self.binary else "out.append(ENDS[k])")
        tags = ", ".join(f'{name}: "{self.open(name)}"' for name in _ALIKE)
        ends = ", ".join(f'{name}: "{self.close(name)}"' for name in COMMANDS)
        tables = f"TAGS = {{{tags}}}\n" + f"ENDS = {{{ends}}}\n" * (not self.binary)
        result = '("".join(out), n)' if self.binary else '"".join(out)'
        one = self.called("commands", "(c,), -1").replace("P, blobs", '"", ()').removesuffix("; z += n")
        made = f"def status(c):\n    out = []; {one}; return keep_status(c, {result})\n"
        return f"{tables}{made}WHOLE = {{{', '.join(_WHOLE)}}}\n" + self.defined("commands", "found", out)

    def message(self) -> str:
        """The function that writes a whole message."""
        out = _Lines(self.binary)
        out.put(self.open("SyncML") if self.binary else f'<SyncML xmlns=\\"{NS_SYNCML}\\">')
        out.put(self.open("SyncHdr"))
        self.children(out, "SyncHdr")
        out.add(f'out.append("{self.close("SyncHdr")}")')
        if self.binary:
            out.put(self.open("SyncBody"))
            out.add(self.called("commands", "message.commands, 0"))
            out.unsure = True
            out.when("if message.final", self.flag("Final"))
            out.done()
            out.add("if P: z -= 2", 'out.append("\\x01\\x01")', 'return "".join(out), z, blobs')
        else:
            out.add('if not message.commands and not message.final: return "".join(out) + "<SyncBody/></SyncML>"')
            out.put("<SyncBody>")
            out.add(self.called("commands", "message.commands, 0"))
            out.when("if message.final", self.flag("Final"))
            out.add('out.append("</SyncBody></SyncML>")', 'return "".join(out)')
        start = '    c = message.header; out = []; P = ""; z = 0; blobs = []'
        return "\n".join(["def write(message):", start, *out.lines, ""])

    def source(self) -> str:
        """All functions of the form."""
        return "\n" + self.metas() + "".join(map(self.function, _OTHERS)) + self.commands() + self.message()


def source_of(form: str) -> str:
    """The source of the writers of ``form``: what was made of the grammar."""
    return _Maker(form).source()


def counted(value: Any) -> str:
    """A count as it is written; what only equals a whole number (True, 1.0) as that, since it is remembered so."""
    if value != value // 1:
        raise TypeError("a count is a whole number")
    return format(int(value), "d")


class _Unnumbered(Exception):
    """A command has no CmdID yet."""


def _unnumbered() -> str:
    raise _Unnumbered


def _inline(data: Any) -> str:
    """Mark-up in Data, and what is a text by inheritance, such as a Format; octets have no place in XML."""
    if isinstance(data, str):
        return escape(data)
    if isinstance(data, bytes):
        raise CodecError("octets cannot stand in XML; carry them as text in Format b64")
    pieces: list[str] = []
    write_element(data, NS_SYNCML, pieces, 4)
    return "".join(pieces)


def _unknown_in_xml(command: Unknown, depth: int, out: list[str]) -> None:
    """What a lenient reader kept, as mark-up again."""
    if not command.cmd_id:
        _unnumbered()
    write_element(command.element(NS_SYNCML), NS_SYNCML, out, depth + 2)


def _unknown_in_wbxml(*_: Any) -> Any:
    raise Irregular  # it may need a name in the string table


_UNKNOWN: Final[dict[str, Callable[..., Any]]] = {XML: _unknown_in_xml, WBXML: _unknown_in_wbxml}


class _Digits(dict[int, str]):
    """Codes as they are written; those that no table has are not kept."""

    def __missing__(self, code: int) -> str:
        return format(code, "d")


_DIGITS: Final = _Digits({code: format(code, "d") for code in (*StatusCode, *AlertCode)})


def _put(blobs: list[bytes], data: bytes) -> str:
    """Keep ``data`` for the place that is being written; nothing stands there as text."""
    blobs.append(b"\xc3" + mb(len(data)) + data)
    return ""


def _remember(memory: dict[Any, Any], key: object, written: Any) -> Any:
    """Keep what is short in ``memory``: sessions of a kind repeat it."""
    if len(written if written.__class__ is str else written[0]) <= _SHORT:
        if len(memory) >= _MANY:
            memory.clear()
        memory[key] = written
    return written


class _Writer:
    """The writers of one form, made when the first message is written."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.metas: dict[Meta, Any] = {}
        self.statuses: dict[Status, Any] = {}
        self.write: Callable[[Message], Any] = self._first

    def _first(self, message: Message) -> Any:
        make = _Maker(self.form)
        named = {name: getattr(structs, name) for name in (*COMMANDS, "Unknown")}
        scope: dict[str, Any] = named | {
            "escape": escape, "alnum": str.isalnum, "count": counted, "inline": _inline, "put": _put,
            "unnumbered": _unnumbered, "DIGITS": _DIGITS,
            "keep": self._keep, "metas": self.metas.get, "statuses": self.statuses.get,
            "keep_status": partial(_remember, self.statuses),
            "Irregular": Irregular, "CodecError": CodecError, "StatusCode": StatusCode, "AlertCode": AlertCode,
            "FORMATS": FORMATS, "Format": Format,
            "M": f' xmlns="{NS_METINF}"', "WRITE": {Unknown: _UNKNOWN[self.form]},
            "NAMELESS": "an Item has a LocName and no LocURI",
            "DEEP": f"commands are nested more than {MAX_DEPTH - 8} deep",
        }  # fmt: skip
        self._late(scope, "meta", make.metas)
        for name in _OTHERS:
            self._late(scope, f"{name}_", partial(make.function, name), named[name])
        self._run(make.commands() + make.message(), scope)
        self.write = scope["write"]
        return self.write(message)

    def _keep(self, meta: Meta, written: Any) -> Any:
        """Remember how a Meta without a nonce is written: messages repeat a handful."""
        return _remember(self.metas, meta, written) if meta.next_nonce is None else written

    def _run(self, source: str, scope: dict[str, Any]) -> None:
        exec(compile(source, f"<writers of {self.form}>", "exec"), scope)

    def _late(self, scope: dict[str, Any], name: str, source: Callable[[], str], struct: Any = None) -> None:
        """Put a function into ``scope`` that is compiled when it is first called."""

        def first(*args: Any) -> Any:
            self._run(source(), scope)
            if struct is not None:
                scope["WRITE"][struct] = scope[name]
            return scope[name](*args)

        scope[name] = first
        if struct is not None:
            scope["WRITE"][struct] = first


_XML: Final = _Writer(XML)
_WBXML: Final = _Writer(WBXML)


def _written(writer: _Writer, message: Message) -> Any:
    """What ``writer`` makes of ``message``; commands are numbered when one is met that has no CmdID."""
    if message.commands and not message.commands[0].cmd_id:
        message = numbered(message)
    try:
        return writer.write(message)
    except _Unnumbered:
        return writer.write(numbered(message))


def write_xml(message: Message) -> str:
    """``message`` as XML, commands without a CmdID numbered; CodecError when XML cannot carry it."""
    text: str = _written(_XML, message)
    return text


def write_wbxml(message: Message) -> bytes:
    """The body of ``message`` as WBXML, commands without a CmdID numbered; Irregular when it holds more than text."""
    text, zeros, blobs = _written(_WBXML, message)
    if text.count("\0") != zeros:
        raise Irregular
    if not blobs:
        data: bytes = text.encode()
        return data
    pieces = text.split("\ud800")  # no text can hold this sign: more of them than blobs is one that should not be there
    if len(pieces) != len(blobs) + 1:
        raise Irregular
    encoded: list[bytes] = [piece.encode() for piece in pieces]
    return encoded[0] + b"".join([octets + piece for octets, piece in zip(blobs, encoded[1:], strict=True)])
