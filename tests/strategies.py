"""Hypothesis strategies for what is said: values, commands, whole messages."""

from __future__ import annotations

from base64 import b64encode
from random import Random

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Fact, Service, Setting, SoftwareComponent, SoftwarePackage, need
from dmkit.tree.node import Node, changed
from dmkit.wire.numbers import numbered
from dmkit.words.codes import AlertCode, Format, Mark, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Cred,
    Data,
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

NS_DDF = "syncml:dmddf1.2"

# What XML can carry, without the carriage return that WBXML tools and XML treat in ways of their own.
_SAFE = st.characters(
    exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n", exclude_characters="\ufffe\uffff"
)
texts = st.text(_SAFE, max_size=20) | st.sampled_from(["<&>\"'", "]]>", "a & b", " ", "\n", "./A?list=Struct", "ü€𝄞"])
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
uris = st.lists(st.sampled_from(["A", "DevInfo", "Größe", "x&y", "%20", "1"]), min_size=1, max_size=4).map(
    lambda parts: "./" + "/".join(parts)
)
counts = st.integers(min_value=0, max_value=2**31 - 1)
formats = st.sampled_from([member.value for member in Format if member is not Format.BIN]) | st.just("picture")

metas = st.builds(
    Meta,
    format=st.none() | formats,
    type=st.none() | st.sampled_from(["text/plain", "application/octet-stream", "syncml:auth-md5"]) | words,
    mark=st.none() | st.sampled_from([mark.value for mark in Mark]),
    size=st.none() | counts,
    next_nonce=st.none() | st.binary(max_size=16).map(lambda octets: octets.hex()),
    max_msg_size=st.none() | counts,
    max_obj_size=st.none() | counts,
    version=st.none() | words,
    emi=st.lists(words, max_size=2).map(tuple),
)

_LEAVES = ("NodeName", "Path", "Value", "RTProperties", "Format", "Type", "MIME")
_leaf = st.builds(
    lambda name, text: Element(name, NS_DDF, (text,) if text else ()),
    st.sampled_from(("NodeName", "Path", "Value", "MIME")),
    texts.filter(lambda text: not text or bool(text.strip(" \t\r\n"))),
)
_nodes = st.recursive(
    st.builds(lambda leaves: Element("Node", NS_DDF, tuple(leaves)), st.lists(_leaf, min_size=1, max_size=3)),
    lambda inner: st.builds(
        lambda leaf, nodes: Element("Node", NS_DDF, (leaf, *nodes)), _leaf, st.lists(inner, min_size=1, max_size=2)
    ),
    max_leaves=4,
)
elements = st.builds(
    lambda version, nodes: Element("MgmtTree", NS_DDF, (Element("VerDTD", NS_DDF, (version,)), *nodes)),
    st.just("1.2"),
    st.lists(_nodes, min_size=1, max_size=2),
)
"""Inline TNDS, as Data may hold it."""


def items(binary: bool = False, *, places: SearchStrategy[str | None] | None = None) -> SearchStrategy[Item]:
    """Items with text, elements and, when ``binary``, octets of Format bin."""
    uri = st.none() | uris if places is None else places
    data: SearchStrategy[Data | None] = st.none() | texts | elements
    plain = st.builds(
        lambda target, source, names, meta, value, more: Item(
            target, source, meta, value, more, names[0] if target is not None else None,
            names[1] if source is not None else None,
        ),
        uri, uri, st.tuples(st.none() | texts, st.none() | texts), st.none() | metas, data, st.booleans(),
    )  # fmt: skip
    if not binary:
        return plain
    octets = st.builds(
        lambda target, value: Item(target, None, Meta(format="bin", type="application/octet-stream"), value),
        uris, st.binary(max_size=40),
    )  # fmt: skip
    return plain | octets


def commands(binary: bool = False) -> SearchStrategy[Command]:
    """All commands, containers inside containers included; none has a CmdID yet."""
    some = st.lists(items(binary), min_size=1, max_size=3).map(tuple)
    meta = st.none() | metas
    plain: SearchStrategy[Command] = st.one_of(
        *(st.builds(struct, some, meta) for struct in (Add, Replace, Copy, Delete, Get)),
        st.builds(Exec, some, meta, st.none() | texts),
        st.builds(
            Alert,
            st.sampled_from(list(AlertCode)) | st.integers(0, 9999).map(AlertCode),
            st.lists(items(binary), max_size=3).map(tuple),
            st.none() | texts,
        ),
    )
    nested: SearchStrategy[Command] = st.recursive(
        plain,
        lambda inner: (
            st.builds(Atomic, st.lists(inner, min_size=1, max_size=3).map(tuple), meta)
            | st.builds(Sequence, st.lists(inner, min_size=1, max_size=3).map(tuple), meta)
        ),
        max_leaves=6,
    )
    refs = st.lists(texts, max_size=2).map(tuple)
    results = st.builds(Results, some, st.none() | words, words, meta, st.none() | uris, st.none() | uris)
    statuses = st.builds(
        Status,
        st.sampled_from(list(StatusCode)) | st.integers(0, 9999).map(StatusCode),
        words, words, st.sampled_from(["Get", "Replace", "SyncHdr", "Alert"]), refs, refs, st.none() | metas,
        st.lists(items(binary), max_size=2).map(tuple),
    ) | st.builds(Status, st.just(StatusCode.OK), words, st.none(), st.just("SyncHdr"))  # fmt: skip
    return plain | nested | results | statuses


addresses = texts.filter(lambda text: text == text.strip(" \t\r\n"))

headers = st.builds(
    Header,
    session_id=st.text("0123456789ABCDEF", min_size=1, max_size=4),
    msg_id=st.integers(1, 999).map(str),
    target=addresses,
    source=addresses,
    target_name=st.none() | texts,
    source_name=st.none() | texts,
    resp_uri=st.none() | texts,
    cred=st.none() | st.builds(Cred, words, st.none() | metas),
    meta=st.none() | metas,
    ver_proto=st.sampled_from(["DM/1.2", "DM/1.1"]),
)


def messages(binary: bool = False) -> SearchStrategy[Message]:
    """Valid messages with numbered commands; with ``binary`` some Items hold octets, which XML cannot carry."""
    return st.builds(Message, headers, st.lists(commands(binary), max_size=6).map(tuple), st.booleans()).map(numbered)


# --- services ------------------------------------------------------------------------------------------------------


# -- leaves of every format, with values that are easily lost ------------------------------------------

_ODD = ["", " ", "\n", "\r\n", " a ", "\t", "<b>&amp;</b>", "]]>", "a]]>b", "ü€𝄞", "&", "null", "x" * 5000]
_odd_texts = texts | st.sampled_from(_ODD)
_marked_up = elements | st.sampled_from([
    Element("b", children=("bold",)), Element("b"), Element("a", "urn:x", ("1 < 2 ", Element("b", "urn:y"), " ]]>")),
    Element("a", "", (Element("b", children=("𝄞",)),), (("k", "v & w"),)),
])  # fmt: skip
_IN_FORMAT = {
    "chr": _odd_texts,
    "xml": _marked_up | _odd_texts,
    "bin": st.binary(max_size=20) | st.sampled_from([b"", b"text", b"\0", bytes(range(256)) * 20]),
    "b64": st.binary(max_size=20).map(lambda octets: b64encode(octets).decode()),
    "bool": st.sampled_from(["true", "false", "TRUE", "False"]),
    "int": st.integers(-(2**31), 2**31 - 1).map(str),
    "float": st.sampled_from(["1.50", "1E3", "+.5", "-INF", "NaN", "0", "1e-300", "123456789.123456789"]),
    "date": st.sampled_from(["2005-06-30", "20050630", "2005", "2005-W26-4"]),
    "time": st.sampled_from(["23:59:00", "2359", "23:59Z", "10:00:00+01:00"]),
    "null": st.none(),
}
"""Format -> values that a leaf of it holds, and a message carries in XML and in WBXML."""
carried_leaves = st.sampled_from(sorted(_IN_FORMAT)).flatmap(
    lambda format: st.builds(
        Node, st.just(format), _IN_FORMAT[format],
        st.just("application/octet-stream") if format == "bin" else st.sampled_from(["text/plain", "text/x-odd"]),
    )
)  # fmt: skip
any_leaves = carried_leaves | st.sampled_from([
    Node("chr", "a\0b\x01"), Node("bin", b"\xff", "text/plain"),
    Node("xml", Element("a", children=("\x01", Element("b")))),
    Node("xml", Element("a", children=(" ", Element("b"), " "))), Node("xml", Element("Value", children=(b"\0\xff",))),
])  # fmt: skip
"""These, and what WBXML or a device of its own brings and XML cannot."""


def untimed(node: Node) -> Node:
    """``node`` without the times, which every change alters and no server can put back."""
    below = {name: untimed(child) for name, child in node.children.items()}
    return changed(node, tstamp=0.0, verno=0, children=below)


def _catalogue(rng, most, auxiliary):
    """Alternatives, conflicts, circles, shared leaves, facts and software with versions."""
    names = "abcdef"[:most]
    facts = {"bearer:b": Fact("bearer", "b", "./Facts/b"), "card:c": Fact("card", "c", "./Facts/c")}
    software = {}
    for name in "vw"[: rng.randrange(3)]:
        packages = tuple(
            SoftwarePackage(f"{n}", f"./Soft/{name}/Install{n}", cost=rng.randint(1, 3))
            for n in rng.sample(range(1, 5), rng.randint(1, 4))
        )
        software[name] = SoftwareComponent(name, f"./Soft/{name}/Version", packages, f"./Soft/{name}/Remove")
    uris = [f"./S/{n}" for n in range(rng.randint(3, 8))] + ["./T/U/0", "./T/U/1"]
    settings = {}
    for name in names:
        values = {uri: rng.choice("xxyz") for uri in rng.sample(uris, rng.choice((0, 1, 2, 2, 3)))}
        settings[name] = tuple(
            Setting(uri, value, f"{value}|z" if rng.random() < 0.3 else None,
                    "o" if rng.random() < 0.2 and value != "o" else None)
            for uri, value in values.items()
        )  # fmt: skip
    services = {}
    for at, name in enumerate(names):
        soft = [f"software:{s}{r}" for s in software for r in (">=1", ">=2", ">=3", "<3", "==2")]
        near = [*(n for n in names if rng.random() < 0.1), *names[at + 1 :] * 3]
        said = [*near, *facts, "not bearer:b", *soft[: 1 + rng.randrange(5)]]
        clauses = [rng.sample(sorted(set(said)), min(len(set(said)), rng.choice((1, 1, 2, 3)))) for _ in range(2)]
        others = [o for o in names if o != name and settings[o] and settings[name] and rng.random() < 0.08]
        services[name] = Service(
            name, name, tuple(tuple(map(need, members)) for members in clauses[: rng.randrange(3)]), settings[name],
            frozenset(others), auxiliary=auxiliary and rng.random() < 0.3,
            owns=("./T/U",) if any(s.uri.startswith("./T") for s in settings[name]) and rng.random() < 0.5 else (),
        )  # fmt: skip
    return ServiceCatalogue(services, software, facts)


def _values(rng, catalogue):
    """What a device holds: anything, and often just what some of its services want."""
    values = {}
    for uri in catalogue.uris():
        if rng.random() < 0.7:
            some = {"Facts": ["true", "true", "true", "false"], "Soft": ["1", "2", "3", "4"]}
            values[uri] = rng.choice(some.get(uri.split("/")[1], ["x", "y", "z"]))
    if rng.random() < 0.5:
        values = {uri: value for uri, value in values.items() if rng.random() < 0.5}
    for name in rng.sample(sorted(catalogue.services), rng.randint(0, 1 + len(catalogue.services) // 2)):
        values |= {s.uri: s.value for s in catalogue.services[name].settings}
    return values


@st.composite
def situations(draw, *, least=1, most=6, auxiliary=False):
    """A catalogue of ``least`` to ``most`` services, what a device holds, services wanted and services dropped.

    One number makes it all: a thousand of them take two seconds.
    """
    size = most - draw(st.integers(0, most - least))
    rng = Random(draw(st.integers(0, 2**64)))
    catalogue = _catalogue(rng, size, auxiliary)
    names = sorted(catalogue.services)
    want = rng.sample(names, rng.randint(rng.random() < 0.9, min(3, size)))
    drop = [n for n in rng.sample(names, rng.randint(0, 1)) if n not in want]
    return catalogue, _values(rng, catalogue), want, drop
