"""What goes with results so that others can judge and repeat them: STRESS-DES, a data dictionary, an RO-Crate.

Everything is filled from the plan; what a plan cannot know (who, why) comes from the head of the experiment file.
[Monks et al. 2019: STRESS-DES; RO-Crate 1.1; Frictionless Data Package]
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from dmkit import __version__
from dmkit.lab.studies.contest_play import MEASURES, Contest
from dmkit.sim.run import SUMMARY
from dmkit.words.counts import many

if TYPE_CHECKING:
    import pandas as pd

    from dmkit.lab.runs.experiment_file import Experiment

__all__ = ["LICENCE", "crate", "datapackage", "stress", "stress_html"]

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
"""Of results, unless the file says another."""
MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "json": "application/json",
    "toml": "application/toml",
    "html": "text/html",
    "pdf": "application/pdf",
    "tex": "application/x-tex",
}
ABOUT: Final[Mapping[str, str]] = {
    "experiment.toml": "The experiment file: plan, what is varied, seeds, figures",
    "parameters.json": "Every parameter of the plan, defaults included",
    "versions.json": "Versions of dmkit and of the libraries",
    "report.html": "A page to read: figures, tables, STRESS-DES",
    "runs.csv": "One row for each run",
    "summary.csv": "Means and half widths of 95 % intervals over the seeds",
    "summary.tex": "The same as a table of LaTeX, rounded by its errors",
    "datapackage.json": "Columns of the tables, with units",
}
ROLLOUT: Final[Mapping[str, str]] = {
    "stopped": "whether the rule put an end to it",
    "stage": "number of the last stage",
    "seconds": "s until its end",
    "updated": "devices that have the package",
    "bricked": "devices that it has broken",
    "spared": "devices that do not have it",
}
"""Columns of ``RolloutRun.summary`` and their units."""
_LOGIC: Final = (
    "device -> (condition, window) -> cell -> link -> gateway -> servers -> link -> next message | download | done; "
    "a failed attempt -> back-off -> (condition, window) -> ..."
)
_CONTEST: Final = (
    "class of clock and power -> tape of the engine -> when it acts | trigger, poll or push -> reach -> when it "
    "acts; then one server, first come first served; traffic by what it is for"
)


def column(name: str) -> dict[str, str]:
    """A column of a table as a field of a data dictionary.

    >>> column("± t95")["description"]
    'half width of the 95 % interval of: s until 95 % of all devices were done'
    """
    plain = name.removeprefix("± ").removeprefix("Δ ")
    description = {**SUMMARY, **ROLLOUT, **MEASURES}.get(
        plain, "value of the varied field, or of a measure of one's own"
    )
    if plain in ("n", "error", "seed"):
        description = {"n": "number of runs", "error": "why the run failed; empty: it did not", "seed": "number"}[plain]
    if "Δ " in name:
        description = f"difference of: {description}"
    if name.startswith("± "):
        description = f"half width of the 95 % interval of: {description}"
    return {"name": name, "type": "string" if plain == "error" else "any", "description": description}


def datapackage(experiment: Experiment, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """``datapackage.json``: what is in each table, with units."""
    return {
        "profile": "tabular-data-package",
        "name": experiment.name.lower().replace(" ", "-"),
        "title": experiment.title or experiment.name,
        "licenses": [{"path": experiment.licence}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": file.removesuffix(".csv"),
                "path": file,
                "format": "csv",
                "encoding": "utf-8",
                "description": ABOUT.get(file, file),
                "schema": {"fields": [column(str(name)) for name in table.columns]},
            }
            for file, table in tables.items()
        ],
    }


# -- STRESS-DES


def _parameters(value: object, where: str) -> Iterator[tuple[str, object]]:
    if is_dataclass(value) and not isinstance(value, type):
        for entry in fields(value):
            yield from _parameters(getattr(value, entry.name), f"{where}.{entry.name}" if where else entry.name)
    else:
        yield where, value


def _basis(value: object, where: str = "") -> Iterator[str]:
    """Parts of the plan that say what their figures rest on."""
    if isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _basis(entry, f"{where}[{number}]")
    elif is_dataclass(value) and not isinstance(value, type):
        basis = getattr(value, "basis", None)
        if isinstance(basis, str) and basis:
            yield f"{where or type(value).__name__}: {basis}"
        for entry in fields(value):
            yield from _basis(getattr(value, entry.name), f"{where}.{entry.name}" if where else entry.name)


def stress(experiment: Experiment, versions: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """The items of STRESS-DES, by number and title."""
    plan = experiment.plan
    known = {**SUMMARY, **ROLLOUT, **(MEASURES if isinstance(plan, Contest) else {})}
    outputs = "; ".join(f"{name} ({known[name]})" for name in columns if name in known)
    varied = "; ".join(f"{name}: {', '.join(labels)}" for name, labels in experiment.labels.items())
    given = "; ".join(f"{name} = {value!r}" for name, value in _parameters(plan, "") if not callable(value))
    engine = getattr(plan, "fidelity", "arrays")
    return {
        "1.1 Purpose": experiment.about or experiment.title or "not said in the file",
        "1.2 Outputs": outputs or ("those of the table" if columns else "none: no run came to its end"),
        "1.3 Aims of experimentation": varied or "one plan over its seeds",
        "2.1 Base model overview": _CONTEST if isinstance(plan, Contest) else _LOGIC,
        "2.2 Base model logic": "docs/scheduling.md; dmkit/lab/studies/contest_play.py"
        if isinstance(plan, Contest)
        else "docs/world.md; dmkit/sim/processes.py is the model to read",
        "2.3 Scenario logic": varied or "none",
        "2.4 Algorithms": "draws by key; events in the order of time, kind, device",
        "2.5 Components": ", ".join(entry.name for entry in fields(plan))
        if is_dataclass(plan)
        else type(plan).__name__,
        "3.1 Data sources": "; ".join(_basis(plan)) or "none beyond the parameters",
        "3.2 Pre-processing": "none",
        "3.3 Input parameters": given,
        "3.4 Assumptions": "those of docs/world.md, section 'What is not in the models'",
        "4.1 Initialisation": "empty servers; conditions of devices are stationary from the start; no warm-up is cut",
        "4.2 Run length": "until nothing is left to happen: every device is done or has given up",
        "4.3 Estimation": f"{many(len(experiment.seeds), 'run')}, Student's 95 % intervals; designs meet the same luck",
        "5.1 Software": ", ".join(f"{name} {version}" for name, version in versions.items() if version),
        "5.2 Random sampling": "counter-based: SplitMix64's mixer over (seed, purpose, device, turn, message); seeds "
        + ", ".join(map(str, experiment.seeds)),
        "5.3 Model execution": f"engine {engine}; whole microseconds",
        "5.4 System": f"{platform.system()} {platform.machine()}, {platform.python_implementation()}",
        "6.1 Code access": f"dmkit {__version__}, commit {versions.get('commit') or 'of an installed package'}",
    }


def stress_html(items: Mapping[str, str]) -> str:
    """The items as a table of the page."""
    from dmkit.views.look import escape

    rows = "".join(
        f"<tr><th scope='row' style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in items.items()
    )
    return f"<h2>STRESS-DES</h2><table>{rows}</table>"


# -- RO-Crate


def crate(experiment: Experiment, results: Mapping[str, bytes], hashes: Mapping[str, str], day: str) -> dict[str, Any]:
    """RO-Crate 1.1: the files, who made them with what from what, under which licence."""
    names = list(results)
    graph = [
        *_folder(experiment, names, day),
        *_makers(experiment),
        *_making(experiment, [name for name in names if name != "experiment.toml"], day),
        *(_file(name, octets, hashes) for name, octets in results.items()),
    ]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _folder(experiment: Experiment, names: Sequence[str], day: str) -> list[dict[str, Any]]:
    """The crate, what is in it, and its licence."""
    title = experiment.title or experiment.name
    return [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": title,
            "description": experiment.about or title,
            "datePublished": day,
            "license": {"@id": experiment.licence},
            "author": {"@id": "#author"},
            "publisher": {"@id": "#organisation"},
            "hasPart": [{"@id": name} for name in names],
            "mentions": {"@id": "#run"},
        },
        {
            "@id": experiment.licence,
            "@type": "CreativeWork",
            "name": "CC BY 4.0" if experiment.licence == LICENCE else experiment.licence,
            "description": "Licence of the results",
        },
    ]


def _makers(experiment: Experiment) -> list[dict[str, Any]]:
    """The person, and for whom."""
    author = experiment.author or "not named in the experiment file"
    organisation = experiment.organisation or "not named in the experiment file"
    return [
        {"@id": "#author", "@type": "Person", "name": author, "affiliation": {"@id": "#organisation"}},
        {
            "@id": "#organisation",
            "@type": "Organization",
            "name": organisation,
            **({"url": experiment.homepage} if experiment.homepage else {}),
        },
    ]


def _making(experiment: Experiment, made: Sequence[str], day: str) -> list[dict[str, Any]]:
    """The run: by which program, of which file, with what results."""
    return [
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": f"dmkit run {experiment.name}",
            "description": "Every run of the experiment, and the tables, figures and papers made of them",
            "endTime": day,
            "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            "agent": {"@id": "#author"},
            "instrument": {"@id": "#dmkit"},
            "object": {"@id": "experiment.toml"},
            "result": [{"@id": name} for name in made],
        },
        {
            "@id": "#dmkit",
            "@type": "SoftwareApplication",
            "name": "dmkit",
            "url": "https://dmkit.example/repository",
            "version": __version__,
            "softwareVersion": __version__,
        },
    ]


def _file(name: str, octets: bytes, hashes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "@id": name,
        "@type": "File",
        "name": name,
        "description": ABOUT.get(name, f"Figure: {name}"),
        "encodingFormat": MEDIA[name.rpartition(".")[2]],
        "contentSize": str(len(octets)),
        **({"sha256": hashes[name]} if name in hashes else {}),
    }
