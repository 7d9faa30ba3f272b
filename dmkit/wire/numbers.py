"""CmdIDs for commands that have none yet.  [REPPRO]

>>> from dmkit.words.model import Get, Header, Message
>>> message = Message(Header("1", "1", "a", "b"), (Get.of("./A"), Get((), cmd_id="1"), Get.of("./B")))
>>> [command.cmd_id for command in numbered(message).commands]
['2', '1', '3']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from operator import attrgetter
from typing import Final

import msgspec
from msgspec.structs import replace as changed

from dmkit.words.model import Atomic, Command, Message, Sequence, flatten

__all__ = ["number", "numbered"]

_CONTAINERS: Final = frozenset({Atomic, Sequence})
_number_of = attrgetter("cmd_id")


def number(commands: Iterable[Command], ids: Iterator[int] | None = None) -> tuple[Command, ...]:
    """``commands`` with CmdIDs 1, 2, 3 ... in document order, through containers.  [REPPRO via MS]"""
    ids = ids or count(1)
    out: list[Command] = []
    for command in commands:
        cmd_id = str(next(ids))
        if command.__class__ in _CONTAINERS:
            out.append(changed(command, cmd_id=cmd_id, commands=number(command.commands, ids)))
        else:
            out.append(changed(command, cmd_id=cmd_id))
    return tuple(out)


def numbered(message: Message) -> Message:
    """``message`` with the smallest free numbers, in document order, where a CmdID is empty."""
    if all(map(_number_of, message.commands)) and (
        _CONTAINERS.isdisjoint(map(type, message.commands)) or _done(message.commands)
    ):
        return message
    taken = {command.cmd_id for command in flatten(message.commands)}
    free = (str(number) for number in count(1) if str(number) not in taken)
    return msgspec.structs.replace(message, commands=tuple(_number(c, free) for c in message.commands))


def _done(commands: tuple[Command, ...]) -> bool:
    """True when each command, those in containers included, has its CmdID."""
    for command in commands:
        if not command.cmd_id or (command.__class__ in _CONTAINERS and not _done(command.commands)):
            return False
    return True


def _number(command: Command, free: Iterator[str]) -> Command:
    if not command.cmd_id:
        command = msgspec.structs.replace(command, cmd_id=next(free))
    if isinstance(command, Atomic | Sequence):
        command = msgspec.structs.replace(command, commands=tuple(_number(c, free) for c in command.commands))
    return command
