"""Where a user's type checker sees ``Any``: every public name is looked at, and what is left has a reason here."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))
import make_stubs

pytestmark = pytest.mark.slow
WORD = re.compile(r"[A-Za-z_]\w*")


def leaks(text: object, scope: Mapping[str, object]) -> bool:
    """Whether an annotation, or an alias in it, is Any; arrays of numpy have shapes that are."""
    written = text.__forward_arg__ if isinstance(text, typing.ForwardRef) else text
    words = set(WORD.findall(written if isinstance(written, str) else repr(written)))
    return "Any" in words or any(_is_loose(scope.get(word)) for word in words)


def _is_loose(alias: object) -> bool:
    made = typing.get_origin(alias) is not None or isinstance(alias, types.UnionType)
    return made and "typing.Any" in repr(alias) and "numpy" not in repr(alias)


def of_class(cls: type) -> Iterator[tuple[str, object, Mapping[str, object]]]:
    """(name, annotation, scope) of each public field and method of a class of dmkit, what it inherits among them."""
    for base in cls.__mro__:
        if not base.__module__.startswith("dmkit"):
            continue
        scope, name = vars(sys.modules[base.__module__]), f"{base.__module__}.{base.__qualname__}"
        for field, text in vars(base).get("__annotations__", {}).items():
            if not field.startswith("_"):
                yield f"{name}.{field}", text, scope
        for method, value in vars(base).items():
            plain = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
            if not method.startswith("_") and isinstance(plain, types.FunctionType):
                yield from of_function(f"{name}.{method}", plain)


def of_function(name: str, function: object) -> Iterator[tuple[str, object, Mapping[str, object]]]:
    plain = inspect.unwrap(function)  # type: ignore[arg-type]
    for text in plain.__annotations__.values():
        yield name, text, plain.__globals__


def of(name: str, value: object) -> Iterator[tuple[str, object, Mapping[str, object]]]:
    """The same for whatever a public name stands for."""
    if isinstance(value, types.ModuleType):
        for inner in getattr(value, "__all__", ()) if value.__name__.startswith("dmkit.") else ():
            yield from of(f"{value.__name__}.{inner}", getattr(value, inner))
            if inner in getattr(value, "__annotations__", {}):
                yield f"{value.__name__}.{inner}", value.__annotations__[inner], vars(value)
    elif isinstance(value, type):
        yield from of_class(value)
    elif isinstance(value, types.FunctionType):
        yield from of_function(f"{value.__module__}.{value.__qualname__}", value)
    elif isinstance(value, functools.partial):
        yield from of(name, value.func)


def public() -> Iterator[tuple[str, object, Mapping[str, object]]]:
    for package in make_stubs.packages():
        door = importlib.import_module(package)
        for name in door.__all__:
            yield from of(f"{package}.{name}", getattr(door, name))


REASONS = {
    "a row of a frame: values of any kind under the names of its columns": """
        dmkit.attack.trial.Trial.row dmkit.attack.trial.Trial.run dmkit.lab.studies.campaign.cells
        dmkit.lab.studies.campaign.completion dmkit.lab.studies.campaign.load dmkit.lab.studies.exploring.Walk.run
        dmkit.lab.studies.security.SecurityCell.run dmkit.sim.rollout.RolloutRun.summary
        dmkit.workbench.readings.covering.covering_array""",
    "fields of Rules, or options of a class, by name: the class asks each when it is made": """
        dmkit.device.device.Device.with_object dmkit.enablers.profile.EnablerProfile.ruled
        dmkit.enablers.profile.profile dmkit.generations.answering.study dmkit.lab.studies.clinic.Clinic.like
        dmkit.lab.studies.exploring.ATTACKERS dmkit.lab.studies.rollout_designs.compare
        dmkit.lab.studies.rollout_designs.completion dmkit.lab.studies.rollout_designs.runs
        dmkit.lab.studies.rules_study.rules_load dmkit.mo.capabilities.Capability.rules
        dmkit.mo.capabilities.Capability.tree dmkit.mo.object.ObjectRow.make dmkit.schedule.placing.place
        dmkit.schedule.value.make dmkit.sim.schedule.phone dmkit.workbench.readings.meeting.meet
        dmkit.workbench.whatif.change.SpecChange.both dmkit.workbench.whatif.change.SpecChange.device
        dmkit.workbench.whatif.change.SpecChange.handlers dmkit.workbench.whatif.change.SpecChange.server
        dmkit.workbench.whatif.report.whatif""",
    "a plan of any class that can be run, its result, or whatever can run it (processes, Dask)": """
        dmkit.lab.runs.experiment.sweep dmkit.lab.runs.places.local_cluster dmkit.lab.studies.exploring.walks
        dmkit.lab.studies.growth.growth dmkit.lab.studies.security.matrix""",
    "a value of a library without types: SimPy, networkx, IPython, ipywidgets": """
        dmkit.lab.boards.widgets.explore dmkit.lab.lessons.extension.load dmkit.lab.plots.plot.privileges
        dmkit.lab.studies.rights.privileges dmkit.lab.studies.services_view.service_graph
        dmkit.lab.studies.services_view.service_map dmkit.sim.schedule.simulate""",
    "what a file of the card means: text, numbers, lists and dicts, as its coding says": """
        dmkit.card.codings.Coding.decode dmkit.card.codings.Coding.encode dmkit.card.files.Ef.content
        dmkit.card.files.Ef.octets dmkit.card.files.Ef.start dmkit.card.files.Ef.vectors""",
    "what a job returns, or anything that can be shown": """
        dmkit.enablers.play.Play.call dmkit.enablers.play.Play.manage dmkit.views.showing.show""",
    "a part of one kind of object, known to who asks for it by name": """
        dmkit.mo.object.Managed.handlers dmkit.mo.object.ObjectRow.part dmkit.mo.object.Plain.handlers
        dmkit.probe.breaking.Variant.build""",
    "engines of either side, which share methods and no class": """
        dmkit.attack.places.ServerStanding.keys dmkit.attack.remembered.DeviceSide.take
        dmkit.attack.remembered.TrialMemory.made dmkit.attack.remembered.TrialMemory.places
        dmkit.attack.remembered.TrialMemory.stage dmkit.attack.remembered.WholeSession.device
        dmkit.attack.remembered.WholeSession.server dmkit.attack.speech.Speech.verifiers""",
}
"""Why an Any stays -> the names where it does."""


def test_every_any_that_a_user_meets_has_a_reason() -> None:
    every = list(public())
    assert len({name for name, _, _ in every}) > 1200
    found = {name for name, text, scope in every if leaks(text, scope)}
    known = {name for names in REASONS.values() for name in names.split()}
    assert sorted(found - known) == [], "give it a type, or a reason here"
    assert sorted(known - found) == [], "it has a type now"
