"""Objects and formats as the sheet and the public registry list them, written off by hand.  [lwm2m sheet §3, §5]"""

from __future__ import annotations

import pytest

from dmkit.lwm2m.formats import FORMATS, LINK_FORMAT, TLV
from dmkit.lwm2m.standard import STANDARD

OBJECTS = {
    0: ("1.0", "0str 1bool 2int 3opaque 4opaque 5opaque 6int 7opaque 8opaque 9str 10int 11int 12int", "0 1 2 3 4 5"),
    1: ("1.0", "0R-int 1RW-int 2RW-int 3RW-int 4E 5RW-int 6RW-bool 7RW-str 8E", "0 1 6 7 8"),
    2: ("1.1", "0R-int 1R-int 2RW-int* 3RW-int", "0 1 3"),
    3: ("1.0", "0R-str 1R-str 2R-str 3R-str 4E 5E 6R-int* 7R-int* 8R-int* 9R-int 10R-int 11R-int* 12E 13RW-time "
        "14RW-str 15RW-str 16R-str 17R-str 18R-str 19R-str 20R-int 21R-int", "4 11 16"),
    4: ("1.0", "0R-int 1R-int* 2R-int 3R-int 4R-str* 5R-str* 6R-int 7R-str* 8R-int 9R-int 10R-int", "0 1 2 4"),
    5: ("1.2", "0W-opaque 1RW-str 2E 3R-int 5R-int 6R-str 7R-str 8R-int* 9R-int 10E 11RW-int 12R-time 13RW-uint "
        "14RW-bool", "0 1 2 3 5 9"),
    6: ("1.0", "0R-float 1R-float 2R-float 3R-float 4R-opaque 5R-time 6R-float", "0 1 5"),
    7: ("1.0", "0R-int 1R-int 2R-int 3R-int 4R-int 5R-int 6E 7E 8RW-int", "6 7"),
}  # fmt: skip
"""Object -> version, resources (number, operations, type, * for several), and which must be there."""
TYPES = {"String": "str", "Integer": "int", "Unsigned Integer": "uint", "Float": "float", "Boolean": "bool",
         "Opaque": "opaque", "Time": "time"}  # fmt: skip


@pytest.mark.parametrize("number", OBJECTS)
def test_objects(number):
    definition = STANDARD[number]
    found = []
    for resource in definition.resources.values():
        type_ = TYPES.get(resource.type.value, "")
        middle = "-" if resource.operations and type_ else ""
        found.append(f"{resource.id}{resource.operations}{middle}{type_}{'*' if resource.multiple else ''}")
    mandatory = " ".join(str(r.id) for r in definition.resources.values() if r.mandatory)
    assert (definition.version, " ".join(found), mandatory) == OBJECTS[number]


@pytest.mark.parametrize(
    ("path", "range_", "units"),
    [((0, 10), "1..65534", ""), ((0, 12), "", "s"), ((1, 0), "1..65534", ""), ((1, 1), "", "s"),
     ((2, 0), "1..65534", ""), ((2, 1), "0..65535", ""), ((2, 3), "0..65535", ""),
     ((3, 9), "0..100", "/100"), ((3, 10), "", "KiB"),
     ((4, 2), "", "dBm"), ((5, 1), "0..255", ""), ((5, 3), "0..3", ""), ((5, 5), "0..11", ""), ((5, 8), "0..5", ""),
     ((5, 9), "0..2", "")],
)  # fmt: skip
def test_ranges_and_units(path, range_, units):
    resource = STANDARD[path[0]].resources[path[1]]
    assert (resource.range, resource.units) == (range_, units)


def test_formats():
    rows = {
        (0, "1.0"),
        (42, "1.0"),
        (60, "1.1"),
        (110, "1.1"),
        (112, "1.1"),
        (11542, "1.0"),
        (11543, "1.0"),
        (11544, "1.2"),
    }
    assert {(number, FORMATS[number].since) for number in FORMATS} == rows
    assert (LINK_FORMAT, TLV, FORMATS[TLV].name) == (40, 11542, "TLV")
    assert {number for number in FORMATS if FORMATS[number].single} == {0, 42, 60}
