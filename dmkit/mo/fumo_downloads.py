"""The download of FUMO: fetching a package, looking at it, and keeping it; what keeps a device from it has a code.

[FUMO §5.1, §6.2.4]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.auth.signed import Trust
from dmkit.mo.firmware import Flash, number, read_image
from dmkit.mo.fumo_states import BOTH, FETCHING, FumoEvent
from dmkit.mo.package import examine, fetch
from dmkit.tree.tree import Tree
from dmkit.words.outcome import After, Outcome

if TYPE_CHECKING:
    from dmkit.mo.fumo import Fumo

__all__ = ["begun", "fetched", "judged", "usable"]

_FAILED = FumoEvent.DOWNLOAD_FAILED


def begun(fumo: Fumo, tree: Tree) -> After:
    """Fetching begins; it ends when the octets are there and the package has been looked at."""
    operation = "DownloadAndUpdate" if fumo.task is not None and fumo.task.alert == BOTH else "Download"
    url = fumo.place.text(tree, operation, "PkgURL")
    found = fetch(fumo.world, url, fumo.times.rate)
    return fumo.place.after(found.seconds + (fumo.times.check if found else 0.0), "fetched", url)


def fetched(fumo: Fumo, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
    """The package is there and good, or the download has failed and why."""
    found = fetch(fumo.world, event.data, fumo.times.rate)
    if not found:
        return fumo.end(tree, _FAILED, FETCHING[found.result], now)
    if fumo.room is not None and len(found.content) > fumo.room:
        return fumo.end(tree, _FAILED, 501, now)
    result = judged(found.content, fumo.flash, fumo.trust, now)
    if result != 200:
        return fumo.end(tree, _FAILED, result, now)
    fumo.package = found.content
    checked = examine(found.content, replace(fumo.trust, demand="any")).checked
    image = read_image(checked.content)
    for leaf, text in (("PkgName", checked.name), ("PkgVersion", image.version if image else "")):
        tree = fumo.place.set(tree, text, leaf, now=now)
    tree = fumo.happens(tree, FumoEvent.DOWNLOADED, now)
    return tree, Outcome(None, later=(fumo.place.after(fumo.times.word, "usable"),))


def usable(fumo: Fumo, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
    """The package may be installed: that is reported, or with DownloadAndUpdate done."""
    tree = fumo.happens(tree, FumoEvent.USABLE, now)
    if fumo.task is not None and fumo.task.alert == BOTH:
        tree = fumo.happens(tree, FumoEvent.PROCEED, now)
        return tree, Outcome(None, later=(fumo.ask(tree, "update"),))
    return tree, Outcome(None, later=fumo.report(200))


def judged(octets: bytes, flash: Flash, trust: Trust, now: float) -> int:
    """What is thought of a package for the device with this ``flash``: 200, or why it may not be installed."""
    model = next((image.model for image in map(flash.image, flash.slots) if image is not None), "")
    return examine(octets, replace(trust, installed=number(flash.running), now=now), name=model).result
