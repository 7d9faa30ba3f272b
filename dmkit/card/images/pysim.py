"""Dumps and scripts of pySim: ``fsdump`` writes JSON, ``export`` a script that its shell runs.  Both ways.

A dump names each file by its path and has the octets of its template and its content; what else it says (the template
decoded, errors) is kept as it came.  A script says the same in comments, and the content as commands.

>>> from dmkit.card.card import Usim
>>> from dmkit.card.images.image import of_card
>>> image = of_card(Usim.example())
>>> read_dump(write_dump(image)).files == image.files
True
>>> [one.content for one in read_script(write_script(image)).files] == [one.content for one in image.files]
True
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dmkit.card.codings import ICCID
from dmkit.card.images.image import CardImage, FileImage, known, template
from dmkit.card.tlv import Tlv, read
from dmkit.words.errors import CodecError

__all__ = ["read_dump", "read_script", "write_dump", "write_script"]

_WORDS: Final = {"transparent": "transparent", "linear": "linear_fixed", "cyclic": "cyclic", "ber-tlv": "ber_tlv"}
_NAMES: Final = {word: name for name, word in _WORDS.items()}
_DEPTH: Final = 40
_OWN: Final = ("path", "fcp_raw", "body")


# -- JSON


def read_dump(text: str | bytes) -> CardImage:
    """The card that a dump shows.  CodecError when it is none, or when its content is decoded (``fsdump --json``)."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"no JSON: {str(error)[:100]}") from None
    _shallow(whole)
    if not isinstance(whole, dict) or not isinstance(whole.get("files"), dict):
        raise CodecError("a dump of pySim is an object with files by path: {'files': {'MF/EF.DIR': {...}}}")
    files = tuple(_file(path, one) for path, one in whole["files"].items())
    more = {key: value for key, value in whole.items() if key not in ("files", "name", "atr")}
    name, atr = whole.get("name"), whole.get("atr")
    image = CardImage(files, name if isinstance(name, str) else "", _atr(atr))
    return replace(image, more="" if more == _identity(image) else json.dumps(more))


def _shallow(whole: object) -> None:
    """CodecError for values within values within values, which could be read but not written again."""
    level = [whole]
    for _ in range(_DEPTH):
        inside = [up.values() if isinstance(up, dict) else up for up in level if isinstance(up, dict | list)]
        level = [one for values in inside for one in values]
        if not level:
            return
    raise CodecError(f"the dump is nested too deeply: more than {_DEPTH} levels")


def _atr(value: object) -> bytes:
    return b"" if value is None else _octets(value, "atr")


def _file(path: str, one: object) -> FileImage:
    if not isinstance(one, dict):
        raise CodecError(f"{path}: a file is an object, not {type(one).__name__}")
    fcp = _octets(one.get("fcp_raw") or "", f"{path}, fcp_raw")
    content = _content(one["body"], path) if "body" in one else None
    more = {key: value for key, value in one.items() if key not in _OWN}
    image = FileImage(tuple(path.split("/")), fcp, content)
    return replace(image, more="" if more == {"fcp": _decoded(image)} else json.dumps(more))


def _content(body: object, path: str) -> tuple[bytes, ...]:
    if isinstance(body, str):
        return (_octets(body, path),)
    if isinstance(body, list) and all(isinstance(piece, str) for piece in body):
        return tuple(_octets(piece, path) for piece in body)
    if isinstance(body, dict) and all(isinstance(piece, str) for piece in body.values()):
        return tuple(_data_object(tag, value, path).encode() for tag, value in body.items())
    raise CodecError(f"{path}: octets are wanted, in hexadecimal; make the dump without --json")


def _data_object(tag: str, value: object, path: str) -> Tlv:
    try:
        number = int(tag, 0)
    except ValueError:
        number = -1
    if not 0 < number < 1 << 32:
        raise CodecError(f"{path}: {tag[:20]!r} is no tag")
    return Tlv(number, _octets(value, path))


def _octets(value: object, where: str) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError:
        raise CodecError(f"{where}: octets are written in hexadecimal") from None


def write_dump(image: CardImage) -> str:
    """The dump that pySim's ``fsdump`` would write, in JSON."""
    more: dict[str, Any] = json.loads(image.more) if image.more else _identity(image)
    files = {one.path: _written(one) for one in image.files}
    whole = {"name": image.name, "atr": image.atr.hex() or None, **more, "files": files}
    return json.dumps(whole, indent=4, ensure_ascii=False) + "\n"


def _identity(image: CardImage) -> dict[str, Any]:
    number = next((one.content[0] for one in image.files if one.path == "MF/EF.ICCID" and one.content), b"")
    aids = [one.part(0x84) for one in image.files]
    try:
        iccid = ICCID.decode(number) if number else None
    except CodecError:
        iccid = None
    return {"eid": None, "iccid": iccid, "aids": {aid.hex(): {} for aid in aids if aid}}


def _written(one: FileImage) -> dict[str, Any]:
    made: dict[str, Any] = {"path": list(one.names), "fcp_raw": one.fcp.hex()}
    made |= json.loads(one.more) if one.more else {"fcp": _decoded(one)}
    if one.content is not None:
        made["body"] = _body(one)
    return made


def _body(one: FileImage) -> Any:
    pieces = one.content or ()
    if one.structure == "ber-tlv":
        objects = [read(piece)[0] for piece in pieces]
        return {str(found.tag): found.value.hex() for found in objects}
    return pieces[0].hex() if one.structure == "transparent" and len(pieces) == 1 else [piece.hex() for piece in pieces]


def _decoded(one: FileImage) -> Mapping[str, Any]:
    """What tools of pySim read of the template: identifier, size, structure, records."""
    described = one.part(0x82) or b""
    size = one.part(0x80)
    byte = {
        "shareable": bool(described[:1] and described[0] & 0x40),
        "file_type": "df" if one.structure == "directory" else "working_ef",
        "structure": _WORDS.get(one.structure, "no_info_given"),
    }
    count = (int.from_bytes(described[2:4], "big"), described[4]) if len(described) >= 5 else (None, None)
    made: dict[str, Any] = {
        "file_descriptor": {"file_descriptor_byte": byte, "record_len": count[0], "num_of_rec": count[1]},
        "file_identifier": f"{one.fid:04x}",
    }
    return made | ({"file_size": int.from_bytes(size, "big")} if size else {})


# -- script

_COMMAND: Final = re.compile(r"(select|update_binary|update_record|set_data|delete_all)\b\s*(.*)", re.ASCII)
_NOTE: Final = re.compile(r"#\s*(directory|structure|RAW FCP Template):\s*(.*)", re.ASCII)


def read_script(text: str | bytes) -> CardImage:
    """The card whose files a script of pySim's ``export`` writes.

    Comments tell structure and template; without them a file is taken as its commands show it.  CodecError for commands
    that are none of ``export``, or that have decoded values (``export --json``).
    """
    try:
        lines = (text.decode() if isinstance(text, bytes) else text).splitlines()
    except UnicodeDecodeError as error:
        raise CodecError(f"the script is not UTF-8: {error.reason}", offset=error.start) from None
    files: dict[str, _Part] = {}
    current = _Part("")
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if (note := _NOTE.match(line)) is not None:
            current = _noted(note[1], note[2], current, files, number)
        elif line and not line.startswith("#"):
            command = _COMMAND.fullmatch(line)
            if command is None:
                raise CodecError(f"line {number}: {line[:60]!r} is no command of an exported script")
            current = _done(command[1], command[2], current, files, number)
    if not files:
        raise CodecError("an exported script of pySim selects files: 'select MF/EF.DIR'; this has none")
    return CardImage(tuple(part.image() for part in files.values()))


class _Part:
    """What a script has said of one file so far."""

    def __init__(self, path: str, fid: int = 0) -> None:
        self.path, self.fid = path, fid
        self.structure, self.fcp, self.pieces = "", b"", dict[int, bytes]()
        self.written = False

    def image(self) -> FileImage:
        names = tuple(self.path.split("/"))
        count = max(self.pieces, default=0)
        pieces = tuple(self.pieces.get(at, b"") for at in range(1, count + 1)) if self.written else None
        structure = self.structure
        if not structure and pieces is None and not names[-1].startswith("EF"):
            structure = "directory"
        row = known(self.path)
        fid = self.fid or (row.fid if row is not None else 0)
        if pieces is not None and structure in ("linear", "cyclic"):
            longest = max(map(len, pieces), default=0)
            pieces = tuple(piece or b"\xff" * longest for piece in pieces)
        fcp = self.fcp or template(structure or "transparent", fid, pieces)
        return FileImage(names, fcp, pieces)


def _noted(what: str, value: str, current: _Part, files: dict[str, _Part], number: int) -> _Part:
    if what == "directory":
        path, _, fids = value.partition(" (")
        last = fids.rstrip(")").rpartition("/")[2]
        fid = int(last, 16) if re.fullmatch(r"[0-9a-fA-F]{4}", last) else 0
        return files.setdefault(path, _Part(path, fid))
    if what == "structure":
        current.structure = _NAMES.get(value, "")
    elif value != "None":
        current.fcp = _octets(value, f"line {number}")
    return current


def _done(what: str, value: str, current: _Part, files: dict[str, _Part], number: int) -> _Part:
    where = f"line {number}"
    if what == "select":
        if not value:
            raise CodecError(f"{where}: select names a file")
        return files.setdefault(value, _Part(value))
    if not current.path:
        raise CodecError(f"{where}: {what} before any select")
    current.written = True
    if what == "update_binary":
        current.structure = current.structure or "transparent"
        current.pieces[1] = _octets(value, where)
    elif what == "update_record":
        record, _, octets = value.partition(" ")
        if not re.fullmatch(r"[0-9]{1,3}", record, re.ASCII) or not 1 <= int(record) <= 254:
            raise CodecError(f"{where}: {record[:20]!r} is no number of a record, 1 to 254")
        current.structure = current.structure or "linear"
        current.pieces[int(record)] = _octets(octets, where)
    elif what == "set_data":
        tag, _, octets = value.partition(" ")
        current.structure = current.structure or "ber-tlv"
        current.pieces[len(current.pieces) + 1] = _data_object(tag, octets, where).encode()
    return current


def write_script(image: CardImage) -> str:
    """The script that pySim's ``export`` would write."""
    return "\n".join(line for one in image.files for line in _lines(one)) + "\n"


def _lines(one: FileImage) -> Iterator[str]:
    bar = "#" * max(80, len(one.path) + 4)
    yield from (bar, f"# {one.path:<{len(bar) - 4}} #", bar)
    yield f"# directory: {one.path} ({one.fid:04x})"
    yield f"# file: {one.names[-1]} ({one.fid:04x})"
    if one.structure != "directory":
        yield f"# structure: {_WORDS.get(one.structure, one.structure)}"
    yield f"# RAW FCP Template: {one.fcp.hex()}"
    yield f"select {one.path}"
    pieces = one.content or ()
    if one.content is None:
        yield f"# {one.names[-1]} has no exportable contents"
    elif one.structure == "ber-tlv":
        yield "delete_all"
        for found in (read(piece)[0] for piece in pieces):
            yield f"set_data 0x{found.tag:02x} {found.value.hex()}"
    elif one.structure == "transparent":
        yield from (f"update_binary {piece.hex()}" for piece in pieces)
    else:
        yield from (f"update_record {at} {piece.hex()}" for at, piece in enumerate(pieces, 1))
    yield "#"
