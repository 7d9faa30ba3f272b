from dmkit.probe import broken as broken
from dmkit.probe import case as case
from dmkit.probe import catalogue as catalogue
from dmkit.probe import changes as changes
from dmkit.probe import covering as covering
from dmkit.probe import drive as drive
from dmkit.probe import peer as peer
from dmkit.probe import persona as persona
from dmkit.probe import pipe as pipe
from dmkit.probe import report as report
from dmkit.probe import rules as rules
from dmkit.probe import run as run
from dmkit.probe import verdict as verdict
from dmkit.probe.case import CaseStep as CaseStep
from dmkit.probe.case import ProbeCase as ProbeCase
from dmkit.probe.catalogue import cases as cases
from dmkit.probe.catalogue import chosen as chosen
from dmkit.probe.drive import play as play
from dmkit.probe.drive import probe_client as probe_client
from dmkit.probe.drive import probe_server as probe_server
from dmkit.probe.peer import Peer as Peer
from dmkit.probe.peer import PeerNonces as PeerNonces
from dmkit.probe.run import CaseRun as CaseRun
from dmkit.probe.verdict import Result as Result
from dmkit.probe.verdict import Verdict as Verdict

__all__ = [
    "CaseRun",
    "CaseStep",
    "Peer",
    "PeerNonces",
    "ProbeCase",
    "Result",
    "Verdict",
    "broken",
    "case",
    "cases",
    "catalogue",
    "changes",
    "chosen",
    "covering",
    "drive",
    "peer",
    "persona",
    "pipe",
    "play",
    "probe_client",
    "probe_server",
    "report",
    "rules",
    "run",
    "verdict",
]
