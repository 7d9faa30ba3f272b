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

# name -> module that defines it; "" when the name is the module itself
_NAMES: Final[dict[str, str]] = {
    name: module
    for module, names in {
        "codes": "AlertCode AuthType Format Mark StatusCode Verb",
        "errors": "CodecError CommandFailed ConfigError DdfError DmError LocalProtocolError RemoteProtocolError",
        "model": "Add Alert Atomic Copy Cred Delete Element Exec Get Header Item Message Meta Packet Replace Results "
        "Sequence Status",
        "outcome": "Later Outcome",
        "question": "Question person",
        "deviations": "Deviation DeviationKind",
        "auth": "SCHEMES Account Credential",
        "tree.node": "Node Tree",
        "tree.spec": "Basis NodeSpec Spec",
        "tree.apply": "TreeRules",
        "tree.policy": "Decision oma_acl",
        "tree.rivals": "RIVALS Loans Roles",
        "tree.closure": "closure",
        "tree.moves": "World",
        "tree.reach": "ever who_can_ever",
        "tree.analysis": "Duty conflicts differences orphans",
        "wire.codec": "WBXML XML codec_for",
        "wire.explain": "explain",
        "session.client": "ClientSession",
        "session.events": "Step",
        "session.rules": "Rules",
        "session.server": "ServerSession",
        "session.states": "TRANSITIONS State",
        "session.work": "DeviceInfo",
        "device": "Device counted_nonces",
        "usim.card": "Usim",
        "server": "Server",
        "transcript": "Transcript",
        "transport.push": "bootstrap_push deliver lossy provision wake",
        "transport.loop": "converse honest manage steps",
        "transport.trace": "read_trace read_traces",
        "views.pushview": "explain_push",
        "views.statechart": "statechart",
        "views": "ladder_mermaid ladder_svg show states_html states_mermaid tree_text",
        "session.oracle": "assert_sound",
        "lab.acl_explorer": "acl_explorer",
        "lab.capabilities": "assessment_frame losses needs profile_frame",
        "lab.card_explorer": "card_explorer",
        "lab.services_explorer": "rehearse service_explorer service_phone",
        "lab.services_view": "service_graph service_map",
        "lab.enabler_explorer": "enabler_explorer",
        "lab.rights": "acl_study policy_frame privileges rights",
        "lab.object_editor": "object_editor",
        "lab.treegraph": "plot_tree tree_graph",
        "lab.schedule_explorer": "schedule_explorer",
        "lab.widgets": "explore stepper",
        "": "bootstrap ddf enablers jobs mo notation notify services sim usim",
        "lab.validation": "validate",
        "lab.experiment": "summary sweep vary",
        "sim": "attack theory",
        "sim.trial": "Trial witness",
        "sim.campaign": "Campaign Retry Servers",
        "sim.net": "LINKS PUSH",
        "lab.dashboard": "dashboard",
        "lab": "cards firmware measure plot provisioning schedules scheduling security",
    }.items()
    for name in names.split()
}

__all__ = ["__version__", *sorted(_NAMES)]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'dmkit' has no attribute {name!r}")
    module = _NAMES[name]
    value = import_module(f"dmkit.{module or name}")
    if module:
        value = getattr(value, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
