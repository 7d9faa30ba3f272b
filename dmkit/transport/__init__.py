"""How packets travel: in memory, over HTTP."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "journals": "FileJournals read_journals",
        "loop": "Tap converse honest manage steps",
        "push": "bootstrap_push deliver lossy notification_push provision wake",
        "trace": "read_trace read_traces",
        "redact": "redact",
    },
)
