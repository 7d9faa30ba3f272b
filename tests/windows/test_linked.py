"""Declared configuration over the wire: link, documents, states, results, drift, owned settings, ends; in SimPy too."""

from __future__ import annotations

import asyncio

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit.auth import Account
from dmkit.device.device import counted_nonces
from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_declared import REFRESH, DeclaredConfiguration, document, read_document
from dmkit.device.windows_linked import HOST, EnrollStatus, LinkedEnrollment
from dmkit.session.rules import Rules
from dmkit.sim.windows import declaring
from dmkit.transport.http import application, start
from dmkit.transport.windows_enrol import add_enrolment, enrol_over_http, first_poll, link_over_http, second_session
from dmkit.windows.alerts import declared as listed
from dmkit.windows.enrol import EnrolmentRefused, EnrolmentRequest, enrol, example_key, in_memory
from dmkit.windows.enrol_server import EnrolmentServer
from dmkit.windows.linked import LINKED, enrol_linked
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Add, Atomic, Delete, Exec, Get, Replace
from tests.windows.cases import D
from tests.windows.test_lint import CATALOGUE

USER, TOKEN = "ann@example.org", "let me in"
PRIMARY = Account("mdm", "https://mdm.example/dm")
SECOND = Account("mdm-declared", "https://mdm.example/dm")
LINK = "./Device/Vendor/MSFT/DMClient/Provider/mdm/LinkedEnrollment"
A = f"{HOST}/Complete/Documents/A"
CAMERA = f"{D}/AllowCamera"


class World:
    """A device, a server, and what they say to each other; time is what the tests say."""

    def __init__(self, linked=True):
        self.device = WindowsDevice.of(CATALOGUE, PRIMARY)
        self.linked = LinkedEnrollment(self.device, "mdm")
        rules = Rules(auth="none", server_auth="none", lenient=True, first_message="any")
        self.server = dm.Server({self.device.address: PRIMARY}, rules=rules, nonces=counted_nonces)
        self.last = ()
        if linked:
            self.linked.enrolled(SECOND)

    def orders(self, *commands, second=False):
        """The statuses and results that the server gets for its commands in one session."""
        session = self.linked.session() if second else self.device.connect(PRIMARY)
        self.last = dm.converse(session, self.server, job=dm.jobs.send(*commands))
        return [int(outcome.status) for outcome in self.server.results[-1].result]

    def read(self, uri, second=True):
        self.orders(Get.of(uri), second=second)
        return self.server.results[-1].result[0].results[0].text

    @property
    def states(self):
        """What the last first message told of documents."""
        first = next(iter(self.last)).message
        return [(d.id, d.state) for c in first.commands if c.verb.value == "Alert" for d in listed(c)]

    @property
    def camera(self):
        node = self.device.tree.find(("Device", "Vendor", "MSFT", "Sample", "AllowCamera"))
        return None if node is None else node.value

    def drift(self, value):
        self.device.owned, owned = {}, self.device.owned
        self.device.become(self.device.execute((Replace.of(CAMERA, value),), "user", 0.0).tree)
        self.device.owned = owned


def wish(value="0", checksum="1", id="A"):
    return document(id, {CAMERA: value}, checksum)


def test_a_document_is_judged_in_the_session_applied_later_told_and_read_back():
    world = World()
    assert world.orders(Add.of(f"{A}/Document", wish()), second=True) == [200] and world.camera is None
    assert world.linked.advance(0.0) and world.linked.due(0.0) == 60.0 and world.camera is None
    assert world.linked.advance(60.0) and world.camera == "0"
    assert 'id="A" checksum="1" state="60"' in world.read(f"{HOST}/Complete/Results/A/Document")
    assert world.states == [("A", 60)]
    assert not world.linked.advance(61.0)


@pytest.mark.parametrize("text", ["<x", "no document", "<DeclaredConfiguration/>", document("B", {CAMERA: "0"})])
def test_what_is_no_document_of_that_name_is_refused_in_the_session(text):
    world = World()
    assert world.orders(Add.of(f"{A}/Document", text), second=True) == [400]
    assert not world.linked.advance(100.0) and world.linked.declared.documents == {}


def test_a_document_in_an_atomic_that_fails_is_not_taken():
    world = World()
    both = Atomic.of(Add.of(f"{A}/Document", wish()), Replace.of(f"{D}/Rights", 4))
    assert world.orders(both, second=True) == [507]
    assert not world.linked.advance(100.0) and world.camera is None


def test_the_primary_account_may_touch_neither_documents_nor_owned_settings():
    world = World()
    assert world.orders(Add.of(f"{A}/Document", wish())) == [406]
    world.orders(Add.of(f"{A}/Document", wish()), second=True)
    world.linked.advance(0.0), world.linked.advance(60.0)
    assert world.orders(Replace.of(CAMERA, 1)) == [500] and world.camera == "0"


def test_drift_is_repaired_each_four_hours():
    world = World()
    world.orders(Add.of(f"{A}/Document", wish()), second=True)
    world.linked.advance(0.0), world.linked.advance(60.0)
    world.drift("1")
    assert world.camera == "1" and world.linked.due(100.0) == REFRESH
    world.linked.advance(REFRESH - 1)
    assert world.camera == "1"
    world.linked.advance(REFRESH)
    assert world.camera == "0" and world.linked.repaired == [(REFRESH, CAMERA)]


def test_another_document_of_the_same_name_is_applied_anew_and_the_same_is_not():
    world = World()
    for checksum, value, expected in (("1", "0", "0"), ("1", "1", "0"), ("2", "1", "1")):
        world.orders(Replace.of(f"{A}/Document", wish(value, checksum)), second=True)
        world.linked.advance(0.0), world.linked.advance(60.0)
        assert world.camera == expected


def test_a_value_that_is_not_taken_is_state_61():
    world = World()
    world.orders(Add.of(f"{A}/Document", wish("7")), second=True)
    world.linked.advance(0.0), world.linked.advance(60.0)
    assert 'state="61"' in world.read(f"{HOST}/Complete/Results/A/Document") and world.states == [("A", 61)]


def test_ends():
    world = World()
    world.orders(Add.of(f"{A}/Document", wish()), second=True)
    world.linked.advance(0.0), world.linked.advance(60.0)
    world.orders(Replace.of(f"{A}/Properties/Abandoned", "1"), second=True)
    world.linked.advance(70.0)
    assert world.orders(Replace.of(CAMERA, 1)) == [200] and world.camera == "1"
    world.orders(Replace.of(f"{A}/Properties/Abandoned", "0"), second=True)
    world.linked.advance(80.0)
    assert world.orders(Replace.of(CAMERA, 1)) == [500]
    assert world.orders(Delete.of(A), second=True) == [200]
    world.linked.advance(90.0)
    assert world.camera == "1" and world.orders(Replace.of(CAMERA, 0)) == [200]


def test_unenrol_rolls_back_silently_and_the_second_account_is_gone():
    world = World()
    world.orders(Add.of(f"{A}/Document", wish()), second=True)
    world.linked.advance(0.0), world.linked.advance(60.0)
    assert world.orders(Exec.of(f"{LINK}/Unenroll")) == [200]
    assert world.read(f"{LINK}/EnrollStatus", second=False) == "6"
    assert not world.linked.advance(70.0) and world.camera is None and world.linked.second is None
    assert world.read(f"{LINK}/EnrollStatus", second=False) == "8"


def test_a_link_is_asked_for_in_the_primary_session_and_its_status_read():
    world, server = World(linked=False), EnrolmentServer.example()
    assert world.read(f"{LINK}/EnrollStatus", second=False) == "1" and world.linked.endpoint == ""
    orders = (Replace.of(f"{LINK}/DiscoveryEndpoint", server.base + LINKED), Exec.of(f"{LINK}/Enroll"))
    assert world.orders(*orders) == [200, 200] and world.linked.status is EnrollStatus.IN_PROGRESS
    device = enrol_linked(world.linked.endpoint, USER, token=TOKEN, key=example_key())
    world.linked.enrolled(in_memory(server, device).account)
    assert world.read(f"{LINK}/EnrollStatus", second=False) == "4"
    world.linked.refused()
    assert world.read(f"{LINK}/EnrollStatus", second=False) == "3"


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"{}", "UPNRequired"), (b'{"upn": 1}', "UPNRequired"), (b"[", "MessageFormat"), (b"\xff", "MessageFormat")],
)
def test_discovery_says_what_is_wrong(body, says):
    status, answer = EnrolmentServer.example().answer(EnrolmentRequest("POST", f"https://e.example{LINKED}", body))
    assert status == 200 and says in answer.decode()


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"errorCode": "UPNRequired"}', b'{"EnrollmentServiceUrl": 1}'])
def test_answers_of_discovery_that_cannot_be_used(answer):
    device = enrol_linked("https://e.example/x", USER, token=TOKEN, key=example_key())
    next(device)
    with pytest.raises(EnrolmentRefused):
        device.send(answer)


def test_over_http_from_enrolment_to_the_repaired_setting():
    async def run():
        rules = Rules(auth="none", server_auth="none", lenient=True, first_message="any")
        server = dm.Server({}, rules=rules, nonces=counted_nonces)
        enrolment = EnrolmentServer.example(server_id="mdm")
        app = application(server.receive)
        add_enrolment(app, enrolment, server)
        listening = await start(app)
        base = enrolment.base = listening.url.removesuffix("/dm")
        enrolment.management = listening.url
        device = WindowsDevice.of(CATALOGUE)
        linked = LinkedEnrollment(device, "mdm")
        try:
            enrolled = await enrol_over_http(
                enrol(USER, token=TOKEN, key=example_key(), base=base, device=device.address)
            )
            link = Replace.of(f"{LINK}/DiscoveryEndpoint", base + LINKED), Exec.of(f"{LINK}/Enroll")
            server.enqueue(device.address, dm.jobs.send(*link))
            await first_poll(device, enrolled)
            assert await link_over_http(linked, USER, token=TOKEN, key=example_key("second"))
            server.enqueue(device.address, dm.jobs.send(Add.of(f"{A}/Document", wish())))
            await second_session(linked)
            linked.advance(0.0), linked.advance(60.0)
            server.enqueue(device.address, dm.jobs.send(Get.of(f"{HOST}/Complete/Results/A/Document")))
            await second_session(linked)
            return device, linked, server.results[-1].result[0].results[0].text
        finally:
            await listening.close()

    device, linked, result = asyncio.run(run())
    assert linked.status is EnrollStatus.SUCCEEDED and linked.second.server_id == "mdm-declared"
    assert 'state="60"' in result and device.tree.get(CAMERA).value == "0"


def test_in_simulated_time():
    world, told = World(), []
    world.orders(Add.of(f"{A}/Document", wish()), second=True)
    env = simpy.Environment()
    env.process(declaring(env, world.linked, lambda at: (told.append(at), world.linked.session())))

    def drifting():
        for at in (5_000.0, 20_000.0, 40_000.0):
            yield env.timeout(at - env.now)
            world.drift("1")

    env.process(drifting())
    env.run(60_000.0)
    assert told == [0.0, 60.0]
    assert world.linked.repaired == [(at * REFRESH, CAMERA) for at in (1, 2, 3)]


# -- what is written is read, and what would not be read is not written


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("", {"./A": "1"}), "id and checksum"), ((" ", {"./A": "1"}), "id and checksum"),
     (("A", {"./A": "1"}, ""), "id and checksum"), (("A", {"": "1"}), "uri ''"), (("A", {"./": "1"}), "uri './'"),
     (("A", {"./A": "1\0"}), "U\\+0000"), (("A\0", {"./A": "1"}), "U\\+0000"), (("A", {"./A\x1b": "1"}), "U\\+001B"),
     (("A", {"./A": "\ud800"}), "U\\+D800"), (("A", {"./A": "1"}, "\ufffe"), "U\\+FFFE"),
     (("A", {"./A": 1}), "texts"), ((None, {"./A": "1"}), "texts"), (("A", {"./A": "1"}, 1), "texts"),
     (("A", {"./A": "1", "./B": "1", "./a": "2"}), "./a is set twice"),
     (("A", {"./Vendor/X": "1", "./Device/Vendor/x": "1"}), "set twice")],
)  # fmt: skip
def test_what_would_not_be_read_is_not_written(arguments, says):
    with pytest.raises(ConfigError, match=says):
        document(*arguments)


HEAD = '<DeclaredConfiguration id="A" checksum="1">'


@pytest.mark.parametrize(
    "text",
    [None, 7, b"<DeclaredConfiguration/>", "", "\0", '<DeclaredConfiguration id="" checksum="1"/>',
     '<DeclaredConfiguration id="A" checksum=" "/>', f"{HEAD}<Setting>1</Setting></DeclaredConfiguration>",
     f'{HEAD}<Setting uri="">1</Setting></DeclaredConfiguration>',
     f'{HEAD}<Setting uri="./A">1<b/>2</Setting></DeclaredConfiguration>', f"{HEAD}lost</DeclaredConfiguration>",
     f'{HEAD}<Setting uri="./A">1</Setting>lost</DeclaredConfiguration>'],
)  # fmt: skip
def test_what_would_lose_something_is_no_document(text):
    with pytest.raises(CodecError):
        read_document(text)
    assert DeclaredConfiguration(WindowsDevice.of(CATALOGUE, PRIMARY)).take(text).status.value == 400


NAMES = st.text("aB .&<>\"'\r\n\t;é\U0001f600", min_size=1, max_size=8)


@settings(max_examples=100)
@given(NAMES, st.dictionaries(NAMES.map("./Vendor/".__add__), st.text('a \r\n\t<>&]"é', max_size=8), max_size=3), NAMES)
def test_a_document_is_read_as_it_was_written(id, wanted, checksum):
    try:
        text = document(id, wanted, checksum)
    except ConfigError as error:
        assert "twice" in str(error) or not id.strip() or not checksum.strip()
        return
    read = read_document(text)
    assert (read.id, dict(read.settings), read.checksum) == (id, wanted, checksum)
