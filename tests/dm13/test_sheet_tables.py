"""What is registered and what each proposal can do, written off by hand.  [dm13 sheet §2, §4, §7]"""

from __future__ import annotations

from dmkit.dm13.addressing import RIVALS
from dmkit.dm13.bootstrap_config import NODES
from dmkit.dm13.profile import DM13


def test_identifiers():
    """The column of DM 1.3."""
    versions = {name: value.removeprefix("urn:oma:mo:oma-dm-") for name, value in DM13.identifiers.items()}
    assert versions == {"DMAcc": "dmacc:1.1", "DevInfo": "devinfo:1.1", "DevDetail": "devdetail:1.1",
                        "BootstrapConfig": "bootstrapcfg:1.0"}  # fmt: skip


def test_proposals_for_addressing():
    """Whether the place may be unknown, one of several is picked, several are reached: HTC1 and HW1 pick one."""
    rows = {name: (rival.unknown_place, rival.picks, rival.several) for name, rival in RIVALS.items()}
    assert list(rows.items()) == [
        ("path", (False, False, False)), ("question", (True, False, True)), ("conditions", (True, True, False)),
        ("feature", (True, True, False)), ("dm 2.0", (True, True, True))]  # fmt: skip


def test_nodes_of_the_bootstrap_configuration():
    assert " ".join(NODES) == ("BootstrapServer/<y>/Addr BootstrapServer/<y>/AddrType Retry/Count Retry/Interval "
                               "SmartCard/Enabled ClientInit/Enabled")  # fmt: skip
