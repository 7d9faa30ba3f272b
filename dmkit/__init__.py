"""dmkit: OMA Device Management as an executable, explorable model.

Names that a notebook needs are here, the rest is one step deeper; each module loads when its first name is used.

>>> import dmkit as dm
>>> dm.Get.of("./DevInfo/Man").verb
<Verb.GET: 'Get'>
>>> dm.security
Traceback (most recent call last):
...
AttributeError: module 'dmkit' has no attribute 'security'; it is dm.studies.security now
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__version__ = "0.3.0"

_TABLE = {
    # words
    "words.codes": "StatusCode Verb",
    "words.errors": "CodecError ConfigError",
    "words.model": "Add Alert Atomic Copy Delete Exec Get Item Message Packet Replace Sequence Status",
    # parties
    "auth": "Account Credential",
    "card.card": "Usim",
    "device.device": "Device",
    "server.server": "Server",
    "session.rules": "Rules",
    "tree.node": "Node",
    "tree.rules": "TreeRules",
    "tree.tree": "Tree",
    "wire.codec": "WBXML XML",
    # running
    "transport.loop": "converse manage steps",
    "sim.campaign": "Campaign",
    "lab.runs.experiment": "summary sweep vary",
    "lab.validation": "validate",
    "workbench.readings.table": "readings",
    "workbench.whatif.report": "whatif",
    "lab.lessons.answers": "check",
    # showing
    "lab.boards.widgets": "explore stepper",
    "views": "show",
    "views.transcript": "Transcript",
    "wire.explain": "explain",
    # rooms, one step deeper
    "": "attack auth bootstrap card ddf device enablers generations intent=generations.intents mo notify rights "
    "schedule services session sim transport views wire words workbench boards=lab.boards jobs=server.jobs "
    "lessons=lab.lessons measure=lab.measures plot=lab.plots studies=lab.studies",
}
"""Module -> the names that stand here; in the last row names are the modules themselves."""

_ROOMS = {
    "attack": "Trial witness",
    "auth": "SCHEMES",
    "boards": "acl_explorer card_explorer dashboard enabler_explorer object_editor rehearse schedule_explorer "
    "service_explorer service_phone",
    "ddf": "Basis NodeSpec Spec",
    "device": "counted_nonces",
    "measure": "acl_study assessment_frame losses needs policy_frame privileges profile_frame rights_frame",
    "plot": "plot_tree service_graph service_map tree_graph",
    "rights": "Decision Duty Loans RIVALS Roles closure conflicts differences ever oma_acl orphans who_can_ever",
    "session": "ClientSession DeviceInfo ServerSession Step TRANSITIONS assert_sound",
    "sim": "LINKS PUSH Retry Servers theory",
    "studies": "cards firmware provisioning security",
    "transport": "bootstrap_push deliver honest lossy provision read_trace read_traces wake",
    "views": "explain_push ladder_mermaid ladder_svg notation states_html states_mermaid statechart tree_text",
    "wire": "codec_for",
    "words": "AlertCode AuthType CommandFailed Cred DdfError Deviation DeviationKind DmError Element Format Header "
    "Later LocalProtocolError Mark Meta Outcome Question RemoteProtocolError Results person",
}
"""Room -> names that once stood here."""

_MOVED = {name: f"dm.{room}.{name}" for room, names in _ROOMS.items() for name in names.split()} | {
    "State": "dm.session.SessionState",
    "World": "dm.rights.Assumptions",
    "schedules": "dm.studies.device_schedule",
    "scheduling": "dm.studies.rollout_designs",
    "usim": "dm.card",
}

__getattr__, __dir__, __all__ = _door(__name__, _TABLE, _MOVED)


def load_ipython_extension(shell: object) -> None:
    """``%load_ext dmkit`` in a notebook: folded solutions (``%%solution``) and frames as tables that are not cut."""
    from dmkit.lab.lessons import load

    load(shell)
