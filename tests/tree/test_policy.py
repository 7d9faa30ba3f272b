"""Who may do what: the specification's policy, its rivals, and reasons for every no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.rights.rivals import RIVALS, Loans, Roles, denying, merged, per_command
from dmkit.tree.execute import execute
from dmkit.tree.policy import at_time, open_policy

SERVER = "com.mgmtsrv.manage"


def tree(**acl):
    """``A/B/x`` and lists: ``root``, ``A``, ``B``, ``x``."""
    where = {"root": ".", "A": "./A", "B": "./A/B", "x": "./A/B/x"}
    return dm.Tree.of({"./A/B/x": "1"}, acl={where[name]: text for name, text in acl.items()})


# -- every denial explains itself


def test_the_sentence_of_the_architecture_page():
    home = dm.Tree.of({"./WiFi/Home/SSID": "cafe"}, acl={"./WiFi": "Get=*&Replace=ops.example"})
    no = home.may("guest.example", "Replace", "./WiFi/Home/SSID")
    assert str(no) == "no: ACL of ./WiFi (inherited) gives Replace to ops.example only"
    assert (no.at, no.missing, no.grantors) == ("./WiFi", "Replace=guest.example", ("ops.example",))
    assert no.explain().endswith("; Replace=guest.example is missing; ops.example could grant it")


@pytest.mark.parametrize(
    ("lists", "uri", "grantors"),
    [
        ({}, "./A/B/x", ()),  # nobody has Replace under the root's default
        ({"B": "Get=s"}, "./A/B", ()),
        ({"A": "Replace=a"}, "./A/B/x", ("a",)),
        ({"A": "Replace=a", "B": "Replace=b"}, "./A/B", ("a", "b")),  # interior: its own, or its parent's
        ({"B": "Replace=b", "x": "Replace=s"}, "./A/B/x", ("b",)),  # leaf: its parent's only
        ({"A": "Replace=a", "B": "Replace=b"}, "./A/B/x", ("a", "b")),  # where the list is inherited from, too
        ({"root": "Add=*&Replace=*", "A": "Get=a"}, "./A", ("*",)),
        ({"A": "Replace=a"}, "./A/B/new", ("a",)),
    ],
)
def test_grantors_are_those_who_can_grant(lists, uri, grantors):
    before = tree(**lists)
    no = before.may("z", "Exec", uri)
    assert not no and no.grantors == grantors
    full = "Add=*&Delete=*&Exec=*&Get=*&Replace=*"
    granted = set()
    for server in ("a", "b", "s"):
        for at in (".", "./A", "./A/B", "./A/B/x"):
            after, outcome = before.apply(dm.Replace.of(f"{at}?prop=ACL", full), by=server)
            if outcome.ok and after.may("z", "Exec", uri):
                granted.add(server)
    assert granted == ({"a", "b", "s"} if grantors == ("*",) else set(grantors))


def test_a_refused_command_says_so_too():
    _, outcome = tree(A="Get=*&Replace=ops").apply(dm.Replace.of("./A/B/x", "2"), by="guest")
    assert outcome.status == 425
    assert outcome.why == (
        "Replace ./A/B/x: ACL of ./A (inherited) gives Replace to ops only; "
        "Replace=guest is missing; ops could grant it"
    )


def test_nobody_can_grant_below_the_default_root():
    no = tree().may("guest", "Delete", "./A/B")
    assert no.explain() == (
        "ACL of . (inherited) gives Delete to nobody; Delete=guest is missing; no server could grant it"
    )


# -- rivals


@pytest.mark.parametrize(
    ("lists", "verb", "allowed"),
    [
        # lists, verb, (specification, merged, per command)
        ({"A": "Replace=s"}, "Get", (False, True, True)),
        ({"root": "Add=*&Delete=s&Get=*", "A": "Get=t"}, "Delete", (False, True, True)),
        ({"A": "Get=s", "B": "Get=t"}, "Get", (False, True, False)),
        ({"A": "Get=s", "B": "Get=t", "x": "Get=s"}, "Get", (True, True, True)),
        ({"A": "Get=s"}, "Delete", (False, False, False)),
    ],
)
def test_ways_to_inherit_differ(lists, verb, allowed):
    given = tree(**lists)
    assert (
        tuple(bool(p(given, "s", dm.Verb(verb), "./A/B/x")) for p in (dm.rights.oma_acl, merged, per_command))
        == allowed
    )


def test_a_denial_above_is_stronger_than_a_grant_below():
    given = tree(A="Get=*+!guest", x="Get=guest")
    assert not denying(given, "guest", dm.Verb.GET, "./A/B/x")
    assert denying(given, "ops", dm.Verb.GET, "./A/B")
    assert given.may("guest", "Get", "./A/B/x")


def test_roles_are_looked_up_and_unknown_ones_grant_nothing():
    given = tree(A="Get=@support+@nobody")
    policy = Roles({"support": ("desk",)})
    assert policy(given, "desk", dm.Verb.GET, "./A/B/x")
    assert not policy(given, "@support", dm.Verb.GET, "./A/B/x")
    assert not policy(given, "ops", dm.Verb.GET, "./A/B/x")
    assert not Roles()(given, "desk", dm.Verb.GET, "./A/B/x")


@pytest.mark.spec("R-073")
def test_a_loan_ends_by_itself_and_with_the_lender():
    lent = Loans.entry("guest", "ops", 60.0)
    given = tree(A=f"Get=ops+{lent}&Replace={lent}")
    assert Loans().at(59.0)(given, "guest", dm.Verb.GET, "./A/B/x")
    assert not Loans().at(60.0)(given, "guest", dm.Verb.GET, "./A/B/x")
    assert not Loans().at(0.0)(given, "guest", dm.Verb.REPLACE, "./A"), "ops has no Replace to lend"
    assert not Loans()(given, "guest", dm.Verb.GET, "./A"), "without a time no loan holds"


@pytest.mark.parametrize("entry", ["guest~ops", "guest~ops~tomorrow", "~~", "a~b~20260101T000000Z~x"])
def test_what_is_no_loan_lends_nothing(entry):
    assert not Loans().at(0.0)(tree(A=f"Get=*+{entry}&Replace=ops+{entry}"), "guest", dm.Verb.REPLACE, "./A")


@pytest.mark.parametrize("server", ["", "a~b", "a+b"])
def test_lending_needs_plain_identifiers(server):
    with pytest.raises(dm.ConfigError, match="lend or borrow"):
        Loans.entry(server, "ops", 60)


def test_time_reaches_a_policy_when_commands_are_carried_out():
    given = tree(A=f"Get=ops+{Loans.entry('guest', 'ops', 60.0)}")
    command = (dm.Get.of("./A/B/x"),)
    statuses = [execute(given, command, by="guest", now=now, policy=Loans()).outcomes[0].status for now in (59, 60)]
    assert statuses == [200, 425]
    assert at_time(dm.rights.oma_acl, 5.0) is dm.rights.oma_acl


def test_time_reaches_a_policy_inside_another():
    from dmkit.tree.allow import allow_only

    given = tree(A=f"Get=ops+{Loans.entry('guest', 'ops', 60.0)}")
    policy = allow_only({"guest": ("./A/B",)}, inner=Loans())
    for now, uri, status in ((59, "./A/B/x", 200), (60, "./A/B/x", 425), (59, "./A", 425)):
        assert execute(given, (dm.Get.of(uri),), by="guest", now=now, policy=policy).outcomes[0].status == status


_texts = st.sampled_from(["", "Get=s", "Get=t&Replace=s", "Replace=t", "Add=*&Get=*", "Delete=s+t"])


@given(st.tuples(_texts, _texts, _texts), st.sampled_from(["s", "t", "u"]), st.sampled_from(["Get", "Replace", "Add"]))
def test_rivals_agree_where_their_words_do_not_occur(texts, server, verb):
    given = tree(**dict(zip("ABx", texts, strict=True)))
    asked = (given, server, dm.Verb(verb), "./A/B/x")
    want = dm.rights.oma_acl(*asked)
    for policy in (denying, Roles({"r": ("s",)}), Loans(0.0)):
        assert policy(*asked) == want, "same answer, same words, same grantors"
    if want:
        assert merged(*asked) and per_command(*asked)
    assert open_policy(*asked)


@pytest.mark.parametrize("name", RIVALS)
def test_every_policy_says_on_what_it_rests(name):
    policy = RIVALS[name]
    said = (policy.__doc__ if callable(policy) and hasattr(policy, "__name__") else type(policy).__doc__) or ""
    assert "basis: " in said


# -- a policy decides everywhere


@pytest.mark.parametrize(
    ("command", "specification", "otherwise"),
    [
        # what s, who has all rights on the root and none below, is answered: by the specification, by `merged`
        (dm.Get.of("./A/B/x"), 425, 200),
        (dm.Get.of("./A/B?prop=Name"), 425, 200),
        (dm.Replace.of("./A/B/x", "2"), 425, 200),
        (dm.Replace.of("./A/B?prop=Title", "t"), 425, 200),
        (dm.Replace.of("./A/B?prop=ACL", "Get=s"), 425, 200),
        (dm.Replace.of("./A/B/x?prop=ACL", "Get=s"), 425, 200),
        (dm.Replace.of("./A/B/x?prop=Name", "y"), 425, 200),
        (dm.Add.of("./A/B/new", "1"), 425, 200),
        (dm.Delete.of("./A/B"), 425, 200),
        (dm.Copy.of("./A/B/x", "./A/B/x"), 425, 200),
        (dm.Get.of("./A?list=Struct"), 425, 200),
    ],
)
def test_every_command_asks_the_policy(command, specification, otherwise):
    given = tree(root="Add=*&Delete=s&Get=*&Replace=s", A="Get=t", B="Get=t")
    for policy, status in ((dm.rights.oma_acl, specification), (merged, otherwise)):
        done = execute(given, (command,), by="s", policy=policy)
        assert done.outcomes[0].status == status
        assert status == 200 or done.tree == given


def test_a_listing_shows_what_the_policy_lets_be_read():
    given = tree(A="Get=s", B="Get=t")
    shown = [
        execute(given, (dm.Get.of("./A?list=Struct"),), by="s", policy=p).outcomes[0]
        for p in (dm.rights.oma_acl, merged)
    ]
    assert [[item.source for item in outcome.results] for outcome in shown] == [["./A"], ["./A", "./A/B", "./A/B/x"]]


def test_a_new_node_has_the_list_that_follows_from_the_policy():
    given = tree(root="Add=*&Replace=s", A="Add=s")
    lists = [
        execute(given, (dm.Add.of("./A/new"),), by="s", policy=policy).tree.get("./A/new").acl
        for policy in (dm.rights.oma_acl, merged, per_command)
    ]
    assert lists == ["Add=s&Delete=s&Replace=s", "", ""]


def test_a_device_tells_its_policy_the_time():
    device = dm.Device.example(rules=dm.Rules(policy=Loans()))
    device.tree = device.tree.with_acl("./APN", f"Get=ops+{Loans.entry(SERVER, 'ops', 60.0)}")
    statuses = [device.execute((dm.Get.of("./APN/Name"),), SERVER, now).outcomes[0].status for now in (59.0, 60.0)]
    assert statuses == [200, 425]


# -- Rules.policy switches them in a session


@pytest.mark.parametrize(
    ("lists", "policy", "status"),
    [
        ({"./APN": "Get=*"}, dm.rights.oma_acl, 425),
        ({"./APN": "Get=*"}, merged, 200),
        ({"./APN": "Get=*"}, per_command, 200),
        ({"./APN": f"Get=*&Replace={SERVER}"}, dm.rights.oma_acl, 200),
        ({"./APN": f"Get=*&Replace={SERVER}+!{SERVER}"}, denying, 425),
        ({"./APN": "Get=*&Replace=@boss"}, Roles({"boss": (SERVER,)}), 200),
        ({"./APN": "Get=*&Replace=@boss"}, Roles(), 425),
        ({"./APN": f"Get=*&Replace=ops+{SERVER}~ops~19700101T010000Z"}, Loans(), 200),
        ({"./APN": "Get=*"}, open_policy, 200),
    ],
)
def test_a_session_follows_the_policy_of_its_rules(lists, policy, status):
    device = dm.Device.example(rules=dm.Rules(policy=policy))
    for uri, text in lists.items():
        device.tree = device.tree.with_acl(uri, text)
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.write("./APN/Name", "internet"))
    assert server.results[-1].result.status == status
    assert (device.tree.get("./APN/Name").value == "internet") == (status == 200)
