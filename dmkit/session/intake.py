"""Large objects on their way in: pieces are kept or joined, what breaks into an object drops it.  [DMPRO §7]"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dmkit.session.events import ChunkReceived, Discarded, Event
from dmkit.session.objects import Chunkable, Incoming, counted, exceeds
from dmkit.session.rules import Rules
from dmkit.words.codes import StatusCode
from dmkit.words.counts import many
from dmkit.words.model import Command, Item
from dmkit.words.outcome import Outcome

__all__ = ["Intake"]


class Intake:
    """What one side does with pieces, for one message; ``incoming`` is the object that has not ended."""

    def __init__(self, rules: Rules, incoming: Incoming | None, say: Callable[[Event], None]) -> None:
        self.rules = rules
        self.incoming = incoming
        self._say = say

    def is_too_large(self, command: Command, item: Item) -> bool:
        """True when ``item`` of ``command`` is above our MaxObjSize.  [DMPRO §7]"""
        meta = item.meta or getattr(command, "meta", None)
        return exceeds(item, meta, self.rules.max_object, how=self.rules.object_counts)

    def broken_by(self, command: Command) -> str | None:
        """The URI of the unfinished object that ``command`` does not continue, and which is dropped; or None."""
        coming = self.incoming
        items: tuple[Item, ...] = getattr(command, "items", ())
        if coming is None or (items and coming.continues(command, items[0])):
            return None
        self.drop(f"{command.verb.value} came before its end")
        return coming.uri

    def drop(self, why: str) -> None:
        """Forget the pieces that came."""
        if self.incoming is not None:
            self._say(Discarded(self.incoming.uri, why))
        self.incoming = None

    def piece(self, command: Chunkable, item: Item) -> Outcome | Command:
        """Keep a piece (the outcome says 213, or why not), or give the command with its whole object.  [DMPRO §7]"""
        coming, limit, how = self.incoming, self.rules.max_object, self.rules.object_counts
        meta = item.meta or getattr(command, "meta", None)
        if coming is None:
            size = meta.size if meta is not None else None
            if size is None and self.rules.missing_size == "411":
                return Outcome(StatusCode.SIZE_REQUIRED, command=command)
            if exceeds(item, meta, limit, how=how, announced=size or 0):
                return Outcome(StatusCode.TOO_LARGE, command=command)
            coming = msgspec.structs.replace(Incoming.of(command, item), size=size)
        self.incoming = coming = coming.add(item)
        self._say(ChunkReceived(coming.uri, coming.got, coming.size))
        if limit is not None and counted(coming.got, coming.meta or meta, how) > limit:
            self.drop(f"{many(coming.got, 'octet')} came; at most {limit} are taken")
            return Outcome(StatusCode.TOO_LARGE, command=command)
        if item.more_data:
            return Outcome(StatusCode.CHUNK_ACCEPTED, command=command)
        if coming.size is not None and coming.got != coming.size:
            self.drop(f"{many(coming.got, 'octet')} came, {coming.size} were announced")
            return Outcome(StatusCode.SIZE_MISMATCH, command=command)
        self.incoming = None
        return msgspec.structs.replace(command, items=(coming.whole(),))
