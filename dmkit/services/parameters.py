"""What differs from one subscriber to the next, and what only the device knows: ``${user}`` and ``${./A/Thumbprint}``.

``${name}`` in a value, a pattern, in what is written when a service goes, or in what a package is told, is a parameter:
a name, a secret, an identity that is given when the job is made.  In a pattern it stands for itself, whatever is in it.
``${./uri}`` is the value of that leaf, which a step before may have brought about; the plan writes it as it stands, and
the job reads it before the step that needs it.

>>> from dmkit.services.tables import parse
>>> mail = parse('[service.mail]\\nsettings = {"./Mail/Name" = "${user}@mx.example"}')
>>> filled(mail, {"user": "ada"}).services["mail"].settings[0].value
'ada@mx.example'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.plan import Install, LeafWrite
from dmkit.services.references import PLACE, mapped
from dmkit.services.spelling import carried
from dmkit.words.errors import ConfigError

__all__ = ["filled", "named", "references"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*\Z")


def named(catalogue: ServiceCatalogue) -> dict[str, str]:
    """The parameters of a catalogue, each with the first place that needs it; ConfigError for what is none."""
    found: dict[str, str] = {}
    for where, text in catalogue.texts():
        for match in PLACE.finditer(text):
            name = match[1]
            if name.startswith("./"):
                continue
            if not _NAME.match(name):
                raise ConfigError(f"{where}: ${{{name}}} is no parameter; ${{user}} or ${{./Address/Of/A/Leaf}} is")
            found.setdefault(name, where)
    return found


def filled(catalogue: ServiceCatalogue, parameters: Mapping[str, str]) -> ServiceCatalogue:
    """``catalogue`` with ``parameters`` in place; ConfigError for one that is missing, or that nothing needs."""
    if not isinstance(parameters, Mapping):
        raise ConfigError(f"parameters = {parameters!r}; names with their texts are right: {{'user': 'ada'}}")
    needs = named(catalogue)
    for name, text in parameters.items():
        if name not in needs:
            near = get_close_matches(str(name), needs, 1)
            raise ConfigError(f"no setting has a parameter {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if not isinstance(text, str):
            raise ConfigError(f"the parameter {name!r} is no text, but of type {type(text).__name__}")
        if PLACE.search(text):
            raise ConfigError(f"the parameter {name!r} has ${{...}} in it, which only a catalogue may")
        carried(text, f"the parameter {name!r}")
    for name, where in needs.items():
        if name not in parameters:
            ways = f"parameters={{{name!r}: ...}}, or --parameter {name}=... gives it"
            raise ConfigError(f"{where} needs the parameter {name!r}: {ways}")
    if not needs:
        return catalogue
    ready = mapped(catalogue, parameters.get)
    for service in ready.services.values():
        for new, old in zip(service.settings, catalogue.services[service.name].settings, strict=True):
            if new == old or new.secret or any(PLACE.search(t or "") for t in (new.value, new.pattern, new.off)):
                continue
            if new.value is not None and not new.holds(new.value):
                raise ConfigError(f"service {service.name}, {new.uri}: {new.value!r} is not like {new.pattern!r}")
            if new.off is not None and new.holds(new.off):
                raise ConfigError(f"service {service.name}, {new.uri}: off = {new.off!r} is what the service wants")
    return ready


def references(changes: Iterable[LeafWrite | Install]) -> list[str]:
    """The leaves whose values ``changes`` still need."""
    texts = (text for c in changes for text in (c.told.values() if isinstance(c, Install) else [c.after or ""]))
    return list(dict.fromkeys(m[1] for text in texts for m in PLACE.finditer(text) if m[1].startswith("./")))
