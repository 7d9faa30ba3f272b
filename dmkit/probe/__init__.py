"""A conformance tester for peers that nobody here wrote: servers, clients, and codecs on a pipe.

Cases are data (``cases/*.toml``), addressed by requirement and section; an engine without I/O plays one against a peer
and gives a verdict with the message that shows it; drivers carry packets.

>>> len(cases("server")) >= 150 and len(cases("client")) >= 150
True
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "case": "ProbeCase CaseStep",
        "catalogue": "cases chosen",
        "peer": "PeerNonces Peer",
        "run": "CaseRun",
        "verdict": "Result Verdict",
        "drive": "play probe_client probe_server",
        "": "broken case catalogue changes covering drive persona peer pipe report rules run verdict",
    },
)
