# ruff: noqa: E501, N806  (rows stay rows)
"""What the table measures, in one process that answers requests: ``time ROW``, ``top ROW``, ``grow WHAT``,
``slow INPUT``.

It imports dmkit from wherever PYTHONPATH says, so one copy of it measures this release and another an earlier one, turn
by turn in the same run; names of earlier releases are tried where today's are not there.  Answers are lines of JSON.
"""

from __future__ import annotations

import cProfile
import ctypes
import gc
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from ctypes.util import find_library
from dataclasses import replace
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import cycle, pairwise
from time import process_time
from typing import Any

Work = Callable[[], object]
INF = float("inf")


def _growing() -> Any:
    """``growing`` beside this file, also where PYTHONPATH has another release's."""
    spec = spec_from_file_location("growing", os.path.join(os.path.dirname(os.path.abspath(__file__)), "growing.py"))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


growing = _growing()
of, m = growing.of, growing.m


def message(name: str = "Node") -> Any:
    """Twenty commands such as a device and a server exchange, about a kilobyte of WBXML; ``name`` is in most of them."""
    meta, status, alert = m("Meta")(format="chr", type="text/plain"), of("words.codes:StatusCode", "codes:StatusCode"), of(
        "words.codes:AlertCode", "codes:AlertCode")  # fmt: skip
    Status, Item, Get, Add = m("Status"), m("Item"), m("Get"), m("Add")
    nonce = m("Meta")(format="b64", type="syncml:auth-md5", next_nonce="TWpzMk5qQTFOVGs9")
    commands = [Status(status(212), "1", "0", "SyncHdr", ("IMEI:493005100592800",), ("http://server.example/dm",), nonce,
                       (), "1")]  # fmt: skip
    commands += [
        Status(status(200), "1", str(n), "Get", (f"./DevInfo/{name}{n}",), (), None, (), str(n)) for n in range(2, 8)
    ]
    commands += [m("Results")((Item(source=f"./DevInfo/{name}{n}", meta=meta, data=f"value of {n}"),), "1", str(n),
                              cmd_id=str(n + 6)) for n in range(2, 8)]  # fmt: skip
    commands += [
        Get((Item(target="./DevDetail/FwV"),), cmd_id="14"),
        m("Replace")((Item(target="./Vendor/Poll", meta=m("Meta")(format="int"), data="60"),), cmd_id="15"),
        Add((Item(target="./Vendor/New", meta=m("Meta")(format="node")),), cmd_id="16"),
        m("Sequence")((Add((Item(target="./Vendor/New/A", meta=meta, data="a"),), cmd_id="18"),
                       m("Delete")((Item(target="./Vendor/Old"),), cmd_id="19")), cmd_id="17"),
        m("Exec")((Item(target="./Vendor/Run"),), cmd_id="20"),
        m("Alert")(alert(1100), (Item(data="MINDT=10"), Item(data="Working")), cmd_id="21"),
    ]  # fmt: skip
    header = m("Header")(
        "4A", "2", "http://server.example/dm", "IMEI:493005100592800", meta=m("Meta")(max_msg_size=16384)
    )
    return m("Message")(header, tuple(commands))


class LibWbxml:
    """The C library, through ctypes."""

    def __init__(self) -> None:
        path = find_library("wbxml2")
        if path is None:
            raise ImportError("libwbxml2 is not installed")
        self.library, self.libc = ctypes.CDLL(path), ctypes.CDLL(None)
        self.libc.free.argtypes = [ctypes.c_void_p]
        self.to_xml, self.to_wbxml = ctypes.c_void_p(), ctypes.c_void_p()
        self.library.wbxml_conv_wbxml2xml_create(ctypes.byref(self.to_xml))
        self.library.wbxml_conv_xml2wbxml_create(ctypes.byref(self.to_wbxml))
        self.library.wbxml_conv_wbxml2xml_set_gen_type(self.to_xml, 0)
        self.library.wbxml_conv_wbxml2xml_enable_preserve_whitespaces(self.to_xml)
        self.library.wbxml_conv_xml2wbxml_enable_preserve_whitespaces(self.to_wbxml)
        self.library.wbxml_conv_xml2wbxml_disable_string_table(self.to_wbxml)
        self.library.wbxml_conv_xml2wbxml_set_version(self.to_wbxml, 2)

    def run(self, name: str, converter: ctypes.c_void_p, data: bytes) -> bytes:
        out, size = ctypes.c_void_p(), ctypes.c_uint()
        if getattr(self.library, f"wbxml_conv_{name}_run")(
            converter, data, len(data), ctypes.byref(out), ctypes.byref(size)
        ):
            raise RuntimeError(f"libwbxml cannot convert with {name}")
        try:
            return ctypes.string_at(out, size.value)
        finally:
            self.libc.free(out)


def _lxml() -> tuple[Any, Any]:
    from lxml import etree

    return etree, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


# -- rows: a function that makes (ours, peer, calls in a round) -----------------------------------------


def others() -> list[Any]:
    """So many other messages of that form that a reader or writer which remembers some meets each as if it were new."""
    return [message(f"N{n:03}") for n in range(600)]


def each(work: Callable[[Any], object], samples: list[Any]) -> Work:
    """``work`` of one sample after the other, from the first again after the last."""
    following = cycle(samples).__next__
    return lambda: work(following())


def xml_parse() -> tuple[Work, Work, int]:
    xml, (etree, parser) = import_module("dmkit.wire.xml"), _lxml()
    data = [xml.encode(sample) for sample in others()]
    return each(xml.decode, data), each(lambda octets: etree.fromstring(octets, parser), data), 50


def _wbxml() -> tuple[Any, list[bytes], LibWbxml]:
    wbxml = import_module("dmkit.wire.wbxml")
    return wbxml, [wbxml.encode(sample) for sample in others()], LibWbxml()


def wbxml_decode_both() -> tuple[Work, Work, int]:
    (wbxml, data, library), (etree, parser) = _wbxml(), _lxml()
    return (each(wbxml.decode, data), each(
        lambda octets: etree.fromstring(library.run("wbxml2xml", library.to_xml, octets), parser), data), 50)  # fmt: skip


def wbxml_decode() -> tuple[Work, Work, int]:
    wbxml, data, library = _wbxml()
    return each(wbxml.decode, data), each(lambda octets: library.run("wbxml2xml", library.to_xml, octets), data), 50


def wbxml_encode() -> tuple[Work, Work, int]:
    wbxml, data, library = _wbxml()
    texts = [library.run("wbxml2xml", library.to_xml, octets) for octets in data]
    return each(wbxml.encode, others()), each(lambda xml: library.run("xml2wbxml", library.to_wbxml, xml), texts), 50


def session(codec: str = "WBXML") -> tuple[Work, Work | None, int]:
    """Add, 418, Replace: six messages, MD5 both ways, between a device and a server that are made before."""
    dm = import_module("dmkit")
    job = of("server.jobs:put", "jobs:put")("./APN/Name", "internet")
    device = dm.Device.example(codec=getattr(dm, codec))
    server = dm.Server.example(device)
    factory = device.tree

    def run() -> None:
        device.tree = factory
        server.enqueue(device.address, job)
        client = device.connect()
        packet, messages = client.start().reply, 0
        while packet is not None:
            packet = (client if packet.to == client.address else server).receive(packet).reply
            messages += 1
        assert messages == 6, messages

    run()
    return run, None, 10


def _trees() -> tuple[Any, dict[str, Any]]:
    Tree = of("tree.tree:Tree", "tree.node:Tree")
    rights = "Add=S&Delete=S&Exec=S&Get=S&Replace=S"
    places = {f"./n{a}/n{b}/n{c}/n{d}": "x" for a in range(10) for b in range(4) for c in range(4) for d in range(9)}
    deep = Tree.of(places, acl={"./n3": rights})

    def plain(node: Any) -> dict[str, Any]:
        return {"value": node.value, "children": {n: plain(c) for n, c in node.children.items()}}

    return deep, plain(deep.root)


def _path_copy(node: dict[str, Any], path: list[str], value: str) -> dict[str, Any]:
    """What anybody would write by hand: the two dicts of each level on the way copied, the rest shared."""
    if not path:
        return {**node, "value": value}
    children = dict(node["children"])
    children[path[0]] = _path_copy(children[path[0]], path[1:], value)
    return {**node, "children": children}


PATH = ["n3", "n2", "n1", "n6"]


def tree_write() -> tuple[Work, Work, int]:
    deep, plain = _trees()
    uri = "./" + "/".join(PATH)
    return lambda: deep.set(uri, "y", now=1.0), lambda: _path_copy(plain, PATH, "y"), 100


def tree_replace() -> tuple[Work, Work, int]:
    deep, plain = _trees()
    execute, command = import_module("dmkit.tree.execute").execute, m("Replace").of("./" + "/".join(PATH), "y")
    return lambda: execute(deep, (command,), by="S"), lambda: _path_copy(plain, PATH, "y"), 50


def _descriptions(count: int = 60) -> list[bytes]:
    leaf = ("<Node><NodeName>Setting{n}</NodeName><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType>"
            "<DefaultValue>{n}</DefaultValue><Description>Setting {n} says how part {n} of the device behaves.</Description>"
            "<DFFormat><{f}/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><Scope><Dynamic/></Scope><DFType><MIME>"
            "text/plain</MIME></DFType></DFProperties></Node>")  # fmt: skip
    return [(f"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Area{n}</NodeName><Path>./Vendor/Bench</Path><DFProperties>"
             "<AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Scope><Permanent/></Scope><DFType><DDFName/>"
             "</DFType></DFProperties>"
             + "".join(leaf.format(n=at, f="int" if at % 2 else "chr") for at in range(19))
             + "</Node></MgmtTree>").encode() for n in range(count)]  # fmt: skip


def _parse_all(data: list[bytes]) -> Work:
    etree, parser = _lxml()
    return lambda: [etree.fromstring(one, parser) for one in data]


def ddf_read() -> tuple[Work, Work, int]:
    read, data = of("ddf.reader:read", "tree.ddf_read:read"), _descriptions()
    return lambda: [read(one) for one in data], _parse_all(data), 1


def ddf_lint() -> tuple[Work, Work, int]:
    read, lint = of("ddf.reader:read", "tree.ddf_read:read"), of("ddf.linting.report:lint", "tree.lint:lint")
    data = _descriptions(300)
    specs = [read(one) for one in data]
    return lambda: [lint(spec) for spec in specs], _parse_all(data), 1


def _output(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd="/")
    return done.stdout.splitlines()[-1]


def _python(code: str) -> Work:
    return lambda: float(_output(code))


_TIMED = "from time import process_time as clock\nstart = clock()\n{}\nprint(clock() - start)"


def first_converse() -> tuple[Work, Work, int]:
    """The figure is what the process says of itself, not what starting it takes."""
    ours = "import dmkit as dm\ndm.converse(dm.Device.example(), dm.Server.example())"
    peer = "import msgspec, lxml.etree\nfrom cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes"
    return _python(_TIMED.format(ours)), _python(_TIMED.format(peer)), 0


def _emptied(queue: Any, limit: int) -> None:
    pack = import_module("dmkit.session.packages").pack
    header, codec = m("Header")("1", "1", "IMEI:1", "http://s/dm"), of("wire.codec:WBXML")
    while queue:
        pack(header, (), queue, lambda empty, piece: ((), empty), codec=codec, limit=limit)


def large_object(size: int = 4_000_000) -> tuple[Work, Work | None, int]:
    command = m("Add").of("./Note", b"\xff" * size)
    return lambda: _emptied(deque([command]), 4000), None, 1


def many_nodes(count: int = 4000) -> tuple[Work, Work | None, int]:
    ok = of("words.codes:StatusCode", "codes:StatusCode")(200)
    answers = [one for n in range(count) for one in (
        m("Status")(ok, "1", str(n + 2), "Get", (f"./A/n{n}",)),
        m("Results")((m("Item")(source=f"./A/n{n}", data="value"),), "1", str(n + 2)))]  # fmt: skip
    return lambda: _emptied(deque(answers), 1000), None, 1


def schedule_year() -> tuple[Work, None, int]:
    life = import_module("dmkit.sim.schedule")
    notices = life.life(365)

    def ours() -> float:
        device = life.example(50)
        start = process_time()
        life.run(device, life.START + 365 * life.DAY, notices)
        return process_time() - start

    return ours, None, 0


def _campaign(devices: int, **choices: Any) -> Any:
    campaign, arrivals = import_module("dmkit.sim.campaign"), import_module("dmkit.sim.arrivals")
    return campaign.Campaign(devices=devices, arrivals=arrivals.Spread(devices / 500), **choices)


def exact() -> tuple[Work, None, int]:
    plan = _campaign(1000, fidelity="exact")
    return lambda: plan.run(1), None, 1


RICH = {"count": 60, "urgent": 0.1, "outages": ((50.0, 70.0),), "queue": 20_000}


def _queue(**choices: Any) -> Any:
    campaign, net, tapes = (import_module(f"dmkit.sim.{name}") for name in ("campaign", "net", "tape"))
    trips = tuple(tapes.Trip(*trip) for trip in ((364, 441), (345, 221), (238, 184)))
    servers = {"count": 40, "service": 0.02, **choices}
    law = {} if "urgent" in choices else {"law": "constant"}
    return _campaign(
        100_000, tape=tapes.Tape(trips, "six messages"), servers=campaign.Servers(**servers, **law),
        link=replace(net.LINKS["lte"], loss=0.02 if choices else 0.0),
        retry=campaign.Retry(attempts=3 if choices else 1),
    )  # fmt: skip


def _fleet(**choices: Any) -> tuple[Work, None, int]:
    """A campaign as its user plays it; where there is a compiled loop, all of it is compiled and kept before."""
    with suppress(ImportError):
        compiled, draws = import_module("dmkit.sim.compiled"), import_module("dmkit.sim.draws").Draws
        for plan in (_queue(), _queue(**RICH)):
            if compiled.can(plan):
                compiled.run_compiled(plan, draws.of(plan, 1))
    plan = _queue(**choices)
    return lambda: plan.run(1), None, 1


def fleet_fifo() -> tuple[Work, None, int]:
    """One queue; the earlier release has the loop in Python only."""
    return _fleet()


def fleet_rich() -> tuple[Work, None, int]:
    """Loss, retries, priorities, an outage and a queue that is full."""
    return _fleet(**RICH)


def tape() -> tuple[Work, Work, int]:
    """The same queue in bare SimPy: a process a device, a Resource as the servers; no message is lost."""
    import simpy

    campaign, net, tapes = (import_module(f"dmkit.sim.{name}") for name in ("campaign", "net", "tape"))
    devices, trips = 10_000, ((364, 441), (345, 221), (238, 184))
    link = replace(net.LINKS["lte"], loss=0.0)
    ways = [(round(link.up_seconds(up) * 1e6), round(link.down_seconds(down) * 1e6)) for up, down in trips]
    plan = _campaign(
        devices, fidelity="tape", link=link, tape=tapes.Tape(tuple(tapes.Trip(*trip) for trip in trips), "six messages"),
        servers=campaign.Servers(count=40, service=0.02, law="constant"), retry=campaign.Retry(attempts=1),
    )  # fmt: skip

    def peer() -> None:
        env = simpy.Environment()
        desk = simpy.Resource(env, 40)

        def device() -> Any:
            for up, down in ways:
                yield env.timeout(up)
                with desk.request() as turn:
                    yield turn
                    yield env.timeout(20_000)
                yield env.timeout(down)

        def source() -> Any:
            for _ in range(devices):
                yield env.timeout(2000)
                env.process(device())

        env.process(source())
        env.run()

    return lambda: plan.run(1), peer, 1


def states() -> tuple[Work, None, int]:
    explore, powers = import_module("dmkit.attack.explorer").explore, import_module("dmkit.attack.powers")
    eve, job = powers.Attacker.of(*powers.PATH, budget=2), of("server.jobs:put", "jobs:put")("./APN/Name", "internet")
    return lambda: explore("md5 per session", eve, stop=False, limit=5000, job=job), None, 1


def matrix() -> tuple[Work, None, int]:
    walks, some = import_module("dmkit.lab.studies.exploring").walks, import_module("dmkit.lab.studies.security")
    return lambda: walks(some.SOME_DESIGNS, progress=False), None, 1


def trials() -> tuple[Work, None, int]:
    trial = import_module("dmkit.attack.trial").Trial
    plans = [trial(tap=attack, design=design) for attack in ("alter a command", "replay across", "drop", "phish")
             for design in ("basic", "md5 per session", "mac", "hmac-sha256", "everything")]  # fmt: skip
    return lambda: [plan.run(seed) for seed, plan in enumerate(plans)], None, 3


ROWS: dict[str, Callable[[], tuple[Work, Work | None, int]]] = {
    "xml-parse": xml_parse, "wbxml-decode-lxml": wbxml_decode_both, "wbxml-decode": wbxml_decode,
    "wbxml-encode": wbxml_encode, "session": session, "tree-write": tree_write, "tree-replace": tree_replace,
    "lint": ddf_lint, "ddf-read": ddf_read, "first-converse": first_converse, "large-object": large_object,
    "many-nodes": many_nodes, "schedule-year": schedule_year, "exact": exact, "tape": tape,
    "fleet-fifo": fleet_fifo, "fleet-rich": fleet_rich,
    "states": states, "trials": trials, "matrix": matrix,
}  # fmt: skip


# -- growth: what takes how long at n ---------------------------------------------------------------------


def grow_size(n: int) -> Work:
    xml = import_module("dmkit.wire.xml")
    data = xml.encode(m("Message")(m("Header")("1", "1", "a", "b"), (m("Add").of("./A", "x" * n * 200),)))
    return lambda: xml.decode(data)


def grow_items(n: int) -> Work:
    wbxml = import_module("dmkit.wire.wbxml")
    data = wbxml.encode(
        m("Message")(m("Header")("1", "1", "a", "b"), (m("Get").of(*(f"./A/n{at}" for at in range(n))),))
    )
    return lambda: wbxml.decode(data)


def grow_nodes(n: int) -> Work:
    Tree, execute, Add = of("tree.tree:Tree", "tree.node:Tree"), import_module("dmkit.tree.execute").execute, m("Add")
    start = Tree.of({"./W": None}, acl={"./W": "Add=*&Get=*"})
    commands = tuple(Add.of(f"./W/n{at}", "1") for at in range(n))
    return lambda: execute(start, commands, by="S")


def grow_answers(n: int) -> Work:
    return many_nodes(n)[0]


def grow_object(n: int) -> Work:
    return large_object(n * 500)[0]


def grow_sessions(n: int) -> Work:
    run = session()[0]
    return lambda: [run() for _ in range(n // 10)]


def grow_accounts(n: int) -> Work:
    """n devices of a server begin a session each."""
    dm = import_module("dmkit")
    device = dm.Device.example(codec=dm.WBXML)
    account = next(iter(dm.Server.example(device).accounts.values()))
    first = dm.Device.example(codec=dm.WBXML).connect().start().reply
    known = device.address.encode()

    def fleet(letter: int) -> tuple[dict[str, Any], list[Any]]:
        names = [f"{device.address[:-5]}{chr(65 + letter)}{at:04}" for at in range(n)]
        bodies = (first.body.replace(known, name.encode()) for name in names)
        return dict.fromkeys(names, account), [
            type(first)(first.to, body, first.media_type, first.headers) for body in bodies
        ]

    fleets = cycle(
        [fleet(letter) for letter in range(2 + 600 // n)]
    )  # so many that no body is remembered when it comes

    def run() -> None:
        accounts, packets = next(fleets)
        server = dm.Server(accounts, nonces=lambda device: iter(lambda: b"0123456789abcdef", None))
        assert all(server.receive(packet).reply is not None for packet in packets)

    return run


GROWTH = {"size": grow_size, "items": grow_items, "nodes": grow_nodes, "siblings": growing.siblings_linted, "answers": grow_answers,
          "object": grow_object, "sessions": grow_sessions, "accounts": grow_accounts, **growing.GROWTH}  # fmt: skip


def best(work: Work, calls: int, rounds: int) -> float:
    found = INF
    for _ in range(rounds):
        start = process_time()
        for _ in range(calls):
            work()
        found = min(found, (process_time() - start) / calls)
    return found


def timed(name: str) -> dict[str, float | None]:
    """One turn: the best of three rounds of ours and of the peer, in seconds a call; one round where it takes a second.

    ``spent`` is all processor time that went into it, that of other processes too.
    """
    begun = _spent()
    if name not in _MADE:
        _MADE[name] = ROWS[name]()
    ours, peer, calls = _MADE[name]
    found: list[float] = [INF, INF]
    gc.collect()
    gc.freeze()  # what stands already is not looked through: neither side pays for what the other keeps
    for turn in range(3):
        for which, work in enumerate((ours, peer)):
            if work is None:
                continue
            start = process_time()
            if calls == 0:
                found[which] = min(found[which], float(work()))  # type: ignore[arg-type]
                continue
            for _ in range(calls):
                work()
            found[which] = min(found[which], (process_time() - start) / calls)
        if _spent() - begun > turn + 1:
            break
    gc.unfreeze()
    return {"ours": found[0], "peer": None if peer is None else found[1], "spent": _spent() - begun}


def _spent() -> float:
    return sum(os.times()[:4])


_MADE: dict[str, tuple[Work, Work | None, int]] = {}


def top(name: str, many: int = 5, seconds: float = 3.0) -> list[str]:
    """The functions in which most of the time of a row goes, with their share of it."""
    if name == "first-converse":
        return json.loads(_output(_PROFILED.format(COSTS, many)))  # type: ignore[no-any-return]
    work = ROWS[name]()[0]
    profiler = cProfile.Profile(process_time)  # what others do on the machine is no cost
    until = process_time() + seconds
    while True:
        profiler.enable()
        work()
        profiler.disable()
        if process_time() > until:
            break
    costs: dict[str, Any] = {}
    exec(COSTS, costs)
    return costs["dearest"](profiler, many)  # type: ignore[no-any-return]


COSTS = r"""
import os, pstats, re
def told(file, name):
    name = re.sub(" at 0x[0-9a-f]+", "", name)
    name = re.sub(r"^<built-in method (?:builtins[.])?(.+)>$", r"\1", name)
    name = re.sub(r"^<method '(.+)' of '(.+)' objects>$", r"\2.\1", name)
    return name if file == "~" else f"{name} ({os.path.basename(file)})"
def dearest(profiler, many):
    stats = pstats.Stats(profiler).stats
    total = sum(entry[2] for entry in stats.values())
    dear = sorted(stats.items(), key=lambda entry: -entry[1][2])[:many]
    return [f"{100 * entry[2] / total:.0f} % {told(file, name)}" for (file, _, name), entry in dear]
"""
_PROFILED = """
import cProfile, json, time
profiler = cProfile.Profile(time.process_time)
profiler.enable()
import dmkit as dm
dm.converse(dm.Device.example(), dm.Server.example())
profiler.disable()
{}
print(json.dumps(dearest(profiler, {})))
"""


SIZES = (100, 200, 400, 800)


def grow(what: str) -> list[tuple[int, float]]:
    """Seconds of processor time at each size: the best of three, and of nine where others seem to have disturbed it."""
    points = [(n, _least(GROWTH[what](n))) for n in SIZES]
    for _ in range(2):
        if all(after[1] < 2.2 * before[1] for before, after in pairwise(points)):
            break
        points = [(n, min(seconds, _least(GROWTH[what](n)))) for n, seconds in points]
    return points


def _least(work: Work, seconds: float = 0.01, rounds: int = 3) -> float:
    """The best of some rounds, each so many calls that the clock can tell them; what was there before is not collected."""
    work()  # whatever loads on first use
    calls, took = 1, 0.0
    gc.collect()
    gc.freeze()
    try:
        while (took := best(work, calls, 1)) * calls < seconds:
            calls = max(2 * calls, min(int(seconds / took) if took else 0, 1000))
        return min(took, best(work, calls, rounds - 1))
    finally:
        gc.unfreeze()


def once_slow(name: str) -> list[float]:
    """Seconds at n and at 2n of an input that an earlier release took long over; the second is left out after 20 s."""
    made, n = growing.ONCE_SLOW[name]
    found: list[float] = []
    for size in (n, 2 * n):
        work = made(size)
        took = best(work, 1, 1)
        found.append(min(took, _least(work)) if took < 1 else took)
        if took > 20:
            break
    return found


ANSWERS: dict[str, Callable[[str], Any]] = {"time": timed, "top": top, "grow": grow, "slow": once_slow}


def main() -> None:
    for line in sys.stdin:
        kind, _, name = line.strip().partition(" ")
        try:
            answer = ANSWERS[kind](name)
        except Exception as error:  # a row that an earlier release cannot run is a gap in the table, not its end
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
