"""An independent client of DM 2.0 over loopback, where a user has one; the test says what is missing and skips.

DMKIT_GRANDMA names the example client of the public project Grandma, which calls port 9988 of this machine, reads four
descriptions beside its folder and leaves after what it was sent.  Nothing of it is in this repository.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from importlib import resources

import pytest

from dmkit.dm2.commands import Command
from dmkit.dm2.documents import MOS, REQUEST
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.server import Server
from dmkit.transport.dm2_http import Serving, application
from dmkit.transport.dm2_run import plan_job
from dmkit.transport.http import start

PORT = 9988
URL = f"http://localhost:{PORT}/test_hget"
WHERE = "urn:oma:mo:oma-fumo:1.0/apps/DownloadAndUpdate/PkgURL"
HELD = b'{"MOData":{"fumo":{"DownloadAndUpdate":{"PkgURL":"COFFEEBABE"}}}}'


@pytest.fixture
def client(tmp_path):
    program = os.environ.get("DMKIT_GRANDMA", "")
    if not program or shutil.which(program) is None:
        pytest.skip("DMKIT_GRANDMA names no program of a client")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"something listens on port {PORT}, which this client calls")
    for name, kind in (("DevInfo", "devinfo"), ("DMAcc", "dmacc"), ("Fumo", "fumo"), ("SessionInfo", "devinfo")):
        place = tmp_path / "ddf" / f"{name}.ddf"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(resources.files("dmkit.mo").joinpath(f"{kind}.ddf.xml").read_bytes())
    folder = tmp_path / "run"
    folder.mkdir()
    return program, folder


def test_an_independent_client_is_served(client):
    program, folder = client
    packages = [[Command.of("HGET", URL, WHERE), Command.of("GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man")]]
    repository = Repository().put("/test_hget", HELD, MOS)
    serving = Serving(Server(always=(("plan", plan_job(packages)),)), repository)

    async def run():
        listening = await start(application(serving), port=PORT)
        process = await asyncio.create_subprocess_exec(program, cwd=folder, stdout=-1, stderr=-2)
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        await listening.close()
        return said.decode(errors="replace")

    said = asyncio.run(run())
    first, second, third, fourth, *_ = (line.what for line in serving.lines)
    assert isinstance(first, HttpCall) and (first.method, first.header("omadm-devid")) == ("POST", "PlanB")
    assert isinstance(second, HttpAnswer) and (second.status, second.header("content-type")) == (200, REQUEST)
    assert isinstance(third, HttpCall) and (third.method, third.uri) == ("GET", "/test_hget")
    assert isinstance(fourth, HttpAnswer) and fourth.body == HELD and "COFFEEBABE" in said
    info = serving.server.sessions[0].info
    assert {own.moid: own.miids for own in info.mos}["urn:oma:mo:oma-fumo:1.0"] == ("apps", "rootfs")
    assert "MgmtTree" in " ".join(info.deviations)
