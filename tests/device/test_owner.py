"""The owner of a device: consent, plain questions, a friendly name, news of an update.  [RD §6]"""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.device.consent import Careful, Private
from dmkit.device.friendly import AT, DESCRIPTION, name_of, named
from dmkit.mo.firmware import Image, package
from dmkit.server import jobs
from dmkit.server.object_jobs import telling
from dmkit.server.server import Server
from dmkit.words.errors import ConfigError
from dmkit.words.question import person

APPS = Private("the list of your applications", "the operator learns what you use", "it does not change")


class Owner:
    """Says what is next, and keeps what he was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, question: object) -> object:
        self.asked.append(question.text)  # type: ignore[attr-defined]
        return self.answers.pop(0)


def phone(owner: Owner, private: Private = APPS, acl: str | None = None) -> tuple[Careful, Server]:
    device = Careful.example(user=person(owner))  # type: ignore[arg-type]
    tree = device.tree.put("./Apps", dm.Node.interior())
    tree = tree.put("./Apps/One", dm.Node("chr", "game")).put("./Apps/Two", dm.Node("chr", "mail"))
    device.become(tree if acl is None else tree.with_acl("./Apps", acl))
    device.private = {"./Apps": private}
    return device, Server.example(device)


def read(device: dm.Device, server: Server, *uris: str) -> dict[str, str | None]:
    dm.converse(device, server, job=jobs.read(*uris))
    return dict(server.results[-1].result)  # type: ignore[call-overload]


@pytest.mark.spec("R-091", "R-087")
def test_no_inventory_without_consent_and_the_question_is_plain() -> None:
    owner = Owner(False)
    device, server = phone(owner)
    assert read(device, server, "./Apps/One", "./DevInfo/Man") == {"./Apps/One": None, "./DevInfo/Man": "Acme"}
    [asked] = owner.asked
    for word in ("com.mgmtsrv.manage", "applications", "Privacy: the operator learns", "Warranty: it does not change"):
        assert word in asked


@pytest.mark.spec("R-091")
@pytest.mark.parametrize(
    "uri", ["./Apps", "./Apps/One", "./Apps?list=StructData", ".?list=StructData", "./Apps/One?prop=Size"]
)
def test_every_way_to_read_it_asks_first(uri: str) -> None:
    for agrees in (True, False):
        owner = Owner(agrees)
        device, server = phone(owner)
        outcome = {}

        def job(info: object, uri: str = uri, outcome: dict = outcome):
            [outcome["is"]] = yield [dm.Get.of(uri)]

        dm.converse(device, server, job=job)
        assert len(owner.asked) == 1
        texts = " ".join(item.text for item in outcome["is"].results)
        assert (bool(outcome["is"]) and ("game" in texts or "One" in texts or uri.endswith("Size"))) is agrees


@pytest.mark.spec("R-084")
def test_nobody_is_asked_for_nothing() -> None:
    owner = Owner(True)
    device, server = phone(owner)
    read(device, server, "./DevInfo/Man")
    assert owner.asked == [], "nothing personal was asked for"
    for _ in range(3):
        assert read(device, server, "./Apps/One") == {"./Apps/One": "game"}
    assert len(owner.asked) == 1, "an answer stays in force"
    refused, other = phone(Owner(), acl="Get=somebody.else")
    assert read(refused, other, "./Apps/One") == {"./Apps/One": None}, "the list refuses it anyway: nobody is asked"


def test_an_answer_ends_and_can_be_taken_back() -> None:
    owner = Owner(True, True, False)
    device, _ = phone(owner)
    assert device.owner_allows("s", "./Apps", 0.0) and device.owner_allows("s", "./Apps", 86_399.0)
    assert device.owner_allows("s", "./Apps", 86_400.0) and len(owner.asked) == 2
    device.withdraw("s", "./Apps")
    assert not device.owner_allows("s", "./Apps", 86_401.0)


@pytest.mark.spec("R-011")
@pytest.mark.parametrize(("typed", "value"), [("2468", "game"), ("1111", None), (None, None)])
def test_the_owner_proves_himself_where_personal_data_is_touched(typed: str | None, value: str | None) -> None:
    owner = Owner(typed)
    device, server = phone(owner, Private("your places", "others learn where you were", "none", pin="2468"))
    assert read(device, server, "./Apps/One") == {"./Apps/One": value}
    assert "Your PIN" in owner.asked[0]


@pytest.mark.spec("R-090")
@pytest.mark.parametrize(("goes", "told"), [(True, 1), (False, 0)])
def test_the_user_hears_that_software_has_been_updated(goes: bool, told: int) -> None:
    shown: list[str] = []

    def user(question: object) -> bool:
        shown.append(question.text)  # type: ignore[attr-defined]
        return True

    device = dm.Device.example(user=person(user))
    url = "https://fw.example.com/2.1"
    device.with_object("fumo", world={url: package(Image("T1", "2.1")) if goes else 503})
    server = Server.example(device)
    dm.manage(device, server, job=telling(jobs.update_firmware("2.1"), "Your phone has been updated to 2.1"))
    assert bool(server.results[-1].result) is goes
    assert shown == ["Your phone has been updated to 2.1"] * told


@pytest.mark.spec("R-121")
def test_a_friendly_name_is_given_read_and_changed() -> None:
    device = named(dm.Device.example(), "Ann's phone")
    server = Server.example(device)
    assert read(device, server, AT) == {AT: "Ann's phone"}
    dm.converse(device, server, job=jobs.write(AT, "Ann's old phone"))
    assert name_of(device) == "Ann's old phone"
    assert name_of(dm.Device.example()) == "T1", "without one it is called by its model"
    described = DESCRIPTION(AT)
    assert described.permanent and not described.takes(dm.Verb.DELETE) and described.takes(dm.Verb.REPLACE)


@pytest.mark.parametrize("name", ["", "x" * 65, "two\nlines"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ConfigError, match="1 to 64 characters"):
        named(dm.Device.example(), name)
