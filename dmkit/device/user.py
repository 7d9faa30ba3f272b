"""Who answers the questions that a server asks at a device; nobody, unless somebody is given.

>>> no_user(Alert(1101, ())).status.value
406
"""

from __future__ import annotations

from collections.abc import Callable

from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert
from dmkit.words.outcome import Outcome

__all__ = ["User", "no_user"]

User = Callable[[Alert], Outcome]
"""Answers a question to the user (Alert 1100 to 1104): status 200, 304, 214, 408, and Items with what was said."""


def no_user(alert: Alert) -> Outcome:
    """A device without display: every question is answered 406.  [DMPRO §10.2]

    >>> no_user(Alert(1101, ())).status.value
    406
    """
    return Outcome(StatusCode.NOT_SUPPORTED, command=alert)
