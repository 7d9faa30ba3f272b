"""A count before the name of what is counted: one of it, or several.

>>> many(1, "message"), many(2, "message"), many(0, "reply")
('1 message', '2 messages', '0 replies')
>>> many(1, "octet follows", "octets follow"), many(1200, "octet", form=",")
('1 octet follows', '1,200 octets')
"""

from __future__ import annotations

from typing import Final

__all__ = ["many", "plural"]

_HISSING: Final = ("s", "x", "z", "ch", "sh")


def plural(noun: str) -> str:
    """The noun for more than one; of several words the last one changes.

    >>> [plural(noun) for noun in ("round trip", "query", "status", "key", "batch")]
    ['round trips', 'queries', 'statuses', 'keys', 'batches']
    """
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(_HISSING) else "s")


def many(count: float | str, one: str, several: str | None = None, *, form: str = "") -> str:
    """A count in ``form``, or as text, and its noun, alone or with a verb.

    ``several`` stands for more than one where more than the ending differs.  What counts is what is written: a mean of
    1.2 in form ``.0f`` is one.

    >>> many(1.2, "request", form=".0f"), many(1.2, "request", form=".1f"), many(1, "is", "are")
    ('1 request', '1.2 requests', '1 is')
    """
    text = format(count, form)
    return f"{text} {one if text == '1' else several or plural(one)}"
