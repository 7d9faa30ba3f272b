"""Peers: the same work by libraries of others, in the same run; one that is not there is a line that says so.

libwbxml, lxml and SimPy stand among the rows of ``probe``; PHP with the classes of Horde is a process of its own, whose
processor time it tells.  ``DMKIT_PHP`` names the interpreter (``php``), ``DMKIT_HORDE`` the folder with ``Horde/`` in
it (``/usr/share/php``, where Debian's php-horde-xml-wbxml puts it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from bench import Row, absent, spent, turned
from bench.probe.messages import LibWbxml, each, message, others
from dmkit.wire import wbxml, xml

__all__ = ["horde", "missing", "rows"]

DEVICES = 5000


def _php() -> tuple[str, str] | None:
    php, folder = shutil.which(os.environ.get("DMKIT_PHP", "php")), os.environ.get("DMKIT_HORDE", "/usr/share/php")
    return (php, folder) if php is not None and (Path(folder) / "Horde/Xml/Wbxml/Decoder.php").exists() else None


def missing() -> list[str]:
    """What is not installed, a sentence each."""
    found = []
    if _php() is None:
        found.append("PHP Horde is not here: Debian's php-cli and php-horde-xml-wbxml, or DMKIT_PHP and DMKIT_HORDE")
    try:
        LibWbxml()
    except ImportError as error:
        found.append(str(error))
    found += [f"{name} is not installed" for name in ("simpy", "ciw", "salabim") if find_spec(name) is None]
    return found


def horde(what: str, data: bytes, *, rounds: int = 5, calls: int = 20) -> float:
    """Microseconds of processor time in which Horde decodes or encodes ``data``; RuntimeError when it gives nothing."""
    place = _php()
    if place is None:
        raise RuntimeError("PHP Horde is not here")
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        script = str(Path(__file__).with_name("horde.php"))
        words = [place[0], "-d", "display_errors=0", script, place[1], what, file.name, str(rounds), str(calls)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    microseconds, octets = done.stdout.split()[-2:]
    if int(octets) < len(data) // 4:
        raise RuntimeError(f"Horde made {octets} octets of {len(data)}")
    return float(microseconds)


def rows() -> Iterator[Row]:
    """Codecs beside Horde, queues beside ciw and salabim (SimPy stands in ``probe``), and what is not there."""
    if _php() is not None:
        sample = message()
        binary, text, many = wbxml.encode(sample), xml.encode(sample), others()
        yield _horde("WBXML to Message / PHP Horde to XML", each(wbxml.decode, [wbxml.encode(one) for one in many]),
                     "decode", binary)  # fmt: skip
        yield _horde("Message to WBXML / PHP Horde from XML", each(wbxml.encode, many), "encode", text)
    yield from _queues()
    yield from (absent(why) for why in missing())


def _horde(name: str, ours: Callable[[], object], what: str, data: bytes) -> Row:
    """Ours reads or writes another message each time, for it remembers some; Horde, which does not, the same one."""

    def own() -> float:
        return spent(lambda: [ours() for _ in range(600)]) / 600 * 1e6

    return turned(name, own, lambda: horde(what, data), many=5, unit="us", work=ours)


def _queues() -> Iterator[Row]:
    from bench.world_bench import FIFO, _ciw, _salabim, _seconds
    from dmkit.sim.arrivals import Spread

    sure = replace(FIFO.link, loss=0.0)  # the bare models know no loss either
    plan = replace(FIFO, devices=DEVICES, arrivals=Spread(DEVICES / 500), link=sure, fidelity="tape")
    peers: dict[str, Callable[[], float]] = {"salabim": lambda: _salabim(plan), "ciw": lambda: _ciw(DEVICES) * DEVICES}
    for name, seconds in peers.items():
        if find_spec(name) is not None:
            yield turned(
                f"{DEVICES:,} devices, tape / {name}", lambda: _seconds(plan), seconds, work=lambda: plan.run(1)
            )
