"""A package whose names load when they are first used, and whose ``dir`` shows exactly these.

A table says which module has which names; the types stand in the stub beside it, which ``docs/make_stubs.py`` makes
from the same table.

>>> get, listing, names = door("dmkit", {"words.codes": "Verb", "": "words"})
>>> names, listing()
(['Verb', 'words'], ['Verb', 'words'])
>>> get("Verb").GET
<Verb.GET: 'Get'>
>>> get("Verbs")
Traceback (most recent call last):
...
AttributeError: module 'dmkit' has no attribute 'Verbs'; nearest: 'Verb'
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

__all__ = ["EXTRAS", "door", "placed", "wanted"]

EXTRAS: Mapping[str, str] = {
    "numpy": "sim",
    "simpy": "sim",
    "pandas": "sim",
    "tqdm": "sim",
    "joblib": "sim",
    "cloudpickle": "sim",
    "dateutil": "schedule",
    "aiohttp": "http",
    "ipywidgets": "lab",
    "IPython": "lab",
    "matplotlib": "sim",
    "networkx": "lab",
    "textalloc": "lab",
    "dask": "cluster",
    "distributed": "cluster",
    "smartcard": "card",
    "numba": "fast",
    "clingo": "services",
    "aiocoap": "lwm2m",
    "cbor2": "lwm2m",
    "icalendar": "schedule",
}
"""Library -> the extra of dmkit that brings it."""


def placed(table: Mapping[str, str]) -> dict[str, str]:
    """Name -> the module that defines it, or what it is itself (``=module``).

    Keys are modules below the package, ``""`` when the names are modules themselves; ``new=some.module`` gives a
    module another name.

    >>> placed({"codes": "Verb Format", "": "model jobs=server.jobs"})
    {'Verb': 'codes', 'Format': 'codes', 'model': '=model', 'jobs': '=server.jobs'}
    """
    found: dict[str, str] = {}
    for module, names in table.items():
        for name in names.split():
            short, _, long = name.partition("=")
            found[short] = module or f"={long or short}"
    return found


def door(
    package: str, table: Mapping[str, str], moved: Mapping[str, str] | None = None, *, root: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of ``package``.

    Modules of ``table`` are below ``root``, by default the package.  ``moved`` says of names that were here where
    they are now.  ``__getattr__.places`` is what stubs are made from.  A library that is missing is named
    together with the extra that brings it.
    """
    places = placed(table)
    base = root or package
    public = sorted(places)

    def get(name: str) -> Any:
        place = places.get(name)
        if place is None:
            looks = sys._getframe(1).f_globals.get("__name__") == "importlib._bootstrap"
            raise AttributeError(name if looks else _unknown(package, name, public, moved or {}))
        module = wanted(f"{base}.{place.lstrip('=')}")
        value = module if place.startswith("=") else getattr(module, name)
        if package in sys.modules:
            setattr(sys.modules[package], name, value)
        return value

    get.__dict__["places"] = {name: (base, place) for name, place in places.items()}
    return get, lambda: list(public), public


def _unknown(package: str, name: str, public: list[str], moved: Mapping[str, str]) -> str:
    if name in moved:
        return f"module {package!r} has no attribute {name!r}; it is {moved[name]} now"
    if name.startswith("_"):
        return f"module {package!r} has no attribute {name!r}"
    from dmkit.words.kinds import nearest

    return f"module {package!r} has no attribute {name!r}{nearest(name, public)}"


def wanted(module: str) -> Any:
    """Import ``module``; where a library of an extra is missing, say which extra to install."""
    try:
        if module in sys.modules:
            return import_module(module)
        with _loading():
            return import_module(module)
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in EXTRAS:
            raise
        raise ModuleNotFoundError(missing(module, library), name=error.name) from None


@contextmanager
def _loading() -> Iterator[None]:
    """The garbage collector rests while modules load, and is not to look through them afterwards, for they stay.

    To look at all that a module makes again and again is a twentieth of the time that it takes to load.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on and not gc.get_freeze_count():
            gc.freeze()  # to the oldest generation, without a look at each; what others have frozen stays so
            gc.unfreeze()
        if was_on:
            gc.enable()


class _Missing:
    """The last finder of all: what dmkit imports and nobody has is named with its extra.  Others are not concerned."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Never finds anything."""
        if name in EXTRAS and _for_us():
            raise ModuleNotFoundError(missing("this part of dmkit", name), name=name)


def _for_us() -> bool:
    """Whether the module that imports is one of dmkit."""
    frame = sys._getframe(2)
    while frame.f_back is not None and "importlib" in frame.f_globals.get("__name__", ""):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == "dmkit"


sys.meta_path.append(_Missing)


def missing(what: str, library: str) -> str:
    """The sentence for a library that is not there.

    >>> missing("dm.plot", "matplotlib")
    "dm.plot needs matplotlib, which is not installed: pip install 'dmkit[sim]'"
    """
    return f"{what} needs {library}, which is not installed: pip install 'dmkit[{EXTRAS[library]}]'"
