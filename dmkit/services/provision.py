"""The job that carries a plan out: reads before it writes, verifies, undoes what failed, goes on after a lost session.

Each beginning of the job reads the device and plans anew, with the services that worked when it first looked as those
to keep; what it has done already costs nothing then, so it goes on where it was.  When a step fails, the services that
it was for are avoided from then on; whatever the plan for the remaining wishes has no use for is put back as it was.
What it remembers lies in ``journals``, a mapping from devices to octets: with a file behind it
(``transport.journals.FileJournals``) another server, or one that comes later, goes on or undoes.

>>> from dmkit.device.device import Device
>>> from dmkit.server.server import Server
>>> from dmkit.services.tables import parse
>>> from dmkit.transport.loop import converse
>>> mail = parse('[service.mail]\\nsettings = {"./Mail/Host" = "mx.example"}')
>>> device = Device.example()
>>> server = Server.example(device)
>>> server.enqueue(device.address, provision(["mail"], catalogue=mail))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import replace

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.inputs import a_catalogue, a_container, names_of
from dmkit.services.journal import NOT_HERE, DeviceRecord, Provisioned, Saying, ServiceJournal, digest
from dmkit.services.looking import DeviceView
from dmkit.services.packing import SMALLEST, Container
from dmkit.services.parameters import filled
from dmkit.services.renewal import clock_time, due
from dmkit.services.run import ProvisionRun
from dmkit.services.tables import read
from dmkit.services.undoing import changed_since, elsewhere, is_as_before, nothing_to_undo, put_back
from dmkit.session.work import DeviceInfo, Job
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["provision", "renew", "undo"]


def provision(
    want: Iterable[str] = (),
    drop: Iterable[str] = (),
    *,
    catalogue: ServiceCatalogue | str = "default",
    container: Container = "atomic",
    parameters: Mapping[str, str] | None = None,
    rotate: Iterable[str] = (),
    journals: MutableMapping[str, bytes] | None = None,
    now: float | None = None,
) -> Job:
    """Set up the services ``want``, take away ``drop``.  Result: a ``Provisioned``.

    ``catalogue`` is one, the name of a TOML file, or "default"; ``parameters`` are what it needs of the subscriber.
    ``container`` is how steps travel at first; a device that does not take it gets the next simpler one.  ``rotate``
    are services whose secrets are written anew, whatever is there.  ``journals`` (device -> octets) keep what the job
    remembers of each device; without them it lasts as long as the job: enqueue the same job again when all its
    attempts were lost.  ``now`` is the time, in seconds of any clock: what lasts for a time is remembered with it.

    >>> import dmkit as dm
    >>> device = dm.boards.service_phone()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=provision(["browsing"]))
    >>> server.results[0].result.state
    'no plan'
    """
    wanted, dropped, anew = names_of("want", want), names_of("drop", drop), names_of("rotate", rotate)
    whole = read(catalogue) if isinstance(catalogue, str) else a_catalogue(catalogue)
    whole.know(frozenset((*wanted, *dropped, *anew)))
    a_container(container)
    if journals is not None:
        _kept(journals)
    both = sorted(set(wanted) & set(dropped))
    if both:
        raise ConfigError(f"{both[0]} is wanted and dropped at once")
    idle = [name for name in anew if name not in whole.part(*wanted).services]
    if idle:
        raise ConfigError(f"rotate = {idle[0]!r}: no wish needs it; name it in want too")
    used = whole.part(*wanted, *dropped, *anew) if parameters is None else whole
    filled(used, parameters or {})
    ready = filled(whole, parameters) if parameters is not None else whole
    stale = frozenset(s.uri for name in anew for s in whole.services[name].settings if s.secret)
    store: MutableMapping[str, bytes] = {} if journals is None else journals
    _time(now)
    return _job("provision", ready, container, store, now, lambda record: _Wishes(wanted, dropped, stale))


def renew(
    *,
    journals: MutableMapping[str, bytes],
    now: float,
    catalogue: ServiceCatalogue | str = "default",
    container: Container = "atomic",
    parameters: Mapping[str, str] | None = None,
) -> Job:
    """Make anew what comes to its end among the services that are meant to work.  Result: a ``Provisioned``.

    What is due at ``now`` (seconds of the clock by which it was written) ``renewal.due`` tells: secrets are written
    once more, with ``parameters`` as they are now, packages installed once more, and what refers to them follows.

    >>> renew(journals={}, now=0.0).__name__
    'job'
    """
    _kept(journals)
    a_container(container)
    time = _time(now)
    if time is None:
        raise ConfigError("now = None; the time is needed, in seconds of the clock by which things were written")
    whole = read(catalogue) if isinstance(catalogue, str) else a_catalogue(catalogue)
    ready = filled(whole, parameters) if parameters is not None else whole

    def wishes(record: DeviceRecord) -> _Wishes:
        meant = tuple(name for name in record.intent if name in ready.services)
        last = record.current
        if last is not None:  # what was begun goes on
            return _Wishes(last.want, last.drop, frozenset(last.stale) - last.unrenewed.keys(), last.anew, True)
        filled(ready.part(*meant), {})
        ends = due(ready, record, time)
        stale = frozenset(each.uri for each in ends if not each.software)
        return _Wishes(meant, (), stale, tuple(each.software for each in ends if each.software), True)

    return _job("renew", ready, container, journals, time, wishes)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What a job is for: services, secrets to write anew by leaf, software to install anew."""

    want: tuple[str, ...]
    drop: tuple[str, ...]
    stale: frozenset[str]
    anew: tuple[str, ...] = ()
    renewal: bool = False


def _job(
    name: str,
    ready: ServiceCatalogue,
    container: Container,
    store: MutableMapping[str, bytes],
    now: float | None,
    wishes: Callable[[DeviceRecord], _Wishes],
) -> Job:
    def job(device: DeviceInfo) -> Saying[object]:
        record = _record(store, device.device_id)
        why = record.of_another(device.device_id) or _too_small(device)
        if why:
            idle = ProvisionRun(
                ready, new := ServiceJournal(), DeviceView(ready, new, {}), SMALLEST, container, _nothing
            )
            yield from idle.carrier.look_at_all()
            return idle.result("no plan", (why,))
        record.device = device.device_id
        journal, asked = record.current, wishes(record)
        if journal is None:
            journal = ServiceJournal(
                asked.want, asked.drop, meant=record.intent, anew=asked.anew, stale=tuple(sorted(asked.stale)),
                renewal=asked.renewal,
            )  # fmt: skip
        elif (journal.want, journal.drop) != (asked.want, asked.drop):  # broken off: what it left is put back
            journal.want, journal.drop, journal.undoing, journal.promised = asked.want, asked.drop, True, None
            journal.avoid, journal.unremoved, journal.unrenewed, journal.anew = {}, {}, {}, asked.anew
            journal.stale, journal.renewal = tuple(sorted(asked.stale)), asked.renewal
        record.current = journal
        view = DeviceView(ready, journal, dict(record.secrets), asked.stale)

        def save() -> None:
            store[device.device_id] = record.write()

        run = ProvisionRun(ready, journal, view, device.max_message or 16384, container, save)
        result = yield from run.all()
        _ended(record, journal, run, result, now)
        save()
        return result

    job.__qualname__ = f"{name}.<locals>.job"  # results and logs call a job after its maker
    return job


def undo(
    *,
    journals: MutableMapping[str, bytes],
    catalogue: ServiceCatalogue | str = "default",
    parameters: Mapping[str, str] | None = None,
    earlier: bool = False,
) -> Job:
    """Put back what the job under way, or the last one, changed on the device.  Result: a ``Provisioned``.

    A job that left nothing changed (a renewal that failed and was put back) has nothing to be undone, and the one
    before it is left alone: "no plan", with a reason that names both.  With ``earlier`` that one is undone.  "no plan"
    is also the answer where the device does not hold what the journal says: nothing is changed then.

    >>> undo(journals={}).__name__
    'job'
    """
    _kept(journals)
    if not isinstance(earlier, bool):
        raise ConfigError(f"earlier = {earlier!r}; True or False is right")
    whole = read(catalogue) if isinstance(catalogue, str) else a_catalogue(catalogue)
    ready = filled(whole, parameters) if parameters is not None else whole

    def job(device: DeviceInfo) -> Saying[object]:
        record = _record(journals, device.device_id)
        journal = record.current or record.last or ServiceJournal()
        view = DeviceView(ready, journal, dict(record.secrets))

        def save() -> None:
            journals[device.device_id] = record.write()

        run = ProvisionRun(ready, journal, view, device.max_message or 16384, "plain", save)
        yield from run.carrier.look_at_all()
        why = record.of_another(device.device_id) or _too_small(device)
        why = why or nothing_to_undo(record, ready, earlier)
        if not why:
            yield from view.look(journal.touched)
            absent = elsewhere(journal, view)
            if absent and not (is_as_before(journal, view) and record.current is not None):
                why = f"{NOT_HERE}: none of the leaves that it changed is as it left them"
            why = why or changed_since(journal, view)
        if why:
            return run.result("no plan", (why,))
        record.current, journal.undoing = journal, True
        journal.note("again", "what was done is undone")
        touched = set(journal.touched)
        stranded = yield from put_back(run.catalogue, journal, view, None, save)
        left = tuple(f"{why.partition(': ')[0]}/" for why in stranded)
        record.unlearn(journal, [uri for uri in journal.since if uri in touched and not f"{uri}/".startswith(left)])
        yield from run.carrier.look_at_all()
        told = (f"{NOT_HERE}: what it began never got there",) if absent else ()
        result = run.result("stranded" if stranded else "undone", told, stranded)
        record.intent, record.current, record.last = journal.meant, (journal if stranded else None), None
        record.idle = ""
        save()
        return result

    return job


def _too_small(device: DeviceInfo) -> str:
    """Why nothing can be said in messages of its size; empty where it can."""
    size = device.max_message or SMALLEST
    return f"the device takes messages of {size} octets; {SMALLEST} are needed" if size < SMALLEST else ""


def _nothing() -> None:
    """What is to be saved of a job that did nothing."""


def _time(now: float | None) -> float | None:
    return None if now is None else clock_time(now, "seconds of a clock are right, or None")


def _kept(journals: object) -> None:
    if not isinstance(journals, MutableMapping):
        raise ConfigError(f"journals = {journals!r}; a mapping is right: transport.FileJournals(file), or a dict")


def _record(store: Mapping[str, bytes], device: str) -> DeviceRecord:
    data = store.get(device)
    return DeviceRecord.read(data) if data is not None else DeviceRecord()


def _ended(
    record: DeviceRecord, journal: ServiceJournal, run: ProvisionRun, result: Provisioned, now: float | None
) -> None:
    """What is remembered when a job has ended: intent, secrets, times, and the journal for who wants to undo."""
    missed = {*journal.avoid} if result.state == "part done" else set()
    if result.state in ("done", "waiting", "part done"):  # what was meant before stays so, though this time it failed
        meant = (*record.intent, *(name for name in journal.want if name not in missed))
        record.intent = tuple(dict.fromkeys(name for name in meant if name not in journal.drop))
    for service in run.catalogue.services.values():
        for setting in service.settings:
            if setting.uri in journal.written and service.name in (*result.works, *result.waits):
                record.learn(journal, setting.uri, now, digest(setting.uri, setting.value or ""))
    for component in run.catalogue.software.values():
        there = run.values.get(component.at)
        if there is None:
            record.learn(journal, component.at, None)
        elif component.name in journal.renewed or journal.versions.get(component.name, there) != there:
            record.learn(journal, component.at, now)
    record.current = journal if result.state == "stranded" else None
    record.idle = "" if journal.touched else f"{journal.task()}, which ended as {result.state}"
    record.last = replace(journal) if journal.touched else record.last
