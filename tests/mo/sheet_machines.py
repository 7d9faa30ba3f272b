"""State machines of the objects as the fact sheets have them, written down here by hand and not from the code.

A line is a state, its events in brackets and the state that each leads to, with those it passes through before it
(10/30 is to 30, through 10); every pair that is not here is refused.
``busy`` names the states in which a refused command is answered 403 and not 405.  Numbers are those of the sheets:
Status of a download, State times 100 plus Status of a package and of a component, 0 where there is no node.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dmkit.mo.machine import Machine, ObjectMove

SCOMO = {
    # enablers sheet §2.1: 10 idle, 20 failed, 30 loading, 40 loaded, 50 installing, 60 and 70 install failed
    "download": """
        busy: 30 40 50
        10: (Exec Download) 30 (Exec DownloadInstall) 30 (Exec DownloadInstallInactive) 30
        20: (Exec Download) 30 (Exec DownloadInstall) 30 (Exec DownloadInstallInactive) 30
        30: (download complete) 40 (download failed) 20
        40: (package delivered) 10 (goes on to install) 50
        50: (install succeeded) 10 (install failed) 60
        60: (Exec Download) 30 (Exec DownloadInstall) 30 (Exec DownloadInstallInactive) 30 (data deleted) 70
        70: (Exec Download) 30 (Exec DownloadInstall) 30 (Exec DownloadInstallInactive) 30
    """,
    # State 10 Delivered, 20 Installed; Status 20/30 of a removal, 40/50/60 of an installation; §2.3 what may begin
    "delivered": """
        busy: 1030 1040
        0: (package delivered) 1010 (package delivered and installed) 2010
        1010: (Exec Install) 1040 (Exec InstallInactive) 1040 (Exec Remove) 1030 (Data delivered) 1010
        1020: (Exec Install) 1040 (Exec InstallInactive) 1040 (Exec Remove) 1030 (Data delivered) 1010
        1030: (remove succeeded) 0 (remove failed) 1020
        1040: (install succeeded) 2010 (install failed) 1050
        1050: (Exec Install) 1040 (Exec InstallInactive) 1040 (Exec Remove) 1030 (Data delivered) 1010
              (data deleted) 1060
        1060: (Exec Remove) 1030 (Data delivered) 1010
        2010:
    """,
    # State 10 Inactive, 20 Active; Status 20/30 removal, 40/50 activation, 60/70 deactivation
    "deployed": """
        busy: 1030 1050 2030 2070
        0: (installed active) 2010 (installed inactive) 1010
        1010: (Exec Activate) 1050 (Exec Remove) 1030
        1020: (Exec Activate) 1050 (Exec Remove) 1030
        1030: (remove succeeded) 0 (remove failed) 1020
        1040: (Exec Activate) 1050 (Exec Remove) 1030
        1050: (activate succeeded) 2010 (activate failed) 1040
        2010: (Exec Deactivate) 2070 (Exec Remove) 2030
        2020: (Exec Deactivate) 2070 (Exec Remove) 2030
        2030: (remove succeeded) 0 (remove failed) 2020
        2060: (Exec Deactivate) 2070 (Exec Remove) 2030
        2070: (deactivate succeeded) 1010 (deactivate failed) 2060
    """,
}

# enablers sheet §4: 10 fully locked, 20 partially locked, 30 unlocked; UnLock needs a locked state
LAWMO = """
    10: (Exec FullyLock) 10 (Exec PartiallyLock) 20 (Exec UnLock) 30 (Exec FactoryReset) 30 (Exec Wipe) 10
    20: (Exec FullyLock) 10 (Exec PartiallyLock) 20 (Exec UnLock) 30 (Exec FactoryReset) 30 (Exec Wipe) 20
        (owner unlocks) 30
    30: (Exec FullyLock) 10 (Exec PartiallyLock) 20 (Exec FactoryReset) 30 (Exec Wipe) 30
"""

# fumo sheet §2: the figure's arrows; a new cycle out of a final state takes the figure's clean-up on the way, the
# address of a package is only a value where no package is there, and DownloadAndUpdate goes on by itself (§6.1.3)
FUMO = """
    busy: 30 40 60
    10: (Exec Download) 30 (Exec DownloadAndUpdate) 30 (PkgData delivered) 50 (package withdrawn) 10
    20: (ready for a new cycle) 10 (package withdrawn) 20
        (Exec Download) 10/30 (Exec DownloadAndUpdate) 10/30 (PkgData delivered) 10/50
    30: (download failed) 20 (download complete) 40
    40: (package usable) 50
    50: (Exec Update) 60 (goes on to update) 60 (package withdrawn) 10 (PkgData delivered) 10/50
    60: (update failed) 70 (update succeeded) 90
    70: (package removed) 80 (package withdrawn) 70
        (Exec Download) 80/10/30 (Exec DownloadAndUpdate) 80/10/30 (PkgData delivered) 80/10/50
    80: (ready for a new cycle) 10 (package withdrawn) 80
        (Exec Download) 10/30 (Exec DownloadAndUpdate) 10/30 (PkgData delivered) 10/50
    90: (package removed) 100 (ready for a new cycle) 10 (package withdrawn) 90
        (Exec Download) 100/10/30 (Exec DownloadAndUpdate) 100/10/30 (PkgData delivered) 100/10/50
    100: (ready for a new cycle) 10 (package withdrawn) 100
        (Exec Download) 10/30 (Exec DownloadAndUpdate) 10/30 (PkgData delivered) 10/50
"""

# enablers sheet §5: Attached and Enabled; ours: 0 not attached, 5 not attached and switched off before, 10 off, 20 on
DCMO = """
    0: (hardware attached) 20
    5: (hardware attached) 10
    10: (Exec Enable) 20 (Exec Disable) 10 (hardware detached) 5
    20: (Exec Enable) 20 (Exec Disable) 10 (hardware detached) 0
"""

# enablers sheet §3, states are ours: a function idle 10, at work 20, stopped by a limit 30; a trap off, watched, active
DIAGMON = {
    "diagmon": """
        busy: 20
        10: (Exec Start) 20 (a trap starts it) 20
        20: (Exec Stop) 10 (limit reached) 30 (what it was started for is done) 10
        30: (Exec Start) 20 (a trap starts it) 20
    """,
    "trap": """
        10: (Enabled set) 20 (Enabled cleared) 10
        20: (Enabled set) 20 (Enabled cleared) 10 (condition holds) 30
        30: (Enabled set) 30 (Enabled cleared) 10 (condition ends) 20
    """,
}

# scheduling sheet §4: 10 Installed, 20 Inactive, 30 Active, 40 Running, 50 Reporting, 60 Suspended, 70 Finished,
# 80 Expired, 90 Failed; 0 before the Add.  What the sheet leaves open is ours: see the state machine's own page.
SCHEDULE = """
    busy: 40 50
    0: (added, complete and valid) 10 (the session ended and it is not valid) 90
    10: (started, or its turn) 30 (the session ended, its turn comes later) 20 @
    20: (started, or its turn) 30 (the clock was set back, due again) 30 @
    30: (conditions and gate hold) 40 (the user said no, due again) 30 (the user said no, not due again) 20
        (device off, or battery low) 60 (missed, rule 0, due again) 30 (missed, rule 0, not due again) 20
        (missed, rule 1) 40 (missed, rule 2, or the user chose a time) 30 @
    40: (all tasks done) 50 (a task failed, no retry left) 50 (device off, or battery low) 60 @
    50: (report sent or gated, due again) 30 (report sent or gated, not due again) 70
        (report sent or gated, a successor waits) 20 @
    60: (device back, nothing missed) 30 (missed, rule 1) 40 (missed, rule 2, or the user chose a time) 30
        (missed, rule 0, due again) 30 (missed, rule 0, not due again) 20
        (the user said no, due again) 30 (the user said no, not due again) 20 @
    70: (the clock was set back, due again) 30 @
    80: (the clock was set back, due again) 30 (the clock was set back, as before) 70 @ -(Valid/To passed)
    90: @ -(Valid/To passed)
"""
_ANY = """(changed, and valid) 10 (deleted) 0 (stopped) 20 (Valid/To passed) 80
          (the session ended and it is not valid) 90"""

Pairs = dict[tuple[int, str], tuple[int, ...]]
"""State and event -> the states passed through, the one reached last."""


def read(text: str) -> tuple[set[int], Pairs, set[int]]:
    """States, moves and busy states of one machine written as above; ``@`` is what every state of a schedule has."""
    states: set[int] = set()
    busy: set[int] = set()
    pairs: Pairs = {}
    for line in re.split(r"\n\s*(?=\w+:)", "\n" + text.strip()):
        head, _, rest = line.strip().partition(":")
        if head == "busy":
            busy = {int(n) for n in rest.split()}
        elif head:
            states.add(int(head))
            for event in re.findall(r"-\((.*?)\)", rest):
                rest = rest.replace(f"-({event})", "") + f" -{event}"
            moves = re.findall(r"\(([^)]*)\) ([\d/]+)", rest.partition(" -")[0].replace("@", _ANY))
            without = rest.partition(" -")[2]
            pairs |= {(int(head), event): tuple(map(int, way.split("/"))) for event, way in moves if event != without}
    return states, pairs, busy


def differences(machine: Machine, text: str, busy: int = 403, wrong: int = 405) -> list[str]:
    """Where ``machine`` and the sheet's text part: states, moves, refusals and the statuses of refusals."""
    states, pairs, working = read(text)
    found = [f"state {n}" for n in sorted(states ^ {int(s) for s in machine.table})]
    known = {event for _, event in pairs}
    found += [f"event {e}" for e in sorted(known ^ {e.value for e in machine.events})]
    for state, event, move in machine.pairs():
        wanted = pairs.get((int(state), event.value))
        got = tuple(map(int, (*move.via, move.to))) if isinstance(move, ObjectMove) else None
        if got != wanted:
            found.append(f"{int(state)} {event.value}: {got}, and the sheet says {wanted}")
        elif not move and event.by == "server":
            status = busy if int(state) in working else wrong
            if move.status != status:  # type: ignore[union-attr]
                found.append(f"{int(state)} {event.value}: {move.status}, and {status} is right")  # type: ignore[union-attr]
    return found


def rows(texts: Iterable[str]) -> int:
    """How many moves are written down."""
    return sum(len(read(text)[1]) for text in texts)
