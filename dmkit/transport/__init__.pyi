from dmkit.transport.journals import FileJournals as FileJournals
from dmkit.transport.journals import read_journals as read_journals
from dmkit.transport.loop import Tap as Tap
from dmkit.transport.loop import converse as converse
from dmkit.transport.loop import honest as honest
from dmkit.transport.loop import manage as manage
from dmkit.transport.loop import steps as steps
from dmkit.transport.push import bootstrap_push as bootstrap_push
from dmkit.transport.push import deliver as deliver
from dmkit.transport.push import lossy as lossy
from dmkit.transport.push import notification_push as notification_push
from dmkit.transport.push import provision as provision
from dmkit.transport.push import wake as wake
from dmkit.transport.redact import redact as redact
from dmkit.transport.trace import read_trace as read_trace
from dmkit.transport.trace import read_traces as read_traces

__all__ = [
    "FileJournals",
    "Tap",
    "bootstrap_push",
    "converse",
    "deliver",
    "honest",
    "lossy",
    "manage",
    "notification_push",
    "provision",
    "read_journals",
    "read_trace",
    "read_traces",
    "redact",
    "steps",
    "wake",
]
