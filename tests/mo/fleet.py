"""Devices with management objects, and what tests do with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dmkit as dm
from dmkit.mo.firmware import Image, package
from dmkit.mo.scomo import PackageComponent, software
from dmkit.words.outcome import After, Due, Later

SERVER = "com.mgmtsrv.manage"
URL = "https://fw.example.com/2.1"
NEW = Image("T1", "2.1")
PACKAGE = package(NEW)
APP_URL = "https://apps.example.com/app"
APP = software(
    "app", [PackageComponent("app.core", "2", env="java"), PackageComponent("app.ui", "2", needs=("app.core",))]
)


def phone(name: str = "fumo", at: str | None = None, **options: Any) -> dm.Device:
    """The example device with one object."""
    if name == "fumo":
        options.setdefault("world", {URL: PACKAGE})
    return dm.Device.example().with_object(name, at, **options)


def do(device: dm.Device, *commands: Any, now: float = 0.0, by: str = SERVER) -> list[Any]:
    """Carry out commands: the outcomes."""
    return list(device.execute(tuple(commands), by, now).outcomes)


def statuses(device: dm.Device, *commands: Any, now: float = 0.0) -> list[int]:
    return [int(outcome.status or 0) for outcome in do(device, *commands, now=now)]


def rest(device: dm.Device, now: float = 0.0) -> float:
    """Let everything happen that is under way; the time when it is over."""
    while events := [entry for entry in device.agenda if isinstance(entry.what, After)]:
        now = max(now, min(entry.at for entry in events))
        device.live(now)
    return now


def moments(device: dm.Device) -> Iterator[Due]:
    """Each thing that will happen next, as often as something is left."""
    while events := [entry for entry in device.agenda if isinstance(entry.what, After)]:
        first = min(events, key=lambda entry: entry.at)
        yield first
        device.live(first.at)


def reports(device: dm.Device) -> list[tuple[str, str, str | None]]:
    """Type, result and correlator of each report on the agenda, in order."""
    found = sorted((e for e in device.agenda if isinstance(e.what, Later)), key=lambda e: e.at)
    return [
        (e.what.type.rpartition(".")[2], e.what.data, e.what.correlator) for e in found if isinstance(e.what, Later)
    ]


def value(device: dm.Device, uri: str) -> str:
    return device.tree.get(uri).text
