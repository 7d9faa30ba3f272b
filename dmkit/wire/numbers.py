"""CmdIDs for commands that have none yet.  [REPPRO]

>>> from dmkit.model import Get, Header, Message
>>> message = Message(Header("1", "1", "a", "b"), (Get.of("./A"), Get((), cmd_id="1"), Get.of("./B")))
>>> [command.cmd_id for command in numbered(message).commands]
['2', '1', '3']
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import msgspec

from dmkit.model import Atomic, Command, Message, Sequence, flatten

__all__ = ["numbered"]


def numbered(message: Message) -> Message:
    """``message`` with the smallest free numbers, in document order, where a CmdID is empty."""
    taken = {command.cmd_id for command in flatten(message.commands)}
    if "" not in taken:
        return message
    free = (str(number) for number in count(1) if str(number) not in taken)
    return msgspec.structs.replace(message, commands=tuple(_number(c, free) for c in message.commands))


def _number(command: Command, free: Iterator[str]) -> Command:
    if not command.cmd_id:
        command = msgspec.structs.replace(command, cmd_id=next(free))
    if isinstance(command, Atomic | Sequence):
        command = msgspec.structs.replace(command, commands=tuple(_number(c, free) for c in command.commands))
    return command
