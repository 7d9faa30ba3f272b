"""Descriptions of management objects: read, written, checked, compared, linted.

The names of ``dmkit.ddf.api`` are here; the package loads them when the first is used.
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "api": "LINT_RULES Basis DdfChange DdfError DescribedPlace LintReport NodeSpec Occurrence OccurrenceKind "
        "Remark RunTime Scope Severity Spec SpecDiff TreeFinding check describe_of diff gaps install lint "
        "load populate read save severities skeleton table tnds write",
    },
)
