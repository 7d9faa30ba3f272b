"""A profile in a file, in whatever form: XML, JSON or a table with commas.

>>> profile = read_profile("p.xml", b"<Replace><Item><Target><LocURI>./Vendor/MSFT/A</LocURI></Target>"
...                        b"<Data>1</Data></Item></Replace>")
>>> profile.commands[0].verb, profile.commands[0].uri, profile.commands[0].data, profile.commands[0].line
('Replace', './Vendor/MSFT/A', '1', 1)
"""

from __future__ import annotations

from dmkit.windows.intended import WindowsProfile
from dmkit.windows.profile_lists import csv_profile, json_profile
from dmkit.windows.profile_xml import xml_profile
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["read_profile"]


@asked
def read_profile(file: str, data: bytes) -> WindowsProfile:
    """The profile in ``data``; CodecError when it is no text that could be one."""
    if not data.strip():
        raise CodecError(f"{file}: there is nothing in it")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        return xml_profile(file, data)
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head in (b"{", b"["):
        return json_profile(file, data)
    if head == b"<":
        return xml_profile(file, data)
    first = data.split(b"\n", 1)[0].decode("utf-8", "replace").lower()
    if "," in first or ";" in first:
        return csv_profile(file, data)
    raise CodecError(f"{file}: neither XML, nor JSON, nor a table with commas", line=1)
