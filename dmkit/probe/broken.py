"""Variants of dmkit's own peers, each with one rule broken on purpose: what a tester must catch.

Each names the requirement that it breaks and the case made for it; ``also`` are requirements that say the same thing
in another place.  No case of any other row may fail for it.

>>> BROKEN["server forgets a status"].row, len(BROKEN) >= 11
('P-05', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dmkit.probe.breaking import Variant
from dmkit.probe.breaking_builds import Altering, Front
from dmkit.probe.broken_clients import CLIENTS
from dmkit.probe.broken_servers import SERVERS
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import Caller, ServerUnderTest
from dmkit.probe.own import OwnDevice, phone_for, probe, server_for
from dmkit.probe.own_tls import first_flight
from dmkit.probe.peer import Peer
from dmkit.probe.verdict import Result
from dmkit.words.asked import asked

__all__ = ["BROKEN", "Variant", "probe_variant"]

BROKEN: Final[Mapping[str, Variant]] = {**SERVERS, **CLIENTS}
"""Name -> the variant."""


@asked
def probe_variant(variant: Variant, cases: Iterable[ProbeCase]) -> Iterator[Result]:
    """The result of each case against the variant.

    >>> from dmkit.probe.catalogue import chosen
    >>> results = list(probe_variant(BROKEN["server answers Results"], chosen("server", ["P-06"])))
    >>> {result.verdict.value for result in results if "results-apart" not in result.case}
    {'fail'}
    """

    def server(case: ProbeCase, peer: Peer) -> ServerUnderTest:
        made = variant.build(case, peer) if variant.build else server_for(case, peer, variant.rules)
        return Front(made, variant, made.accounts["*"]) if variant.alter or variant.packet else made

    def device(case: ProbeCase, peer: Peer) -> Caller:
        if variant.build is not None:
            caller: Caller = variant.build(case, peer)
            return caller
        alter = variant.alter
        around = (lambda codec: Altering(codec, alter)) if alter is not None else None
        return OwnDevice(phone_for(case, peer, variant.rules, around))

    return probe(variant.side, cases, server=server, device=device, handshake=variant.handshake or first_flight)
