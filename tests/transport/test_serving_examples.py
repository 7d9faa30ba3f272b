"""The examples of data/serving: they parse, they agree with each other and with the command, and a proxy is passed."""

from __future__ import annotations

import asyncio
import configparser
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import dmkit as dm
from dmkit.cli import _parser
from dmkit.transport.config import read_config

PLACE = Path(__file__).parents[2] / "data" / "serving"


def arguments(words):
    return _parser().parse_args(words)


def test_the_configuration_is_taken():
    config = read_config(PLACE / "server.toml")
    assert (config.host, config.port, config.path) == ("127.0.0.1", 8080, "/dm")
    assert config.url == "https://dm.example.com/dm"


def test_the_first_server_takes_the_commands_of_the_readme():
    """It writes to no place of the machine, and its account and address are those of the commands beside it."""
    readme = (PLACE.parents[1] / "README.md").read_text(encoding="utf-8")
    told = {
        words.split()[1]: arguments(shlex.split(words)[1:]) for words in re.findall(r"`(dmkit [a-z][^`]*)`", readme)
    }
    assert Path(told["serve"].config).name == "first.toml"
    config = read_config(PLACE / "first.toml")
    account = config.accounts[0]
    assert config.database is None and config.limits.half_open == 0
    assert (told["session"].user, told["session"].password) == (account.user, account.password)
    assert {told[name].url for name in ("session", "load")} == {f"http://{config.host}:{config.port}{config.path}"}


def unit():
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read(PLACE / "dmkit.service")
    return parser


def test_the_unit_starts_a_command_that_there_is():
    service = unit()["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program.endswith("/bin/dmkit")
    said = arguments(words)
    assert (said.command, Path(said.config).name) == ("serve", "server.toml")
    assert Path(said.log).parent.name == service["LogsDirectory"]
    assert Path(read_config(PLACE / "server.toml").database).parent.name == service["StateDirectory"]
    assert unit()["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    text = (PLACE / "dmkit.service").read_text().replace("/opt/dmkit/bin/dmkit", "/bin/true")
    (tmp_path / "dmkit.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "dmkit.service")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "dmkit.service" in line]
    assert said == []


def test_the_container_starts_the_same_command():
    lines = (PLACE / "Containerfile").read_text().splitlines()
    known = {"FROM", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "CMD"}
    assert {line.split()[0] for line in lines if line and not line.startswith("#")} == known
    words = re.findall(r'"([^"]+)"', next(line for line in lines if line.startswith("CMD")))
    assert words[0] == "dmkit"
    assert arguments(words[1:]).config == "/etc/dmkit/server.toml"
    assert f"EXPOSE {read_config(PLACE / 'server.toml').port}" in lines


def test_the_proxy_sends_to_where_the_server_listens():
    text = (PLACE / "nginx.conf").read_text()
    config = read_config(PLACE / "server.toml")
    assert text.count("{") == text.count("}")
    assert all(
        line.rstrip().endswith(("{", "}", ";")) for line in re.sub(r"#.*", "", text).splitlines() if line.strip()
    )
    assert f"proxy_pass http://{config.host}:{config.port};" in text
    assert f"location = {config.path} " in text
    assert f"server_name {config.url.split('/')[2]};" in text


@pytest.mark.parametrize("auth", ["md5", "mac"])
@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=repr)
def test_a_session_goes_through_a_reverse_proxy(codec, auth):
    """A proxy passes bodies and headers on; the server tells devices the proxy's address, not its own."""
    import aiohttp
    from aiohttp import web

    from dmkit.transport.http import application, exchange, reserve, start

    rules = dm.Rules(auth=auth, server_auth=auth)
    device = dm.Device.example(codec=codec, rules=rules)
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.put("./APN/Name", "internet"))

    async def go():
        front = reserve("127.0.0.1")
        outside = f"http://127.0.0.1:{front.getsockname()[1]}/dm"
        listening = await start(application(server.receive))
        passed = []

        async def forward(request):
            body = await request.read()
            kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
            async with aiohttp.ClientSession() as inner:
                sent = inner.post(listening.url + request.path_qs.removeprefix("/dm"), data=body, headers=kept)
                async with sent as answer:
                    passed.append(answer.status)
                    back = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                    return web.Response(status=answer.status, body=await answer.read(), headers=back)

        proxy = web.Application()
        proxy.router.add_post("/{rest:.*}", forward)
        runner = web.AppRunner(proxy)
        await runner.setup()
        await web.SockSite(runner, front).start()
        try:
            device.accounts[0] = replace(device.accounts[0], address=outside)
            async with aiohttp.ClientSession() as http:
                return await exchange(device.connect(), http), passed, outside
        finally:
            await runner.cleanup()
            await listening.close()

    steps, passed, outside = asyncio.run(go())
    talk = dm.Transcript.of(steps)
    assert device.tree.get("./APN/Name").value == "internet"
    assert passed == [200] * (len(talk) // 2)
    assert all(
        (line.message.header.resp_uri or outside).startswith(outside) for line in talk if line.sender == "server"
    )


_HOP = {"content-length", "transfer-encoding", "connection", "server", "date"}
"""Headers that are between two neighbours."""
