"""Writers made from the grammar: for each struct a function that joins pieces of text, in XML and in WBXML.

The functions are written out as source, in the way ``dataclasses`` writes ``__init__``; ``source_of(XML)`` shows it.
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

from dmkit.wire.content import COMMANDS, MODELS, Child, Irregular
from dmkit.wire.elements import NS_METINF, NS_SYNCML, SYNCML
from dmkit.wire.markup import MAX_DEPTH, escape, write_element
from dmkit.wire.octets import mb
from dmkit.words import model as structs
from dmkit.words.errors import CodecError
from dmkit.words.model import Message, Meta, Status, Unknown

__all__ = ["WBXML", "XML", "source_of", "write_wbxml", "write_xml"]

XML: Final = "xml"
WBXML: Final = "wbxml"
_SHORT: Final = 512
_MANY: Final = 256
"""How long a written Status that is remembered may be, and how many of them, and of Metas, there are."""
_FEW: Final = 8
"""So many commands at most has a message whose Statuses are remembered: those of longer ones rarely come again."""


def _token(name: str, page: int = 0) -> int:
    token = SYNCML.token(page, name)
    assert token is not None
    return token


class _Lines:
    """Source being written: pieces that always come are gathered in one f-string.

    In WBXML ``P`` holds the switch back to page 0 that the next tag needs when a Meta went before, and ``z`` counts
    NULs, beginning with ``nuls``, those that always come; ``unsure`` says that ``P`` may hold something.
    """

    def __init__(self, binary: bool, indent: int = 4, *, unsure: bool = False) -> None:
        self.binary, self.indent, self.unsure = binary, indent, binary and unsure
        self.lines: list[str] = []
        self.gathered, self.nuls = "", 0
        self.always = True

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

    def inside(self) -> _Lines:
        """Lines of a block within these."""
        self.flush()
        inner = _Lines(self.binary, self.indent + 4, unsure=self.unsure)
        inner.lines, inner.always = self.lines, False
        return inner

    def written(self, text: str, *, always: bool = False) -> str:
        """The statements that write ``text``, a tag first; NULs of what comes ``always`` are counted here."""
        if not self.binary:
            return f'out += f"{text}"'
        if self.unsure:
            text = "{P}" + text.removeprefix("{P}")
        if always:
            self.nuls += text.count("\\0")
            more = '; z += len(P); P = ""' if self.unsure else ""
            return f'out += f"{text}"{more}'
        nuls = " + ".join([str(text.count("\\0"))] * ("\\0" in text) + ["len(P)"] * self.unsure)
        return f'out += f"{text}"' + (f"; z += {nuls}" if nuls else "") + ('; P = ""' if self.unsure else "")

    def flush(self) -> None:
        """What was gathered, as a line."""
        if self.gathered:
            self.lines.append(" " * self.indent + self.written(self.gathered, always=self.always))
            self.gathered, self.unsure = "", False


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

    def text(self, name: str, value: str, *, in_meta: bool = False, plain: bool = False) -> str:
        """An element of text, as part of an f-string; ``plain`` text has nothing that needs escaping."""
        if self.binary:
            return f"\\x{_token(name, int(in_meta)) | 0x40:02x}\\x03{{{value}}}\\0\\x01"
        content = value if plain else f"{value} if {value}.isalnum() else escape({value})"
        return f"<{name}{'{M}' if in_meta else ''}>{{{content}}}</{name}>"

    def child(self, out: _Lines, child: Child, hints: dict[str, str], *, in_meta: bool = False) -> None:
        """The lines that write ``child`` of ``c``."""
        name, field = child.name, f"c.{child.field}"
        optional = not child.least or "None" in hints.get(child.field, "")
        if child.kind == "flag":
            out.when(f"if {field}", self.flag(name))
        elif child.kind == "place":
            self.place(out, child, optional)
        elif child.kind in ("Meta", "Chal"):
            self.meta(out, child, field)
        elif child.kind == "Cred":
            out.add(f"k = {field}", "if k is not None:")
            inner = out.inside()
            inner.put(self.open("Cred"))
            self.meta(inner, MODELS["Cred"].children["Meta"], "k.meta")
            inner.put(self.text("Data", "k.data") + self.close("Cred"))
            inner.flush()
        elif child.kind == "code":
            out.put(self.text(name, f"{field}:d", plain=True))
        elif child.kind == "data":
            self.data(out, child)
        elif child.many and child.kind == "text":
            out.add(f"for v in {field}:")
            inner = out.inside()
            inner.put(self.text(name, "v", in_meta=in_meta))
            inner.flush()
        elif child.kind in ("items", "commands"):
            depth = " + 1" if child.kind == "commands" else ""
            if self.binary:
                out.flush()
                one = "Item_(k[0], P, depth, blobs) if len(k) == 1 else " if child.kind == "items" else ""
                wrote = f"o, P, n = {one}{child.kind}(k, P, depth{depth}, blobs); out += o; z += n"
                out.add(f"k = {field}", f"if k: {wrote}")
            else:
                out.add(f"out += {child.kind}({field}, depth{depth})")
        elif optional:
            out.when(f"if {field} is not None", self.text(name, field, in_meta=in_meta, plain=child.kind == "count"))
        else:
            out.put(self.text(name, field))

    def place(self, out: _Lines, child: Child, optional: bool) -> None:
        field, name = f"c.{child.field}", child.name
        start, end = self.open(name) + self.text("LocURI", field), self.close(name)
        loc_name = self.text("LocName", f"{field}_name")
        if not optional:
            out.put(start)
            out.when(f"if {field}_name is not None", loc_name)
            out.put(end)
            return
        out.add(f"if {field} is None:", f"    if {field}_name is not None: raise CodecError(NAMELESS)")
        out.when(f"elif {field}_name is None", start + end)
        out.when("else", start + loc_name + end)

    def meta(self, out: _Lines, child: Child, value: str) -> None:
        """A Meta, or a Chal with one; after it the next tag has to go back to page 0."""
        start, end = (self.open("Chal"), self.close("Chal")) if child.kind == "Chal" else ("", "")
        out.add(f"if {value} is not None:")
        if not self.binary:
            out.add(f'    out += f"{start}{{metas({value}) or meta({value})}}{end}"')
            return
        before = out.written(f"{start}{{o}}{end}").replace("z += ", "z += n + ") if out.unsure else (
            f'out += f"{start}{{o}}{end}"; z += n')  # fmt: skip
        out.add(f"    o, n = metas({value}) or meta({value})", f'    {before}; P = "\\0\\0"')
        out.unsure = True

    def data(self, out: _Lines, child: Child) -> None:
        full, short = self.text(child.name, "d"), self.flag(child.name)
        out.add(f"d = c.{child.field}", "if d is None: pass")
        if self.binary:  # octets go in when the text has become octets
            start, end = self.open(child.name), self.close(child.name)
            out.when("elif d.__class__ is bytes", f"{start}\\ud800{{put(blobs, d)}}{end}")
        other = "raise Irregular" if self.binary else f'out += f"<{child.name}>{{inline(d)}}</{child.name}>"'
        out.add(f"elif d.__class__ is not str: {other}")
        out.when("elif d", full)
        out.when("else", short)

    def function(self, name: str) -> str:
        """The function that writes a struct of element ``name``."""
        model = MODELS[name]
        out = _Lines(self.binary, unsure=True)
        if any(child.kind == "commands" for child in model.rows()):
            out.add(f"if depth > {MAX_DEPTH - 8}: raise CodecError(DEEP)")
        out.put(self.open(name))
        for child in model.rows():
            self.child(out, child, model.struct.__annotations__)
        out.flush()
        values, result = ("c, P, depth, blobs", ", P, z") if self.binary else ("c, depth", "")
        body = "\n".join(out.lines)
        first = f'    out = ""; z = {out.nuls}\n'
        start = '    out += f"{P}'
        if self.binary and body.startswith(start):  # as every command and Item begins: with its tag
            line, _, body = body.removeprefix(start).partition("\n")
            first = f'    out = f"{{P}}{line.replace("z +=", f"z = {out.nuls} +")}\n'
        return f'def {name}_({values}):\n{first}{body}\n    return out + "{self.close(name)}"{result}\n'

    def metas(self) -> str:
        """The function that writes a Meta."""
        out = _Lines(self.binary)
        for child in MODELS["Meta"].rows():
            self.child(out, child, MODELS["Meta"].struct.__annotations__, in_meta=True)
        out.flush()
        if self.binary:
            start = self.open("Meta") + "\\0\\x01"
            out.add("if not out: raise Irregular", f'return keep(c, (f"{start}{{out}}\\x01", z + 1))')
        else:
            out.add('return keep(c, f"<Meta>{out}</Meta>" if out else "<Meta/>")')
        return f'def meta(c):\n    out = ""; z = {out.nuls}\n' + "\n".join(out.lines) + "\n"

    def message(self) -> str:
        """The function that writes a whole message."""
        out = _Lines(self.binary)
        out.put(self.open("SyncML") if self.binary else f'<SyncML xmlns=\\"{NS_SYNCML}\\">')
        out.put(self.open("SyncHdr"))
        for child in MODELS["SyncHdr"].rows():
            self.child(out, child, MODELS["SyncHdr"].struct.__annotations__)
        out.flush()
        out.lines.append(f'    out += "{self.close("SyncHdr")}"')
        if self.binary:
            out.put(self.open("SyncBody"))
            out.add('o, P, n = commands(message.commands, "", 0, blobs)', "out += o; z += n")
            out.unsure = True
            out.when("if message.final", self.flag("Final"))
            out.add('return out + "\\x01\\x01", z, blobs')
        else:
            out.add("body = commands(message.commands, 0)", 'if message.final: body += "<Final/>"')
            out.add('return out + (f"<SyncBody>{body}</SyncBody></SyncML>" if body else "<SyncBody/></SyncML>")')
        return (
            f'def write(message):\n    c = message.header; out = P = ""; z = {out.nuls}; blobs = []\n'
            + "\n".join(out.lines)
            + "\n"
        )

    def frame(self) -> str:
        """What every message needs, whatever its commands are."""
        out, plain = "", f"c.__class__ is Status and len(found) <= {_FEW} and c.chal is None and not c.items"
        for many, one in (("items", "Item_"), ("commands", "WRITE[c.__class__]")):
            if self.binary:
                out += f'def {many}(found, P, depth, blobs):\n    out = ""; z = 0\n    for c in found:\n'
                if many == "commands":
                    out += f"        if {plain}:\n"
                    out += '            o, n = statuses(c) or status(c); out += P + o; z += len(P) + n; P = ""\n'
                    out += "            continue\n"
                out += f"        o, P, n = {one}(c, P, depth, blobs)\n        out += o; z += n\n    return out, P, z\n"
            else:
                known = f"(statuses(c) or status(c)) if {plain} else " if many == "commands" else ""
                out += f'def {many}(found, depth):\n    return "".join([{known}{one}(c, depth) for c in found])\n'
        if self.binary:
            out += 'def status(c):\n    o, P, n = Status_(c, "", 0, ())\n    return keep_status(c, (o, n))\n'
        else:
            out += "def status(c):\n    return keep_status(c, Status_(c, 0))\n"
        return out + self.message()

    def source(self) -> str:
        """All functions of the form."""
        return "\n" + self.metas() + "".join(self.function(name) for name in ("Item", *COMMANDS)) + self.frame()


def source_of(form: str) -> str:
    """The source of the writers of ``form``: what was made of the grammar."""
    return _Maker(form).source()


def _inline(data: Any) -> str:
    """Mark-up in Data; octets have no place in XML."""
    if isinstance(data, bytes):
        raise CodecError("octets cannot stand in XML; carry them as text in Format b64")
    pieces: list[str] = []
    write_element(data, NS_SYNCML, pieces, 4)
    return "".join(pieces)


def _unknown_in_xml(command: Unknown, depth: int) -> str:
    """What a lenient reader kept, as mark-up again."""
    pieces: list[str] = []
    write_element(command.element(NS_SYNCML), NS_SYNCML, pieces, depth + 2)
    return "".join(pieces)


def _unknown_in_wbxml(*_: Any) -> Any:
    raise Irregular  # it may need a name in the string table


_UNKNOWN: Final[dict[str, Callable[..., Any]]] = {XML: _unknown_in_xml, WBXML: _unknown_in_wbxml}


def _put(blobs: list[bytes], data: bytes) -> str:
    """Keep ``data`` for the place that is being written; nothing stands there as text."""
    blobs.append(b"\xc3" + mb(len(data)) + data)
    return ""


class _Writer:
    """The writers of one form, made when the first message is written."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.write: Callable[[Message], Any] = self._first

    def _first(self, message: Message) -> Any:
        kept: dict[Meta, Any] = {}
        statuses: dict[Status, Any] = {}

        def keep(meta: Meta, written: Any) -> Any:
            """Remember how a Meta without a nonce is written: messages repeat a handful."""
            if meta.next_nonce is None:
                if len(kept) >= _MANY:
                    kept.clear()
                kept[meta] = written
            return written

        def keep_status(status: Status, written: Any) -> Any:
            """Remember how a short Status without a challenge is written: sessions of a kind repeat them."""
            if len(written if written.__class__ is str else written[0]) <= _SHORT:
                if len(statuses) >= _MANY:
                    statuses.clear()
                statuses[status] = written
            return written

        scope: dict[str, Any] = {name: getattr(structs, name) for name in COMMANDS}
        scope |= {
            "escape": escape, "inline": _inline, "Irregular": Irregular, "CodecError": CodecError, "keep": keep,
            "keep_status": keep_status, "statuses": statuses.get, "put": _put, "metas": kept.get,
            "M": f' xmlns="{NS_METINF}"',
            "NAMELESS": "an Item has a LocName and no LocURI",
            "DEEP": f"commands are nested more than {MAX_DEPTH - 8} deep",
        }  # fmt: skip
        make = _Maker(self.form)
        scope["WRITE"] = {Unknown: _UNKNOWN[self.form]}
        self._late(scope, "meta", make.metas)
        for name in ("Item", *COMMANDS):
            self._late(scope, f"{name}_", partial(make.function, name), MODELS[name].struct)
        self._run(make.frame(), scope)
        self.write = scope["write"]
        return self.write(message)

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


def write_xml(message: Message) -> str:
    """``message``, whose commands have their CmdIDs, as XML; CodecError when XML cannot carry it."""
    text: str = _XML.write(message)
    return text


def write_wbxml(message: Message) -> bytes:
    """The body of ``message``, whose commands have their CmdIDs, as WBXML; Irregular when it holds more than text."""
    text, zeros, blobs = _WBXML.write(message)
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
