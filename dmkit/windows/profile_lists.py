"""Profiles as lists of OMA-URI settings: JSON (an export of Intune, too) and CSV."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from dmkit.windows.intended import Intended, WindowsProfile
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["csv_profile", "json_profile"]

_FORMATS: Final = {
    "float": "float",
    "int": "int",
    "string": "chr",
    "chr": "chr",
    "bool": "bool",
    "base64": "b64",
    "b64": "b64",
    "null": "null",
    "node": "node",
}


_URI: Final = ("omauri", "oma-uri", "oma_uri", "uri", "locuri", "path")


_VALUE: Final = ("value", "data", "settingvalue")


_TYPE: Final = ("datatype", "data type", "type", "format", "@odata.type")


@asked
def json_profile(file: str, data: bytes) -> WindowsProfile:
    """The settings in a JSON document, wherever in it they stand."""
    try:
        text = data.decode("utf-8-sig")
        rows = list(_settings(json.loads(text)))
    except (UnicodeDecodeError, ValueError) as error:
        raise CodecError(f"{file}: no JSON: {error}"[:300]) from None
    except RecursionError:
        raise CodecError(f"{file}: no JSON that can be read: it is nested too deeply") from None
    if not rows:
        raise CodecError(f"{file}: no setting in it has an OMA-URI; a list of objects with omaUri and value is right")
    at = 0
    commands = []
    for row in rows:
        begin, at = _place(text, row, at)
        commands.append(_setting(file, text.count("\n", 0, begin) + 1, row))
    return WindowsProfile(file, tuple(commands), (), len(data))


def _settings(document: object) -> Iterator[dict[str, Any]]:
    """Every setting in a document, also one that lacks its address: nothing of a list is left out without a word."""
    if isinstance(document, dict):
        if _of(document, _URI) is not None:
            yield document
            return
        inner = [setting for value in document.values() for setting in _settings(value)]
        yield from [document] if not inner and _named(document, _URI) else inner
    elif isinstance(document, list):
        found = [(each, list(_settings(each))) for each in document]
        is_of_settings = any(_of(each, _URI) is not None for each in document if isinstance(each, dict))
        for each, settings in found:
            if settings or not is_of_settings:
                yield from settings
            elif not isinstance(each, dict):
                yield {}
            elif _named(each, _VALUE):
                yield each


def _named(row: dict[str, Any], names: tuple[str, ...]) -> bool:
    """Whether ``row`` has a field of one of those names, whatever is in it."""
    return any(str(key).strip().lower() in names for key in row)


def _place(text: str, row: dict[str, Any], at: int) -> tuple[int, int]:
    """Where an entry of a list stands, behind ``at``: its address, or its first field; and where its fields end."""
    begin, end = at, at
    for key in row:
        found = text.find(json.dumps(str(key)), end)
        if found >= 0:
            begin, end = begin if end > at else found, found + len(key) + 2
    uri = json.dumps(str(_of(row, _URI) or ""))[1:-1]
    found = text.find(uri, at) if uri else -1
    return (begin, end) if found < 0 else (found, max(end, found + len(uri)))


def _of(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    lowered = {str(key).strip().lower(): value for key, value in row.items()}
    return next((lowered[name] for name in names if lowered.get(name) is not None), None)


def _setting(file: str, line: int, row: dict[str, Any]) -> Intended:
    kind = str(_of(row, _TYPE) or "").lower()
    format_ = next((format_ for word, format_ in _FORMATS.items() if word in kind), None)
    value = _of(row, _VALUE)
    text = value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    hidden = _of(row, ("isencrypted",)) is True and (text is None or set(text) <= {"*"})
    if "xml" in kind and text is not None:
        text = _unpacked(text)
    return Intended(file, line, "Replace", str(_of(row, _URI) or ""), format_, None, text, listed=True, hidden=hidden)


def _unpacked(text: str) -> str:
    """The XML that a setting of that type holds, which an export writes as base64."""
    try:
        inner = base64.b64decode(text, validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        return text
    return inner if inner.lstrip().startswith("<") else text


@asked
def csv_profile(file: str, data: bytes) -> WindowsProfile:
    """The settings in a table, one a row."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CodecError(f"{file}: a table that is no UTF-8") from None
    delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise CodecError(f"{file}: no table: {error}", line=reader.line_num) from None
    if not _named(dict.fromkeys(reader.fieldnames or ()), _URI):
        raise CodecError(f"{file}: no column is called OMA-URI; one with the addresses is right", line=1)
    commands = []
    for line, row in rows:
        if any(more.strip() for more in row.pop(None, ())):
            raise CodecError(f"{file}: more cells than columns; a value with {delimiter!r} stands in quotes", line=line)
        if any((cell or "").strip() for cell in row.values()):
            commands.append(_setting(file, line, row))
    if not commands:
        raise CodecError(f"{file}: no setting stands below the names of the columns", line=1)
    return WindowsProfile(file, tuple(commands), (), len(data))
