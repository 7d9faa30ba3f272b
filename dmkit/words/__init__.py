"""What is said: codes, commands, outcomes, deviations, errors.  Imports nothing of the package."""

from __future__ import annotations

import copyreg as _copyreg
from collections.abc import Mapping as _Mapping
from types import MappingProxyType as _ReadOnly
from typing import Any as _Any

from dmkit.words.lazy import door as _door


def _read_only(entries: dict[_Any, _Any]) -> _Mapping[_Any, _Any]:
    return _ReadOnly(entries)


# Trees, packets and lists hold mappings that nobody can write to; Python copies and pickles values with such a mapping
# when it is told how, and every value of the library is to be one that can be kept, copied and sent.
_copyreg.pickle(_ReadOnly, lambda mapping: (_read_only, (dict(mapping),)))

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
