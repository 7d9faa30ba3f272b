"""Every board: the notebook it stands in, what it needs, what a person does with it and sees then, what is no call.

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
    wrong: tuple[tuple[str, str], ...] = ()
    """Calls with an argument that is none, and what the sentence about it says."""

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

    @property
    def maker(self) -> str:
        """The function that the cell ends with."""
        last = ast.parse(self.cell).body[-1]
        assert isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
        return ast.unparse(last.value.func)

    def made(self) -> object:
        """The board, made in this process; paths are as they are in a notebook."""
        last, names = self._ready()
        return eval(compile(last, self.name, "eval"), names)

    def called(self, call: str) -> object:
        """What ``call`` gives where the board's cell would stand."""
        return eval(call, self._ready()[1])

    def _ready(self) -> tuple[ast.Expression, dict[str, object]]:
        steps = ast.parse(self.source.replace('"../data/', f'"{NOTEBOOKS.parent}/data/'))
        assert isinstance(steps.body[-1], ast.Expr)
        last = ast.Expression(steps.body.pop().value)
        names: dict[str, object] = {}
        exec(compile(steps, self.name, "exec"), names)
        return last, names


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
security = dm.studies.security
matrix = security.matrix(["alter a command", "forge with old proof"], ["md5 per session", "mac"], seeds=0)
costs = security.costs(["md5 per session", "mac"])
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
        wrong=(('dm.stepper(5, dm.Server.example(device))', 'device is 5; it must be a Device'),
               ('dm.stepper(device, 5)', 'the server is 5'),
               ('dm.stepper(device, dm.Server.example(device), job=5)', 'it is 5; a job is a function')),
    ),
    BoardRow("descriptions", "03", "object=[", (Act("object", "browser", "Browser"), Act("object", "wifi", "WiFi")),
        wrong=(('dm.explore(lambda object: dm.show(object), object=[])', 'object is []; a control needs'),
               ('dm.explore(lambda object: dm.show(object), object=5)', 'object is 5; a control needs'),
               ('dm.explore(lambda object: dm.show(object), object="")', "object is ''; a control needs"),
               ('dm.explore(lambda object: None, object=["mail"])', 'what is drawn is None; it must be a Look'),
               ('dm.explore(lambda object: object, object=["mail"])', "what is drawn is 'mail'; it must be a Look")),
    ),
    BoardRow(
        "lists of rights", "04", "acl_explorer(",
        (Act("own list", "Exec=*", "yes: ACL of ./FW/Run gives Exec to everybody"),
         Act("own list", "exec=*", "is no command of a list"),
         Act("Undo all", None, "ACL of ./FW/Run gives Exec to ops.example only"),
         Act("may", "ops.example", "yes: ACL of ./FW/Run gives Exec to ops.example"),
         Act("policy", "open", "the open policy allows everything"),
         Act("do command", "Get", "Get ./FW/Run:"), Act("node", "./FW/Pkg", "Get ./FW/Pkg:")),
        _LISTS,
        wrong=(('dm.boards.acl_explorer(5)', 'tree is 5; it must be a Tree'),
               ('dm.boards.acl_explorer(tree, "ops")', "servers is 'ops'; it must be several texts"),
               ('dm.boards.acl_explorer(tree, nod=".")', "has no control 'nod'; it has node"),
               ('dm.boards.acl_explorer(tree, node="./FW/Rum")', "nearest: './FW/Run'"),
               ('dm.boards.acl_explorer(tree, verb="exec")', "nearest: 'Exec'"),
               ('dm.boards.acl_explorer(tree, own=5)', 'own is 5; it must be a text'),
               ('dm.boards.acl_explorer(tree, policies={})', 'policies is empty'),
               ('dm.boards.acl_explorer(tree, policies=5)', 'policies is 5')),
    ),
    BoardRow("schemes and nonces", "05", "dm.explore(session",
             (Act("scheme", "basic", "syncml:auth-basic"), Act("nonce", "message", "Before, with scheme: basic")),
        wrong=(('dm.explore(session, scheme=["md5"])', 'draw cannot be called with scheme: missing'),
               ('dm.explore(session, scheme=["md6"], nonce=["session"])', 'md6')),
    ),
    BoardRow("cost of packages", "06", "measured", (Act("show", "octets", "Before, with show: round_trips"),),
             "frame = dm.measure.package_cost((100, 2_000), (1_024,))",
        wrong=(('dm.explore(5, show=measured)', 'draw is 5; it must be a function'),
               ('dm.explore(lambda show: frame, show=measured)', 'what is drawn is'),
               ('dm.explore(lambda shown: frame, show=measured)', 'draw cannot be called with show')),
    ),
    BoardRow("one limit", "06", "limit=(",
             (Act("MaxMsgSize in octets, 1000 to 6000", "2000", "Before, with MaxMsgSize in octets: 1000"),
              Act("MaxMsgSize in octets, 1000 to 6000", "7", "7 is below 1000, so 1000 is taken")),
        wrong=(('dm.explore(lambda limit: None, limit=(6000, 1000))', 'the lower number of a pair comes first'),
               ('dm.explore(lambda limit: None, labels={"limits": "octets"}, limit=(1, 2))', "nearest: 'limit'"),
               ('dm.explore(lambda limit: None, labels={"limit": 5}, limit=(1, 2))', 'the label of limit is 5'),
               ('dm.explore(lambda limit: None, labels=5, limit=(1, 2))', 'labels is 5'),
               ('dm.explore(lambda limit: None, limit=(1, 2))', 'what is drawn is None')),
    ),
    BoardRow(
        "card", "08", "card_explorer(",
        (Act("command", "SELECT PKCS#15"), Act("Send", None, "DF.PKCS15"), Act("in hexadecimal", "00A4000402", ""),
         Act("Send", None), Act("Reset", None, "answer to reset")),
        'document = b"\\x02\\xa4\\x01\\x6a\\x00"',
        wrong=(('dm.boards.card_explorer(5)', 'card is 5; it must be a Usim'),
               ('dm.boards.card_explorer(0)', 'card is 0; it must be a Usim'),
               ('dm.boards.card_explorer("00A40004022F00")', 'it must be a Usim'),
               ('dm.boards.card_explorer(None, 5)', 'a command is 5; it must be hexadecimal'),
               ('dm.boards.card_explorer(None, "READ")', "'READ' is no command in hexadecimal")),
    ),
    BoardRow("loss of power", "09", "power_explorer(",
             (Act("moment, 0 to 16", "9", "in the middle of"), Act("in the middle of the step", False, "before:"),
              Act("the new image works", False)),
        wrong=(('dm.studies.firmware.power_explorer("three slots")', "kind is 'three slots'"),
               ('dm.studies.firmware.power_explorer(moment=99)', 'it must be a whole number from 0 to 16'),
               ('dm.studies.firmware.power_explorer(moment="x")', "moment is 'x'"),
               ('dm.studies.firmware.take_power("two slots", 99)', 'moment is 99; this update has moments 0 to'),
               ('dm.studies.firmware.take_power("two slots", -1)', 'moment is -1')),
    ),
    BoardRow("an attack, replayed", "11", "dm.studies.security.replay,",
             (Act("design", "mac", "safe: complete to budget"),
              Act("attack", "downgrade", "stands in the credentials")),
        wrong=(('dm.studies.security.replay("downgrad", "mac")', "nearest: 'downgrade'"),
               ('dm.studies.security.replay("drop", "mca")', "nearest: 'mac'"),
               ('dm.studies.security.replay("drop", 5)', 'a design is 5; it must be a Design, or the name of one'),
               ('dm.studies.security.replay([], "mac")', '[] is not known; there are')),
    ),
    BoardRow(
        "object to write", "13", "object_editor(",
        (Act("object", "basis: proposal lesson\n./Heating | 1 ! CS | flo | G | Heats.", "'flo' is no format"),
         Act("Undo all", None, "nothing to say"), Act("node table", None, "Min. access types"),
         Act("show remarks from", "warning", "nothing to say")),
        _OBJECT,
        wrong=(('dm.boards.object_editor(5)', 'table is 5; it must be a table as text, or a Spec'),
               ('dm.boards.object_editor(table, view="tre")', "nearest: 'tree'"),
               ('dm.boards.object_editor(table, level=5)', 'level is 5'),
               ('dm.boards.object_editor(table, size=5)', "has no control 'size'; it has view and level"),
               ('dm.boards.object_editor("")', 'the table has no row')),
    ),
    BoardRow("weights and prices", "14", "dm.explore(weigh", (Act("path", "5", "Before, with price: octets"),
                                                             Act("price", "hashes", "path: 5")), _PRICED,
        wrong=(('weigh("octet")', "nearest: 'octets'"),
               ('weigh(5)', 'no cost 5 in the table'),
               ('weigh("octets", paht=2)', "nearest: 'path'"),
               ('weigh("octets", path="x")', "weight path is 'x'; it must be a finite number")),
    ),
    BoardRow(
        "services", "15", "service_explorer(",
        (Act("goes wrong", "a command is refused"), Act("at change or message, 1 to 60", "2"),
         Act("Run", None, "undone")),
        _LAPTOP,
        wrong=(('dm.boards.service_explorer(laptop, "nope", catalogue=today)', "want is 'nope'; it must be '"),
               ('dm.boards.service_explorer(laptop, 5, catalogue=today)', 'want is 5'),
               ('dm.boards.service_explorer(5)', 'device is 5; it must be a Device'),
               ('dm.boards.service_explorer(laptop, catalogue=5)', 'catalogue is 5'),
               ('dm.boards.rehearse(laptop, fault="a command is refuse")', "nearest: 'a command is refused'"),
               ('dm.boards.rehearse(laptop, ["browsing"], at=0)', 'at is 0; it must be a whole number from 1'),
               ('dm.boards.rehearse(laptop, "browsing")', "want is 'browsing'; it must be several texts"),
               ('dm.boards.rehearse(laptop, drop=5)', 'drop is 5'),
               ('dm.boards.rehearse(5)', 'device is 5'),
               ('dm.boards.rehearse(laptop, ["browsing"], container="box")', "container is 'box'"),
               ('dm.boards.rehearse(laptop, journals=5)', 'journals is 5'),
               ('dm.boards.service_phone(5)', 'values is 5'),
               ('dm.boards.service_phone({"./A": []})', 'the value of ./A is []'),
               ('dm.boards.service_phone({5: 1})', 'a URI of values is 5'),
               ('dm.boards.service_phone(catalogue=5)', 'catalogue is 5')),
    ),
    BoardRow(
        "schedule", "16", "schedule_explorer(threshold",
        (Act("Recur", "FREQ=SOMETIMES", "Refused"), Act("Recur", "FREQ=DAILY;BYHOUR=3,15"),
         Act("MissedRule", "1 run at once"), Act("Jitter in seconds, 0 to 86400", "99999", "so 86400 is taken"),
         Act("life, 0 to 99", "3"), Act("Gate", "./Bat/Level>=30")),
        wrong=(('dm.boards.schedule_explorer(recurr="FREQ=DAILY")', "has no control 'recurr'; it has base"),
               ('dm.boards.schedule_explorer(shown="x")', "has no control 'shown'"),
               ('dm.boards.schedule_explorer(recur=5)', 'recur is 5; it must be a text'),
               ('dm.boards.schedule_explorer(missed=9)', 'missed is 9; it must be 0, 1 or 2'),
               ('dm.boards.schedule_explorer(jitter=-1)', 'jitter is -1; it must be a whole number from 0 to 86400'),
               ('dm.boards.schedule_explorer(seed=2.5)', 'seed is 2.5')),
    ),
    BoardRow("enablers", "17", "enabler_explorer(", (Act("Exec", True, "with everything"), Act("look at", "lock"),
                                                     Act("begin with", "DM 1.2", "with everything")),
        wrong=(('dm.boards.enabler_explorer("DM 1.2", enabled="lock")', "it has enabler and scenario"),
               ('dm.boards.enabler_explorer("DM 1.2", enabler="lok")', "nearest: 'lock'"),
               ('dm.boards.enabler_explorer("DM 1.2", enabler="lock", scenario="wip")', "nearest: 'wipe'"),
               ('dm.boards.enabler_explorer("DM 1.9")', "profile 'DM 1.9' is not known"),
               ('dm.boards.enabler_explorer(5)', 'profile is 5')),
    ),
    BoardRow("campaign", "18", "dashboard(",
             (Act("trigger", "all at once", "Before, with trigger: spread over 1 h"),
              Act("servers, 4 to 64", "32", "Before, with trigger: all at once"),
              Act("people", "phones, owners asked", "annoyance")),
             "from dmkit.lab.boards.campaign import outlook as look; devices = 2000",
        wrong=(('dm.boards.dashboard("x")', "devices is 'x'; it must be a whole number from 1"),
               ('dm.boards.dashboard(0)', 'devices is 0'),
               ('dm.boards.dashboard(2.5)', 'devices is 2.5'),
               ('dm.boards.dashboard(50, seed="x")', "seed is 'x'; it must be a whole number from 0"),
               ('dm.boards.dashboard(50, seed=-1)', 'seed is -1'),
               ('dm.boards.dashboard(50, seed=None)', 'seed is None'),
               ('look(trigger=[], devices=50)', 'trigger is []'),
               ('look(retry="ful", devices=50)', "nearest: 'full'"),
               ('look(beside=5, devices=50)', 'beside is 5')),
    ),
    BoardRow("another witness", "22", 'show="Show me another"',
             (Act("Show me another", None), Act("design", "mac"), Act("attacker", "stranger")),
             "ex = dm.studies.exploring",
        wrong=(('look("strangr", "mac", 0)', "nearest: 'stranger'"),
               ('look("stranger", "mca", 0)', "nearest: 'mac'"),
               ('look("stranger", "mac", -1)', 'show is -1; it must be a whole number'),
               ('look("stranger", "mac", "x")', "show is 'x'; it must be a whole number")),
    ),
    BoardRow("one intent in four protocols", "23", "generation_explorer(",
             (Act("intent", "lock", "Before, with intent: read a value"),
              Act("settings written, 1 to 50", "60", "so 50 is taken")),
        wrong=(('dm.boards.generation_look("x")', "intent is 'x'; it must be 'read a value'"),
               ('dm.boards.generation_look(5)', 'intent is 5'),
               ('dm.boards.generation_look(lost="x")', "lost is 'x'; it must be a whole number from 0"),
               ('dm.boards.generation_look(lost=1.5)', 'lost is 1.5'),
               ('dm.boards.generation_look("lock", settings=0)', 'settings is 0; it must be a whole number from 1'),
               ('dm.boards.generation_look(link="ltd")', "nearest: 'lte'"),
               ('dm.boards.generation_look(security="tls")', "security 'tls' is not known")),
    ),
    BoardRow("which medium", "29", "media_explorer(", (Act("phones that take CP, %", "90", "Before, with weigh: cost"),
                                                       Act("weigh", "air")),
        wrong=(('dm.boards.media_look("costs")', "no axis 'costs'"),
               ('dm.boards.media_look(senders="x")', "senders is 'x'; it must be a finite number"),
               ('dm.boards.media_look(thieves=-1)', 'weights are not negative'),
               ('dm.boards.media_look(reads_cards=500)', 'is a share from 0 to 1'),
               ('dm.boards.media_look(takes_cp="x")', "phone takes CP is 'x'"),
               ('dm.boards.media_look(link="ltd")', "MediumWorld.link is 'ltd'")),
    ),
    BoardRow("asking the user", "31", "studies.asking.session",
             (Act("person", "no", "Before, with sent: side by side"), Act("sent", "Atomic", "Atomic")),
        wrong=(('session("Atomics", "no")', "nearest: 'Atomic'"),
               ('session("Atomic", "maybe")', "answer is 'maybe'; it must be 'yes'"),
               ('session([], "no")', 'sent is []; it must be'),
               ('session("Atomic", 5)', 'answer is 5; it must be')),
    ),
)  # fmt: skip
