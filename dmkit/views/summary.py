"""A message on one line."""

from __future__ import annotations

from dmkit.words.asked import asked
from dmkit.words.model import Alert, Atomic, Command, Message, Status
from dmkit.words.model import Sequence as SequenceCommand

__all__ = ["summary"]


def _name(command: Command) -> str:
    if isinstance(command, Alert):
        return f"Alert {command.code}"
    if isinstance(command, Atomic | SequenceCommand):
        return f"{command.verb.value} [{', '.join(_name(c) for c in command.commands)}]"
    items = () if isinstance(command, Status) else command.items
    if len(items) == 1:
        where = items[0].target or items[0].source or ""
        return f"{command.verb.value} {where}{' (piece)' if items[0].more_data else ''}".strip()
    return f"{command.verb.value} ({len(items)} Items)"


@asked
def summary(message: Message) -> str:
    """One line about a message: its Statuses, its commands, whether it is final.

    >>> from dmkit.words.model import Get, Header
    >>> summary(Message(Header("1", "1", "t", "s"), (Get.of("./DevInfo/Man"),)))
    'Get ./DevInfo/Man; Final'
    """
    statuses = ", ".join(f"{c.cmd} {c.code}" for c in message.commands if isinstance(c, Status))
    rest = [_name(c) for c in message.commands if not isinstance(c, Status)]
    parts = ([f"Status {statuses}"] if statuses else []) + rest
    return "; ".join([*parts, "Final" if message.final else "(no Final)"])
