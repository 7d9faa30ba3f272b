"""``dmkit decode`` of JSON: packages and objects of DM 2.0, SenML; what they say, what departs, what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.cli import main
from dmkit.cli.json_documents import told
from dmkit.words.errors import CodecError

SAID = [
    (b'{"Alert":[{"AlertType":"urn:oma:at:dm:2.0:ClientInitiatedMgmt"}]}', "package 1: 0 objects, 1 alert", ""),
    (b'{"MOS":[{"MOID":"urn:x","MIID":["a","b"]}]}', "object urn:x: a, b", ""),
    (b'{"CMD":[["GET","urn:oma:mo:oma-dm-devinfo:1.2//Man"]]}', "    ClientURI urn:oma:mo:oma-dm-devinfo:1.2//Man", ""),
    (b'{"CMD":[["HPUT","https://r/1","urn:x//a","urn:x//b"]]}', "    ClientURI urn:x//b", ""),
    (b'{"CMD":[["GTE","x"]]}', "    ? x", "GTE is no command of DM 2.0"),
    (b'{"CMD":[["END","x"]]}', "1 END", "END takes no parameter, not 1"),
    (b'{"Status":[{"sc":405}]}', "1 405 Method Not Allowed", ""),
    (b'{"Status":[{"sc":299}]}', "1 299 unknown", ""),
    (b'{"Status":[{"sc":"200"}]}', "1 200 OK", "Status[0].sc is a text"),
    (b'{"MOS":[],"MgmtTree":{}}', "package 1: 0 objects, 0 alerts", "has a member 'MgmtTree'"),
    (b'[{"ClientURI":"urn:x//","CV":"ab","MOData":{"a":{"b":1,"c":{}}}}]', "    a/b = 1", ""),
    (b'{"MOData":{"fumo":{"PkgURL":"x"}}}', "    fumo/PkgURL = 'x'", "is an object; a list"),
    (b'[{"bn":"/3/0/","n":"9","v":95,"t":5}]', "/3/0/9 = 95 at 5 s", ""),
]


@pytest.mark.parametrize(("data", "line", "deviation"), SAID)
def test_what_a_document_says(data, line, deviation, tmp_path, capsys):
    place = tmp_path / "document.json"
    place.write_bytes(b" \n" + data)
    assert main(["decode", str(place)]) == 0
    out, err = capsys.readouterr()
    assert line in out.splitlines() and deviation in err and bool(deviation) == bool(err)
    assert main(["decode", "--json", str(place)]) == 0 and capsys.readouterr().out[0] in "{["
    assert main(["decode", "--strict", str(place)]) == (2 if deviation else 0)
    assert (deviation in capsys.readouterr().err) if deviation else True


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"[1]", b'{"a":1}', b'{"CMD":7}', b'{"CMD":[[]]}', b'{"CMD":[["GET"]', b"[{"]
)
def test_what_is_none_is_one_sentence(data, tmp_path, capsys):
    place = tmp_path / "document.json"
    place.write_bytes(data)
    assert main(["decode", str(place)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "Traceback" not in err


def test_rows_are_of_other_documents(tmp_path, capsys):
    place = tmp_path / "document.json"
    place.write_bytes(SAID[0][0])
    assert main(["decode", "--rows", str(place)]) == 2 and "this is JSON" in capsys.readouterr().err


@given(st.sampled_from([data for data, _, _ in SAID]), st.data())
def test_mutants_raise_codec_errors_only(data, draw):
    octets = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(octets)))
        octets[at : at + draw.draw(st.integers(0, 3))] = draw.draw(
            st.binary(max_size=3) | st.sampled_from([b"{", b"[", b'"'])
        )
    try:
        told(bytes(octets))
    except CodecError:
        return
