"""Conversations that were made for readings: jobs, sessions that begin otherwise, altered messages, losses."""

from __future__ import annotations

from dmkit.workbench.readings.probes.jobs import JOBS
from dmkit.workbench.readings.probes.making import sent_case
from dmkit.workbench.readings.probes.paths import LOSSES, PATHS
from dmkit.workbench.readings.probes.sessions import SESSIONS

__all__ = ["PROBES", "sent_case"]

PROBES = (*JOBS, *SESSIONS, *PATHS, *LOSSES)
"""All of them."""
