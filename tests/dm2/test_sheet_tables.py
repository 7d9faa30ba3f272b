"""Tables of DM 2.0 as the sheet prints them, written off by hand: no row is taken from the code.  [dm20 sheet]"""

from __future__ import annotations

import pytest

from dmkit.dm2.commands import COMMANDS
from dmkit.dm2.notification import OPTIONS, Connection
from dmkit.dm2.objects import InstanceRight
from dmkit.dm2.packages import INITIATION, MOS, REQUEST, RESPONSE

SHAPES = [  # dm20 sheet §6: command, parameters, support by server and client, whether a status answers it
    ("HGET", "ServerURI ClientURI?", "M/M", True),
    ("HPUT", "ServerURI ClientURI+", "M/M", True),
    ("HPOST", "ServerURI ClientURI+", "M/M", True),
    ("DELETE", "ClientURI+", "M/M", True),
    ("EXEC", "ClientURI ServerURI?", "M/M", True),
    ("GET", "ClientURI+", "M/S", True),
    ("SHOW", "ServerURI", "M/S", True),
    ("CONT", "ServerURI", "M/M", True),
    ("END", "", "M/M", False),
    ("DEFAULT", "ServerURI MOID", "M/S", False),
    ("SUB", "ServerURI ClientURI", "S/S", True),
    ("UNSUB", "ClientURI", "S/S", True),
]


@pytest.mark.parametrize(("name", "parameters", "support", "answered"), SHAPES)
def test_commands(name, parameters, support, answered):
    row = COMMANDS[name]
    assert (" ".join(row.shape), f"{row.server}/{row.client}", row.answered) == (parameters, support, answered)
    assert len(COMMANDS) == len(SHAPES)


@pytest.mark.parametrize(("number", "name", "support"), [  # §3: option of a notification
    (1, "SERVER-ID", "M/M"), (2, "PREFERRED-CON-TYPE", "M/M"), (3, "NOTIFICATION-ID", "O/M"),
    (4, "SHA256-DIGEST", "O/M"), (5, "TIMESTAMP", "O/M"), (6, "REQ-MOS", "M/M"),
])  # fmt: skip
def test_options_of_a_notification(number, name, support):
    row = OPTIONS[number]
    assert (row.number, row.name, f"{row.client}/{row.server}") == (number, name, support)
    assert sorted(OPTIONS) == [1, 2, 3, 4, 5, 6]


def test_small_numbers():
    """§3 the kinds of connection, §8 the bits of rights (ours), §2 the media types of the three packages."""
    assert {c.name: c.value for c in Connection} == {"ANY": 0, "CELLULAR": 1, "WLAN": 2, "WIRELINE": 3}
    assert {r.name: r.value for r in InstanceRight} == {"READ": 1, "WRITE": 2, "EXECUTE": 4, "DELEGATE": 8}
    head = "application/vnd.oma.dm"
    assert tuple(f"{head}.{p}+json" for p in ("initiation", "request", "response")) == (INITIATION, REQUEST, RESPONSE)
    assert MOS == "application/dmmo+json"
