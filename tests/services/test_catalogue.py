"""Catalogues: what is read, and the sentence for each mistake."""

from __future__ import annotations

import pytest

from dmkit.ddf.spec import Basis
from dmkit.services.parts import need
from dmkit.services.tables import default, parse, read
from dmkit.services.versions import VersionRange, version
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[services.a]", "catalogue: there is an unknown field `services`"),
        ("[service", "catalogue is no TOML: "),
        ("[service.a]\nneed = []", "catalogue: service a: there is an unknown field `need`"),
        ("[service.a]\nneeds = 3", "catalogue: service a: Expected `array`, got `int` (in needs)"),
        ('[service.a]\nneeds = ["b"]', "catalogue: service a: needs b, which is not in the catalogue"),
        ('[service.a]\nneeds = ["bearer:x"]', "catalogue: service a: needs bearer:x, which is not in the catalogue"),
        ('[service.a]\nneeds = ["what is this"]', "catalogue: service a: 'what is this' is no need; a service, "),
        ('[service.a]\nneeds = ["software:r>=x"]', "catalogue: service a: '>=x' is no bound of a version; >=2.1"),
        ("[service.a]\nneeds = [[]]", "catalogue: service a: an empty list among its needs; "),
        ("[service.A]", "catalogue: 'A' is no name; small letters, digits, - and _ make one"),
        ('[service.a]\nconflicts = ["a"]', "catalogue: service a: conflicts with 'a', which is no other service"),
        ('[service.a]\nconflicts = ["b"]\n[service.b]', "catalogue: service a: conflicts with b; one of the two"),
        ('[service.a]\nsettings = {"U" = "1"}', "catalogue: service a: 'U' is no address of a node; it begins with ./"),
        ('[service.a.settings]\n"./U" = {}', "catalogue: service a, ./U: needs a value, a pattern or both"),
        ('[service.a.settings]\n"./U" = {value = "b", pattern = "a"}',
         "catalogue: service a, ./U: its own value 'b' is not like its pattern 'a'"),
        ('[service.a.settings]\n"./U" = {pattern = "("}', "catalogue: service a, ./U: pattern '(' cannot be read: "),
        ('[service.a.settings]\n"./U" = {value = "b", off = "b"}', "catalogue: service a, ./U: off = 'b' would still"),
        ('[service.a.settings]\n"./U" = {pattern = "b", secret = true}', "catalogue: service a, ./U: a secret needs a"),
        ('[service.a.settings]\n"./U" = {value = "b", format = "node"}', "catalogue: service a, ./U: format 'node'; "),
        ('[service.a]\nverify = [{}]', "catalogue: service a: an entry of verify has either get or exec"),
        ('[bearer.x]\nuri = "./U"\n[service.a]\nsettings = {"./U" = "1"}',
         "catalogue: service a: ./U tells a fact or a version; nobody can set it"),
        ('[software.r]\nat = "./V"\npackages = [{version = "x", install = "./I"}]',
         "catalogue: software r: 'x' is no version; 2.1, 2.1.0-rc1 or 2.1+7 is one"),
        ('[software.r]\nat = "./V"\npackages = [{version = "1", install = "./I"}, {version = "1.0", install = "./I"}]',
         "catalogue: software r: two packages of version 1.0"),
        ('[software.r]\nat = "./V"\npackages = [{version = "1", install = "./I", cost = 0}]',
         "catalogue: software r: Expected `int` >= 1 (in packages[0].cost)"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_that_names_the_place(text, sentence):
    with pytest.raises(ConfigError) as refused:
        parse(text)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_files_are_read_and_a_missing_one_is_named(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[service.a]\nsettings = {"./U" = true}')
    [setting] = read(str(file)).services["a"].settings
    assert (setting.value, setting.format) == ("true", "bool")
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        read("nowhere.toml")


def test_versions_compare_by_number_and_ranges_leave_out_what_is_not_installed():
    assert version("1.10") > version("1.9.9")
    assert [VersionRange.of(">=2,<3").takes(v) for v in ("1.9", "2", "2.99", "3.0", None)] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert str(need("software:runtime>=2.1,<3")) == "software:runtime>=2.1,<3"


def test_the_catalogue_of_dmkit_says_where_its_entries_come_from():
    catalogue = default()
    bases = {s.basis for service in catalogue.services.values() for s in service.settings}
    assert {Basis.ESTABLISHED, Basis.IMPLEMENTATION, Basis.UNSURE} <= bases
    assert catalogue.part("mail").services.keys() == {"mail", "nap-internet", "wlan-offload"}
    assert {"mms", "mail", "voice", "push-to-talk", "tickets"} <= catalogue.services.keys()
