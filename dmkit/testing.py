"""Hypothesis strategies for users: descriptions, and trees that conform to one.

They need the package hypothesis, which is loaded when a strategy is made::

    from hypothesis import given
    from dmkit import ddf, testing

    @given(testing.trees(ddf.load("my-object.xml")))
    def test_my_object(tree): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmkit.codes import Format
from dmkit.errors import ConfigError
from dmkit.model import Element
from dmkit.tree.ddf_grammar import ACCESS
from dmkit.tree.spec import COMMENT, Basis, NodeSpec, Occurrence, OccurrenceKind, RunTime, Scope, Spec

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["node_specs", "specs"]


def _strategies() -> Any:
    try:
        from hypothesis import strategies
    except ImportError:
        raise ConfigError("random descriptions and trees need hypothesis; install dmkit[test]") from None
    return strategies


def _texts() -> Any:
    st = _strategies()
    safe = st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n\r",
                         exclude_characters="\ufffe\uffff")
    return st.text(safe, max_size=12) | st.sampled_from(["<a>&amp;]]>", " ", "", "ü€𝄞", "false", "12"])


def _names() -> Any:
    st = _strategies()
    return st.text(st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="/\x7f\xa0\xad",
                                 exclude_categories=("Cc", "Zs")), min_size=1, max_size=8).filter(
        lambda name: name not in (".", ".."))


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
        lambda kind: st.builds(Occurrence, st.just(kind),
                               maybe(st.integers(2, 65536)) if kind.value.endswith("N") else st.none()))
    mime = st.sampled_from(["text/plain", "", "image/png"])
    kind = st.lists(mime, min_size=1, max_size=3).map(lambda types: {"mime": tuple(types)}) | st.builds(
        lambda name: {"object_id": name}, st.sampled_from(["", "com.example/1.0/X", "urn:oma:mo:x:1.0"]))
    one_kind = st.none() | mime.map(lambda text: {"mime": text}) | st.just({"object_id": ""})
    run_time = st.builds(
        lambda kind, **fields: RunTime(**fields, **(kind or {})), kind=one_kind, acl=maybe(_texts()),
        format=maybe(st.sampled_from(Format)), name=maybe(_texts()), size=maybe(_texts()), title=maybe(_texts()),
        tstamp=maybe(_texts()), verno=maybe(_texts()), extensions=st.lists(_foreign(), max_size=1).map(tuple))
    described = st.builds(
        lambda kind, based, **fields: {**fields, **(kind or {}), **based},
        kind=maybe(kind), access=maybe(st.frozensets(st.sampled_from(ACCESS))), format=maybe(st.sampled_from(Format)),
        occurrence=maybe(counted), scope=maybe(st.sampled_from(Scope)), default=maybe(_texts()), title=maybe(_texts()),
        description=maybe(_texts()), case_sensitive=maybe(st.booleans()),
        extensions=st.lists(_foreign(), max_size=2).map(tuple),
        based=st.just({}) | st.builds(lambda basis, source: {"basis": basis, "source": source},
                                      st.sampled_from(Basis), _texts()))
    below = (st.lists(node_specs(depth=depth - 1), max_size=3).map(lambda nodes: {"children": tuple(nodes)})
             | _texts().map(lambda text: {"value": text})) if depth else st.just({})
    return st.builds(  # type: ignore[no-any-return]
        lambda fields, more, **rest: NodeSpec(**rest, **more, **(fields or {"described": False})),
        fields=maybe(described), more=below, name=st.just("") | _names(), path=maybe(st.sampled_from([".", "./A", ""])),
        run_time=maybe(run_time), outside=st.lists(_foreign(), max_size=1).map(tuple))


def specs(*, depth: int = 2) -> SearchStrategy[Spec]:
    """Descriptions as DDF can carry them, sensible or not: for testing readers, writers and lint."""
    st = _strategies()
    return st.builds(  # type: ignore[no-any-return]
        Spec, st.lists(node_specs(depth=depth), min_size=1, max_size=3).map(tuple), man=st.none() | _texts(),
        mod=st.none() | _texts(), basis=st.none() | st.sampled_from(Basis), source=st.just(""),
        extensions=st.lists(_foreign(), max_size=1).map(tuple),
        ns=st.sampled_from(["syncml:dmddf1.2", "syncml:dmddf", ""]))
