"""Allow-lists narrow what a policy gives and never widen it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.tree.allow import allow_only
from dmkit.tree.policy import oma_acl, open_policy
from dmkit.tree.tree import Tree

TREE = Tree.of({"./A/B": "1", "./A/C/D": "2", "./AB": "3"}, acl={".": "Get=*&Replace=one", "./A/C": "Get=two"})
uris = st.sampled_from([".", "./A", "./A/B", "./A/C", "./A/C/D", "./AB"])
servers = st.sampled_from(["one", "two", "three"])
scopes = st.dictionaries(servers, st.lists(uris, max_size=2))


@given(scopes, servers, st.sampled_from([dm.Verb.GET, dm.Verb.REPLACE]), uris, st.booleans())
def test_a_list_only_takes_away(scopes, server, verb, uri, others):
    narrowed = allow_only(scopes, others=others)(TREE, server, verb, uri)
    if narrowed:
        assert oma_acl(TREE, server, verb, uri)
    inside = any(uri == root or root == "." or uri.startswith(root + "/") for root in scopes.get(server, ()))
    if server in scopes or not others:
        assert bool(narrowed) is (inside and bool(oma_acl(TREE, server, verb, uri)))


def test_a_compromised_server_cannot_talk_its_way_out_of_its_list():
    rules = dm.Rules(policy=allow_only({"com.mgmtsrv.manage": ["./APN"]}, inner=open_policy))
    device = dm.Device.example(rules=rules)
    server = dm.Server.example(device)
    job = dm.jobs.send(
        dm.Replace.of("./Vendor?prop=ACL", "Replace=*"),
        dm.Replace.of("./Vendor/Acme/Name", "mine"),
        dm.Replace.of("./APN/Name", "internet"),
    )
    dm.converse(device, server, job=job)
    assert [outcome.status for outcome in server.results[-1].result] == [425, 425, 200]
    assert device.tree.get("./Vendor/Acme/Name").value == "phone"
