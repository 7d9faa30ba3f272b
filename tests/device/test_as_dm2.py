"""One object, one description, one behaviour: what DM 1.2 and DM 2.0 make of it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from dmkit.device.as_dm2 import as_dm2, live
from dmkit.device.device import Device
from dmkit.dm2.address import AddressTarget
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import converse
from dmkit.dm2.descriptions import losses
from dmkit.dm2.documents import MOS, Serialised, write_mos
from dmkit.dm2.exchange import Repository
from dmkit.dm2.objects import InstanceRight
from dmkit.dm2.server import Server
from dmkit.mo import OBJECTS
from dmkit.mo.firmware import Image, package
from dmkit.tree.policy import open_policy
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Exec, Replace
from tests.mo.fleet import APP, APP_URL
from tests.mo.sched.schedules import DAILY, DAY, POLL, SERVER, START, component, install
from tests.mo.sched.schedules import phone as timed_phone

STORE = "https://repo.example/"
LATE = "https://dm.example.com/late"
IMAGE = package(Image("T1", "2.1"))
URL = "https://fw.example.com/2.1"


def phone(name, **options):
    return Device.example().with_object(name, **options)


def through_dm2(device, commands, data=(), **more):
    """The client after these commands, and their statuses; ``data`` are what the repository holds."""
    client = as_dm2(device, **more)
    store = Repository()
    for n, mo in enumerate(data):
        store = store.put(f"{STORE}{n}", write_mos([mo]), MOS)

    def job(info):
        return (yield commands)

    server = Server().with_job(client.device_id, "job", job)
    talk = converse(client, server, {"repo.example": store})
    return talk.client, [status.sc for status in talk.server.results[0][2]]


def hget(n, uri=""):
    return Command.of("HGET", f"{STORE}{n}", *([uri] if uri else []))


def exec_(uri):
    return Command.of("EXEC", uri, LATE)


FUMO, LAWMO, SCOMO, DIAG, NAP, SCHED = (
    OBJECTS[name].id for name in ("fumo", "lawmo", "scomo", "diagmon", "nap", "sched")
)
BOTH = {
    "firmware, pull": (
        ("fumo", {"world": {URL: IMAGE}}),
        [Replace.of("./FUMO/DownloadAndUpdate/PkgURL", URL), Exec.of("./FUMO/DownloadAndUpdate", correlator=LATE)],
        [hget(0, f"{FUMO}//DownloadAndUpdate/PkgURL"), exec_(f"{FUMO}//DownloadAndUpdate")],
        [Serialised.of(f"{FUMO}//DownloadAndUpdate/PkgURL", {"PkgURL": URL})],
    ),
    "firmware, push": (
        ("fumo", {}),
        [Replace.of("./FUMO/Update/PkgData", IMAGE, format="bin"), Exec.of("./FUMO/Update", correlator=LATE)],
        [hget(0, f"{FUMO}//Update/PkgData"), exec_(f"{FUMO}//Update")],
        [Serialised.of(f"{FUMO}//Update/PkgData", {"PkgData": base64.b64encode(IMAGE).decode()})],
    ),
    "firmware from nowhere": (
        ("fumo", {"world": {}}),
        [Replace.of("./FUMO/Download/PkgURL", URL), Exec.of("./FUMO/Download", correlator=LATE)],
        [hget(0, f"{FUMO}//Download/PkgURL"), exec_(f"{FUMO}//Download")],
        [Serialised.of(f"{FUMO}//Download/PkgURL", {"PkgURL": URL})],
    ),
    "firmware that is not there": (
        ("fumo", {}),
        [Exec.of("./FUMO/Update", correlator=LATE)],
        [exec_(f"{FUMO}//Update")],
        [],
    ),
    "lock": (
        ("lawmo", {}),
        [Exec.of("./LAWMO/Operations/FullyLock", correlator=LATE)],
        [exec_(f"{LAWMO}//Operations/FullyLock")],
        [],
    ),
    "unlock of what is open": (
        ("lawmo", {}),
        [Exec.of("./LAWMO/Operations/UnLock", correlator=LATE)],
        [exec_(f"{LAWMO}//Operations/UnLock")],
        [],
    ),
    "a test of the battery": (
        ("diagmon", {}),
        [Exec.of("./DiagMon/Battery/Operations/Start", correlator=LATE)],
        [exec_(f"{DIAG}//Operations/Start")],
        [],
    ),
    "software": (
        ("scomo", {"world": {APP_URL: APP}}),
        [
            Add.of("./SCOMO/Download/App"),
            Replace.of("./SCOMO/Download/App/PkgID", "app"),
            Replace.of("./SCOMO/Download/App/PkgURL", APP_URL),
            Exec.of("./SCOMO/Download/App/Operations/DownloadInstall", correlator=LATE),
        ],
        [hget(0, f"{SCOMO}//Download/App"), exec_(f"{SCOMO}//Download/App/Operations/DownloadInstall")],
        [Serialised.of(f"{SCOMO}//Download/App", {"PkgID": "app", "PkgURL": APP_URL})],
    ),
    "settings": (
        ("nap", {}),
        [Replace.of("./NAP/Internet/Addr", "new.example"), Replace.of("./NAP/Internet/Name", "New")],
        [hget(0, f"{NAP}/Internet/")],
        [Serialised.of(f"{NAP}/Internet/", {"Addr": "new.example", "Name": "New"})],
    ),
    "what cannot be written": (
        ("fumo", {}),
        [Replace.of("./FUMO/State", "100", format="int")],
        [hget(0, f"{FUMO}//State")],
        [Serialised.of(f"{FUMO}//State", {"State": 100})],
    ),
}


@pytest.mark.parametrize("name", BOTH)
def test_both_generations_leave_the_same_tree_and_send_the_same_reports(name):
    (kind, options), old, new, data = BOTH[name]
    first, second = phone(kind, **options), phone(kind, **options)
    outcomes = first.execute(tuple(old), "server", 0.0, policy=open_policy).outcomes
    reports = first.reports("server", 1e6)
    client, statuses = through_dm2(second, new, data)
    client = live(client, 1e6)
    told = [(to, alert.type, alert.value["DM1x"], alert.mark) for to, alert in client.later]
    assert [outcome.status.value for outcome in outcomes][-1] == statuses[-1]
    assert told == [
        (a.correlator, a.items[0].meta.type.removeprefix("Reversed-Domain-Name: "),
         f"<ResultCode>{a.items[0].text}</ResultCode>", a.items[0].meta.mark or "") for a in reports
    ]  # fmt: skip
    mine = client.objects.state.tree
    assert {u: n.value for u, n in mine.walk()} == {u: n.value for u, n in first.tree.walk()}


def test_a_report_without_an_address_goes_to_the_account():
    client, statuses = through_dm2(phone("lawmo"), [Command.of("EXEC", f"{LAWMO}//Operations/FullyLock")])
    assert statuses == [202] and [to for to, _ in live(client, 1e6).later] == ["https://dm.example.com/dm"]


def test_what_takes_no_get_is_neither_read_nor_told():
    device = phone("nap")
    device.become(device.tree.set("./NAP/Internet/AuthInfo/AuthSecret", "s3cret"))
    commands = [Command.of("GET", f"{NAP}//"), Command.of("GET", f"{NAP}//AuthInfo/AuthSecret")]
    client = as_dm2(device)

    def job(info):
        return (yield [*commands, Command.of("HPUT", f"{STORE}x", f"{NAP}//AuthInfo")])

    talk = converse(client, Server().with_job(client.device_id, "j", job), {"repo.example": Repository()})
    assert [status.sc for status in talk.server.results[0][2]] == [200, 405, 200]
    assert not any(b"s3cret" in line.body for line in talk.lines)


@pytest.mark.parametrize("uri", [f"{FUMO}//State", f"{FUMO}//", f"{FUMO}//Update"])
def test_what_is_permanent_is_not_deleted(uri):
    client, statuses = through_dm2(phone("fumo"), [Command.of("DELETE", uri)])
    assert statuses == [405] and client.objects.instances[0].root.children.keys() >= {"State", "Update"}


def test_an_instance_is_made_beside_the_others_and_deleted_with_its_rights():
    data = {"NapId": "new", "Name": "New", "Addr": "new.example", "AddrType": "APN"}
    made = Serialised.of(f"{NAP}/New/", data)
    client, statuses = through_dm2(phone("nap"), [hget(0)], [made])
    assert statuses == [200] and client.objects.state.tree.get("./NAP/New/Addr").value == "new.example"
    [new] = [i for i in client.objects.instances if i.miid == "New"]
    assert client.objects.may("server", new, InstanceRight.DELEGATE)
    after = client.objects.delete(AddressTarget(new))
    assert "./NAP/New" not in after.state.tree and not any("New" in key for key, _ in after.rights)


def test_data_that_a_description_refuses_change_nothing():
    made = Serialised.of(f"{NAP}/Internet/", {"Name": "New", "Nonsense": "x"})
    client, statuses = through_dm2(phone("nap"), [hget(0, f"{NAP}/Internet/")], [made])
    assert statuses == [405] and client.objects.state.tree.get("./NAP/Internet/Name").value == "Internet"


def test_a_server_without_rights_on_an_instance_cannot_write_there_by_what_a_repository_says():
    client = as_dm2(phone("nap"))
    client = replace(client, objects=client.objects.granted("server", InstanceRight.READ))
    made = write_mos([Serialised.of(f"{NAP}/Internet/", {"Name": "New"})])

    def job(info):
        return (yield [hget(0), hget(0, f"{NAP}/(x)/?nv=(x)/NapId:internet"), hget(0, f"{NAP}/*/")])

    store = Repository().put(f"{STORE}0", made, MOS)
    talk = converse(client, Server().with_job(client.device_id, "j", job), {"repo.example": store})
    assert [status.sc for status in talk.server.results[0][2]] == [403, 403, 403]
    assert talk.client.objects.state.tree.get("./NAP/Internet/Name").value == "Internet"


def test_the_client_is_a_value_though_the_device_carries_out():
    client = as_dm2(phone("lawmo"))
    where = AddressTarget(client.objects.instances[0], ("Operations", "FullyLock"))
    one, two = (client.execute(client.objects, where, "") for _ in range(2))
    assert one.objects == two.objects != client.objects
    assert live(replace(client, objects=one.objects), 9e9) == live(replace(client, objects=two.objects), 9e9)
    assert client.objects.instances[0].root.children["State"].text == "30"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_object_has_the_identifier_of_its_version(version):
    moid = SCOMO.replace("1.0", version)
    client = as_dm2(phone("scomo", version=version))
    assert [i.moid for i in client.objects.instances] == [moid]
    assert client.objects.state.tree.get("./SCOMO").type == moid
    made = [Serialised.of(f"{moid}//Download/App", {"PkgID": "app"})]
    client, statuses = through_dm2(phone("scomo", version=version), [hget(0, f"{moid}//Download/App")], made)
    assert statuses == [200] and client.objects.state.tree.get("./SCOMO/Download/App/PkgID").value == "app"


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_of_no_other_version_has_the_identifier_of_its_row(name):
    row = OBJECTS[name]
    assert as_dm2(phone(name)).objects.places[-1] == ((row.id, row.at.rpartition("/")[2]), row.at)


def test_a_place_where_nothing_stands_is_refused():
    with pytest.raises(ConfigError, match="nothing stands there"):
        as_dm2(Device.example(), more={"urn:x:mo:s:1.0": "./Nowhere"})


def test_a_schedule_runs_whoever_brought_it():
    values = component(1, POLL, **DAILY)
    old, new = timed_phone(), timed_phone()
    assert set(install(old, "A", values, how="pieces")) == {200}
    data = {}
    for path, value in values.items():
        *above, last = path.split("/")
        inner = data
        for name in above:
            inner = inner.setdefault(name, {})
        inner[last] = value
    client, statuses = through_dm2(
        new, [hget(0, f"{SCHED}//A")], [Serialised.of(f"{SCHED}//A", data)], server=SERVER, now=START
    )
    assert statuses == [200]
    client = live(client, START + 3 * DAY)
    old.live(START + 3 * DAY)
    tree = client.objects.state.tree
    assert tree.get("./Vendor/Acme/Poll").value == old.tree.get("./Vendor/Acme/Poll").value == "60"
    assert tree.get("./Sched/A/State").value == old.tree.get("./Sched/A/State").value
    broken, statuses = through_dm2(
        timed_phone(), [hget(0, f"{SCHED}//A")], [Serialised.of(f"{SCHED}//A", {"Name": "x"})], server=SERVER, now=START
    )
    [(_, alert)] = live(broken, START + 1).later
    assert statuses == [200] and alert.value["DM1x"].startswith("<ResultCode>1400</ResultCode>")


@pytest.mark.parametrize("name", OBJECTS)
def test_each_object_says_what_it_loses(name):
    spec = OBJECTS[name].spec
    found = losses(spec)
    assert [loss.what for loss in found[:2]] == ["ACL", "Get?list=Struct"]
    told = {(loss.uri, loss.what) for loss in found}
    for place in spec.walk():
        assert ((place.uri, "data of Exec") in told) == (Verb.EXEC in (place.node.access or ()))
        assert ((place.uri, "format bin") in told) == (place.node.format is Format.BIN)
        assert ((place.uri, "media type") in told) == any(kind != "text/plain" for kind in place.node.types)
