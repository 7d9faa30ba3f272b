"""Renewal as a server's own task: which devices have something that comes to its end, and a job for each.

>>> from dmkit.services.tables import parse
>>> mail = parse('[service.mail.settings]\\n"./Key" = { value = "k", secret = true, lifetime = "90d", renew = "10d" }')
>>> journals = {"IMEI:1": DeviceRecord(("mail",), since={"./Key": 0.0}).write(),
...             "IMEI:2": DeviceRecord(("mail",), since={"./Key": 50 * 86400.0}).write()}
>>> look = upkeep(journals=journals, catalogue=mail, now=85 * 86400.0)
>>> print(look)
IMEI:1: ./Key (mail): due, renewed from day 80 to day 90
1 of 2 devices has something to renew
>>> list(look.jobs)
['IMEI:1']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.inputs import a_catalogue, a_container
from dmkit.services.journal import DeviceRecord
from dmkit.services.packing import Container
from dmkit.services.parameters import filled
from dmkit.services.provision import renew
from dmkit.services.renewal import Expiry, clock_time, expiries
from dmkit.services.tables import read
from dmkit.session.work import Job
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["Upkeep", "upkeep"]


@dataclass(frozen=True, slots=True, repr=False)
class Upkeep:
    """What a look at all journals found at ``now``; true when nothing is to be done.

    ``devices`` are all that were looked at, soonest end first, each with what lasts there for a time.  ``jobs`` are the
    renewals, for those of them where something is due; ``refused`` says of a device why there is no job for it: its
    record cannot be read or is that of another, or a parameter of its subscriber was not given.

    >>> bool(Upkeep(0.0, {}, {}, {}))
    True
    """

    now: float
    devices: Mapping[str, tuple[Expiry, ...]]
    jobs: Mapping[str, Job]
    refused: Mapping[str, str]

    def __bool__(self) -> bool:
        return not self.jobs and not self.refused

    def rows(self) -> Iterator[dict[str, str | float | None]]:
        """A row for each thing on each device, for a frame or a file.

        >>> list(Upkeep(0.0, {}, {}, {}).rows())
        []
        """
        for device, ends in self.devices.items():
            for each in ends:
                yield {
                    "device": device, "what": each.software or each.uri, "services": ", ".join(each.services),
                    "state": each.state, "since": each.since, "renews": each.renews, "until": each.until,
                }  # fmt: skip

    def lines(self) -> Iterator[str]:
        """What is due, device by device, and what keeps one from being renewed."""
        for device in self.jobs:
            ends = [each for each in self.devices[device] if each.is_due]
            yield from (f"{device}: {each}" for each in ends)
            if not ends:
                yield f"{device}: a job was broken off and goes on"
        yield from (f"{device}: not renewed: {why}" for device, why in self.refused.items())
        count, some = len({*self.devices, *self.refused}), len({*self.jobs, *self.refused} & {*self.devices})
        yield f"{some} of {many(count, 'device')} {'has' if 1 in (some, count) else 'have'} something to renew"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__


def upkeep(
    *,
    journals: MutableMapping[str, bytes],
    now: float,
    catalogue: ServiceCatalogue | str = "default",
    container: Container = "atomic",
    parameters: Mapping[str, Mapping[str, str]] | None = None,
) -> Upkeep:
    """Look at what the server remembers of each device, and make a job for each on which something is due.

    ``journals`` (device -> octets) are those of the jobs that set things up; ``parameters`` are those of subscribers,
    by device.  What is wrong with one device is said of it and keeps no other from being renewed.  Who calls it
    enqueues the jobs (``server.enqueue(device, job)``) and wakes the devices; each tells its own result, a
    ``Provisioned``.  A job that was broken off goes on, whatever is due.

    >>> from dmkit.services.tables import parse
    >>> print(upkeep(journals={}, catalogue=parse("[service.mail]"), now=0.0))
    0 of 0 devices have something to renew
    """
    if not isinstance(journals, MutableMapping):
        raise ConfigError(f"journals = {journals!r}; a mapping is right: transport.FileJournals(file), or a dict")
    told = {} if parameters is None else parameters
    if not isinstance(told, Mapping) or any(not isinstance(each, Mapping) for each in told.values()):
        raise ConfigError(f"parameters = {told!r}; names with their texts by device are right: {{'IMEI:1': {{...}}}}")
    strange = next((device for device in told if device not in journals), None)
    if strange is not None:
        raise ConfigError(f"parameters of {strange!r}: nothing is remembered of this device")
    a_container(container)
    time = clock_time(now)
    whole = read(catalogue) if isinstance(catalogue, str) else a_catalogue(catalogue)
    devices, jobs, refused = dict[str, tuple[Expiry, ...]](), dict[str, Job](), dict[str, str]()
    for device in sorted(journals):
        try:
            record = DeviceRecord.read(journals[device])
            if why := record.of_another(device):
                raise ConfigError(why)
            devices[device] = expiries(whole, record, time)
            if record.current is not None or any(each.is_due for each in devices[device]):
                part = whole.part(*(name for name in record.intent if name in whole.services))
                given = told.get(device)
                filled(whole if given is not None else part, given or {})
                jobs[device] = renew(
                    journals=journals, now=time, catalogue=whole, container=container, parameters=given
                )
        except ConfigError as error:
            refused[device] = str(error)
    first = sorted(devices, key=lambda device: min((each.until or 0.0 for each in devices[device]), default=2.0**64))
    return Upkeep(
        time, {device: devices[device] for device in first},
        {device: jobs[device] for device in first if device in jobs}, refused,
    )  # fmt: skip
