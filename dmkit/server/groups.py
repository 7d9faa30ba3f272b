"""Groups of devices: an address for many, and jobs for all of them over connections that both sides prove.

Members follow from what devices said of themselves (``Server.devices``), so a group is a question and never stale; or
they are named.  A job goes to no device with which the server could not have a session that both sides prove
[RD §6, R-164].  DM 1.2 addresses one device a session; a group is a PROPOSAL.

>>> group = Group("phones of Acme", {"./DevInfo/Man": "Acme"})
>>> group.has("IMEI:1", {"./DevInfo/Man": "Acme"}), group.has("IMEI:2", {"./DevInfo/Man": "Other"})
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.server.server import Server
    from dmkit.session.work import Job

__all__ = ["BASIS", "Addressed", "Group", "address", "members"]

BASIS: Final = "PROPOSAL: a group is a question to DevInfo, or a list; DM 1.2 knows no address of many"
_ANY: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Group:
    """Devices whose leaves have these values, ``named`` ones besides; ``*`` at the end of a value is any ending."""

    name: str
    where: Mapping[str, str] = field(default_factory=lambda: _ANY)
    named: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.where and not self.named:
            raise ConfigError(f"group {self.name!r} names no device and asks for nothing; give where or named")

    def has(self, device: str, info: Mapping[str, str]) -> bool:
        """Whether a device that said ``info`` of itself belongs to it."""
        return device in self.named or (
            bool(self.where) and all(_fits(info.get(uri), wanted) for uri, wanted in self.where.items())
        )


@dataclass(frozen=True, slots=True)
class Addressed:
    """What became of a job for a group: ``queued`` devices, and ``left_out`` ones with the reason."""

    queued: tuple[str, ...]
    left_out: Mapping[str, str]


def _fits(value: str | None, wanted: str) -> bool:
    if value is None:
        return False
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


def members(server: Server, group: Group) -> tuple[str, ...]:
    """The devices of ``group`` that ``server`` has an account for, in its order."""
    return tuple(device for device in server.accounts if group.has(device, _info(server, device)))


def _info(server: Server, device: str) -> Mapping[str, str]:
    return {uri if uri.startswith("./") else f"./DevInfo/{uri}": value
            for uri, value in server.devices.get(device, {}).items()}  # fmt: skip


@asked
def address(server: Server, group: Group, job: Job, name: str = "") -> Addressed:
    """Put ``job`` into the list of every member; who cannot have a session that both sides prove is left out.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = dm.Server.example(device)
    >>> address(server, Group("one", named=frozenset({device.address})), dm.jobs.read("./DevInfo/Man")).queued
    ('IMEI:493005100592800',)
    """
    queued, left_out = [], {}
    for device in members(server, group):
        account = server.accounts[device]
        if account.client is None:
            left_out[device] = "the device proves nothing: whoever has its address could take the job"
        elif account.server is None and server.rules.server_auth != "none":
            left_out[device] = "the server has nothing to prove itself with"
        else:
            server.enqueue(device, job, name or group.name)
            queued.append(device)
    return Addressed(tuple(queued), left_out)
