"""Messages out of a HAR file, the archive of HTTP that browsers and proxies write, and into one.

>>> packets = [Captured("client", "application/vnd.syncml.dm+xml", {}, 0.5, b"<SyncML/>", "https://s/dm")]
>>> [(said.sender, said.body, said.to) for said in read_har(write_har(packets), "x.har")]
[('client', b'<SyncML/>', 'https://s/dm')]

Format: HAR 1.2.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dmkit.transport.tshark import Captured
from dmkit.words.errors import ConfigError

__all__ = ["is_har", "read_har", "write_har"]


def is_har(data: bytes) -> bool:
    """Whether ``data`` begins as a HAR file does: an object whose first member is ``log``, or names its entries."""
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and (b'"log"' in head[:200] or b'"entries"' in head)


def read_har(data: bytes, where: object) -> Iterator[Captured]:
    """The HTTP messages with a body, in order; ConfigError, naming ``where``, when it is no such file."""
    try:
        entries = json.loads(data.removeprefix(b"\xef\xbb\xbf"))["log"]["entries"]
        found = [(entry["request"], entry.get("response") or {}, entry.get("startedDateTime", "")) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{where}: not a HAR file ({type(error).__name__}: {str(error)[:80]})") from None
    begun = _seconds(found[0][2]) if found else 0.0
    for request, response, started in found:
        at = _seconds(started) - begun
        url = str(request.get("url", "")) if isinstance(request, Mapping) else ""
        for sender, message, part in (("client", request, "postData"), ("server", response, "content")):
            body = message.get(part) if isinstance(message, Mapping) else None
            octets = _body(body, where) if isinstance(body, Mapping) else b""
            if octets and isinstance(body, Mapping):
                headers = _headers(message)
                mac = headers.get("x-syncml-hmac", "")
                kind = str(body.get("mimeType") or headers.get("content-type", ""))
                yield Captured(sender, kind, {"x-syncml-hmac": mac} if mac else {}, at, octets, url)


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    pairs = message.get("headers")
    return {
        str(pair.get("name", "")).lower(): str(pair.get("value", ""))
        for pair in (pairs if isinstance(pairs, list) else ())
        if isinstance(pair, Mapping)
    }


def _body(body: Mapping[str, Any], where: object) -> bytes:
    """Text, or base64 where the entry says so; binary text comes as one octet a character."""
    text = body.get("text")
    if not isinstance(text, str) or not text:
        return b""
    if str(body.get("encoding", "")).lower() == "base64":
        try:
            return b64decode(text, validate=False)
        except (Error, ValueError):
            raise ConfigError(f"{where}: a body says that it is base64 and is not") from None
    binary = "wbxml" in str(body.get("mimeType", "")).lower() or text[0] in "\x00\x01\x02\x03"
    if binary and all(ord(character) < 256 for character in text):
        return text.encode("latin-1")
    return text.encode("utf-8", "surrogatepass")


def _seconds(text: object) -> float:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def write_har(messages: Iterable[Captured]) -> bytes:
    """A HAR file of ``messages``: each request with the response that follows it; bodies as base64."""
    entries: list[dict[str, Any]] = []
    for content in messages:
        text = b64encode(content.body).decode()
        headers = [{"name": name, "value": value} for name, value in content.headers.items()]
        if content.sender == "client":
            moment = datetime.fromtimestamp(content.at or 0.0, UTC).isoformat()
            entries.append({
                "startedDateTime": moment, "time": 0,
                "request": {"method": "POST", "url": content.to, "httpVersion": "HTTP/1.1", "headers": headers,
                            "postData": {"mimeType": content.media_type, "text": text, "encoding": "base64"}},
            })  # fmt: skip
        elif entries:
            entries[-1]["response"] = {
                "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": headers,
                "content": {"mimeType": content.media_type, "size": len(content.body), "text": text,
                "encoding": "base64"},
            }  # fmt: skip
    log = {"log": {"version": "1.2", "creator": {"name": "dmkit", "version": "1"}, "entries": entries}}
    return (json.dumps(log, indent=1) + "\n").encode()
