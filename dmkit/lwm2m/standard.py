"""Objects 0 to 7 of OMA, as numbers, names and types; words of our own, no text of theirs.  [lwm2m sheet §5; registry]

A row is ``id name | operations | type | flags | range | units``; flags are M for mandatory, * for several instances.

>>> STANDARD[5].resources[3].name, STANDARD[5].resources[2].operations
('State', 'E')
>>> [definition.name for definition in STANDARD.values()][:3]
['LWM2M Security', 'LwM2M Server', 'LwM2M Access Control']
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.lwm2m.definitions import Definition, Resource
from dmkit.lwm2m.values import Type

__all__ = ["STANDARD"]

_WORDS: Final = {
    "str": Type.STRING,
    "int": Type.INTEGER,
    "uint": Type.UNSIGNED,
    "float": Type.FLOAT,
    "bool": Type.BOOLEAN,
    "opaque": Type.OPAQUE,
    "time": Type.TIME,
    "link": Type.OBJLNK,
    "core": Type.CORELNK,
    "-": Type.NONE,
}

_TABLES: Final = {
    (0, "LWM2M Security", "1.0", "M*"): """
        0 LWM2M Server URI | | str | M | 0..255
        1 Bootstrap-Server | | bool | M
        2 Security Mode | | int | M | 0..4
        3 Public Key or Identity | | opaque | M
        4 Server Public Key | | opaque | M
        5 Secret Key | | opaque | M
        6 SMS Security Mode | | int | | 0..255
        7 SMS Binding Key Parameters | | opaque | | 6
        8 SMS Binding Secret Key(s) | | opaque | | 16,32,48
        9 LwM2M Server SMS Number | | str
        10 Short Server ID | | int | | 1..65534
        11 Client Hold Off Time | | int | | | s
        12 Bootstrap-Server Account Timeout | | int | | | s""",
    (1, "LwM2M Server", "1.0", "M*"): """
        0 Short Server ID | R | int | M | 1..65534
        1 Lifetime | RW | int | M | | s
        2 Default Minimum Period | RW | int | | | s
        3 Default Maximum Period | RW | int | | | s
        4 Disable | E | -
        5 Disable Timeout | RW | int | | | s
        6 Notification Storing When Disabled or Offline | RW | bool | M
        7 Binding | RW | str | M
        8 Registration Update Trigger | E | - | M""",
    (2, "LwM2M Access Control", "1.1", "*"): """
        0 Object ID | R | int | M | 1..65534
        1 Object Instance ID | R | int | M | 0..65535
        2 ACL | RW | int | * | 0..31
        3 Access Control Owner | RW | int | M | 0..65535""",
    (3, "Device", "1.0", "M"): """
        0 Manufacturer | R | str
        1 Model Number | R | str
        2 Serial Number | R | str
        3 Firmware Version | R | str
        4 Reboot | E | - | M
        5 Factory Reset | E | -
        6 Available Power Sources | R | int | * | 0..7
        7 Power Source Voltage | R | int | * | | mV
        8 Power Source Current | R | int | * | | mA
        9 Battery Level | R | int | | 0..100 | /100
        10 Memory Free | R | int | | | KiB
        11 Error Code | R | int | M* | 0..8
        12 Reset Error Code | E | -
        13 Current Time | RW | time
        14 UTC Offset | RW | str
        15 Timezone | RW | str
        16 Supported Binding and Modes | R | str | M
        17 Device Type | R | str
        18 Hardware Version | R | str
        19 Software Version | R | str
        20 Battery Status | R | int | | 0..6
        21 Memory Total | R | int | | | KiB""",
    (4, "Connectivity Monitoring", "1.0", ""): """
        0 Network Bearer | R | int | M | 0..50
        1 Available Network Bearer | R | int | M* | 0..50
        2 Radio Signal Strength | R | int | M | | dBm
        3 Link Quality | R | int
        4 IP Addresses | R | str | M*
        5 Router IP Addresses | R | str | *
        6 Link Utilization | R | int | | 0..100 | /100
        7 APN | R | str | *
        8 Cell ID | R | int
        9 SMNC | R | int | | 0..999
        10 SMCC | R | int | | 0..999""",
    (5, "Firmware Update", "1.2", ""): """
        0 Package | W | opaque | M
        1 Package URI | RW | str | M | 0..255
        2 Update | E | - | M
        3 State | R | int | M | 0..3
        5 Update Result | R | int | M | 0..11
        6 PkgName | R | str | | 0..255
        7 PkgVersion | R | str | | 0..255
        8 Firmware Update Protocol Support | R | int | * | 0..5
        9 Firmware Update Delivery Method | R | int | M | 0..2
        10 Cancel | E | -
        11 Severity | RW | int | | 0..2
        12 Last State Change Time | R | time
        13 Maximum Defer Period | RW | uint | | | s
        14 Auto-Upgrade | RW | bool""",
    (6, "Location", "1.0", ""): """
        0 Latitude | R | float | M | | lat
        1 Longitude | R | float | M | | lon
        2 Altitude | R | float | | | m
        3 Radius | R | float | | | m
        4 Velocity | R | opaque
        5 Timestamp | R | time | M
        6 Speed | R | float | | | m/s""",
    (7, "Connectivity Statistics", "1.0", ""): """
        0 SMS Tx Counter | R | int
        1 SMS Rx Counter | R | int
        2 Tx Data | R | int | | | KiB
        3 Rx Data | R | int | | | KiB
        4 Max Message Size | R | int | | | B
        5 Average Message Size | R | int | | | B
        6 Start | E | - | M
        7 Stop | E | - | M
        8 Collection Period | RW | int | | | s""",
}


def _resource(row: str) -> Resource:
    head, operations, type_, flags, range_, units = (*(cell.strip() for cell in row.split("|")), "", "", "")[:6]
    number, _, name = head.partition(" ")
    return Resource(int(number), name, operations, _WORDS[type_], "*" in flags, "M" in flags, range_, units)


def _definition(id_: int, name: str, version: str, flags: str, rows: str) -> Definition:
    resources = [_resource(row) for row in rows.strip().splitlines()]
    urn = f"urn:oma:lwm2m:oma:{id_}" + (f":{version}" if version != "1.0" else "")
    return Definition(
        id_, name, urn, version, "1.0", "*" in flags, "M" in flags, {resource.id: resource for resource in resources}
    )


STANDARD: Final[Mapping[int, Definition]] = MappingProxyType(
    {id_: _definition(id_, name, version, flags, rows) for (id_, name, version, flags), rows in _TABLES.items()}
)
"""Object identifier -> definition."""
