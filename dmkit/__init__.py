"""dmkit: OMA Device Management as an executable, explorable model.

Names that a notebook needs are here; each module loads when its first name is used.

>>> import dmkit as dm
>>> dm.Get.of("./DevInfo/Man").verb
<Verb.GET: 'Get'>
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__version__: Final = "0.1.0"

# name -> module that it is
_MODULES: Final[dict[str, str]] = {
    **{name: name for name in ["attack", "bootstrap", "ddf", "enablers", "mo", "notify", "services", "sim"]},
    **{name: f"lab.studies.{name}" for name in ["cards", "firmware", "provisioning", "security"]},
    "jobs": "server.jobs",
    "measure": "lab.measures.measure",
    "notation": "views.notation",
    "plot": "lab.plots.plot",
    "schedules": "lab.studies.device_schedule",
    "scheduling": "lab.studies.rollout_designs",
    "theory": "sim.theory",
    "usim": "card",
}

# name -> module that defines it
_NAMES: Final[dict[str, str]] = {
    name: module
    for module, names in {
        "words.codes": "AlertCode AuthType Format Mark StatusCode Verb",
        "words.errors": "CodecError CommandFailed ConfigError DdfError DmError LocalProtocolError RemoteProtocolError",
        "words.model": "Add Alert Atomic Copy Cred Delete Element Exec Get Header Item Message Meta Packet Replace "
        "Results Sequence Status",
        "words.outcome": "Later Outcome",
        "words.question": "Question person",
        "words.deviations": "Deviation DeviationKind",
        "auth": "SCHEMES Account Credential",
        "tree.node": "Node",
        "tree.tree": "Tree",
        "ddf.spec": "Basis NodeSpec Spec",
        "tree.apply": "TreeRules",
        "tree.policy": "Decision oma_acl",
        "rights.rivals": "RIVALS Loans Roles",
        "rights.closure": "closure",
        "rights.assumptions": "World",
        "rights.reach": "ever who_can_ever",
        "rights.analysis": "Duty conflicts differences orphans",
        "wire.codec": "WBXML XML codec_for",
        "wire.explain": "explain",
        "session.client": "ClientSession",
        "session.events": "Step",
        "session.rules": "Rules",
        "session.server": "ServerSession",
        "session.states": "TRANSITIONS State",
        "session.work": "DeviceInfo",
        "device.device": "Device counted_nonces",
        "card.card": "Usim",
        "server.server": "Server",
        "views.transcript": "Transcript",
        "transport.push": "bootstrap_push deliver lossy provision wake",
        "transport.loop": "converse honest manage steps",
        "transport.trace": "read_trace read_traces",
        "views.pushview": "explain_push",
        "views.statechart": "statechart",
        "views": "ladder_mermaid ladder_svg show states_html states_mermaid tree_text",
        "session.oracle.check": "assert_sound",
        "lab.boards.acl": "acl_explorer",
        "lab.studies.capabilities": "assessment_frame losses needs profile_frame",
        "lab.boards.card": "card_explorer",
        "lab.boards.services": "rehearse service_explorer service_phone",
        "lab.studies.services_view": "service_graph service_map",
        "lab.boards.enablers": "enabler_explorer",
        "lab.studies.rights": "acl_study policy_frame privileges rights_frame",
        "lab.boards.objects": "object_editor",
        "lab.plots.treegraph": "plot_tree tree_graph",
        "lab.boards.schedule": "schedule_explorer",
        "lab.boards.widgets": "explore stepper",
        "lab.validation": "validate",
        "lab.runs.experiment": "summary sweep vary",
        "attack.trial": "Trial witness",
        "sim.campaign": "Campaign Retry Servers",
        "sim.net": "LINKS PUSH",
        "lab.boards.campaign": "dashboard",
    }.items()
    for name in names.split()
}

__all__ = ["__version__", *sorted(_NAMES | _MODULES)]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value = import_module(f"dmkit.{_MODULES[name]}")
    elif name in _NAMES:
        value = getattr(import_module(f"dmkit.{_NAMES[name]}"), name)
    else:
        raise AttributeError(f"module 'dmkit' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES, *_MODULES})
