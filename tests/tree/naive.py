"""A management tree that is easy to believe: one mutable table , the rules of the tree sheet one by one.

It shares no code with the library; the state machine of ``test_machine.py`` compares the two.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

ACL = re.compile(r"(Add|Delete|Exec|Get|Replace)=(\*|[^=&*+\s]+)(\+(\*|[^=&*+\s]+))*")
INT = re.compile(r"-?[1-9][0-9]*|0")
FORMATS = ["b64", "bin", "bool", "chr", "int", "node", "null", "xml", "date", "time", "float"]
PROPERTIES = ["ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo"]


class No(Exception):
    """A refusal: the status, and the URI that failed where it is not the target."""

    def __init__(self, code: int, at: tuple[str, ...] | None = None) -> None:
        super().__init__(code)
        self.code, self.at = code, at


@dataclass
class Thing:
    format: str = "node"
    value: Any = None
    type: str = ""
    acl: dict[str, set[str]] = field(default_factory=dict)
    title: str = ""
    verno: int = 0
    tstamp: float = 0.0


@dataclass
class About:
    """What a description says; None: nothing."""

    access: str | None = None
    permanent: bool = False
    known: bool = True
    most: int | None = None
    formats: list[str] | None = None
    types: list[str] | None = None
    folded: bool = False
    size: int | None = None
    row: str = ""


@dataclass
class Said:
    """One Item as it is sent."""

    target: str
    source: str | None = None
    format: str | None = None
    type: str | None = None
    data: Any = None


@dataclass
class Choices:
    """Other readings, each off as the sheet recommends."""

    no_parents: bool = False
    add_access: str = "either"
    delete_asks_all: bool = False
    prune: bool = False
    access_of_properties: bool = False
    root_fixed: bool = False
    merge_entries: bool = False
    sequence_stops: bool = False


class Naive:
    choices = Choices()

    def __init__(self, table: list[tuple[str, About]], otherwise: About, limits: tuple[int, int, int]) -> None:
        self.nodes: dict[tuple[str, ...], Thing] = {(): Thing(acl={"Add": {"*"}, "Get": {"*"}})}
        self.table, self.otherwise, self.limits, self.now = table, otherwise, limits, 0.0
        self.runs: set[tuple[str, ...]] = set()

    # -- looking things up

    def about(self, path: tuple[str, ...]) -> About:
        for pattern, about in self.table:
            parts = pattern.split("/")
            if len(parts) == len(path) and all(p in ("*", name) for p, name in zip(parts, path, strict=True)):
                return about
        return self.otherwise

    def children(self, path: tuple[str, ...]) -> list[str]:
        return [p[-1] for p in self.nodes if len(p) == len(path) + 1 and p[:-1] == path]

    def below(self, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        return (p for p in list(self.nodes) if p[: len(path)] == path)

    def allowed(self, server: str, verb: str, path: tuple[str, ...]) -> bool:
        at = path
        while at not in self.nodes or not self.nodes[at].acl:
            at = at[:-1]
        ids = self.nodes[at].acl.get(verb, set())
        return server in ids or "*" in ids

    def takes(self, verb: str, path: tuple[str, ...]) -> bool:
        access = self.about(path).access
        return access is None or verb[0] in access

    def same_name(self, parent: tuple[str, ...], name: str, but: str | None = None) -> str | None:
        for other in self.children(parent):
            if other == name and other != but:
                return other
        for other in self.children(parent):
            if other.lower() == name.lower() and other != but and self.about((*parent, other)).folded:
                return other
        return None

    # -- addresses

    def address(self, text: str) -> tuple[tuple[str, ...], str, str]:
        """Path, kind of query, its value."""
        place, mark, query = text.partition("?")
        kind, _, value = query.partition("=")
        if mark and (kind not in ("prop", "list") or not value):
            raise No(400)
        names: list[str] = []
        if place != ".":
            names = (place[2:] if place.startswith("./") else place).split("/")
            names = [unquote(name) for name in names]
            if any(name in ("", ".", "..") for name in names) or any(name.endswith(".") for name in names[:-1]):
                raise No(400)
        deep, total, long = self.limits
        if len(text) > total or len(names) > deep or any(len(name) > long for name in names):
            raise No(414)
        path: tuple[str, ...] = ()
        for name in names:
            path = (*path, self.same_name(path, name) or name) if path in self.nodes else (*path, name)
        return path, kind, value

    def property_of(self, path: tuple[str, ...], name: str) -> None:
        interior = path in self.nodes and self.nodes[path].format == "node"
        if name not in PROPERTIES or (name == "Size" and interior):
            raise No(406)

    def no_query(self, path: tuple[str, ...], kind: str, value: str) -> None:
        if kind == "prop":
            self.property_of(path, value)
        if kind:
            raise No(405)

    # -- values

    def made(self, said: Said, path: tuple[str, ...], present: Thing | None = None) -> Thing:
        form, mime, about = said.format, said.type, self.about(path)
        if form is not None and form.lower() not in FORMATS:
            raise No(415)
        form = form.lower() if form is not None else None
        if form is None:
            form = present.format if present else "chr"
            if form == "bin" and isinstance(said.data, str):
                form = "b64"
        if mime is None and present:
            mime = present.type
        if form == "node":
            if said.data:
                raise No(415)
            return Thing(type="" if mime in (None, "text/plain") else str(mime))
        octets = (mime or "text/plain").startswith("image/") or (present is not None and present.format == "bin")
        octets = octets or (about.formats is not None and "bin" in about.formats)
        data = said.data
        if form == "null":
            return Thing("null", None, mime or "text/plain")
        if form == "bin":
            value: Any = data.encode() if isinstance(data, str) else data or b""
            return Thing("bin", value, mime or "text/plain")
        text = data.decode() if isinstance(data, bytes) else data or ""
        if form == "b64":
            try:
                raw = base64.b64decode("".join(text.split()), validate=True)
            except ValueError:
                raise No(415) from None
            return Thing("bin", raw, mime or "text/plain") if octets else Thing("b64", text, mime or "text/plain")
        if form == "int" and not (INT.fullmatch(text) and -(2**31) <= int(text) <= 2**31 - 1):
            raise No(415)
        if form == "bool" and text.lower() not in ("true", "false"):
            raise No(415)
        return Thing(form, text, mime or "text/plain")

    def fit(self, thing: Thing, about: About) -> bool:
        forms = about.formats
        if forms is not None and thing.format not in forms and not (thing.format == "bin" and "b64" in forms):
            return False
        return thing.format == "node" or not about.types or thing.type.lower() in about.types

    def fitting(self, thing: Thing, path: tuple[str, ...]) -> None:
        about = self.about(path)
        if not self.fit(thing, about):
            raise No(415)
        if thing.format != "node" and about.size is not None and self.size(thing) > about.size:
            raise No(413)

    def size(self, thing: Thing) -> int:
        if thing.value is None:
            return 0
        return len(thing.value if isinstance(thing.value, bytes) else thing.value.encode())

    def touch(self, path: tuple[str, ...]) -> None:
        self.nodes[path].verno = (self.nodes[path].verno + 1) % 65536
        self.nodes[path].tstamp = self.now

    # -- commands: each answers its results, or raises No

    def add(self, by: str, said: Said) -> list[Any]:
        path, kind, _ = self.address(said.target)
        if kind:
            raise No(405)
        if path in self.nodes:
            raise No(418)
        have = path[:-1]
        while have not in self.nodes:
            have = have[:-1]
        if self.nodes[have].format != "node":
            raise No(405)
        if self.choices.no_parents and len(have) < len(path) - 1:
            raise No(404)
        new = [path[:n] for n in range(len(have) + 1, len(path) + 1)]
        for at in new:
            about, above = self.about(at), self.about(at[:-1])
            lists = self.takes("Add", at) or (above.access is not None and "A" in above.access)
            if self.choices.add_access != "either":
                lists = self.takes("Add", at if self.choices.add_access == "node" else at[:-1])
            if not about.known or about.permanent or not lists:
                raise No(405, at)
        before = copy.deepcopy(self.nodes)
        try:
            for at in new:
                self.add_one(by, said, at, at == path)
        except No:
            self.nodes = before
            raise
        self.touch(have)
        return []

    def add_one(self, by: str, said: Said, at: tuple[str, ...], last: bool) -> None:
        about = self.about(at)
        if not self.allowed(by, "Add", at[:-1]):
            raise No(425, at)
        if about.most is not None:
            alike = [name for name in self.children(at[:-1]) if self.about((*at[:-1], name)).row == about.row]
            if len(alike) >= about.most:
                raise No(405, at)
        try:
            thing = self.made(said, at) if last else Thing()
            self.fitting(thing, at)
        except No as no:
            raise No(no.code, at) from None
        thing.tstamp = self.now
        if thing.format == "node" and not self.allowed(by, "Replace", at[:-1]):
            thing.acl = {"Add": {by}, "Delete": {by}, "Replace": {by}}
        self.nodes[at] = thing

    def replace(self, by: str, said: Said) -> list[Any]:
        path, kind, value = self.address(said.target)
        if path not in self.nodes:
            raise No(404)
        thing, about = self.nodes[path], self.about(path)
        if kind == "list":
            raise No(405)
        if kind == "prop":
            text = said.data.decode() if isinstance(said.data, bytes) else said.data or ""
            self.replace_property(by, path, value, text)
            return []
        if thing.format == "node" or not self.takes("Replace", path):
            raise No(405)
        if about.permanent:
            form = (said.format or thing.format).lower()
            if (said.type or thing.type) != thing.type:
                raise No(405)
            if form != thing.format and not (thing.format == "bin" and form == "b64"):
                raise No(405)
        if not self.allowed(by, "Replace", path):
            raise No(425)
        if (said.format or "").lower() == "node" or (said.type is None and about.types and len(about.types) > 1):
            raise No(415)
        new = self.made(said, path, thing)
        self.fitting(new, path)
        thing.format, thing.value, thing.type = new.format, new.value, new.type
        self.touch(path)
        return []

    def replace_property(self, by: str, path: tuple[str, ...], name: str, text: str) -> None:
        self.property_of(path, name)
        thing, about = self.nodes[path], self.about(path)
        if name in ("Format", "Size", "TStamp", "Type", "VerNo"):
            raise No(405)
        if self.choices.access_of_properties and not self.takes("Replace", path):
            raise No(405)
        own = self.allowed(by, "Replace", path)
        if name == "Title":
            if not own:
                raise No(425)
            if len(text.encode()) > 255:
                raise No(413)
            thing.title = text
        elif name == "ACL":
            if self.choices.root_fixed and not path:
                raise No(405)
            above = bool(path) and self.allowed(by, "Replace", path[:-1])
            if not (above or (own and thing.format == "node")):
                raise No(425)
            entries = text.split("&") if text else []
            if not all(ACL.fullmatch(entry) for entry in entries):
                raise No(400)
            acl: dict[str, set[str]] = {}
            for entry in entries:
                verb, _, ids = entry.partition("=")
                if verb in acl and not self.choices.merge_entries:
                    raise No(400)
                acl[verb] = acl.get(verb, set()) | set(ids.split("+"))
            if not path and acl.get("Add") != {"*"}:
                raise No(405)
            thing.acl = acl
        else:
            self.rename(path, text, about, own)
            return
        self.touch(path)

    def rename(self, path: tuple[str, ...], text: str, about: About, own: bool) -> None:
        if not path or about.permanent:
            raise No(405)
        there = (*path[:-1], text)
        if text != path[-1] and (not self.about(there).known or self.about(there).permanent):
            raise No(405)
        if not own:
            raise No(425)
        if text in ("", ".", "..") or "/" in text:
            raise No(400)
        if len(text) > self.limits[2]:
            raise No(414)
        if self.same_name(path[:-1], text, path[-1]):
            raise No(418)
        if text == path[-1]:
            return
        target = self.about(there)
        if target.row != about.row:
            if target.most is not None:
                rows = [self.about((*path[:-1], name)).row for name in self.children(path[:-1])]
                if rows.count(target.row) >= target.most:
                    raise No(405)
            self.fitting(self.nodes[path], there)
        for old in list(self.below(path)):
            self.nodes[there + old[len(path) :]] = self.nodes.pop(old)
        self.touch(there)

    def delete(self, by: str, said: Said) -> list[Any]:
        path, kind, value = self.address(said.target)
        if path not in self.nodes:
            raise No(404)
        self.no_query(path, kind, value)
        if not path or any(self.about(p).permanent for p in self.below(path)) or not self.takes("Delete", path):
            raise No(405)
        asked = list(self.below(path)) if self.choices.delete_asks_all else [path]
        if not all(self.allowed(by, "Delete", at) for at in asked):
            raise No(425)
        for gone in list(self.below(path)):
            del self.nodes[gone]
        self.touch(path[:-1])
        return []

    def get(self, by: str, said: Said) -> list[Any]:
        path, kind, value = self.address(said.target)
        if path[:1] == ("Inbox",):
            raise No(405)
        if path not in self.nodes:
            raise No(404)
        thing = self.nodes[path]
        if kind == "prop":
            self.property_of(path, value)
            if self.choices.access_of_properties and not self.takes("Get", path):
                raise No(405)
            if not self.allowed(by, "Get", path):
                raise No(425)
            return [(said.target, self.property(path, value))]
        if kind == "list" and value not in ("Struct", "StructData"):
            raise No(406)
        if not self.takes("Get", path):
            raise No(405)
        if not self.allowed(by, "Get", path):
            raise No(425)
        place = said.target.partition("?")[0]
        if kind == "list":
            return self.listing(by, path, place, value == "StructData")
        if thing.format == "node":
            return [(place, "node", sorted(self.children(path)))]
        return [(place, thing.format, thing.value)]

    def property(self, path: tuple[str, ...], name: str) -> str:
        thing = self.nodes[path]
        if name == "ACL":
            return "&".join(f"{verb}={'+'.join(sorted(ids))}" for verb, ids in sorted(thing.acl.items()))
        return {
            "Format": thing.format,
            "Name": path[-1] if path else ".",
            "Size": str(self.size(thing)),
            "Title": thing.title,
            "Type": thing.type,
            "VerNo": str(thing.verno),
            "TStamp": f"19700101T0000{int(thing.tstamp):02}Z",
        }[name]

    def listing(self, by: str, path: tuple[str, ...], place: str, data: bool) -> list[Any]:
        rows = []
        for at in self.below(path):
            thing = self.nodes[at]
            way = [at[:n] for n in range(len(path), len(at))] if self.choices.prune else []
            if not all(self.allowed(by, "Get", p) for p in way):
                continue
            if self.allowed(by, "Get", at) and (thing.format == "node" or self.takes("Get", at)):
                shown = thing.value if data and thing.format != "node" else "no data"
                rows.append(("/".join((place, *at[len(path) :])), thing.format, shown))
        return sorted(rows)

    def exec(self, by: str, said: Said) -> list[Any]:
        path, kind, value = self.address(said.target)
        if path not in self.nodes:
            raise No(404)
        self.no_query(path, kind, value)
        if not self.takes("Exec", path) or path not in self.runs:
            raise No(405)
        if not self.allowed(by, "Exec", path):
            raise No(425)
        return []

    def copy(self, by: str, said: Said) -> list[Any]:
        path, kind, value = self.address(said.target)
        source, source_kind, source_value = self.address(said.source or "")
        if source not in self.nodes:
            raise No(404)
        self.no_query(source, source_kind, source_value)
        self.no_query(path, kind, value)
        if path not in self.nodes:
            raise No(404)
        old, new = self.nodes[path], self.nodes[source]
        if "node" in (old.format, new.format):
            raise No(405)
        if not (self.takes("Get", source) and self.takes("Copy", source)):
            raise No(405)
        if not (self.takes("Replace", path) and self.takes("Copy", path)):
            raise No(405)
        if not (self.allowed(by, "Get", source) and self.allowed(by, "Replace", path)):
            raise No(425)
        about, alike = self.about(path), (old.format, old.type) == (new.format, new.type)
        if not self.fit(new, about) or (about.permanent and not alike):
            raise No(403)
        self.fitting(new, path)
        old.format, old.value, old.type = new.format, new.value, new.type
        self.touch(path)
        return []

    # -- scripts

    def one(self, by: str, verb: str, said: Said) -> tuple[int, list[Any], str | None]:
        try:
            return 200, getattr(self, verb.lower())(by, said), None
        except No as no:
            at = "/".join(no.at) if no.at else None
            place = said.target.removeprefix("./")
            if at is None or verb != "Add" or at == place or not place.startswith(f"{at}/"):
                return no.code, [], None
            return no.code, [], f"./{at}" if said.target.startswith("./") else at

    def run(self, by: str, command: tuple[str, Any]) -> list[Any]:
        """Rows of (status, results, URI that failed) in document order."""
        verb, inside = command
        if verb == "Sequence":
            rows, broken = [(200, [], None)], False
            for inner in inside:
                done = self.skipped(inner, 215) if broken else self.run(by, inner)
                own = done[:1] if inner[0] in ("Atomic", "Sequence") else done
                broken = broken or (self.choices.sequence_stops and any(code >= 300 for code, _, _ in own))
                rows += done
            return rows
        if verb == "Atomic":
            return self.atomic(by, inside)
        return [self.one(by, verb, said) for said in inside]

    def skipped(self, command: tuple[str, Any], code: int) -> list[Any]:
        """A command that is not executed has one Status, whatever its Items; what is inside a container 215."""
        verb, inside = command
        rows: list[Any] = [(code, [], None)]
        if verb in ("Atomic", "Sequence"):
            for inner in inside:
                rows += self.skipped(inner, 215)
        return rows

    def atomic(self, by: str, inside: Any) -> list[Any]:
        before = copy.deepcopy(self.nodes)
        never = {"Get", "Exec", "Atomic", "Sequence"}
        if any(verb in never for verb, _ in inside):
            return [(507, [], None)] + [row for c in inside for row in self.skipped(c, 500 if c[0] in never else 215)]
        done: list[list[Any]] = []
        for command in inside:
            done.append(self.run(by, command))
            if any(code >= 300 for code, _, _ in done[-1]):
                break
        else:
            return [(200, [], None)] + [row for rows in done for row in rows]
        self.nodes = before
        rows = [(216, [], None) if code == 200 else (code, results, at) for rows in done for code, results, at in rows]
        rest = [row for c in inside[len(done) :] for row in self.skipped(c, 215)]
        return [(507, [], None), *rows, *rest]

    # -- the device's own changes

    def set(self, path: tuple[str, ...], text: str) -> None:
        self.nodes[path].value = text
        self.touch(path)

    def forget(self, server: str) -> None:
        for path, thing in self.nodes.items():
            if any(server in ids for ids in thing.acl.values()):
                left = {verb: ids - {server} for verb, ids in thing.acl.items()}
                if not path:
                    left = {verb: ids or ({"*"} if verb in ("Add", "Get") else set()) for verb, ids in left.items()}
                thing.acl = {verb: ids for verb, ids in left.items() if ids}
                self.touch(path)
