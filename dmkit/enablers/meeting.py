"""Scenarios of meeting: a device that no server knows yet, and a server that wants it now.  [DMBOOT §5, DMNOTI §6]"""

from __future__ import annotations

from typing import Any, Final

from dmkit.device.device import Device
from dmkit.enablers.play import SOON, Play
from dmkit.enablers.profile import EnablerProfile
from dmkit.enablers.scenario import EnablerScenario
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.transport.push import bootstrap_push, deliver, provision

__all__ = ["SCENARIOS"]

_IMSI: Final = "001010123456789"
_DOCUMENT: Final = b"""<?xml version="1.0"?>
<wap-provisioningdoc version="1.1"><characteristic type="APPLICATION">
<parm name="APPID" value="w7"/><parm name="PROVIDER-ID" value="com.mgmtsrv"/><parm name="ADDR" value="https://dm.example/"/>
<characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="APPSRV"/><parm name="AAUTHTYPE" value="DIGEST"/>
<parm name="AAUTHNAME" value="client"/><parm name="AAUTHSECRET" value="clientpw"/></characteristic>
<characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="CLIENT"/><parm name="AAUTHTYPE" value="DIGEST"/>
<parm name="AAUTHNAME" value="com.mgmtsrv"/><parm name="AAUTHSECRET" value="srvpw"/></characteristic>
</characteristic></wap-provisioningdoc>"""


def first_account(profile: EnablerProfile) -> Play:
    """A phone from the factory gets an account over the air, and its server a first inventory.  [DMBOOT §5.3]"""
    stage = Play(profile, device=Device.blank(imsi=_IMSI, rules=profile.device))
    if "bootstrap" not in profile.absent:
        push = bootstrap_push(_DOCUMENT, "text/vnd.wap.connectivity-xml", network_id=_IMSI)
        stage.react(deliver(stage.device, provision(push)))
    stage.goal("the phone has an account", stage.device.accounts)
    if stage.device.accounts:
        stage.server = Server.example(stage.device, rules=profile.server)
        stage.promise("the phone calls by itself", stage.may_call)
        found = stage.call(jobs.read("./DevInfo/Mod")) if stage.may_call else stage.manage(jobs.read("./DevInfo/Mod"))
        stage.goal("the server knows the phone", found and found["./DevInfo/Mod"] == "T1")
    return stage


def urgent(profile: EnablerProfile) -> Play:
    """A change that cannot wait until the device calls.  [DMNOTI §6]"""
    stage = Play(profile)
    stage.manage(jobs.write("./APN/Name", "internet.new"))
    stage.goal("the change is made within a minute", stage.now < SOON and stage.value("./APN/Name") == "internet.new")
    return stage


def question(profile: EnablerProfile) -> Play:
    """The user chooses, and the choice is made on the device.  [DMPRO §10]"""
    stage = Play(profile, user=lambda asked: 2)

    def job(info: Any) -> Any:
        value = yield from jobs.ask("Which access point?", "internet.a", "internet.b")(info)
        if isinstance(value, list):
            yield from jobs.write("./APN/Name", value[0])(info)

    stage.manage(job)
    stage.goal("what the user chose is set", stage.value("./APN/Name") == "internet.b")
    return stage


SCENARIOS: Final = (
    EnablerScenario("bootstrap", "first account", first_account, "DMBOOT §5.3"),
    EnablerScenario("user", "a choice", question, "DMPRO §10"),
    EnablerScenario("wake-up", "an urgent change", urgent, "DMNOTI §6"),
)
