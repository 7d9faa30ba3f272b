"""Jobs: what a server may want of a device, each a conversation written as a generator.

A job yields commands and is sent one ``Outcome`` for each; what it returns is its result.

>>> talk = put("./APN/Name", "internet")(DeviceInfo("IMEI:1"))
>>> next(talk)[0].verb.value
'Add'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Final, Literal

from dmkit.auth import decode_b64
from dmkit.server.object_jobs import install_software, lock, operate, update_firmware
from dmkit.session.work import DeviceInfo, Job, QueuedJob, Talk
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.digits import whole
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.late import late_rows
from dmkit.words.model import Add, Alert, Command, Delete, Exec, Get, Item, Replace, Value
from dmkit.words.outcome import Outcome
from dmkit.words.question import Options

if TYPE_CHECKING:
    from dmkit.services.provision import provision

__all__ = [
    "JOBS",
    "DeviceInfo",
    "Job",
    "QueuedJob",
    "ask",
    "build",
    "delete",
    "execute",
    "install_software",
    "inventory",
    "lock",
    "operate",
    "provision",
    "put",
    "read",
    "send",
    "update_firmware",
    "write",
]


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Services and their planner load when somebody provisions them."""
    if name != "provision":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dmkit.services.provision import provision

    globals()["provision"] = provision
    return provision


def read(*uris: str) -> Job:
    """Get ``uris``.  Result: a dict from URI to text, to octets of binary nodes, to None where no good answer came.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=read("./DevInfo/Man"))
    >>> server.results[0].result
    {'./DevInfo/Man': 'Acme'}
    """

    def job(device: DeviceInfo) -> Talk:
        outcomes = yield [Get.of(uri) for uri in uris]
        return {uri: _value(outcome) if outcome else None for uri, outcome in zip(uris, outcomes, strict=True)}

    return job


def write(uri: str, value: Value, *, format: str | None = None, type: str | None = None) -> Job:
    """Replace the value of ``uri``.  Result: the Outcome.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> _ = dm.converse(device, dm.Server.example(device), job=write("./APN/Name", "internet"))
    >>> device.tree.get("./APN/Name").value
    'internet'
    """

    def job(device: DeviceInfo) -> Talk:
        [outcome] = yield [Replace.of(uri, value, format=format, type=type)]
        return outcome

    return job


def put(uri: str, value: Value | None = None, *, format: str | None = None, type: str | None = None) -> Job:
    """Add ``uri``; when it exists (418), Replace its value.  Result: the Outcome of the last command.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> _ = dm.converse(device, dm.Server.example(device), job=put("./APN/Port", "8080"))
    >>> device.tree.get("./APN/Port").value
    '8080'
    """

    def job(device: DeviceInfo) -> Talk:
        [outcome] = yield [Add.of(uri, value, format=format, type=type)]
        if outcome.status == StatusCode.ALREADY_EXISTS and value is not None:
            [outcome] = yield [Replace.of(uri, value, format=format, type=type)]
        return outcome

    return job


def delete(*uris: str) -> Job:
    """Delete ``uris``.  Result: the Outcomes.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> _ = dm.converse(device, dm.Server.example(device), job=delete("./APN/Name"))
    >>> device.tree.find("./APN/Name") is None
    True
    """

    def job(device: DeviceInfo) -> Talk:
        return (yield [Delete.of(uri) for uri in uris])

    return job


def inventory(uri: str = ".", *, depth: int = 16, refused: Literal["fail", "nothing"] = "fail") -> Job:
    """Walk the tree below ``uri`` by its child lists.  Result: a dict from URI of each readable leaf to its value.

    Values are text, or octets of binary nodes.  One package per level; nodes that may not be read are left out, but
    when ``uri`` itself is refused the job fails and says by what, or, with ``refused`` "nothing", finds nothing.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=inventory("./DevDetail"))
    >>> server.results[0].result["./DevDetail/FwV"]
    '1.0.3'
    """

    def job(device: DeviceInfo) -> Talk:
        found: dict[str, str | bytes] = {}
        level = [uri]
        for _ in range(depth):
            outcomes = yield [Get.of(node) for node in level]
            below: list[str] = []
            for node, outcome in zip(level, outcomes, strict=True):
                if not outcome and node == uri and refused == "fail":
                    raise DmError(f"{uri} cannot be read: {_why(outcome)}")
                if not outcome:
                    continue
                if outcome.results and _is_interior(outcome.results[0]):
                    below.extend(f"{node}/{name}" for name in outcome.text.split("/") if name)
                else:
                    found[node] = _value(outcome)
            if not below:
                break
            level = below
        return found

    return job


def _why(outcome: Outcome) -> str:
    status = "no answer came" if outcome.status is None else f"{int(outcome.status)} {outcome.status.phrase}"
    return f"{status} ({outcome.why})" if outcome.why else status


def _value(outcome: Outcome) -> str | bytes:
    """What a Get brought: octets of a binary node, however they were carried, else text.  [DMTND §7.7.2]"""
    item = outcome.results[0] if outcome.results else None
    if item is None or item.data is None:
        return outcome.text
    form = Format.of(item.meta.format if item.meta is not None else None)
    if isinstance(item.data, bytes) and form is not Format.B64:
        try:
            return item.data if form is Format.BIN else item.data.decode()
        except UnicodeDecodeError:
            return item.data
    octets = decode_b64(item.text) if form is Format.B64 else None
    return item.text if octets is None else octets


def _is_interior(item: Item) -> bool:
    return item.meta is not None and (item.meta.format or "").lower() == "node"


def execute(uri: str, argument: str | None = None, *, correlator: str | None = None) -> Job:
    """Execute ``uri``.  Result: the Outcome; 202 means that an Alert 1226 with ``correlator`` will follow.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=execute("./DevInfo/Man"))   # nothing that can be executed
    >>> server.results[0].result.status.value
    405
    """

    def job(device: DeviceInfo) -> Talk:
        [outcome] = yield [Exec.of(uri, argument, correlator=correlator)]
        return outcome

    return job


@asked
def ask(text: str, *choices: str, options: str | Options = "", many: bool = False, typed: bool = False) -> Job:
    """Ask the user: yes or no, a text (``typed``), one of ``choices`` or several (``many``).  [DMPRO §10]

    ``options`` as a string (``MAXDT=30&DR=1``) or as Options.
    Result: True or False; the text; a list of the choices taken; None when there was no answer.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=ask("May we?"))
    >>> server.results[0].done
    True
    """
    code = (
        (AlertCode.MULTIPLE_CHOICE if many else AlertCode.SINGLE_CHOICE)
        if choices
        else (AlertCode.TEXT_INPUT if typed else AlertCode.CONFIRM)
    )

    value = options if isinstance(options, str) else options.print()

    def job(device: DeviceInfo) -> Talk:
        [outcome] = yield [Alert.of(code, value or None, text, *choices)]
        return _answer_of(outcome, choices, typed)

    return job


def _answer_of(outcome: Outcome, choices: tuple[str, ...], typed: bool) -> object:
    if outcome.status == StatusCode.NOT_MODIFIED:
        return False
    if not outcome:
        return None
    if typed:
        return outcome.text
    if not choices:
        return True
    found = [number for item in outcome.items for number in item.text.replace("-", " ").split()]
    return [choices[at - 1] for n in found if (at := whole(n)) is not None and 0 < at <= len(choices)]


def send(*commands: Command) -> Job:
    """Send ``commands`` as they are.  Result: their Outcomes.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=send(dm.Get((dm.Item(target="./DevInfo/Mod"),))))
    >>> server.results[0].result[0].status.value
    200
    """

    def job(device: DeviceInfo) -> Talk:
        return (yield list(commands))

    return job


def _rows() -> Mapping[str, Callable[..., Job]]:
    from dmkit.services.provision import provision

    return {
        "read": read,
        "write": write,
        "put": put,
        "delete": delete,
        "inventory": inventory,
        "execute": execute,
        "ask": ask,
        "provision": provision,
        "install_software": install_software,
        "lock": lock,
        "operate": operate,
        "update_firmware": update_firmware,
    }


JOBS: Final[Mapping[str, Callable[..., Job]]] = late_rows(_rows)
"""Jobs that a configuration file may name."""


@asked
def build(do: str, options: Mapping[str, object]) -> Job:
    """The job called ``do`` with its ``options``, as a configuration gives them.

    ConfigError names the job or the option that is wrong, and what would be right.

    >>> build("read", {"uris": ["./DevInfo/Man"]}).__qualname__
    'read.<locals>.job'
    """
    factory = JOBS.get(do)
    if factory is None:
        raise ConfigError(f"job {do!r} is not known; there are {', '.join(JOBS)}")
    parameters = signature(factory).parameters
    unknown = sorted(set(options) - set(parameters))
    if unknown:
        raise ConfigError(f"job {do!r} has no option {unknown[0]!r}; it has {', '.join(parameters)}")
    places: list[object] = []
    named: dict[str, object] = {}
    for name, parameter in parameters.items():
        value = options.get(name)
        if parameter.kind is Parameter.VAR_POSITIONAL:
            many = value if isinstance(value, list | tuple) else () if value is None else (value,)
            if not many and name == "uris":
                raise ConfigError(f"job {do!r} needs its option {name!r}, a list")
            places.extend(many)
        elif name in options:
            if parameter.kind is Parameter.KEYWORD_ONLY:
                named[name] = value
            else:
                places.append(value)
        elif parameter.default is Parameter.empty:
            raise ConfigError(f"job {do!r} needs its option {name!r}")
        elif parameter.kind is not Parameter.KEYWORD_ONLY:
            places.append(parameter.default)
    return factory(*places, **named)
