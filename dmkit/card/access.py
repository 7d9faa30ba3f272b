"""Who may do what with a file: access rules, as records of EF.ARR.  [TS 102 221 §9.2.4; ISO 7816-4 §9.3]

A record is a row of rules: *access mode*, then *condition*.  What no rule names may not be done.

>>> record = encode((AccessRule(READ, ADM1), AccessRule(UPDATE | WRITE, ALWAYS), AccessRule(TERMINATE | DELETE, NEVER)))
>>> record.hex(" ")
'80 01 01 a4 06 83 01 0a 95 01 08 80 01 06 90 00 80 01 60 97 00'
>>> print(*decode(record), sep="; ")
read: ADM1; update, write: always; terminate, delete: never
>>> may(record, UPDATE, lambda key: False), may(record, READ, lambda key: False)
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from dmkit.card.apdu import INSTRUCTIONS
from dmkit.card.tlv import Tlv, read_all, tlv
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = [
    "ACTIVATE", "ADM1", "ALWAYS", "DEACTIVATE", "DELETE", "DIRECTORY_MODES", "KEYS", "MODES", "NEVER", "PIN1", "PIN2",
    "READ", "RECORDS",
    "TERMINATE", "UPDATE", "WRITE", "AccessCondition", "AccessRule", "decode", "encode", "key_name", "may",
]  # fmt: skip

READ, UPDATE, WRITE, DEACTIVATE, ACTIVATE, TERMINATE, DELETE = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40
INCREASE: Final = "32"

MODES: Final[dict[int, str]] = {
    READ: "read", UPDATE: "update", WRITE: "write", DEACTIVATE: "deactivate", ACTIVATE: "activate",
    TERMINATE: "terminate", DELETE: "delete",
}  # fmt: skip
"""Bits of the access mode octet for elementary files."""

DIRECTORY_MODES: Final[dict[int, str]] = {
    0x01: "delete child", 0x02: "create EF", 0x04: "create DF", DEACTIVATE: "deactivate", ACTIVATE: "activate",
    TERMINATE: "terminate", DELETE: "delete",
}  # fmt: skip
"""The same for directories; on this card nobody may do any of it.  [TS 102 221 §9.2.4; sheet usim §1]"""

KEYS: Final[dict[int, str]] = {  # [TS 102 221 §9.5.1]
    **{n: f"PIN{n}" for n in range(1, 9)},
    **{0x80 + n: f"2PIN{n}" for n in range(1, 9)},
    **{0x09 + n: f"ADM{n}" for n in range(1, 6)},
    **{0x84 + n: f"ADM{n}" for n in range(6, 11)},
    0x11: "universal PIN",
}
"""Key reference -> name."""


@asked
def key_name(key: int) -> str:
    """``PIN1`` for 01; ``key 55`` for what is not in the table."""
    return KEYS.get(key, f"key {key:02X}")


@dataclass(frozen=True, slots=True)
class AccessCondition:
    """A condition: ``always``, ``never``, ``any`` of the keys, ``all`` of them."""

    kind: str
    keys: tuple[int, ...] = ()

    def __str__(self) -> str:
        return {"any": " or ", "all": " and "}[self.kind].join(map(key_name, self.keys)) if self.keys else self.kind

    def met(self, verified: Callable[[int], bool]) -> bool:
        """Whether keys that were shown meet it."""
        if self.kind in ("always", "never"):
            return self.kind == "always"
        return (any if self.kind == "any" else all)(verified(key) for key in self.keys)


ALWAYS, NEVER = AccessCondition("always"), AccessCondition("never")
PIN1, PIN2, ADM1 = AccessCondition("all", (0x01,)), AccessCondition("all", (0x81,)), AccessCondition("all", (0x0A,))


@dataclass(frozen=True, slots=True)
class AccessRule:
    """``modes``, bits of MODES, or the ``command`` header (hexadecimal, such as ``32``), and what it ``needs``."""

    modes: int
    needs: AccessCondition
    command: str = ""

    def __str__(self) -> str:
        names = [name for bit, name in MODES.items() if self.modes & bit]
        if self.command:
            row = INSTRUCTIONS.get(int(self.command[:2], 16))
            names.append(row.name if row else f"INS {self.command.upper()}")
        return f"{', '.join(names)}: {self.needs}"


def _condition(need: AccessCondition) -> Tlv:
    if need.kind in ("always", "never"):
        return Tlv(0x90 if need.kind == "always" else 0x97)
    parts = [tlv(0xA4, Tlv(0x83, bytes([key])), Tlv(0x95, b"\x08")) for key in need.keys]
    return parts[0] if len(parts) == 1 else tlv(0xA0 if need.kind == "any" else 0xAF, *parts)


@asked
def encode(rules: Iterable[AccessRule]) -> bytes:
    """The record that says ``rules``."""
    parts = []
    for rule in rules:
        mode = Tlv(0x84, bytes.fromhex(rule.command)) if rule.command else Tlv(0x80, bytes([rule.modes]))
        parts += [mode, _condition(rule.needs)]
    return b"".join(part.encode() for part in parts)


@asked
@lru_cache(maxsize=256)
def decode(record: bytes) -> tuple[AccessRule, ...]:
    """The rules of a record.  CodecError when it holds something else."""
    parts = read_all(record, padding=True)
    if len(parts) % 2:
        raise CodecError("an access mode has no condition behind it")
    return tuple(_rule(mode, condition) for mode, condition in zip(parts[::2], parts[1::2], strict=True))


def _rule(mode: Tlv, condition: Tlv) -> AccessRule:
    if mode.tag == 0x80 and len(mode.value) == 1:
        return AccessRule(mode.value[0], _need(condition))
    if mode.tag == 0x84 and mode.value:
        return AccessRule(0, _need(condition), mode.value.hex())
    raise CodecError(f"{mode!r} is no access mode: 80 with one octet, or 84 with a command header")


def _need(condition: Tlv) -> AccessCondition:
    if condition.tag in (0x90, 0x97) and not condition.value:
        return ALWAYS if condition.tag == 0x90 else NEVER
    if condition.tag == 0xA4:
        return AccessCondition("all", (_key(condition),))
    if condition.tag in (0xA0, 0xAF) and condition.value:
        return AccessCondition("any" if condition.tag == 0xA0 else "all", tuple(_key(part) for part in condition.parts))
    raise CodecError(f"{condition!r} is no condition: 90, 97, or A4 with the key to verify, or A0 or AF around A4")


def _key(template: Tlv) -> int:
    reference = template.first(0x83) if template.tag == 0xA4 else None
    usage = template.first(0x95) if template.tag == 0xA4 else None
    if reference is None or len(reference.value) != 1 or usage is None or usage.value != b"\x08":
        raise CodecError(f"{template!r} names no key to verify: A4 with 83 01 (key) and 95 01 08")
    return reference.value[0]


@asked
def may(record: bytes, mode: int | str, verified: Callable[[int], bool]) -> bool:
    """Whether the record lets ``mode`` (a bit of MODES, or a command header in hexadecimal) be done.

    A record that cannot be read lets nothing be done.
    """
    try:
        rules = decode(record)
    except CodecError:
        return False
    fitting = [rule for rule in rules if (rule.modes & mode if isinstance(mode, int) else rule.command == mode)]
    return any(rule.needs.met(verified) for rule in fitting)


def _pair(read: AccessCondition, update: AccessCondition) -> bytes:
    return encode(
        (
            AccessRule(READ, read),
            AccessRule(UPDATE, update),
            AccessRule(0, update, INCREASE),
            AccessRule(DEACTIVATE | ACTIVATE, ADM1),
        )
    )


RECORDS: Final[dict[str, bytes]] = {
    "always, never": _pair(ALWAYS, NEVER),
    "always, ADM": _pair(ALWAYS, ADM1),
    "always, PIN": _pair(ALWAYS, PIN1),
    "PIN, ADM": _pair(PIN1, ADM1),
    "PIN, PIN": _pair(PIN1, PIN1),
    "PIN, PIN2": _pair(PIN1, PIN2),
    "ADM, ADM": _pair(ADM1, ADM1),
    "directory": encode((AccessRule(0x7F, NEVER),)),
}
"""The records of this card's EF.ARR, numbered from 1, by what reading and updating need."""
