"""Hypothesis strategies for users: descriptions, and trees that conform to one.

They need the package hypothesis, which is loaded when a strategy is made::

    from hypothesis import given
    from dmkit import ddf
    from dmkit.ddf import generate as testing

    @given(testing.trees(ddf.load("my-object.xml")))
    def test_my_object(tree): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmkit.ddf.allowed import some_allowed
from dmkit.ddf.checking import populate
from dmkit.ddf.grammar import ACCESS
from dmkit.ddf.rules import Mount, PlaceRule, default_node, node_for, rules_of
from dmkit.ddf.spec import COMMENT, Basis, NodeSpec, Occurrence, OccurrenceKind, RunTime, Scope, Spec
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError
from dmkit.words.model import Element

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["leaves", "node_specs", "specs", "trees"]


def _strategies() -> Any:
    try:
        from hypothesis import strategies
    except ImportError:
        raise ConfigError("random descriptions and trees need hypothesis; install dmkit[test]") from None
    return strategies


def _texts() -> Any:
    st = _strategies()
    safe = st.characters(
        exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n\r", exclude_characters="\ufffe\uffff"
    )
    return st.text(safe, max_size=12) | st.sampled_from(["<a>&amp;]]>", " ", "", "ü€𝄞", "false", "12"])


def _names() -> Any:
    st = _strategies()
    return st.text(
        st.characters(
            min_codepoint=33, max_codepoint=0x24F, exclude_characters="/\x7f\xa0\xad", exclude_categories=("Cc", "Zs")
        ),
        min_size=1,
        max_size=8,
    ).filter(lambda name: name not in (".", ".."))


def _foreign() -> Any:
    st = _strategies()
    ns = st.sampled_from(["urn:x", "urn:y&z"])
    key = st.sampled_from(["kind", "{urn:z}k", "{http://www.w3.org/XML/1998/namespace}lang"])
    attrs = st.dictionaries(key, _texts(), max_size=2).map(lambda d: tuple(sorted(d.items())))
    text = _texts().map(lambda text: (text,) if text else ())
    leaf = st.builds(Element, st.sampled_from(["Allowed", "Note"]), ns, text, attrs)
    whole = st.builds(Element, st.just("Range"), ns, st.lists(leaf, min_size=1, max_size=2).map(tuple), attrs)
    return leaf | whole | st.just(Element(COMMENT, "", (" why ",)))


def node_specs(*, depth: int = 2) -> SearchStrategy[NodeSpec]:
    """Descriptions of nodes as DDF can carry them, sensible or not."""
    st = _strategies()

    def maybe(strategy: Any) -> Any:
        return st.none() | strategy

    counted = st.sampled_from(OccurrenceKind).flatmap(
        lambda kind: st.builds(
            Occurrence, st.just(kind), maybe(st.integers(2, 65536)) if kind.value.endswith("N") else st.none()
        )
    )
    mime = st.sampled_from(["text/plain", "", "image/png"])
    kind = st.lists(mime, min_size=1, max_size=3).map(lambda types: {"mime": tuple(types)}) | st.builds(
        lambda name: {"object_id": name}, st.sampled_from(["", "com.example/1.0/X", "urn:oma:mo:x:1.0"])
    )
    one_kind = st.none() | mime.map(lambda text: {"mime": text}) | st.just({"object_id": ""})
    run_time = st.builds(
        lambda kind, **fields: RunTime(**fields, **(kind or {})),
        kind=one_kind,
        acl=maybe(_texts()),
        format=maybe(st.sampled_from(Format)),
        name=maybe(_texts()),
        size=maybe(_texts()),
        title=maybe(_texts()),
        tstamp=maybe(_texts()),
        verno=maybe(_texts()),
        extensions=st.lists(_foreign(), max_size=1).map(tuple),
    )
    described = st.builds(
        lambda kind, based, **fields: {**fields, **(kind or {}), **based},
        kind=maybe(kind),
        access=maybe(st.frozensets(st.sampled_from(ACCESS))),
        format=maybe(st.sampled_from(Format)),
        occurrence=maybe(counted),
        scope=maybe(st.sampled_from(Scope)),
        default=maybe(_texts()),
        title=maybe(_texts()),
        description=maybe(_texts()),
        case_sensitive=maybe(st.booleans()),
        extensions=st.lists(_foreign(), max_size=2).map(tuple),
        based=st.just({})
        | st.builds(lambda basis, source: {"basis": basis, "source": source}, st.sampled_from(Basis), _texts()),
    )
    below = (
        (
            st.lists(node_specs(depth=depth - 1), max_size=3).map(lambda nodes: {"children": tuple(nodes)})
            | _texts().map(lambda text: {"value": text})
        )
        if depth
        else st.just({})
    )
    return st.builds(  # type: ignore[no-any-return]
        lambda fields, more, **rest: NodeSpec(**rest, **more, **(fields or {"described": False})),
        fields=maybe(described),
        more=below,
        name=st.just("") | _names(),
        path=maybe(st.sampled_from([".", "./A", ""])),
        run_time=maybe(run_time),
        outside=st.lists(_foreign(), max_size=1).map(tuple),
    )


def specs(*, depth: int = 2) -> SearchStrategy[Spec]:
    """Descriptions as DDF can carry them, sensible or not: for testing readers, writers and lint."""
    st = _strategies()
    return st.builds(  # type: ignore[no-any-return]
        Spec,
        st.lists(node_specs(depth=depth), min_size=1, max_size=3).map(tuple),
        man=st.none() | _texts(),
        mod=st.none() | _texts(),
        basis=st.none() | st.sampled_from(Basis),
        source=st.just(""),
        extensions=st.lists(_foreign(), max_size=1).map(tuple),
        ns=st.sampled_from(["syncml:dmddf1.2", "syncml:dmddf", ""]),
    )


def _values(rule: PlaceRule) -> Any:
    """Values of a leaf, in its format."""
    node = rule.node
    format = node.format if node is not None else None
    known = () if node is None else some_allowed(node)
    if known:
        return _strategies().sampled_from(known)
    return _of_format(format or Format.CHR)


def _of_format(format: Format) -> Any:
    st = _strategies()
    two = st.integers(0, 59).map("{:02}".format)
    lexical = {
        Format.BOOL: st.booleans(),
        Format.INT: st.integers(-(2**31), 2**31 - 1),
        Format.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
        Format.DATE: st.dates().map(str),
        Format.TIME: st.builds("{:02}:{}:{}".format, st.integers(0, 23), two, two),
        Format.BIN: st.binary(max_size=12),
        Format.B64: st.binary(max_size=12),
        Format.NULL: st.none(),
    }
    return lexical.get(format, _texts())


def leaves() -> SearchStrategy[Node]:
    """Leaves of every format, with values that their format allows."""
    st = _strategies()
    return st.sampled_from([f for f in Format if f is not Format.NODE]).flatmap(  # type: ignore[no-any-return]
        lambda format: _of_format(format).map(lambda value: node_for(NodeSpec(format=format), value))
    )


def _instances(rule: PlaceRule) -> Any:
    """Nodes that conform to ``rule``: a name for each unnamed one, optional ones there or not."""
    st = _strategies()
    node = rule.node
    if node is not None and not node.is_interior:
        return _values(rule).map(lambda value: node_for(node, value))
    names = [f"x{n}" for n in range(1, 9) if rule.match(f"x{n}") in (None, *rule.unnamed[:1])]
    parts = []
    for below in rule.named.values():
        name = below.uri.rpartition("/")[2]
        one = _instances(below).map(lambda child, name=name: {name: child})
        needed = below.node is None or below.node.occurs.least > 0
        parts.append(one if needed else st.just({}) | one)
    for below in rule.unnamed[:1]:
        least, most = below.described.least, below.described.most
        parts.append(
            st.dictionaries(st.sampled_from(names), _instances(below), min_size=least, max_size=min(3, most or 3))
        )
    empty = Node.interior() if node is None else default_node(node)
    return st.tuples(*parts).map(
        lambda found: Node.interior({name: child for part in found for name, child in part.items()}, type=empty.type)
    )


def trees(*mounts: Mount) -> SearchStrategy[Tree]:
    """Random trees that conform to the descriptions, and enforce them.

    Of several unnamed descriptions under one parent the first has instances.
    """
    st = _strategies()
    rules, empty = rules_of(*mounts), populate({}, *mounts)
    return st.builds(  # type: ignore[no-any-return]
        lambda root: Tree(Node.interior(root.children, type=root.type, acl=empty.root.acl), empty.describe),
        _instances(rules),
    )
