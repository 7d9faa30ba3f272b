"""The exceptions of dmkit: one short family.

Where the protocol has an answer for a mistake, engines send that answer and report an
event; nothing is raised.  Exceptions are for what has no answer on the wire.

::

    DmError
    ├── CodecError            octets are not a message; .offset or .line says where
    │   └── DdfError          a description cannot be read; .node says which part of it
    ├── LocalProtocolError    you asked for something that is not allowed now
    ├── RemoteProtocolError   the peer did, and there is no way to tell it
    ├── ConfigError           a setting, a file or an argument is not usable
    ├── JobError              a job of yours raised, or is no job; .transcript holds the session
    └── CommandFailed         inside the tree only; .status is the code to send
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dmkit.words.counts import many

if TYPE_CHECKING:
    from dmkit.words.codes import StatusCode

__all__ = [
    "CodecError",
    "CommandFailed",
    "ConfigError",
    "DdfError",
    "DmError",
    "JobError",
    "LocalProtocolError",
    "RemoteProtocolError",
    "shortened",
]


_LONG_WORD: Final = re.compile(r"\S{201,}")
_LONGEST: Final = 4000


def shortened(text: str) -> str:
    """``text`` for a person: what a peer wrote may be of any length, and the sentence about it stays readable.

    Words of more than 200 characters, and texts of more than 4,000, lose their middle and say how much of it.

    >>> shortened("MsgID " + "9" * 100_000 + " is out of turn")[:30]
    'MsgID 999999999999999999999999'
    >>> shortened("MsgID " + "9" * 100_000 + " is out of turn")[80:112]
    '999999... 99880 characters ...99'
    """
    if len(text) <= 200:
        return text
    text = _LONG_WORD.sub(lambda match: _without_middle(match[0], 80, 40), text)
    return text if len(text) <= _LONGEST else _without_middle(text, _LONGEST // 2, _LONGEST // 4)


def _without_middle(text: str, first: int, last: int) -> str:
    return f"{text[:first]}... {many(len(text) - first - last, 'character')} ...{text[-last:]}"


def _line(text: str) -> str:
    """``text`` on one line, at a length that can be read."""
    return shortened(text if text.isprintable() else " ".join(part.strip() for part in text.splitlines()))


class DmError(Exception):
    """Root of every exception that dmkit raises on purpose.  Its text is one line, whatever a library put into it.

    >>> str(ConfigError("not well-formed: Comment not terminated \\n<!-- a"))
    'not well-formed: Comment not terminated <!-- a'
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(_line(reason))


class CodecError(DmError):
    """Octets are not a message of the expected kind.

    Parameters: ``reason``, one clear sentence; ``offset``, the octet at which reading
    stopped (WBXML), or None; ``line``, the line at which it stopped (XML, from 1), or None.

    >>> str(CodecError("END without an open element", offset=7))
    'END without an open element (octet 7)'
    """

    def __init__(self, reason: str, *, offset: int | None = None, line: int | None = None) -> None:
        where = f" (octet {offset})" if offset is not None else f" (line {line})" if line is not None else ""
        super().__init__(reason + where)
        self.reason = _line(reason)
        self.offset = offset
        self.line = line


class DdfError(CodecError):
    """A description (DDF) or a serialised tree (TNDS) cannot be read.

    ``node`` is the place in the tree that was being read, as far as it was known.

    >>> str(DdfError("two NodeName; one stands there", node="./A", line=7))
    './A: two NodeName; one stands there (line 7)'
    """

    def __init__(self, reason: str, *, node: str = "", line: int | None = None) -> None:
        super().__init__(f"{node}: {reason}" if node else reason, line=line)
        self.node = node


class LocalProtocolError(DmError):
    """You asked an engine for something its present state does not allow.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> try:
    ...     dm.converse(device, device)
    ... except (LocalProtocolError, ConfigError) as error:
    ...     print(type(error).__name__)
    ConfigError
    """


class RemoteProtocolError(DmError):
    """The peer broke the protocol and there is no way left to tell it.

    >>> issubclass(RemoteProtocolError, DmError)
    True
    """


class ConfigError(DmError):
    """A setting, a file or an argument cannot be used; the sentence says what would be right.

    >>> str(ConfigError("Rules.retries is -1"))
    'Rules.retries is -1'
    """


class JobError(DmError):
    """A job failed by its own doing: its code raised, it is no generator, or it yielded what is no command.

    ``transcript`` is the session in which it happened, as far as it was recorded.

    >>> str(JobError("job 'job' failed: ValueError: no such model"))
    "job 'job' failed: ValueError: no such model"
    """

    def __init__(self, reason: str, transcript: object = None) -> None:
        super().__init__(reason)
        self.transcript = transcript


class CommandFailed(DmError):
    """A command on the tree failed; ``status`` is the code to send, ``at`` the URI that failed.

    ``kind`` names the reason where rules may give it another status (``tree.refusals.Refusal``).

    >>> from dmkit.words.codes import StatusCode
    >>> CommandFailed(StatusCode.NOT_FOUND, "there is no such node", at="./A").at
    './A'
    """

    def __init__(self, status: StatusCode, reason: str, *, at: str = "", kind: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.at = at
        self.kind = kind
