"""From lines to messages: a reader that goes from left to right, and says where it stopped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from dmkit.auth.mac import HEADER, print_header
from dmkit.views.notation.words import AUTH, HEADER_FIELDS, META_FIELDS, HeaderFrame, NotationError, Spoken
from dmkit.words.asked import asked
from dmkit.words.codes import SYNC_HDR, AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Cred,
    Data,
    Delete,
    Element,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Sequence,
    Status,
    Unknown,
)

__all__ = ["read", "read_commands", "read_line"]

_SIZES: Final = frozenset({"size", "max_msg_size", "max_obj_size"})
_WITH_ITEMS: Final[dict[str, Any]] = {c.verb.value: c for c in (Add, Alert, Copy, Delete, Exec, Get, Replace, Results)}
_CONTAINERS: Final[dict[str, Any]] = {"Atomic": Atomic, "Sequence": Sequence}
_LARGEST: Final = 1 << 24
_SKIP: Final = re.compile(r"[\s,]*")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE: Final = re.compile(r'[^\s;,|{}()\[\]<>"]+')
_KEY: Final = re.compile(r"([A-Za-z]+)=")
_TIMES: Final = re.compile(r"\*(\d+)")
_WHO: Final = re.compile(r'([CS])(\d+|"(?:[^"\\]|\\.)*")[^{|"]*')
_NAME: Final = re.compile(r"[A-Za-z]+")
_CODE: Final = re.compile(r'([A-Za-z]*|"(?:[^"\\]|\\.)*")=(\d+)')
_REF: Final = re.compile(r'(\w+|-|"(?:[^"\\]|\\.)*")/(\w+|-|"(?:[^"\\]|\\.)*")')


class _Reader:
    """Reads one line from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        match = _SKIP.match(self.text, self.at)
        assert match is not None  # the pattern matches the empty string
        self.at = match.end()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip()
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def take(self, text: str) -> bool:
        """Read ``text`` if it stands here; a name only as a whole word."""
        self.skip()
        end = self.at + len(text)
        if not self.text.startswith(text, self.at) or (text[-1].isalpha() and self.text[end : end + 1].isalnum()):
            return False
        self.at = end
        return True

    def fail(self, wanted: str) -> NotationError:
        return NotationError(f"{wanted} expected at: {self.text[self.at : self.at + 40]!r}")

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.fail(repr(text))

    def word(self) -> str:
        """A bare or quoted text, or a repeated one."""
        quoted = self.match(_QUOTED)
        if quoted is None:
            bare = self.match(_BARE)
            if bare is None:
                raise self.fail("a word")
            return bare.group()
        text: str = json.loads(quoted.group())
        times = _TIMES.match(self.text, self.at)
        if times is None:
            return text
        self.at = times.end()
        count = int(times.group(1))
        if count * len(text) > _LARGEST:
            raise self.fail(f"text of at most {_LARGEST} characters")
        return text * count

    def data(self) -> Data:
        if self.take("<"):
            return self.element()
        self.skip()
        if self.text.startswith("0x", self.at):
            return bytes.fromhex(self.word()[2:])
        return self.word()

    def element(self) -> Element:
        name, ns = self.word(), self.word() if self.take("@") else ""
        attrs: list[tuple[str, str]] = []
        children: list[Element | str | bytes] = []
        while not self.take("|"):
            if self.take(">"):
                return Element(name, ns, (), tuple(attrs))
            attrs.append((self.word(), self.word()))
        while not self.take(">"):
            children.append(self.data())
        return Element(name, ns, tuple(children), tuple(attrs))

    def meta(self, seen: dict[str, Any]) -> bool:
        """Read one Meta element into ``seen``; False when none stands here."""
        if self.take("Meta"):
            seen.setdefault("emi", ())
            return True
        start = self.at
        key = self.match(_KEY)
        attribute = META_FIELDS.get(key.group(1)) if key else None
        if attribute is None:
            self.at = start
            return False
        value = self.word()
        if attribute == "emi":
            seen["emi"] = (*seen.get("emi", ()), value)
        else:
            seen[attribute] = int(value) if attribute in _SIZES else value
        return True

    def item(self) -> Item:
        names = {"T": "target", "S": "source", "TName": "target_name", "SName": "source_name"}
        got: dict[str, Any] = {}
        meta: dict[str, Any] = {}
        while not self.take(")"):
            if self.meta(meta):
                continue
            if self.take("MoreData"):
                got["more_data"] = True
            elif self.take("D"):
                got["data"] = self.data()
            else:
                name = next((n for n in names if self.take(n)), None)
                if name is None:
                    raise self.fail("T, S, D, MoreData or a Meta element")
                got[names[name]] = self.word()
        return Item(meta=Meta(**meta) if meta else None, **got)

    def items(self) -> tuple[Item, ...]:
        found = []
        while self.take("("):
            found.append(self.item())
        return tuple(found)

    def braces(self) -> Meta | None:
        if not self.take("{"):
            return None
        seen: dict[str, Any] = {}
        while not self.take("}"):
            if not self.meta(seen):
                raise self.fail("a Meta element")
        return Meta(**seen)

    def chal(self) -> Meta:
        seen: dict[str, Any] = {}
        while not self.take(")"):
            if self.meta(seen):
                continue
            word = self.word()
            if "type" not in seen and word in AUTH:
                seen |= {"format": "b64", "type": AUTH[word]}
            else:
                seen["next_nonce"] = word
        return Meta(**seen)

    def reference(self, text: str) -> str | None:
        return None if text == "-" else json.loads(text) if text.startswith('"') else text

    def refs(self) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        targets, sources, value = [], [], False
        while True:
            if self.take("ref"):
                value = True
                word = self.word()
                targets += [word] if self.text[self.at - 1] == '"' or word != "-" else []
            elif self.take("from"):
                value = True
                sources.append(self.word())
            else:
                return tuple(targets), tuple(sources), value

    def status(self, refs: re.Match[str], cmd_id: str, ends: tuple[str, str] | None) -> Status:
        code = self.match(_CODE)
        if code is None:
            raise self.fail("command=code")
        cmd = self.reference(code.group(1)) or ""
        targets, sources, value = self.refs()
        if not value and ends and cmd == SYNC_HDR:
            targets, sources = (ends[0],), (ends[1],)
        chal = self.chal() if self.take("Chal(") else None
        return Status(
            StatusCode(int(code.group(2))),
            self.reference(refs.group(1)) or "",
            self.reference(refs.group(2)),
            cmd,
            targets,
            sources,
            chal,
            self.items(),
            cmd_id,
        )

    def command(self, ends: tuple[str, str] | None) -> Command:
        cmd_id = self.word() if self.take("#") else ""
        refs = self.match(_REF)
        if refs is not None:
            return self.status(refs, cmd_id, ends)
        name = self.match(_NAME)
        kind = name.group() if name else ""
        got: dict[str, Any] = {"cmd_id": cmd_id}
        if kind == "Unknown":
            silent = self.take("NoResp")
            self.need("<")
            value = self.element()
            return Unknown(value.name, value.children, cmd_id, silent)
        if kind not in _WITH_ITEMS and kind not in _CONTAINERS:
            raise self.fail("a command")
        if kind == "Alert":
            got["code"] = AlertCode(int(self.word()))
        if kind == "Results":
            refs = self.match(_REF)
            if refs is None:
                raise self.fail("MsgRef/CmdRef")
            got |= {"msg_ref": self.reference(refs.group(1)), "cmd_ref": self.reference(refs.group(2))}
            targets, sources, _ = self.refs()
            got |= {"target_ref": next(iter(targets), None), "source_ref": next(iter(sources), None)}
        elif self.take("NoResp"):
            got["no_resp"] = True
        if kind in ("Alert", "Exec") and self.take("Correlator="):
            got["correlator"] = self.word()
        if kind != "Alert":
            got["meta"] = self.braces()
        command: Command
        if kind in _CONTAINERS:
            self.need("[")
            command = _CONTAINERS[kind](self.commands("]", None)[0], **got)
            self.need("]")
        else:
            command = _WITH_ITEMS[kind](items=self.items(), **got)
        return command

    def commands(self, end: str, ends: tuple[str, str] | None) -> tuple[tuple[Command, ...], bool]:
        """Commands up to ``end``, and whether Final was among them."""
        found: list[Command] = []
        final = False
        while True:
            self.skip()
            if self.at == len(self.text) or self.text.startswith("<-", self.at) or self.text.startswith(end, self.at):
                return tuple(found), final
            if self.take(";") or self.take("(no Final)"):
                continue
            if self.take("Final"):
                final = True
            else:
                found.append(self.command(ends))


@asked
def read_commands(text: str) -> tuple[Command, ...]:
    """Commands alone, as after the bar.

    >>> read_commands("Get (T ./DevInfo/Man); Delete (T ./Old)")[1]
    Delete(items=(Item(target='./Old'),))
    """
    reader = _Reader(text)
    with _values(reader):
        return reader.commands("<-", None)[0]


def read_line(line: str, frame: HeaderFrame) -> Spoken:
    """One message from one line; NotationError when it is none."""
    reader = _Reader(line)
    with _values(reader):
        return _line(reader, frame)


@contextmanager
def _values(reader: _Reader) -> Iterator[None]:
    """A number that is none, a wrong escape and the like become a NotationError with the place."""
    try:
        yield
    except (ValueError, KeyError, RecursionError) as error:
        raise reader.fail("a proper value before this") from error


def _line(reader: _Reader, frame: HeaderFrame) -> Spoken:
    who = reader.match(_WHO)
    if who is None:
        raise reader.fail("C or S and a MsgID")
    sender = "client" if who.group(1) == "C" else "server"
    source, target = frame.ends(sender)
    got: dict[str, Any] = {
        "session_id": frame.session,
        "target": target,
        "source": source,
        "msg_id": reader.reference(who.group(2)),
    }
    meta: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if reader.take("{"):
        while not reader.take("}"):
            _read_field(reader, got, meta, headers)
    reader.need("|")
    if meta:
        got["meta"] = Meta(**meta)
    commands, final = reader.commands("<-", (source, target))
    return Spoken(sender, Message(Header(**got), commands, final), MappingProxyType(headers))


def _read_field(reader: _Reader, got: dict[str, Any], meta: dict[str, Any], headers: dict[str, str]) -> None:
    if reader.take("Cred("):
        item = reader.item()
        got["cred"] = Cred(item.text, item.meta)
    elif reader.take("HMAC("):
        headers[HEADER] = print_header(reader.word(), reader.word())
        reader.need(")")
    elif reader.take("NoResp"):
        got["no_resp"] = True
    elif not reader.meta(meta):
        key = reader.match(_KEY)
        name = key.group(1) if key else ""
        if name == "Cred":
            scheme, _, data = reader.word().partition(":")
            got["cred"] = Cred(data, Meta(format="b64", type=AUTH[scheme]))
        elif name == "HMAC":
            headers[HEADER] = reader.word()
        elif name in HEADER_FIELDS:
            got[HEADER_FIELDS[name]] = reader.word()
        else:
            raise reader.fail("a header field")


def read(text: str) -> tuple[HeaderFrame, tuple[Spoken, ...]]:
    """A conversation as ``write`` writes it; empty lines and lines that begin with ``#`` are skipped."""
    words: dict[str, str] = {}
    found: list[Spoken] = []
    frame: HeaderFrame | None = None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        reader = _Reader(line)
        key = next((k for k in ("session", "client", "server") if frame is None and reader.take(k)), None)
        if key is not None:
            words[key] = reader.word()
            continue
        if frame is None:
            if len(words) < 3:
                raise NotationError("a conversation begins with the lines session, client and server")
            frame = HeaderFrame(**words)
        found.append(read_line(line, frame))
    if frame is None:
        raise NotationError("no message in the text")
    return frame, tuple(found)
