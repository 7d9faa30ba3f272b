# ruff: noqa: E501, N806  (rows stay rows)
"""What can be asked for, by name: ``ROWS``, and ``GROWTH`` with what takes how long at n."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import cycle
from typing import Any

from . import growing
from .fleets import exact, fleet_fifo, fleet_rich, matrix, schedule_year, states, tape, trials
from .messages import large_object, many_nodes, session, wbxml_decode, wbxml_decode_both, wbxml_encode, xml_parse
from .names import Work, m, of
from .trees import ddf_lint, ddf_read, tree_replace, tree_write

__all__ = ["GROWTH", "ROWS", "output"]


def output(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd="/")
    return done.stdout.splitlines()[-1]


def _python(code: str) -> Work:
    return lambda: float(output(code))


_TIMED = "from time import process_time as clock\nstart = clock()\n{}\nprint(clock() - start)"


def first_converse() -> tuple[Work, Work, int]:
    """The figure is what the process says of itself, not what starting it takes."""
    ours = "import dmkit as dm\ndm.converse(dm.Device.example(), dm.Server.example())"
    peer = "import msgspec, lxml.etree\nfrom cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes"
    return _python(_TIMED.format(ours)), _python(_TIMED.format(peer)), 0


ROWS: dict[str, Callable[[], tuple[Work, Work | None, int]]] = {
    "xml-parse": xml_parse, "wbxml-decode-lxml": wbxml_decode_both, "wbxml-decode": wbxml_decode,
    "wbxml-encode": wbxml_encode, "session": session, "tree-write": tree_write, "tree-replace": tree_replace,
    "lint": ddf_lint, "ddf-read": ddf_read, "first-converse": first_converse, "large-object": large_object,
    "many-nodes": many_nodes, "schedule-year": schedule_year, "exact": exact, "tape": tape,
    "fleet-fifo": fleet_fifo, "fleet-rich": fleet_rich,
    "states": states, "trials": trials, "matrix": matrix,
}  # fmt: skip


def grow_size(n: int) -> Work:
    xml = import_module("dmkit.wire.xml")
    data = xml.encode(m("Message")(m("Header")("1", "1", "a", "b"), (m("Add").of("./A", "x" * n * 200),)))
    return lambda: xml.decode(data)


def grow_items(n: int) -> Work:
    wbxml = import_module("dmkit.wire.wbxml")
    data = wbxml.encode(
        m("Message")(m("Header")("1", "1", "a", "b"), (m("Get").of(*(f"./A/n{at}" for at in range(n))),))
    )
    return lambda: wbxml.decode(data)


def grow_nodes(n: int) -> Work:
    Tree, execute, Add = of("tree.tree:Tree", "tree.node:Tree"), import_module("dmkit.tree.execute").execute, m("Add")
    start = Tree.of({"./W": None}, acl={"./W": "Add=*&Get=*"})
    commands = tuple(Add.of(f"./W/n{at}", "1") for at in range(n))
    return lambda: execute(start, commands, by="S")


def grow_answers(n: int) -> Work:
    return many_nodes(n)[0]


def grow_object(n: int) -> Work:
    return large_object(n * 500)[0]


def grow_sessions(n: int) -> Work:
    run = session()[0]
    return lambda: [run() for _ in range(n // 10)]


def grow_accounts(n: int) -> Work:
    """n devices of a server begin a session each."""
    dm = import_module("dmkit")
    device = dm.Device.example(codec=dm.WBXML)
    account = next(iter(dm.Server.example(device).accounts.values()))
    first = dm.Device.example(codec=dm.WBXML).connect().start().reply
    known = device.address.encode()

    def fleet(letter: int) -> tuple[dict[str, Any], list[Any]]:
        names = [f"{device.address[:-5]}{chr(65 + letter)}{at:04}" for at in range(n)]
        bodies = (first.body.replace(known, name.encode()) for name in names)
        return dict.fromkeys(names, account), [
            type(first)(first.to, body, first.media_type, first.headers) for body in bodies
        ]

    fleets = cycle(
        [fleet(letter) for letter in range(2 + 600 // n)]
    )  # so many that no body is remembered when it comes

    def run() -> None:
        accounts, packets = next(fleets)
        server = dm.Server(accounts, nonces=lambda device: iter(lambda: b"0123456789abcdef", None))
        assert all(server.receive(packet).reply is not None for packet in packets)

    return run


GROWTH = {"size": grow_size, "items": grow_items, "nodes": grow_nodes, "siblings": growing.siblings_linted, "answers": grow_answers,
          "object": grow_object, "sessions": grow_sessions, "accounts": grow_accounts, **growing.GROWTH}  # fmt: skip
