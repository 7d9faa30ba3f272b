"""Vectors of the WBXML tests, and messages plain enough for libwbxml (those of tests.strategies are not)."""

from __future__ import annotations

from hypothesis import strategies as st

from dmkit.wire.elements import NS_DDF
from dmkit.wire.numbers import numbered
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Copy,
    Cred,
    Delete,
    Element,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Sequence,
    Status,
)

PACKAGE_1 = bytes.fromhex(
    "02a4016a006d6c7103312e3200017203444d2f312e32000165033100015b0331"
    "00016e5703687474703a2f2f732f646d000101675703494d45493a3100015603"
    "750001014e5a000147036236340001530373796e636d6c3a617574682d6d6435"
    "00010100004f035a7a36456976523379656161454e63524e366c7041513d3d00"
    "01015a00014c03353030300001010100006b464b033100014f03313230310001"
    "01120101"
)
TNDS = bytes.fromhex(
    "0200006a1b2d2f2f4f4d412f2f4454442d444d2d44444620312e322f2f454e00"
    "0002607703312e3200016466034d61696c00016f46034765743d2a265265706c"
    "6163653d7372763100015c2501755103636f6d2e6578616d706c652f312e302f"
    "4d61696c00010101646603486f737400016f5c0b01756103746578742f706c61"
    "696e0001010176036d782e6578616d706c650001010101"
)
CP = bytes.fromhex(
    "030b6a00c54503312e310001c600015501873600000603773700018700013800"
    "000603636f6d2e6d676d747372760001870706034f7020444d0001c600015601"
    "87340000060368747470733a2f2f646d2e6578616d706c652f0001c653018723"
    "060334343300010101c600015501873000000600018d01873300000600019301"
    "873100000603636c69656e7400018700013200000603636c69656e7470770001"
    "8700012f00000603626d39755932553d0001010101"
)

text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12
)
word = st.text(st.sampled_from("abcXYZ019./:-&<é"), min_size=1, max_size=10)
uri = st.sampled_from(["./DevInfo/Man", "./Vendor/a b", "./A?prop=ACL", "http://s/dm", "./é"])
maybe = st.none() | word
size = st.none() | st.integers(0, 2**31)
meta = st.builds(
    Meta,
    st.none() | st.sampled_from(["chr", "int", "node", "b64", "xml", "weird"]),
    maybe,
    st.none() | st.just("critical"),
    size,
    maybe,
    size,
    size,
    maybe,
    st.lists(word, max_size=2).map(tuple),
)
leaf = st.sampled_from([Element("node", NS_DDF), Element("chr", NS_DDF), Element("NodeName", NS_DDF, ("x",))])
tree = st.lists(leaf, max_size=3).map(lambda ls: Element("MgmtTree", NS_DDF, tuple(ls)))
octets = st.binary(min_size=1, max_size=20).map(lambda b: b + b"\xff")


def items(data: st.SearchStrategy[object], least: int = 1) -> st.SearchStrategy[tuple[Item, ...]]:
    def named(item: Item) -> Item:
        return Item(
            item.target,
            item.source,
            item.meta,
            item.data,
            item.more_data,
            item.target_name if item.target is not None else None,
            item.source_name if item.source is not None else None,
        )

    one = st.builds(
        Item, st.none() | uri, st.none() | uri, st.none() | meta, st.none() | data, st.booleans(), maybe, maybe
    ).map(named)
    return st.lists(one, min_size=least, max_size=3).map(tuple)


def commands(data: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    some, any_ = items(data), items(data, 0)
    optional = st.none() | meta
    simple = st.one_of(
        *(st.builds(kind, some, optional) for kind in (Add, Replace, Copy, Delete, Get)),
        st.builds(Exec, some, optional, maybe),
        st.builds(Alert, st.sampled_from(list(AlertCode)) | st.integers(0, 99_999).map(AlertCode), any_, maybe),
    )
    nested = st.recursive(
        simple,
        lambda inner: (
            st.builds(Atomic, st.lists(inner, min_size=1, max_size=3).map(tuple), optional)
            | st.builds(Sequence, st.lists(inner, min_size=1, max_size=3).map(tuple), optional)
        ),
        max_leaves=5,
    )
    answers = st.builds(Results, some, maybe, word, optional, st.none() | uri, st.none() | uri) | st.builds(
        Status,
        st.sampled_from(list(StatusCode)) | st.integers(0, 99_999).map(StatusCode),
        word,
        word,
        word,
        st.lists(uri, max_size=3).map(tuple),
        st.lists(uri, max_size=2).map(tuple),
        optional,
        any_,
    )
    return nested | answers


def messages(data: st.SearchStrategy[object] = text | tree | octets) -> st.SearchStrategy[Message]:
    """Valid messages; Data drawn from ``data``."""
    header = st.builds(
        Header,
        word,
        word,
        uri,
        uri,
        maybe,
        maybe,
        st.none() | uri,
        st.none() | st.builds(Cred, word, st.none() | meta),
        st.none() | meta,
    )
    return st.builds(Message, header, st.lists(commands(data), max_size=5).map(tuple), st.booleans()).map(numbered)
