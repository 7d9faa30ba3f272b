"""Run an experiment into a folder: parameters, tables, figures, a page to read, hashes to check against next year.

``perform`` writes, or, where the folder holds results already, runs again and compares: tables and figures
are the same octets for the same file, version and seeds.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html import unescape
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from dmkit import __version__
from dmkit.lab.measures.papers_table import latex
from dmkit.lab.plots import plot
from dmkit.lab.plots.drawing import figure_pdf, figure_svg
from dmkit.lab.runs.describe import describe
from dmkit.lab.runs.experiment import summary, sweep
from dmkit.lab.runs.experiment_file import Experiment, read
from dmkit.lab.runs.papers import column, crate, datapackage, stress, stress_html
from dmkit.lab.studies import campaign
from dmkit.sim.provenance import commit
from dmkit.views.look import Look, escape, picture
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Performance", "figures", "perform", "table"]

_HASHES: Final = "hashes.json"
_WIDE: Final = 6
"""Measures that fit beside each other on a page."""
_LIBRARIES: Final = ("numpy", "pandas", "simpy", "matplotlib", "lxml", "cryptography", "msgspec")


@dataclass(frozen=True, slots=True)
class Performance:
    """What became of it: ``written`` files; or ``same`` and ``different`` ones, when there were results before.

    ``edited`` and ``missing`` are files of the folder that are no longer what the run wrote; ``version`` is that of
    the dmkit that wrote them, when it is another.  ``why``: when no run came to its end, for what reasons.
    """

    folder: Path
    written: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    failed: int = 0
    edited: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    version: str = ""
    why: str = ""

    def read(self, name: str) -> Any:
        """A file of the folder: a table (CSV) as a frame, JSON as its value, anything else as text or octets (PDF).

        ConfigError with the names that there are, when there is no such file.
        """
        place = self.folder / name
        if not place.is_file():
            known = sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())
            near = nearest(name, known)
            raise ConfigError(f"{self.folder.name} holds no {name!r}; there are {', '.join(known)}{near}")
        if place.suffix == ".csv":
            frame = pd.read_csv(place, keep_default_na=False, na_values=[""], dtype={"error": str})
            frame = frame.assign(error=frame["error"].fillna("")) if "error" in frame else frame
            frame.attrs["units"] = {name: column(name)["description"] for name in map(str, frame.columns)}
            return frame
        if place.suffix == ".json":
            return json.loads(place.read_text(encoding="utf-8"))
        octets = place.read_bytes()
        return octets if place.suffix in (".pdf", ".parquet") else octets.decode()

    def figure(self, name: str) -> Look:
        """A figure of the folder, as a notebook shows it.  ConfigError when there is none of that name."""
        drawing = self.read(f"figures/{name}.svg")
        words = (unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)<", drawing))
        shown = dict.fromkeys(text for text in words if re.search("[A-Za-z]", text))  # title, axes, legend; no ticks
        return Look(f"figure {name}", picture(drawing, f"Figure {name} of {self.folder.name}: {'; '.join(shown)}."))

    @property
    def verified(self) -> bool:
        """Whether everything came out as before, and everything in the folder is as it was written."""
        return not (self.written or self.different or self.edited or self.missing)

    def __str__(self) -> str:
        if self.written:
            why = self.why or f"{many(self.failed, 'run')} failed, see the column error"
            bad = f"; {why}" if self.failed else ""
            return f"{many(len(self.written), 'file')} in {self.folder}{bad}"
        made = f" (made by dmkit {self.version}, this is {__version__})" if self.version else ""
        wrong = [
            f"{', '.join(names)} {value}"
            for names, value in (
                (self.edited, "changed since the run"),
                (self.missing, "missing"),
                (self.different, "came out otherwise than before"),
            )
            if names
        ]
        if wrong:
            return f"{self.folder}: {'; '.join(wrong)}; the old files stand{made}"
        return f"{self.folder}: verified, {many(len(self.same), 'file')} came out the same{made}"


@asked
def perform(
    path: str | Path, folder: str | Path | None = None, *, workers: int | None = None, progress: bool = True
) -> Performance:
    """Run the experiment file at ``path``; results go to ``folder``, by default one of its name beside it.

    Runs that are finished are remembered in the folder, so a run that was cut off goes on.  ConfigError for what is
    wrong with the file, before anything runs, and for a folder with the results of another file.

    >>> perform("no-such.toml")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: no-such.toml: cannot be read: No such file or directory
    """
    source = Path(path)
    try:
        data = source.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    experiment = read(data, source.name)
    place = Path(folder) if folder is not None else source.parent / experiment.name
    known = _known(place, data)
    place.mkdir(parents=True, exist_ok=True)
    runs = _sweep(experiment, None if known else place / "runs.jsonl", workers, progress)
    means = _summarised(experiment, runs)
    results: dict[str, bytes] = {
        "runs.csv": _csv(runs),
        "summary.csv": _csv(means),
        "summary.tex": table(experiment, means, why := _why(runs)).encode(),
    }
    drawn = {} if why else figures(experiment, runs, workers=workers, progress=progress)
    for name, axes in drawn.items():
        figure: Any = axes.figure
        results[f"figures/{name}.svg"] = figure_svg(figure).encode()
        results[f"figures/{name}.pdf"] = figure_pdf(figure)
    hashes = _hashes(results)
    if known:
        return _verified(place, hashes, known)
    failed = int((runs["error"] != "").sum())
    papers = _papers(experiment, data, results, hashes, runs)
    for name, octets in {**results, **papers}.items():
        target = place / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(octets)
    if util.find_spec("pyarrow") is not None:
        plain = runs.copy()
        plain.attrs = {}
        plain.to_parquet(place / "runs.parquet")
    (place / _HASHES).write_text(
        json.dumps(
            {
                "experiment": hashlib.sha256(data).hexdigest(),
                "version": __version__,
                "files": hashes,
                "papers": _hashes(papers),
            },
            indent=1,
        )
        + "\n"
    )
    (place / "runs.jsonl").unlink(missing_ok=True)
    return Performance(place, written=(*results, *papers, _HASHES), failed=failed, why=why)


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(octets).hexdigest() for name, octets in files.items()}


def _verified(place: Path, hashes: Mapping[str, str], known: Mapping[str, Any]) -> Performance:
    """What came out now beside what was written then, ``known``; nothing is written."""
    edited, missing = _on_disk(place, {**known["files"], **known.get("papers", {})})
    same = tuple(name for name, digest in hashes.items() if known["files"].get(name) == digest)
    different = tuple(sorted({*hashes, *known["files"]} - set(same)))
    before = str(known["version"])
    version = "" if before == __version__ else before
    return Performance(place, same=same, different=different, edited=edited, missing=missing, version=version)


def _on_disk(place: Path, hashes: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files of a finished run that are no longer what it wrote, and those that are gone."""
    edited, missing = [], []
    for name, digest in sorted(hashes.items()):
        try:
            octets = (place / name).read_bytes()
        except OSError:
            missing.append(name)
        else:
            if hashlib.sha256(octets).hexdigest() != digest:
                edited.append(name)
    return tuple(edited), tuple(missing)


def _known(place: Path, data: bytes) -> dict[str, Any]:
    """What a finished run has left in the folder; empty when there is none."""
    if not (place / _HASHES).exists():
        return {}
    try:
        known: dict[str, Any] = json.loads((place / _HASHES).read_text())
        kept = known["experiment"]
        files = {**known["files"], **known.get("papers", {})}
        sound = "version" in known and all(isinstance(digest, str) for digest in files.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound or any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
        raise ConfigError(f"{place.name}/{_HASHES} is damaged; remove the folder to run anew") from None
    if kept != hashlib.sha256(data).hexdigest():
        raise ConfigError(f"{place.name} holds the results of another experiment file; give another folder")
    return known


def _sweep(
    experiment: Experiment, store: Path | None, workers: int | None, progress: bool, measure: Any = None
) -> pd.DataFrame:
    labels = {name: partial(_label, experiment.over[name], experiment.labels[name]) for name in experiment.over}
    return sweep(
        experiment.plan,
        experiment.over,
        experiment.seeds,
        measure,
        on=workers or experiment.workers,
        store=store,
        labels=labels,
        progress=progress,
    )


def _label(values: tuple[object, ...], names: tuple[str, ...], value: object) -> object:
    if isinstance(value, bool | int | float | str):
        return value
    return names[next(at for at, entry in enumerate(values) if entry is value or entry == value)]


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _summarised(experiment: Experiment, runs: pd.DataFrame) -> pd.DataFrame:
    by = list(experiment.over)
    if not by:
        return summary(runs.assign(experiment=experiment.name), "experiment")
    return summary(runs, by)


def _why(runs: pd.DataFrame) -> str:
    """Why no run came to its end, each reason once; empty where one did."""
    if (runs["error"] == "").any():
        return ""
    return f"no run came to its end: {'; '.join(' '.join(text.split()) for text in dict.fromkeys(runs['error']))}"


def table(experiment: Experiment, means: pd.DataFrame, why: str = "") -> str:
    """The table for a paper: what is varied, the runs, and of the measures those that the file names.

    Where it names none: those whose mean is not the same for every design, or all if there are none; at most six.
    ``why`` no run came to its end stands in its place, as a remark of LaTeX.
    """
    if why:
        return f"% {why}\n"
    varied, ended = list(experiment.over) or ["experiment"], means[means["n"] > 0]
    measures = [name for name in means.columns if f"± {name}" in means.columns]
    chosen = list(experiment.columns) or ([n for n in measures if ended[n].nunique() > 1] or measures)[:_WIDE]
    label = f"tab:{experiment.name}"
    caption = f"{experiment.title or experiment.name} (means and half widths of 95 % intervals)"
    return latex(means, [*varied, "n", *chosen], caption=caption, label=label) + "\n"


def figures(
    experiment: Experiment, runs: pd.DataFrame, *, workers: int | None = None, progress: bool = False
) -> dict[str, Axes]:
    """The figures that the file asks for; those of curves run the plan once more with the measure that they need."""
    drawn: dict[str, Axes] = {}
    varied = next(iter(experiment.over), None)
    for name, options in experiment.figures.items():
        by: Any = options.get("by", varied)
        if name in ("completion", "busy", "queue"):
            until: Any = options.get("until") or _longest(runs)
            measure = campaign.completion if name == "completion" else campaign.load
            frame = _sweep(_recording(experiment), None, workers, progress, partial(measure, until=until))
            draw: Any = plot.completion if name == "completion" else partial(plot.load, y=name)
            drawn[name] = draw(frame, by=by)
        elif name == "cells":
            value: Any = options.get("value", "t95")
            drawn[name] = plot.cell_map(_sweep(experiment, None, workers, progress, campaign.cells), value)
        elif by is None:
            raise ConfigError(f"figures.{name} compares designs, but nothing is varied; add a table over")
        elif name == "energy":
            drawn[name] = plot.energy(runs, by)
        else:
            x, y = str(options.get("x", "t95")), str(options.get("y", "energy"))
            drawn[name] = plot.pareto(runs, x, y, by)
    return drawn


def _longest(runs: pd.DataFrame) -> float:
    """A time at which all runs are nearly over: the largest finite t99, or t95, or t50."""
    for name in ("t99", "t95", "t50"):
        finite = runs[name][runs[name] < float("inf")]
        if len(finite):
            return float(finite.max()) * 1.1
    raise ConfigError("no run brought half of the devices to their end; give figures.*.until")


def _recording(experiment: Experiment) -> Experiment:
    from dataclasses import replace

    if not hasattr(experiment.plan, "record"):
        raise ConfigError(f"figures of curves need a campaign; {type(experiment.plan).__name__} keeps no requests")
    return replace(experiment, plan=replace(experiment.plan, record=True))


# -- papers


def _papers(
    experiment: Experiment, data: bytes, results: Mapping[str, bytes], hashes: Mapping[str, str], runs: pd.DataFrame
) -> dict[str, bytes]:
    """What goes with the results: the file itself, parameters, versions, a page, metadata."""
    parameters = {
        "name": experiment.name,
        "plan": describe(experiment.plan),
        "over": {name: list(labels) for name, labels in experiment.labels.items()},
        "seeds": list(experiment.seeds),
    }
    versions = {
        "dmkit": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
    }
    tables = {"runs.csv": runs, "summary.csv": _summarised(experiment, runs)}
    papers = {
        "experiment.toml": data,
        "parameters.json": _json(parameters),
        "versions.json": _json(versions),
        "datapackage.json": _json(datapackage(experiment, tables)),
        "report.html": _page(experiment, results, versions, runs).encode(),
    }
    day = pd.Timestamp.now(tz="UTC").date().isoformat()
    papers["ro-crate-metadata.json"] = _json(crate(experiment, {**papers, **results}, hashes, day))
    return papers


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _page(experiment: Experiment, results: Mapping[str, bytes], versions: Mapping[str, str], runs: pd.DataFrame) -> str:
    means = _summarised(experiment, runs)
    table = means.to_html(index=False, float_format=lambda x: f"{x:.4g}", border=0, na_rep="")
    why = f"<p>{escape(text[:1].upper() + text[1:])}.</p>" if (text := _why(runs)) else ""
    drawings = "".join(
        f"<figure>{picture(octets.decode(), name)}</figure>"
        for name, octets in results.items()
        if name.endswith(".svg")
    )
    failed = runs.loc[runs["error"] != "", [*experiment.over, "seed", "error"]]
    trouble = f"<h2>Runs that failed</h2>{failed.to_html(index=False, border=0)}" if len(failed) else ""
    style = (
        "body{font:16px/1.5 sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#1b1f24}"
        "table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}"
        "td,th{padding:.2em .6em;border-bottom:1px solid #ddd;text-align:right}figure{margin:1em 0}"
    )
    text = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    title = escape(experiment.title or experiment.name)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style></head>"
        f"<body><h1>{title}</h1><p>{escape(experiment.about)}</p>{drawings}"
        f"<h2>Means and half widths of 95 % intervals</h2>{why}{table}{trouble}"
        f"{stress_html(stress(experiment, versions, [] if why else list(runs.columns)))}"
        f"<h2>How it was made</h2><p>Seeds {escape(', '.join(map(str, experiment.seeds)))}. {escape(text)}.</p>"
        f"<pre>{escape(json.dumps(describe(experiment.plan), indent=1))}</pre></body></html>\n"
    )
