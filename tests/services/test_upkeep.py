"""A server that looks after many devices: what comes to its end where, and a renewal for each."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.cli import main
from dmkit.services import due, parse, provision, upkeep
from dmkit.services.journal import DeviceRecord
from dmkit.transport.journals import FileJournals, read_journals
from tests.services.drive import drive, tree_of
from tests.services.test_renewal import DAY, OFFICE

OF_ALL = parse(OFFICE)
MAIL = parse(OFFICE.replace("${key}", "k"))


def of_nobody(octets):
    """A record that does not say whose it is; the harness calls every device IMEI:1."""
    record = DeviceRecord.read(octets)
    record.device = ""
    return record.write()


def fleet(tmp_path=None):
    """Three devices, set up on days 0, 40 and 60, and what is remembered of them."""
    journals, trees = (FileJournals(tmp_path / "j.db") if tmp_path else {}), {}
    for number, day in enumerate((0, 40, 60), 1):
        own = {}
        job = provision(["thing"] if number > 1 else ["wifi", "thing"], catalogue=MAIL, journals=own, now=day * DAY)
        trees[f"IMEI:{number}"] = drive(job, MAIL, tree_of(MAIL, {})).tree
        journals[f"IMEI:{number}"] = of_nobody(own["IMEI:1"])
    return journals, trees


def test_each_device_with_something_due_has_a_job_that_renews_it_and_the_others_are_left_alone():
    journals, trees = fleet()
    look = upkeep(journals=journals, catalogue=MAIL, now=125 * DAY)
    assert list(look.devices) == ["IMEI:1", "IMEI:2", "IMEI:3"] and list(look.jobs) == ["IMEI:1", "IMEI:2"]
    assert not look and str(look).splitlines() == [
        "IMEI:1: ./Key (thing): expired, renewed from day 80 to day 90",
        "IMEI:2: ./Key (thing): due, renewed from day 120 to day 130",
        "2 of 3 devices have something to renew",
    ]
    rows = {(row["device"], row["what"]): row["state"] for row in look.rows()}
    assert rows["IMEI:1", "cert"] == rows["IMEI:3", "./Key"] == "good" and len(rows) == 5
    third = journals["IMEI:3"]
    for device, job in look.jobs.items():
        own = {"IMEI:1": journals[device]}  # the harness has one address; a server enqueues the job as it stands
        single = upkeep(journals=own, catalogue=MAIL, now=125 * DAY).jobs["IMEI:1"]
        done = drive(single, MAIL, trees[device])
        assert done.result.state == "done" and done.changes == 1, done.result
        journals[device] = of_nobody(own["IMEI:1"])
        assert job.__qualname__.startswith("renew")
    assert upkeep(journals=journals, catalogue=MAIL, now=125 * DAY) and journals["IMEI:3"] == third


def test_a_server_renews_with_the_jobs_as_they_stand():
    phone = dm.Device.example()
    journals = {phone.address: DeviceRecord(("mail",), since={"./Mail/Key": 0.0}).write()}
    mail = parse('[service.mail.settings]\n"./Mail/Key" = {value = "new", secret = true, lifetime = "9d"}')
    phone.tree = phone.tree.set("./Mail/Key", "old")
    server = dm.Server.example(phone)
    for device, job in upkeep(journals=journals, catalogue=mail, now=9 * DAY).jobs.items():
        server.enqueue(device, job)
    dm.converse(phone, server)
    assert [str(r.result.state) for r in server.results] == ["done"] and phone.tree.get("./Mail/Key").value == "new"
    assert upkeep(journals=journals, catalogue=mail, now=9 * DAY)


@pytest.mark.parametrize(
    "odd", [b"[" * 50_000, b'{"intent":' + b"[" * 50_000, b'{"a":"\xff"}', b'{"last":' + b"9" * 5000 + b"}"]
)
def test_octets_that_are_no_journal_are_one_sentence(odd):
    with pytest.raises(dm.ConfigError, match="this is no journal of dmkit"):
        DeviceRecord.read(odd)


def test_what_is_wrong_with_one_device_keeps_no_other_from_being_renewed():
    journals, _ = fleet()
    journals["IMEI:0"] = b"junk"
    look = upkeep(journals=journals, catalogue=OF_ALL, now=125 * DAY, parameters={"IMEI:2": {"key": "two"}})
    assert list(look.jobs) == ["IMEI:2"] and set(look.refused) == {"IMEI:0", "IMEI:1"}
    said = str(look)
    assert "IMEI:0: not renewed: this is no journal of dmkit" in said
    assert "IMEI:1: not renewed: service thing, ./Key needs the parameter 'key'" in said
    assert said.endswith("2 of 4 devices have something to renew"), "nobody knows it of the one without a record"


def test_a_record_of_another_device_is_said_and_gives_no_job():
    journals, _ = fleet()
    record = DeviceRecord.read(journals["IMEI:1"])
    record.device = "IMEI:9"
    look = upkeep(journals={"IMEI:1": record.write()}, catalogue=MAIL, now=125 * DAY)
    assert (
        not look
        and not look.jobs
        and str(look).splitlines()
        == [
            "IMEI:1: not renewed: nothing of that journal is on this device: "
            "it is the journal of IMEI:9, and this is IMEI:1",
            "0 of 1 device has something to renew",
        ]
    )


@pytest.mark.parametrize(("many", "told"), [(0, "0 of 0 devices have"), (1, "0 of 1 device has"),
                                            (2, "0 of 2 devices have")])  # fmt: skip
def test_the_verb_is_that_of_the_devices(many, told):
    journals = {f"IMEI:{number}": DeviceRecord().write() for number in range(many)}
    assert str(upkeep(journals=journals, catalogue=MAIL, now=0.0)) == f"{told} something to renew"
    journals["IMEI:9"] = DeviceRecord(("thing",), since={"./Key": 0.0}).write()
    said = str(upkeep(journals=journals, catalogue=MAIL, now=85 * DAY)).splitlines()[-1]
    assert said == f"1 of {many + 1} device{'s' * (many > 0)} has something to renew"


def test_a_job_that_was_broken_off_goes_on_though_nothing_is_due():
    journals = {}
    job = provision(["wifi"], catalogue=MAIL, journals=journals, now=0.0)
    cut = drive(job, MAIL, tree_of(MAIL, {}), lose=3, sessions=1, quiet=True)
    look = upkeep(journals=journals, catalogue=MAIL, now=0.0)
    assert "IMEI:1: a job was broken off and goes on" in str(look)
    done = drive(look.jobs["IMEI:1"], MAIL, cut.tree)
    assert done.result.state == "done" and done.result.works == ("wifi",)


def test_an_intent_that_the_catalogue_has_not_any_more_is_nothing_to_renew():
    assert upkeep(journals={"IMEI:1": DeviceRecord(("fax",)).write()}, catalogue=MAIL, now=0.0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"journals": None}, "journals = None; a mapping is right"),
        ({"now": "today"}, "now = 'today'; seconds of a clock are right"),
        ({"catalogue": 3}, "catalogue is of type int"),
        ({"parameters": {"IMEI:1": "key"}}, "names with their texts by device are right"),
        ({"parameters": ["IMEI:1"]}, "names with their texts by device are right"),
        ({"parameters": {"IMEI:9": {}}}, "parameters of 'IMEI:9': nothing is remembered of this device"),
        ({"container": "box"}, "container = 'box'; atomic, sequence or plain is right"),
    ],
)
def test_wrong_values_are_one_sentence(wrong, told):
    journals = {"IMEI:1": DeviceRecord(("thing",)).write()}
    with pytest.raises(dm.ConfigError) as refused:
        upkeep(**{"journals": journals, "catalogue": MAIL, "now": 0.0} | wrong)
    assert told in str(refused.value)


def test_a_file_of_many_devices_is_read_and_not_written(tmp_path, capsys):
    journals, _ = fleet(tmp_path)
    journals["IMEI:0"] = b"junk"
    (tmp_path / "c.toml").write_text(OFFICE)
    before = dict(journals)
    asked = ["services", "expire", "--catalogue", f"{tmp_path}/c.toml", "--journal", f"{tmp_path}/j.db", "--now"]
    assert main([*asked, "125d"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "IMEI:1: ./Key (thing): expired, renewed from day 80 to day 90" and len(said) == 6
    assert said[-1].startswith("IMEI:0: this is no journal of dmkit")
    assert main([*asked, "1d", "--json"]) == 1, "what cannot be read is no good news"
    assert '"unread": {\n  "IMEI:0"' in capsys.readouterr().out
    del journals["IMEI:0"]
    record = DeviceRecord.read(journals["IMEI:1"])
    record.current = record.last
    journals["IMEI:1"], done = record.write(), journals["IMEI:1"]
    assert main([*asked, "1d"]) == 0, "as of one device, a job that was broken off makes nothing come to its end"
    journals["IMEI:1"] = done
    assert {k: v for k, v in before.items() if k != "IMEI:0"} == dict(journals) == read_journals(tmp_path / "j.db")
    assert not due(MAIL, DeviceRecord.read(journals["IMEI:1"]), DAY)
    journals.close()


def test_a_file_that_is_none_is_one_sentence(tmp_path, capsys):
    import sqlite3

    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.commit()
    with pytest.raises(dm.ConfigError, match="no file of journals: no such table: journal"):
        read_journals(tmp_path / "other.db")
    with pytest.raises(dm.ConfigError, match="no file of journals"):
        read_journals(tmp_path / "nowhere.db")
    assert not (tmp_path / "nowhere.db").exists()
    assert main(["services", "expire", "--journal", f"{tmp_path}/other.db", "--now", "1d"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
