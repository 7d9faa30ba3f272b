"""A widget: pick services, see the plan, run it on a copy, break a step, see what is undone.

It holds no logic: what it shows is ``rehearse``, a function of a device, wishes and a fault.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from dmkit.device.device import Device
from dmkit.lab.boards.controls import WIDE, Number
from dmkit.lab.boards.widgets import Page, _look, _note, _WithFallback, board, notes_of
from dmkit.lab.studies.services_rehearsal import FAULTS, Rehearsal, rehearse, service_phone
from dmkit.lab.studies.services_view import service_graph, service_map
from dmkit.services import ServiceCatalogue, ServicePlan, default, plan, values_of
from dmkit.views.look import Look
from dmkit.words.arguments import instance, one_of

__all__ = ["FAULTS", "Rehearsal", "ServicesExplorer", "rehearse", "service_explorer", "service_phone"]


class ServicesExplorer(_WithFallback):
    """``want`` and ``drop`` choose services, ``fault`` and ``at`` what goes wrong; ``run`` carries it out on a copy."""

    def __init__(self, device: Device, catalogue: ServiceCatalogue) -> None:
        self.device, self.catalogue = device, catalogue
        names = list(catalogue.services)
        wide: dict[str, Any] = {"style": WIDE}
        self.want = w.SelectMultiple(options=names, description="want", rows=7, **wide)
        self.drop = w.SelectMultiple(options=names, description="drop", rows=7, **wide)
        self.fault = w.Dropdown(options=FAULTS, description="goes wrong", **wide)
        self.at = Number("at change or message", 1, 60)
        self.run = w.Button(description="Run", tooltip="carry the plan out on a copy", button_style="primary")
        self.picture, self.told = Page(), Page()
        for control in (self.want, self.drop):
            control.observe(lambda _: self._plan(), "value")
        self.run.on_click(lambda _: self._run())
        wrap = w.Layout(flex_flow="row wrap")
        controls = w.HBox([self.want, self.drop, w.VBox([self.fault, self.at, self.run])], layout=wrap)
        self.widget = board(controls, notes_of(self.at), self.told, self.picture)
        self._plan()

    def _plan(self) -> None:
        drop = [name for name in self.drop.value if name not in self.want.value]
        found = plan(self.catalogue, values_of(self.device.tree, self.catalogue), self.want.value, drop)
        self._show(Rehearsal(found, None, (), self.device, self.catalogue))

    def _run(self) -> None:
        drop = [name for name in self.drop.value if name not in self.want.value]
        self._show(rehearse(self.device, self.want.value, drop, catalogue=self.catalogue, fault=self.fault.value,
                            at=self.at.value))  # fmt: skip

    def _show(self, rehearsal: Rehearsal) -> None:
        self.shown = rehearsal
        ahead = rehearsal.plan if rehearsal.end is None and isinstance(rehearsal.plan, ServicePlan) else None
        self.told.value = rehearsal.look().html
        names = (*self.want.value, *self.drop.value)  # none: all of them
        graph = service_graph(self.catalogue, rehearsal.device, *names, plan=ahead)
        self.picture.value = _look(service_map(graph)).html

    def _static(self) -> Look:
        note = _note("pick services, look at the plan, run it, break it")
        return Look(repr(self), f"<div>{self.told.value}{self.picture.value}{note}</div>")

    def __repr__(self) -> str:
        end = self.shown.end.state if self.shown.end is not None else "not run"
        return f"ServicesExplorer(want {', '.join(self.want.value) or 'nothing'}: {end})"


def service_explorer(device: Device, *want: str, catalogue: ServiceCatalogue | None = None) -> ServicesExplorer:
    """Pick services for ``device``, see the plan, run it, break a step, see what is undone.

    >>> type(service_explorer(service_phone(), "browsing")).__name__
    'ServicesExplorer'
    """
    instance("device", device, Device, "a Device, such as dm.boards.service_phone()")
    whole = default() if catalogue is None else catalogue
    shown = ServicesExplorer(device, instance("catalogue", whole, ServiceCatalogue, "a ServiceCatalogue, or None"))
    shown.want.value = [one_of("want", name, whole.services) for name in want]
    return shown
