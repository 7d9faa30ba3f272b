"""Write the capture with planted faults of notebook 33: ``python docs/make_faulty.py``."""

from __future__ import annotations

from pathlib import Path

from dmkit.lab.studies.capture import plant
from dmkit.transport.trace_write import write_trace
from dmkit.views.transcript import Transcript

PLACE = Path(__file__).resolve().parents[1] / "data/lessons/faulty.pcap"


def octets() -> bytes:
    """Both sessions in one capture."""
    return write_trace(Transcript(tuple(line for talk in plant() for line in talk)), "pcap")


if __name__ == "__main__":
    PLACE.write_bytes(octets())
    print(f"{PLACE.name}: {PLACE.stat().st_size} octets")
