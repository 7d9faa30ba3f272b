"""What the sources leave open, as fields: each names the readings, its default, and on what it rests.  [dm20 sheet §11]

>>> from dataclasses import replace
>>> replace(Dm2Rules(), unknown_command="skip").unknown_command   # the habit of a client in the open
'skip'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from dmkit.words.checked import checked
from dmkit.words.ranges import Count

__all__ = ["DEFAULT", "Dm2Rules"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Dm2Rules:
    """The choices of both sides; the defaults are the readings that lose least."""

    strict: bool = False
    """Whether documents that depart from the schemas are refused, or taken as far as they make sense."""
    after_failure: Literal["go on", "stop"] = "go on"
    """Behind a command that failed.  UNSURE: nothing says that the list stops, nor that a package is atomic.  With
    ``stop`` the commands behind it get 215, the word that DM 1.2 has for "not executed" (PROPOSAL)."""
    unknown_command: Literal["501", "skip"] = "501"
    """A command that the client does not know.  PROPOSAL: 501 in its place; ``skip``, seen in the wild, shifts every
    later status by one.  [dm20 sheet §6]"""
    missing_on_delete: Literal["404", "200"] = "404"
    """DELETE of what is not there.  UNSURE: a client in the open says 200."""
    several: Literal["worst", "first", "any good"] = "worst"
    """One status for a command that reached several nodes.  UNSURE: the schema has room for one, so what became of
    the others is lost; ``worst`` tells at least that something failed."""
    results_with_end: Literal["lost", "answered"] = "lost"
    """What becomes of statuses and data of a package that holds END.  Established: no package 3 is sent, so they are
    lost; ``answered`` is the design that would keep them (PROPOSAL)."""
    exec_alone: Literal["now", "later"] = "now"
    """EXEC without a ServerURI: the client decides.  ``later`` answers 202 and reports to the server's own address."""
    notification_member: Literal["Data.NotificationID", "SourceURI"] = "Data.NotificationID"
    """Where the alert ServerInitiatedMgmt carries the number of the notification.  UNSURE [dm20 sheet §7]"""
    session: Literal["device", "connection"] = "device"
    """What makes two requests one session for the server.  UNSURE, no document names a session; ``device`` keys on
    the header OMADM-DevID, and a new package 1 replaces what was open (PROPOSAL); ``connection`` keys on that header
    and ``Call.connection``, so that a package 3 on another connection belongs to no session."""
    access: Literal["per instance", "open"] = "per instance"
    """Rights: per instance as the access control object says; a client without it is open.  [dm20 sheet §8]"""
    packages: Count = 128
    """Packages 3 that a client sends in a session, before it leaves."""
    commands: Count = 10_000
    """Commands that a client does in a session."""


DEFAULT: Final = Dm2Rules()
"""The readings that lose least."""
