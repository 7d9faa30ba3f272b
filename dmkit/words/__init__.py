"""What is said: codes, commands, outcomes, deviations, errors.  Imports nothing of the package."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "codes": "AlertCode AuthType Format Mark StatusCode Verb",
        "errors": "CodecError CommandFailed ConfigError DdfError DmError JobError LocalProtocolError "
        "RemoteProtocolError",
        "model": "Add Alert Atomic Command Copy Cred Data Delete Element Exec Get Header Item Message Meta "
        "Packet Replace Results Sequence Status Value",
        "outcome": "After Later Outcome",
        "question": "Question person",
        "deviations": "Deviation DeviationKind",
    },
)
