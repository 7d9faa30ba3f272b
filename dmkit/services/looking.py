"""What a job knows of a device: what nodes hold, as far as it was read, and what they held before it touched them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Final

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.journal import Saying, ServiceJournal, digest
from dmkit.services.node_was import PROPERTIES, NodeWas
from dmkit.services.packing import ancestors, reads_of
from dmkit.services.parts import HIDDEN
from dmkit.services.plan import Install, LeafWrite, ServicePlan
from dmkit.words.codes import StatusCode
from dmkit.words.counts import many
from dmkit.words.model import Get
from dmkit.words.outcome import Outcome
from dmkit.words.records import dataclass

__all__ = ["DeviceView"]

_HIDES: Final = (StatusCode.NOT_ALLOWED, StatusCode.PERMISSION_DENIED)
_MASK: Final = re.compile(r"[*•]+\Z")  # what some devices show in place of a secret


@dataclass(slots=True)
class DeviceView:
    """``values`` and ``nodes`` are what nodes hold as far as it is known; ``secrets`` digests of what was written."""

    catalogue: ServiceCatalogue
    journal: ServiceJournal
    secrets: Mapping[str, str]
    stale: frozenset[str] = frozenset()
    """Leaves whose secret is to be written anew, whatever is there."""
    values: dict[str, str | None] = field(default_factory=dict)
    nodes: dict[str, NodeWas | None] = field(default_factory=dict)
    beneath: dict[str, str] = field(default_factory=dict)
    """What a leaf in ``stale`` holds, as it would be seen if nobody wanted it anew."""

    @property
    def as_it_is(self) -> dict[str, str | None]:
        """What leaves hold, whatever is to be written anew."""
        return {**self.values, **self.beneath}

    def look(self, uris: Iterable[str]) -> Saying[str]:
        """Read nodes; the first that gave no answer."""
        asked = list(dict.fromkeys(uris))
        if not asked:
            return ""
        outcomes = yield [Get.of(uri) for uri in asked]
        self.journal.note("read", f"{many(len(asked), 'node')}")
        bad = [uri for uri, outcome in zip(asked, outcomes, strict=True) if not self.note(uri, outcome)]
        return bad[0] if bad else ""

    def look_at_properties(self, uris: Iterable[str]) -> Saying[dict[str, NodeWas]]:
        """What is known of nodes that are there, with list and title, as far as the device has such properties."""
        there = [(uri, node) for uri in dict.fromkeys(uris) if (node := self.nodes.get(uri)) is not None]
        if not there:
            return {}
        outcomes = iter((yield [Get.of(f"{uri}?prop={name}") for uri, _ in there for name in PROPERTIES]))
        known = dict[str, NodeWas]()
        for uri, node in there:
            texts = {name: read.text if (read := next(outcomes)).ok else None for name in PROPERTIES}
            known[uri] = replace(node, acl=texts["ACL"], title=texts["Title"])
        return known

    def note(self, uri: str, outcome: Outcome) -> bool:
        """Note what a Get said: a value, no such node, or a node that is not shown; False when it said none of it."""
        secrets = self.catalogue.secrets.get(uri)
        self.beneath.pop(uri, None)
        if outcome.status == StatusCode.NOT_FOUND:
            self.values[uri], self.nodes[uri] = None, None
        elif outcome.status in _HIDES or (outcome.ok and secrets and self._masked(uri, outcome.text, secrets)):
            self.values[uri], self.nodes[uri] = self._seen(uri, self._secret(uri, secrets or ())), NodeWas()
        elif outcome.ok and outcome.results:
            self.values[uri] = self._seen(uri, outcome.text)
            self.nodes[uri] = NodeWas.of(outcome.results[0])
        else:
            self.values.pop(uri, None)
            return False
        return True

    def _seen(self, uri: str, text: str) -> str:
        """``text``, or for a leaf that is to be written anew something else."""
        if uri not in self.stale or uri in self.journal.written:
            return text
        self.beneath[uri] = text
        return _OTHER

    def _masked(self, uri: str, text: str, secrets: Iterable[str]) -> bool:
        """True when ``text`` stands in place of a secret: asterisks, or nothing where one was written."""
        written = uri in self.journal.written or uri in self.secrets
        return text not in secrets and (_MASK.match(text) is not None or (written and not text))

    def _secret(self, uri: str, secrets: Iterable[str]) -> str:
        """A hidden value: the one that was written, if it is still known, else one that is taken on trust."""
        if uri in self.journal.written:
            return HIDDEN
        known = self.secrets.get(uri)
        if known is None:
            return HIDDEN
        return next((text for text in secrets if digest(uri, text) == known), _OTHER)

    def look_around(self, plan: ServicePlan) -> Saying[None]:
        """Before the first change: which interior nodes there are above new leaves, and what goes with a sub-tree."""
        journal = self.journal
        for change in plan.changes:
            for uri in reads_of(change):
                journal.before.setdefault(uri, self.nodes.get(uri))
            if isinstance(change, Install):
                journal.versions.setdefault(change.name, change.before)
        new = [uri for change in plan.changes for uri in reads_of(change) if self.values.get(uri) is None]
        above = [n for n in dict.fromkeys(n for uri in new for n in ancestors(uri)) if n not in journal.there]
        if above:
            yield from self.look(above)
            stand = {node for node in above if self.values.get(node) is not None}
            journal.there |= stand - journal.looked
            journal.made = journal.made - set(above) | (stand & journal.looked)
            journal.looked |= set(above)
        level = list(dict.fromkeys(c.whole for c in plan.changes if isinstance(c, LeafWrite) and c.whole))
        going = [c.uri for c in plan.changes if isinstance(c, LeafWrite) and c.after is None and c.whole is None]
        while level:
            yield from self.look(level)
            going += level
            below: list[str] = []
            for node in level:
                was = self.nodes.get(node)
                journal.before.setdefault(node, was)
                if was is not None:
                    journal.there.update(ancestors(node))
                    if was.is_interior:
                        below += [f"{node}/{name}" for name in (was.text or "").split("/") if name]
            level = below
        going = [uri for uri in going if (was := journal.before.get(uri)) is not None and not was.is_listed]
        journal.before.update((yield from self.look_at_properties(going)))


_OTHER: Final = f"{HIDDEN} (another)"
"""A hidden value that is none of the catalogue's."""
