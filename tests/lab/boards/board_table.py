"""Every board: the notebook it stands in, what it needs, what a person does with it and sees then.

Tests are made from this table: without a browser (``test_boards.py``), in JupyterLab and in Voilà
(``test_browser.py``).  A new board is one row.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"
LIVE = "# not compared: a live widget"


@dataclass(frozen=True)
class Act:
    """``control`` is its accessible name; ``value`` is typed or chosen, True or False for a box, None for a press.

    ``sees``: what the board says afterwards; empty when a picture changes and no word does.
    """

    control: str
    value: str | bool | None
    sees: str = ""


@dataclass(frozen=True)
class BoardRow:
    """``marker`` stands in the cell of that notebook that shows the board; ``before`` makes what the cell needs."""

    name: str
    notebook: str
    marker: str
    acts: tuple[Act, ...]
    before: str = ""

    @property
    def cell(self) -> str:
        """The cell as it stands in the notebook."""
        [path] = NOTEBOOKS.glob(f"{self.notebook}-*.ipynb")
        cells = ("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
        [found] = [text for text in cells if self.marker in text and "print(" not in text and "%%solution" not in text]
        return found

    @property
    def source(self) -> str:
        """Python that ends with the board."""
        return f"import dmkit as dm\n{self.before}\n{self.cell}\n"

    def made(self) -> object:
        """The board, made in this process; paths are as they are in a notebook."""
        steps = ast.parse(self.source.replace('"../data/', f'"{NOTEBOOKS.parent}/data/'))
        assert isinstance(steps.body[-1], ast.Expr)
        last = ast.Expression(steps.body.pop().value)
        names: dict[str, object] = {}
        exec(compile(steps, self.name, "exec"), names)
        return eval(compile(last, self.name, "eval"), names)


_LISTS = """
tree = dm.Tree.of({"./WiFi/Home/SSID": "cafe", "./FW/Pkg": "1.0", "./FW/Run": ""},
                  acl={"./WiFi": "Get=*&Replace=ops.example", "./FW/Run": "Exec=ops.example"})
servers = ["ops.example", "vendor.example", "guest.example"]
"""
_OBJECT = '''
table = """
basis: proposal lesson
./Heating         | 1 ! CS | node com.example/1.0/Heating | G       | Heats rooms.
  <Room>          | *16    | node                         | A D G R | A room; whoever adds it chooses the name.
    Target "Wish" | 1      | float = 20.0                 | A G R   | Temperature that is wanted, degrees Celsius.
"""
'''
_PRICED = """
study = dm.studies.security
matrix = study.matrix(["alter a command", "forge with old proof"], ["md5 per session", "mac"], seeds=0)
costs = study.costs(["md5 per session", "mac"])
"""
_LAPTOP = """
today = dm.services.read("../data/services/today.toml")
radios = {"./Radio/WLAN": True, "./Radio/LTE": True, "./Card/Applications": "USIM"}
laptop = dm.boards.service_phone(radios, catalogue=today)
"""

BOARDS = (
    BoardRow(
        "session to step through", "01", "dm.stepper(",
        (Act("Next", None, "S1, server to device"), Act("message, 1 to 6", "5", "C3, device to server"),
         Act("message, 1 to 6", "99", "message: 99 is above 6, so 6 is taken"), Act("Back", None, "C3, device to"),
         Act("octets", None), Act("device tree", None, "internet.old")),
    ),
    BoardRow("descriptions", "03", "object=[", (Act("object", "browser", "Browser"), Act("object", "wifi", "WiFi"))),
    BoardRow(
        "lists of rights", "04", "acl_explorer(",
        (Act("own list", "Exec=*", "yes: ACL of ./FW/Run gives Exec to everybody"),
         Act("own list", "exec=*", "is no command of a list"),
         Act("Undo all", None, "ACL of ./FW/Run gives Exec to ops.example only"),
         Act("may", "ops.example", "yes: ACL of ./FW/Run gives Exec to ops.example"),
         Act("policy", "open", "the open policy allows everything"),
         Act("do command", "Get", "Get ./FW/Run:"), Act("node", "./FW/Pkg", "Get ./FW/Pkg:")),
        _LISTS,
    ),
    BoardRow("schemes and nonces", "05", "dm.explore(session",
             (Act("scheme", "basic", "syncml:auth-basic"), Act("nonce", "message", "Before, with scheme: basic"))),
    BoardRow("cost of packages", "06", "measured", (Act("show", "octets", "Before, with show: round_trips"),),
             "frame = dm.measure.package_cost((100, 2_000), (1_024,))"),
    BoardRow("one limit", "06", "limit=(",
             (Act("MaxMsgSize in octets, 1000 to 6000", "2000", "Before, with MaxMsgSize in octets: 1000"),
              Act("MaxMsgSize in octets, 1000 to 6000", "7", "7 is below 1000, so 1000 is taken"))),
    BoardRow(
        "card", "08", "card_explorer(",
        (Act("command", "SELECT PKCS#15"), Act("Send", None, "DF.PKCS15"), Act("in hexadecimal", "00A4000402", ""),
         Act("Send", None), Act("Reset", None, "answer to reset")),
        'document = b"\\x02\\xa4\\x01\\x6a\\x00"',
    ),
    BoardRow("loss of power", "09", "power_explorer(",
             (Act("moment, 0 to 16", "9", "in the middle of"), Act("in the middle of the step", False, "before:"),
              Act("the new image works", False))),
    BoardRow("an attack, replayed", "11", "dm.studies.security.replay,",
             (Act("design", "mac", "safe: complete to budget"),
              Act("attack", "downgrade", "stands in the credentials"))),
    BoardRow(
        "object to write", "13", "object_editor(",
        (Act("object", "basis: proposal lesson\n./Heating | 1 ! CS | flo | G | Heats.", "'flo' is no format"),
         Act("Undo all", None, "nothing to say"), Act("node table", None, "Min. access types"),
         Act("show remarks from", "warning", "nothing to say")),
        _OBJECT,
    ),
    BoardRow("weights and prices", "14", "dm.explore(weigh", (Act("path", "5", "Before, with price: octets"),
                                                             Act("price", "hashes", "path: 5")), _PRICED),
    BoardRow(
        "services", "15", "service_explorer(",
        (Act("goes wrong", "a command is refused"), Act("at change or message, 1 to 60", "2"),
         Act("Run", None, "undone")),
        _LAPTOP,
    ),
    BoardRow(
        "schedule", "16", "schedule_explorer(threshold",
        (Act("Recur", "FREQ=SOMETIMES", "Refused"), Act("Recur", "FREQ=DAILY;BYHOUR=3,15"),
         Act("MissedRule", "1 run at once"), Act("Jitter in seconds, 0 to 86400", "99999", "so 86400 is taken"),
         Act("life, 0 to 99", "3"), Act("Gate", "./Bat/Level>=30")),
    ),
    BoardRow("enablers", "17", "enabler_explorer(", (Act("Exec", True, "with everything"), Act("look at", "lock"),
                                                     Act("begin with", "DM 1.2", "with everything"))),
    BoardRow("campaign", "18", "dashboard(",
             (Act("trigger", "all at once", "Before, with trigger: spread over 1 h"),
              Act("servers, 4 to 64", "32", "Before, with trigger: all at once"),
              Act("people", "phones, owners asked", "annoyance"))),
    BoardRow("another witness", "22", 'show="Show me another"',
             (Act("Show me another", None), Act("design", "mac"), Act("attacker", "stranger")),
             "ex = dm.studies.exploring"),
    BoardRow("one intent in four protocols", "23", "generation_explorer(",
             (Act("intent", "lock", "Before, with intent: read a value"),
              Act("settings, 1 to 50", "60", "so 50 is taken"))),
    BoardRow("which medium", "29", "media_explorer(", (Act("phones that take CP, %", "90", "Before, with weigh: cost"),
                                                       Act("weigh", "air"))),
    BoardRow("asking the user", "31", "studies.asking.session",
             (Act("person", "no", "Before, with sent: side by side"), Act("sent", "Atomic", "Atomic"))),
)  # fmt: skip
