"""Functions behind the frame of DiagMon: what each of them measures, reads, does or records.

The names are registered (OMNA) and so are their identifiers; what stands below DiagMonData is our own, except that
there is such a node.  [enablers sheet §3]

>>> FUNCTIONS["batteryinfo"].id, [leaf.name for leaf in FUNCTIONS["batteryinfo"].leaves]
('urn:oma:mo:oma-diag:batteryinfo:1.0', ['Level', 'Charging', 'Temperature'])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Final

from dmkit.ddf.spec import Basis, NodeSpec, Occurrence, OccurrenceKind, Scope, Spec
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.meaning import MeaningEnum
from dmkit.words.model import Value

__all__ = ["FUNCTIONS", "REGISTERED", "DiagFunction", "DiagLeaf", "DiagWay", "Reading", "described", "function_of"]

Reading = Callable[[float], float | Mapping[str, Value]]
"""What is measured, at a time in seconds: a number where there is one leaf, else values by leaf."""

_IDS: Final = "urn:oma:mo:oma-diag"
_NAMES: Final = """
    appmonlog batteryinfo BrowsingUsage DataCallAndDataSession RFParms_3GPP_GSM RFParms_3GPP_UMTS RFParms_3GPP_LTE
    memory MMSUsage mobility_management_rejection NFC paniclog phonebook restart SMSOptions SMSUsage trapeventlogging
    UESetting tracelog sensorinfo qos devicelocation builtintest webbrowmon appdatausage appexeinfo volte_metrics
"""
REGISTERED: Final = tuple(_NAMES.split())
"""Every registered function; the last nine are of DiagMon 1.2.  ESTABLISHED"""


class DiagWay(MeaningEnum):
    """How a function works, once it is started.  PROPOSAL

    >>> DiagWay.ONCE.meaning
    'reads once, reports and is idle again'
    """

    SAMPLES = "samples", "a record every SampIntrvl seconds, until it is stopped or a limit is reached"
    ONCE = "once", "reads once, reports and is idle again"
    RESTART = "restart", "restarts the device, and reports when it has started"
    LOG = "log", "a record whenever something happens, until it is stopped or a limit is reached"


@dataclass(frozen=True, slots=True)
class DiagLeaf:
    """One value of a record below DiagMonData.  PROPOSAL"""

    name: str
    format: Format
    meaning: str


@dataclass(frozen=True, slots=True)
class DiagFunction:
    """A registered function: how it works, what a record of it has, and what an example device measures."""

    name: str
    title: str
    way: DiagWay
    leaves: tuple[DiagLeaf, ...]
    reading: Reading

    @property
    def id(self) -> str:
        """Its identifier.  ESTABLISHED: OMNA"""
        return f"{_IDS}:{self.name}:1.0"

    def record(self, measured: float | Mapping[str, Value]) -> dict[str, Value]:
        """A record of what was ``measured``; ConfigError when it has other leaves."""
        first = self.leaves[0].name
        given = dict(measured) if isinstance(measured, Mapping) else {first: measured}
        odd = [name for name in given if name not in {leaf.name for leaf in self.leaves}]
        if odd:
            right = ", ".join(leaf.name for leaf in self.leaves)
            raise ConfigError(f"{self.name} measures no {odd[0]!r}; there are {right}")
        return {leaf.name: _typed(self.name, leaf, given[leaf.name]) for leaf in self.leaves if leaf.name in given}


def _typed(name: str, leaf: DiagLeaf, value: object) -> Value:
    if leaf.format is Format.INT and isinstance(value, int | float) and not isinstance(value, bool):
        if value != value or abs(value) > 2**31:  # not a number, or none that a leaf can hold
            raise ConfigError(f"{name}, {leaf.name}: {value!r} is no whole number of 32 bits")
        return round(value)
    if leaf.format is Format.BOOL and isinstance(value, bool):
        return value
    if leaf.format is Format.CHR and isinstance(value, str):
        return value
    raise ConfigError(f"{name}, {leaf.name}: {value!r} is no {leaf.format.value}")


def _leaves(text: str) -> tuple[DiagLeaf, ...]:
    """Lines of a name, a format, and what it is."""
    rows = (line.split(None, 2) for line in text.strip().splitlines())
    return tuple(DiagLeaf(name, Format(format), meaning) for name, format, meaning in rows)


_ROWS: Final = (
    DiagFunction("batteryinfo", "the battery", DiagWay.SAMPLES, _leaves("""
        Level       int   per cent
        Charging    bool  whether a charger is there
        Temperature int   degrees Celsius"""),
        lambda now: {"Level": max(0, 80 - now / 600), "Charging": False, "Temperature": 24}),
    DiagFunction("memory", "memory", DiagWay.SAMPLES, _leaves("""
        Total       int   kilobytes
        Free        int   kilobytes"""),
        lambda now: {"Total": 65_536, "Free": max(0, 40_000 - now)}),
    DiagFunction("RFParms_3GPP_LTE", "the radio, LTE", DiagWay.SAMPLES, _leaves("""
        RSRP        int   power of the reference signal, dBm
        RSRQ        int   its quality, dB
        PCI         int   physical cell identity"""),
        lambda now: {"RSRP": -95, "RSRQ": -11, "PCI": 42}),
    DiagFunction("qos", "quality of service", DiagWay.SAMPLES, _leaves("""
        Delay       int   milliseconds
        Loss        int   packets of a thousand"""),
        lambda now: {"Delay": 60, "Loss": 2}),
    DiagFunction("devicelocation", "where the device is", DiagWay.ONCE, _leaves("""
        Lat         chr   degrees, north is positive
        Long        chr   degrees, east is positive
        Radius      int   metres within which it is"""),
        lambda now: {"Lat": "48.2082", "Long": "16.3738", "Radius": 500}),
    DiagFunction("phonebook", "the phone book", DiagWay.ONCE, _leaves("""
        Entries     int   how many there are
        Capacity    int   how many there can be"""),
        lambda now: {"Entries": 120, "Capacity": 1000}),
    DiagFunction("SMSUsage", "short messages", DiagWay.ONCE, _leaves("""
        Sent        int   since the device was made
        Received    int   since the device was made"""),
        lambda now: {"Sent": 17, "Received": 42}),
    DiagFunction("restart", "a restart of the device", DiagWay.RESTART, _leaves("""
        Cause       chr   why it restarted"""),
        lambda now: {"Cause": "asked for"}),
    DiagFunction("paniclog", "starts that nobody asked for", DiagWay.LOG, _leaves("""
        Cause       chr   why the device stopped"""),
        lambda now: {"Cause": "power was lost"}),
)  # fmt: skip
FUNCTIONS: Final[Mapping[str, DiagFunction]] = MappingProxyType({row.name: row for row in _ROWS})
"""Those that can be had: name -> function.  What a record has is a PROPOSAL."""


def function_of(name: str) -> DiagFunction:
    """The function called ``name``; ConfigError for one that is not registered, or of which no behaviour is known here.

    >>> function_of("volte_metrics")
    Traceback (most recent call last):
    dmkit.words.errors.ConfigError: DiagMon function 'volte_metrics' is registered, and has no behaviour here; there ...
    """
    found = FUNCTIONS.get(name)
    if found is not None:
        return found
    if name in REGISTERED:
        raise ConfigError(
            f"DiagMon function {name!r} is registered, and has no behaviour here; there are {', '.join(FUNCTIONS)}"
        )
    raise ConfigError(f"DiagMon function {name!r} is not known{nearest(name, REGISTERED)}")


@cache
def described(spec: Spec, name: str) -> Spec:
    """``spec``, the description of the frame, as that of function ``name``: its identifier, and what a record has.

    >>> from dmkit.mo import load
    >>> described(load("diagmon"), "memory").roots[0].object_id
    'urn:oma:mo:oma-diag:memory:1.0'
    """
    function, [root] = function_of(name), spec.roots
    leaves = (DiagLeaf("Time", Format.CHR, "seconds of the device's clock"), *function.leaves)
    record = NodeSpec(
        access=frozenset({Verb.GET}), format=Format.NODE, object_id="", scope=Scope.DYNAMIC,
        occurrence=Occurrence(OccurrenceKind.ZERO_OR_MORE), title="Record", description="What was found, once.",
        basis=Basis.PROPOSAL, source="dmkit", children=tuple(map(_described, leaves)),
    )  # fmt: skip
    children = tuple(
        replace(child, children=(record,)) if child.name == "DiagMonData" else child for child in root.children
    )
    whole = replace(root, object_id=function.id, source="OMNA", basis=Basis.ESTABLISHED, children=children,
                    description=f"A diagnostic function: {function.title}.")  # fmt: skip
    return replace(spec, roots=(whole,))


def _described(leaf: DiagLeaf) -> NodeSpec:
    return NodeSpec(
        name=leaf.name, access=frozenset({Verb.GET}), format=leaf.format, mime=("text/plain",), scope=Scope.DYNAMIC,
        occurrence=Occurrence(OccurrenceKind.ZERO_OR_ONE), description=f"{leaf.meaning[:1].upper()}{leaf.meaning[1:]}.",
        basis=Basis.PROPOSAL, source="dmkit",
    )  # fmt: skip
