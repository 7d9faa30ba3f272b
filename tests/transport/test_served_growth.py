"""What anybody may send costs time in proportion to its size: Python lines counted at n and 2n, not seconds."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

import dmkit as dm
from dmkit.auth.mac import parse_header
from dmkit.session.packages import number
from dmkit.transport.config import AccountConfig, LimitsConfig, ServeConfig
from dmkit.transport.redact import Redactor
from dmkit.transport.serve import make_server
from dmkit.transport.store import StoredServer
from dmkit.transport.trace import parse_log_line, read_traces, write_log_line
from tests.steps import python_lines

DEVICE = "IMEI:493005100592800"
INFO = dm.Replace((dm.Item(source="./DevInfo/Man", data="Acme"),))


def message(many: int, what: str) -> dm.Message:
    """A first message of a device with ``many`` of something."""
    commands: tuple[dm.words.Command, ...] = {
        "alerts": lambda: tuple(dm.Alert.of(1222) for _ in range(many)),
        "unknown alerts": lambda: tuple(dm.Alert.of(4711) for _ in range(many)),
        "gets": lambda: tuple(dm.Get.of("./A") for _ in range(many)),
        "items": lambda: (dm.Replace(tuple(dm.Item(source=f"./DevInfo/{n}", data="x") for n in range(many))),),
        "empty items": lambda: (dm.Replace(tuple(dm.Item() for _ in range(many))),),
        "statuses": lambda: tuple(dm.Status(dm.StatusCode(200), "1", str(n), "Get") for n in range(many)),
        "results": lambda: tuple(dm.words.Results((dm.Item(data="x"),), "1", str(n)) for n in range(many)),
        "a sequence": lambda: (dm.Sequence(tuple(dm.Delete.of("./A") for _ in range(many))),),
        "text": lambda: (dm.Add.of("./A", "AAuth&#" * many),),
        "base64": lambda: (dm.Add.of("./A", b64encode(b"AAuth" * many).decode()),),
        "a long source": lambda: (dm.Get.of("./A" * many),),
        "many Replaces": lambda: tuple(
            dm.Replace((dm.Item(source=f"./DevInfo/Ext/{n}", data="x"),)) for n in range(many)
        ),
        "references": lambda: (dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr", ("u",) * many),),
    }[what]()
    return dm.Message(dm.words.Header("1", "1", "https://s", DEVICE), number((dm.Alert.of(1201), INFO, *commands)))


KINDS = ["alerts", "unknown alerts", "gets", "items", "empty items", "statuses", "results", "a sequence", "text",
         "base64", "a long source", "references", "many Replaces"]  # fmt: skip
CODECS = {"xml": dm.XML, "wbxml": dm.WBXML}


def packet(many: int, what: str, codec: str) -> dm.Packet:
    made = CODECS[codec]
    return dm.Packet("https://s", made.encode(message(many, what)), made.media_type)


def grows_in_proportion(cost: Callable[[int], int], n: int = 60) -> None:
    """A constant part may stand beside it: it is taken out by differences."""
    for many in (n, n, n, 2 * n, 4 * n):  # whatever loads on first use, and what is learned of a form that comes again
        cost(many)
    one, two, four = cost(n), cost(2 * n), cost(4 * n)
    assert four - two <= 2.3 * (two - one) + 300, (one, two, four)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("auth", ["basic", "none"])
def test_a_server_takes_a_message(what, codec, auth):
    def cost(many):
        account = AccountConfig(auth=auth, user="u", server_auth="none")
        server = make_server(ServeConfig(accounts=(account,)))
        octets = packet(many, what, codec)
        return python_lines(lambda: server.receive(octets, 0.0))

    grows_in_proportion(cost)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("what", KINDS)
def test_a_log_takes_a_message(what, codec):
    def cost(many):
        octets, redactor = packet(many, what, codec), Redactor()
        return python_lines(lambda: parse_log_line(write_log_line(0.0, "1", "client", octets, (), redactor)))

    grows_in_proportion(cost)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("what", ["gets", "statuses", "results", "a sequence"])
def test_a_device_takes_a_message(what, codec):
    def cost(many):
        device = dm.Device.example(rules=dm.Rules(auth="none", server_auth="none", max_message=None))
        session = device.connect(session_id="1")
        session.start()
        made = message(many, what)
        made = dm.Message(dm.words.Header("1", "1", device.address, "https://s"), made.commands[2:])
        octets = dm.Packet("", CODECS[codec].encode(made), CODECS[codec].media_type)
        return python_lines(lambda: session.receive(octets))

    grows_in_proportion(cost)


@pytest.mark.parametrize(
    "text", ["mac=a," * 1, '"', "\\", 'username="\\', "=,", " ", "a=b,", "algorithm=MD5,", 'x="\\"",'], ids=repr
)
def test_a_mac_header_of_any_length(text):
    grows_in_proportion(lambda many: python_lines(lambda: parse_header(text * many)), 200)


@pytest.mark.parametrize("stored", [False, True])
def test_many_strangers_cost_the_same_each(tmp_path, stored):
    """The thousandth invented device costs what the hundredth did, when the server is full too."""
    limits = LimitsConfig(sessions=50)
    account = AccountConfig(user="u", password="p", server_auth="none")
    config = ServeConfig(accounts=(account,), limits=limits, database=str(tmp_path / "dm.sqlite") if stored else None)
    server = make_server(config)
    costs = []
    for name in range(300):
        header = dm.words.Header("1", "1", "https://s", f"IMEI:{name}")
        body = dm.XML.encode(dm.Message(header, number((dm.Alert.of(1201), INFO))))
        octets = dm.Packet("https://s", body, dm.XML.media_type)
        costs.append(python_lines(lambda octets=octets: server.receive(octets, 0.0)))
    assert sum(costs[-50:]) <= 1.2 * sum(costs[100:150])
    if isinstance(server, StoredServer):
        server.close()


def test_many_sessions_of_one_trace(tmp_path):
    def cost(many):
        lines = []
        for name in range(many):
            body = dm.XML.encode(
                dm.Message(dm.words.Header(str(name), "1", "https://s", f"IMEI:{name}"), number((INFO,)))
            )
            lines.append(write_log_line(0.0, str(name), "client", dm.Packet("https://s", body, dm.XML.media_type)))
        (tmp_path / "log").write_text("\n".join(lines))
        return python_lines(lambda: read_traces(tmp_path / "log"))

    grows_in_proportion(cost)


def test_one_session_id_used_again_and_again_in_a_trace(tmp_path):
    def cost(many):
        lines = []
        for time in range(many):
            what = dm.Replace((dm.Item(source="./DevInfo/Man", data=f"A{time}"),))
            body = dm.XML.encode(dm.Message(dm.words.Header("1", "1", "https://s", "IMEI:1"), number((what,))))
            lines.append(write_log_line(0.0, "1", "client", dm.Packet("https://s", body, dm.XML.media_type)))
        (tmp_path / "log").write_text("\n".join(lines))
        return python_lines(lambda: read_traces(tmp_path / "log"))

    grows_in_proportion(cost)
