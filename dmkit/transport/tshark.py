"""Messages out of the JSON of tshark, Wireshark's command line.

``tshark -r session.pcap -Y http -T json`` is enough; with ``-x`` it also says the octets of each field, which a
capture that was decrypted or compressed needs.

>>> http = {"http.request": "1", "http.content_type": "application/vnd.syncml.dm+wbxml"}
>>> tcp = {"tcp.payload": "50:4f:53:54:0d:0a:0d:0a:02:a4"}
>>> captured = list(read_json(json.dumps([{"_source": {"layers": {"tcp": tcp, "http": http}}}]).encode(), "x"))
>>> captured[0].sender, captured[0].body.hex()
('client', '02a4')
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from dmkit.words.errors import ConfigError

__all__ = ["Captured", "read_capture", "read_json"]

_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}:?)+")


_PATIENCE: Final = 120.0
"""Seconds that tshark may take."""


class Captured(NamedTuple):
    """One HTTP message with a body: who sent it, what its headers say, seconds from the first packet, octets."""

    sender: str
    media_type: str
    headers: Mapping[str, str]
    at: float | None
    body: bytes
    to: str = ""


def read_json(data: bytes, where: object) -> Iterator[Captured]:
    """The HTTP messages that have a body, in order; ConfigError, naming ``where``, when it is no such JSON."""
    try:
        layers = [packet["_source"]["layers"] for packet in json.loads(data)]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{where}: not what tshark -T json writes ({type(error).__name__})") from None
    for layer in layers:
        http = layer.get("http") if isinstance(layer, dict) else None
        body = _body(layer, http) if isinstance(http, dict) else None
        if body and isinstance(http, dict):
            lines = [str(value) for value in _values(http)]
            mac = next((v.partition(":")[2].strip() for v in lines if v.lower().startswith("x-syncml-hmac:")), "")
            frame = layer.get("frame")
            at = frame.get("frame.time_relative") if isinstance(frame, dict) else None
            yield Captured(
                "server" if "http.response" in http else "client",
                str(http.get("http.content_type", "")),
                {"x-syncml-hmac": mac} if mac else {},
                float(at) if at else None,
                body,
                str(_first(http.get("http.request.full_uri", "")) or ""),
            )


def read_capture(file: Path) -> list[Captured]:
    """The HTTP messages of a capture file as tshark reads it; empty when there is no tshark, or it fails, or none."""
    tshark = shutil.which("tshark")
    if tshark is None:
        return []
    command = [tshark, "-r", str(file.absolute()), "-Y", "http", "-T", "json", "-x"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True)
        return list(read_json(done.stdout, file)) if done.stdout.strip() else []
    except (OSError, subprocess.SubprocessError, ConfigError):
        return []


def _body(layer: Mapping[str, Any], http: Mapping[str, Any]) -> bytes | None:
    """The octets of the entity: as tshark says them, else cut out of the TCP payload, else its text."""
    for place, key in ((http, "http.file_data_raw"), (layer.get("media"), "media.type")):
        octets = _octets(place.get(key)) if isinstance(place, dict) else None
        if octets:
            return octets
    for place, key in ((layer.get("tcp.segments"), "tcp.reassembled.data"), (layer.get("tcp"), "tcp.payload")):
        octets = _octets(place.get(key)) if isinstance(place, dict) else None
        if octets:
            _, end, entity = octets.partition(b"\r\n\r\n")
            if end:
                return _joined(entity) if "chunked" in str(http.get("http.transfer_encoding", "")).lower() else entity
    text = _first(http.get("http.file_data"))
    return _octets(text) or (text.encode() if isinstance(text, str) else None)


def _joined(entity: bytes) -> bytes:
    """The body of a chunked transfer; what is not in that form is left as it is."""
    out, at = b"", 0
    while True:
        end = entity.find(b"\r\n", at)
        try:
            size = int(entity[at:end].partition(b";")[0], 16)
        except ValueError:
            return entity
        if end < 0 or size == 0:
            return out
        out += entity[end + 2 : end + 2 + size]
        at = end + size + 4


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _octets(value: object) -> bytes | None:
    """Hexadecimal, with or without colons, as octets; None when it is something else."""
    text = _first(value)
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        return None
    return bytes.fromhex(text.replace(":", ""))


def _values(node: object) -> Iterator[object]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    else:
        yield node
