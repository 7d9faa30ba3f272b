"""What may stand in a record of JSON or CBOR, looked at closely: numbers, links, octets, and JSON that is odd.

Both forms of JSON and SenML CBOR read their values here; each refusal is one sentence.

>>> finite(3), link("vlo", "3:0"), kind_of(None)
(3, ObjectLink(object=3, instance=0), 'null')
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from typing import Any, Final, NoReturn

from dmkit.lwm2m.values import ObjectLink, Type, Value, check
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["carefully", "finite", "kind_of", "link", "number", "read_value", "typed", "wrong"]

_LINK: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,5})")


def kind_of(value: object) -> str:
    """What a value is, in words."""
    return {dict: "a map", list: "a list", str: "a text", bytes: "octets", type(None): "null"}.get(
        type(value), f"a {type(value).__name__}"
    )


def wrong(field: str, value: object, right: str) -> NoReturn:
    """CodecError: what stands in a field, and what would be right."""
    raise CodecError(f"{field} is {kind_of(value)}; {right} is wanted")


def number(field: str, value: object) -> float:
    """``value`` as a finite number, for times and base values; CodecError when it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1e308:
        wrong(field, value, "a finite number")
    return float(value)


@asked
def read_value(field: str, value: object, json_: bool) -> Value:
    """A value that is not simply there: a number, a link, octets as base64url; CodecError for all else."""
    if field == "v":
        return finite(value)
    if field == "vlo":
        return link(field, value)
    if field == "vd" and json_:
        return _base64(value) if isinstance(value, str) else wrong(field, value, "base64url")
    wrong(field, value, {"vs": "a text", "vb": "true or false"}.get(field, "octets"))


def finite(value: object) -> int | float:
    """``value`` when it is a finite number; CodecError when not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wrong("v", value, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError("v is no finite number")
    return value


def link(field: str, value: object) -> ObjectLink:
    """The link that is written so: two numbers with a colon; CodecError when it is none."""
    found = _LINK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise CodecError(f"{field} {value!r:.30} is no link to an object; two numbers with a colon are")
    return ObjectLink(int(found[1]), int(found[2]))


def _base64(value: str) -> bytes:
    try:
        text = value.encode("ascii").rstrip(b"=")
        if not re.fullmatch(rb"[A-Za-z0-9_-]*", text):
            raise binascii.Error("a character that is none of base64url")
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise CodecError(f"vd {value[:20]!r} is no base64url: {error}") from None


@asked
def typed(wanted: Type | None, value: Value, path: object) -> Value:
    """``value`` when nobody knows a type, or as one of that type."""
    if wanted is None or (wanted is Type.STRING and type(value) is str):
        return value
    whole = wanted in (Type.INTEGER, Type.UNSIGNED, Type.TIME) and isinstance(value, float) and value.is_integer()
    try:
        return check(wanted, int(value) if whole and isinstance(value, float) else value)
    except CodecError as error:
        raise CodecError(f"{path}: {error.reason}") from None


# -- JSON that is none, or says a thing twice


@asked
def carefully(data: bytes) -> None:
    """Read JSON slowly, which says at which sign it is none, and which field stands twice.  CodecError."""
    try:
        json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise CodecError("JSON that is no UTF-8", offset=error.start) from None
    except json.JSONDecodeError as error:
        raise CodecError(f"no JSON: {error.msg}", offset=error.pos) from None
    except (RecursionError, ValueError) as error:
        raise CodecError(f"no JSON that can be read: {error or 'too deep'}"[:200]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise ValueError(f"field {twice[:40]!r} stands twice in a record")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")
