"""Laws: documents survive both encodings, accounts survive the tree, whatever is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dmkit.auth import Account, Credential
from dmkit.bootstrap import cp, dm, dmacc, process
from dmkit.bootstrap.cp import Characteristic, Provisioning
from dmkit.bootstrap.mapping import OBJECTS
from dmkit.tree.tree import Tree
from tests.bootstrap.documents import CONNECTIVITY, TREE
from tests.strategies import words

_plain = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
values = st.text(_plain, max_size=20) | st.sampled_from(["w7", "w2", "com.mgmtsrv", "INET", "*", "bm9uY2U="])
names = st.sampled_from(
    [
        "APPID",
        "PROVIDER-ID",
        "NAME",
        "ADDR",
        "NAPID",
        "PROXY-ID",
        "TO-NAPID",
        "TO-PROXY",
        "AAUTHDATA",
        "AAUTHTYPE",
        "PORTNBR",
        "STARTPAGE",
        "BEARER",
        "INTERNET",
        "X-OWN",
    ]
)
types = st.sampled_from(["APPLICATION", "APPADDR", "APPAUTH", "RESOURCE", "PORT", "VALIDITY", "X-OWN", *OBJECTS])
groups = st.recursive(
    st.builds(Characteristic, types, st.lists(st.tuples(names, values), max_size=5).map(tuple)),
    lambda inner: st.builds(
        Characteristic,
        types,
        st.lists(st.tuples(names, values), max_size=3).map(tuple),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=8,
)
versions = st.sampled_from(["1.0", "1.1"])
documents = st.builds(Provisioning, st.lists(groups, min_size=1, max_size=4).map(tuple), versions)

secrets = st.text(_plain, max_size=12)
credentials = st.builds(Credential, words, secrets, st.binary(max_size=20), st.sampled_from(["md5", "basic", "mac"]))
accounts = st.builds(
    Account,
    st.from_regex(r"[a-z][a-z0-9.]{0,20}", fullmatch=True),
    st.just("https://dm.example/"),
    st.none() | credentials,
    st.none() | credentials,
)


@given(documents)
def test_a_document_is_the_same_in_both_encodings(document):
    assert cp.read(cp.to_wbxml(document)) == document
    assert cp.read(cp.to_xml(document)) == document


@given(documents)
def test_any_document_is_taken_whole_or_refused_and_twice_is_once(document):
    content = cp.to_wbxml(document)
    result = process(TREE, content, CONNECTIVITY, origin="factory")
    assert result or result.tree is TREE
    for uri in result.roots:
        assert uri in result.tree
    again = process(result.tree, content, CONNECTIVITY, origin="factory")
    assert bool(again) == bool(result)
    assert {uri for uri, _ in again.tree.walk()} == {uri for uri, _ in result.tree.walk()}


@given(accounts)
def test_an_account_survives_the_tree_and_a_bootstrap_message(account):
    assert dmacc.account(dmacc.node(account)) == account
    tree = process(
        Tree.of({"./DMAcc": None}), dm.message({"A": dmacc.node(account)}, server=account.server_id), origin="card"
    ).tree
    assert dmacc.accounts(tree) == (account,)
    kept = dmacc.keep(tree, account.with_nonces(b"new", b"newer"))
    assert dmacc.accounts(kept) == (account.with_nonces(b"new", b"newer"),)
    assert dmacc.accounts(dmacc.remove(kept, account.server_id)) == ()
