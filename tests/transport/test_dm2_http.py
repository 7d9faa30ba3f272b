"""DM 2.0 over real HTTP on loopback: all twelve commands, late reports, subscriptions; what cannot be reached."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys

import pytest

from dmkit.dm2.client import Client, ExecResult
from dmkit.dm2.commands import COMMANDS, Command
from dmkit.dm2.conversation import Line
from dmkit.dm2.documents import MOS, GenericAlert
from dmkit.dm2.exchange import HttpAnswer, HttpCall
from dmkit.dm2.objects import Objects, node_of
from dmkit.dm2.server import Server
from dmkit.transport.dm2_http import Serving, Unreachable, application, changed, session
from dmkit.transport.dm2_run import example_client, read_plan, read_tls
from dmkit.transport.dm2_trace import read_line, write_line
from dmkit.transport.http import start
from dmkit.words.errors import CodecError, ConfigError
from tests.transport import test_http

S = "urn:x-dmkit:mo:settings:1.0"
pki = test_http.pki
"""Certificates for a loopback server."""


def execute(objects, place, uri):
    alert = GenericAlert("urn:x:done", source=place.uri)
    return ExecResult(objects, 202 if uri else 200, ((uri, alert),) if uri else ())


def phone(base):
    objects = Objects.of({S: {"1": node_of({"a": "old", "b": "gone", "run": {}})}})
    return Client("IMEI:1", objects.granted("server"), uri=f"{base}/dm", execute=execute)


async def both(work):
    serving = Serving()
    listening = await start(application(serving), path="")
    try:
        return await work(serving, listening.url), serving
    finally:
        await listening.close()


def test_a_repository_that_is_not_there_is_a_status_and_not_the_end():
    """A HGET to a closed port ended the whole session once; what was behind it in the list was never heard of."""
    nowhere = "http://127.0.0.1:1/x"

    async def work(serving, base):
        def job(info):
            statuses = yield [Command.of("HGET", nowhere, f"{S}//a"), Command.of("HPUT", nowhere, f"{S}//a"),
                              Command.of("SUB", nowhere, f"{S}//a"), Command.of("DELETE", f"{S}//b")]  # fmt: skip
            return [status.sc for status in statuses]

        serving.server = serving.server.with_job("IMEI:1", "job", job)
        talk = await session(phone(base))
        assert serving.server.results[0][2] == [503, 503, 200, 200]
        gone = await changed(talk.client, Objects())
        return [answer.status for _, answer in gone]

    assert asyncio.run(both(work))[0] == [503]


def test_all_twelve_commands_over_real_http():
    heard = []

    async def work(serving, base):
        serving.repository = serving.repository.put("/in", b'[{"ClientURI":"%s//a","MOData":{"a":"new"}}]' % S.encode())
        first = [
            ("HGET", f"{base}/in", f"{S}//a"), ("HPUT", f"{base}/put/[DevID]", f"{S}//a"),
            ("HPOST", f"{base}/post", f"{S}//a"), ("GET", f"{S}//a"), ("DELETE", f"{S}//b"),
            ("EXEC", f"{S}//run", f"{base}/late"), ("SHOW", "https://web.example/help"),
            ("DEFAULT", f"{base}/default", "urn:x:mo:none:1.0"), ("SUB", f"{base}/watch", f"{S}//a"),
            ("CONT", f"{base}/elsewhere"),
        ]  # fmt: skip
        second = [("UNSUB", f"{S}//a"), ("SUB", f"{base}/watch", f"{S}//a")]
        assert {name for name, *_ in first + second} | {"END"} == set(COMMANDS)

        def job(info):
            heard.append((yield [Command.of(*each) for each in first]))
            heard.append((yield [Command.of(*each) for each in second]))

        serving.server = Server().with_job("IMEI:1", "all", job)
        before = phone(base)
        done = await session(before)
        client = done.client
        later = client.objects
        place = client.objects.instances[0]
        from dmkit.dm2.address import AddressTarget

        client = Client(client.device_id, later.put(AddressTarget(place, ("a",)), node_of("newer")), uri=client.uri,
                        subscriptions=client.subscriptions)  # fmt: skip
        return done, await changed(client, later), base

    (done, told, base), serving = asyncio.run(both(work))
    codes = [[status and status.sc for status in statuses] for statuses in heard[-1:]]
    assert codes == [[200, 200]]
    assert [status and status.sc for status in heard[0]] == [200, 200, 200, 200, 200, 202, 200, None, 200, 200]
    assert heard[0][3].mos[0].nodes == {"a": "new"}
    root = done.client.objects.instances[0].root
    assert root.children["a"].text == "new" and "b" not in root.children
    assert json.loads(serving.repository.held["/put/IMEI:1"].body)[0]["MOData"] == {"a": "new"}
    assert [path for path, _, _ in serving.repository.posted] == ["/post"]
    posts = [line.what.uri for line in serving.lines if isinstance(line.what, HttpCall) and line.receiver == "server"]
    assert posts == ["/dm", "/elsewhere", "/elsewhere", "/late"], "CONT moves all later packages 3; EXEC reports late"
    assert [alert.type for _, alert in serving.server.alerts][-1] == "urn:x:done"
    assert [(call.uri, answer.status) for call, answer in told] == [(f"{base}/watch", 200)]
    assert json.loads(serving.repository.held["/watch"].body)[0]["MOData"] == {"a": "newer"}
    assert done.client.shown == ("https://web.example/help",)


@pytest.mark.parametrize(
    "method, kind, status",
    [
        ("POST", "application/vnd.oma.dm.initiation+json", 400),  # no OMADM-DevID
        ("POST", "text/plain", 200),  # anything else is a post to the repository
        ("GET", "", 404),
        ("DELETE", "", 405),
    ],
)
def test_strangers_get_an_answer(method, kind, status):
    import aiohttp

    async def work(serving, base):
        headers = {"content-type": kind} if kind else {}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{base}/x", data=b"{", headers=headers) as got,
        ):
            return got.status

    assert asyncio.run(both(work))[0] == status


def test_nobody_there_is_one_sentence():
    with pytest.raises(Unreachable, match=r"^POST http://127.0.0.1:9/dm: "):
        asyncio.run(session(phone("http://127.0.0.1:9")))


def test_a_file_of_packages(tmp_path):
    place = tmp_path / "plan.json"
    for text, said in [
        ("{", "no JSON"), ("[]", "'packages' and 'repository'"), ('{"packages":[1]}', "list of lists"),
        ('{"packages":[[["GET"]]]}', "GET takes"), ('{"packages":[[["LOOK"]]]}', "no command of DM 2.0"),
        ('{"packages":[[[1]]]}', "list of texts"), ('{"repository":{"x":1}}', "begin with /"),
    ]:  # fmt: skip
        place.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            read_plan(str(place))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_plan(str(tmp_path / "none"))
    place.write_text('{"packages":[[["GET","a/1/b"]]],"repository":{"/x":[]}}', encoding="utf-8")
    packages, repository = read_plan(str(place))
    assert packages == ((Command.of("GET", "a/1/b"),),) and repository.held["/x"].media_type == MOS


def test_the_commands_of_the_line_talk_to_each_other(tmp_path):
    plan = {
        "packages": [
            [["GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man"]],
            [["EXEC", "urn:oma:mo:oma-fumo:1.0//DownloadAndUpdate"]],
        ]
    }
    place = tmp_path / "plan.json"
    place.write_text(json.dumps(plan), encoding="utf-8")
    run = [sys.executable, "-m", "dmkit"]
    with subprocess.Popen(
        [*run, "serve", "--dm2", str(place), "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            url = server.stdout.readline().split()[-1]
            for _ in range(2):  # every device, every time
                got = subprocess.run([*run, "session", "--dm2", url], capture_output=True, text=True, timeout=60)
                assert got.returncode == 0 and '"Man":"Example"' in got.stdout and got.stderr == "", got
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=20)
    assert server.returncode == 0
    nobody = subprocess.run(
        [*run, "session", "--dm2", "http://127.0.0.1:9/dm"], capture_output=True, text=True, timeout=60
    )
    assert nobody.returncode in (1, 2) and len(nobody.stderr.strip().splitlines()) == 1


ACCOUNT = {"SrvID": "srv", "SrvURI": "", "Name": "Operator", "Perm": {"1": {"MOID": S}}}


@pytest.fixture
def served(tmp_path):
    """``dmkit serve --dm2`` with a plan: its address; what it logged is in ``log.jsonl``."""
    running = []

    def serve(name, plan, *options):
        place = tmp_path / f"{name}.json"
        place.write_text(json.dumps(plan), encoding="utf-8")
        run = [sys.executable, "-m", "dmkit", "serve", "--dm2", str(place), "--port", "0", *options]
        running.append(subprocess.Popen(run, stdout=subprocess.PIPE, text=True))
        return running[-1].stdout.readline().split()[-1]

    yield serve
    for server in running:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)


def dmkit(*arguments):
    return subprocess.run([sys.executable, "-m", "dmkit", *arguments], capture_output=True, text=True, timeout=60)


def test_a_device_begins_from_nothing_over_http(served, tmp_path):
    new = served("server", {"packages": [[["GET", f"{S}//"]]]})
    account = [{"ClientURI": "urn:oma:mo:oma-dm-dmacc:1.2//", "MOData": ACCOUNT | {"SrvURI": new}}]
    store = served("store", {"repository": {"/account": account}}).replace("/dm", "/account")
    boot = served("boot", {"packages": [[["HGET", store], ["END"]]]})
    got = dmkit("session", "--dm2", "--bootstrap", boot, "--trace", str(tmp_path / "trace.jsonl"))
    assert got.returncode == 0, got
    assert "BootstrapComplete" in got.stdout and f"POST {new}" in got.stdout and '"MOID":"urn:x-dmkit' in got.stdout
    shown = dmkit("trace", str(tmp_path / "trace.jsonl"))
    assert shown.returncode == 0 and "alert urn:oma:at:dm:2.0:BootstrapComplete" in shown.stdout
    nothing = dmkit("session", "--dm2", "--bootstrap", new)
    assert nothing.returncode == 1 and "no account came" in nothing.stdout
    assert dmkit("session", "--bootstrap", new).stderr.count("\n") == 1


def test_tls_and_traces_of_the_command_line(served, tmp_path, pki):
    plan = {"packages": [[["GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man"]]]}
    plan["tls"] = {"certificate": pki["server.pem"], "key": pki["server.key"]}
    url = served("tls", plan, "--log", str(tmp_path / "log.jsonl"))
    assert url.startswith("https://")
    trace = tmp_path / "trace.jsonl"
    good = dmkit("session", "--dm2", url, "--ca", pki["ca.pem"], "--trace", str(trace))
    assert good.returncode == 0 and '"Man":"Example"' in good.stdout
    assert trace.stat().st_mode & 0o77 == 0
    shown = dmkit("trace", str(trace))
    assert "package 3: 1 status" in shown.stdout and "Man = 'Example'" in shown.stdout
    assert json.loads(dmkit("trace", "--json", str(trace)).stdout)[0]["method"] == "POST"
    stranger = dmkit("session", "--dm2", url)
    assert stranger.returncode in (1, 2) and stranger.stderr.count("\n") == 1 and "Traceback" not in stranger.stderr
    assert dmkit("trace", "--html", str(trace)).returncode == 2


def test_secrets_stay_out_of_traces():
    body = b'[{"ClientURI":"urn:x//","MOData":{"Auth":{"ClientSecretKey":"k\\"ey","Secret":"s"},"Name":"n"}}]'
    line = Line("repository", "client", HttpAnswer(200, (("content-type", MOS),), body), ("a",))
    text = write_line(line)
    auth = json.loads(read_line(text).body)[0]["MOData"]["Auth"]
    assert auth == {"ClientSecretKey": "(secret)", "Secret": "(secret)"}
    assert read_line(text).events == ("a",) and json.loads(read_line(text).body)[0]["MOData"]["Name"] == "n"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"from":"client","to":"x"}', '{"from":"client","to":"server"}',
                                  '{"from":"client","to":"server","status":true}',
                                  '{"from":"client","to":"server","status":1,"body":3}'])  # fmt: skip
def test_what_is_no_line_of_a_trace(text):
    with pytest.raises(CodecError):
        read_line(text)


@pytest.mark.parametrize(("tls", "why"), [(1, "object of file names"), ({"certificate": "a"}, "both wanted"),
                                          ({"x": "a"}, "object of file names")])  # fmt: skip
def test_a_file_with_wrong_tls(tls, why, tmp_path):
    place = tmp_path / "plan.json"
    place.write_text(json.dumps({"tls": tls}), encoding="utf-8")
    with pytest.raises(ConfigError, match=why):
        read_tls(str(place))


def test_the_example_device_says_who_it_is():
    client = example_client("http://127.0.0.1:1/dm", "IMEI:7")
    assert client.start().call.header("omadm-devid") == "IMEI:7"
