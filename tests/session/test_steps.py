"""What a whole session takes, counted in calls and lines of Python: a step more in each message shows here, without a
clock.

A budget is what was counted, and a fiftieth; whoever makes a session shorter writes the lower figure.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import dmkit as dm
from dmkit.wire.compiled import paths
from tests.steps import python_lines, steps

BUDGET = {"wbxml": (1165, 4550), "xml": (1318, 4925)}
"""Calls, built-in ones too, and lines with the calls and returns between them, of six messages."""


def six_messages(codec: dm.wire.codec.Codec) -> Callable[[], None]:
    """Add, 418, Replace, MD5 both ways, between a device and a server that know each other."""
    device = dm.Device.example(codec=codec)
    server, factory = dm.Server.example(device), device.tree
    job = dm.jobs.put("./APN/Name", "internet")

    def run() -> None:
        device.tree = factory
        server.enqueue(device.address, job)
        client = device.connect()
        packet, messages = client.start().reply, 0
        while packet is not None:
            packet = (client if packet.to == client.address else server).receive(packet).reply
            messages += 1
        assert messages == 6

    return run


@pytest.mark.parametrize("codec", [dm.WBXML, dm.XML], ids=lambda codec: codec.name)
def test_a_session_takes_no_more_steps_than_it_took(codec: dm.wire.codec.Codec) -> None:
    with paths(fast=True):
        run = six_messages(codec)
        for _ in range(8):  # what is made on first use is made, and what comes again is remembered
            run()
        taken = steps(run), python_lines(run)
    most = BUDGET[codec.name]
    assert all(here <= budget for here, budget in zip(taken, most, strict=True)), f"{taken} taken, {most} allowed"
