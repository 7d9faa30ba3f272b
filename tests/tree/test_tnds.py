"""Serialised trees: read, written, added, replaced, listed; all of a document, or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit import ddf
from dmkit.ddf import generate as testing
from dmkit.session.rules import Rules
from dmkit.tree import tnds
from dmkit.tree.apply import Call
from dmkit.tree.execute import execute
from dmkit.tree.node import Node
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.wire.conversion import convert
from dmkit.words.errors import DdfError
from dmkit.words.model import Add, Atomic, Delete, Element, Get, Item, Meta, Replace
from dmkit.words.outcome import Outcome

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
MAIL = ddf.load(DATA / "mail.xml")
EVERYTHING = "Add=*&Delete=*&Get=*&Replace=*"

# the worked example of the tnds sheet, and its octets in the wbxml sheet
WORKED = b"""<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>
 <Node><NodeName>Mail</NodeName>
  <RTProperties><ACL>Get=*&amp;Replace=srv1</ACL><Format><node/></Format>
   <Type><DDFName>com.example/1.0/Mail</DDFName></Type></RTProperties>
  <Node><NodeName>Host</NodeName><RTProperties><Format><chr/></Format><Type><MIME>text/plain</MIME></Type></RTProperties>
   <Value>mx.example</Value></Node>
 </Node></MgmtTree>"""
WORKED_WBXML = bytes.fromhex(
    "0200006a1b2d2f2f4f4d412f2f4454442d444d2d44444620312e322f2f454e00"
    "0002607703312e3200016466034d61696c00016f46034765743d2a265265706c"
    "6163653d7372763100015c2501755103636f6d2e6578616d706c652f312e302f"
    "4d61696c00010101646603486f737400016f5c0b01756103746578742f706c61"
    "696e0001010176036d782e6578616d706c650001010101"
)


def document(
    data: bytes | str | Element, uri: str = "./Acc", verb=Add, *, type: str = tnds.TYPE_XML, format: str | None = "xml"
):
    return verb((Item(target=uri, meta=Meta(format=format, type=type), data=data),))


def acc(**values) -> Tree:
    return Tree.of(
        {"./Acc": None, **{f"./Acc/{name}": value for name, value in values.items()}}, acl={"./Acc": EVERYTHING}
    )


# -- documents -------------------------------------------------------------------------------------


def test_the_worked_example_in_both_encodings():
    read = tnds.read(WORKED)
    assert tnds.read(WORKED_WBXML) == read
    assert tnds.write(read, wbxml=True) == WORKED_WBXML
    assert tnds.read(tnds.write(read)) == read
    top = read.tops[0]
    assert (top.path, top.type, top.acl) == (("Mail",), "com.example/1.0/Mail", "Get=*&Replace=srv1")
    assert top.children[0].value == "mx.example"


def test_a_flattened_document_says_the_same_in_any_order():
    node = "<Node><NodeName>{}</NodeName>{}<RTProperties><Format><{}/></Format></RTProperties>{}</Node>"
    flat = (
        "<MgmtTree><VerDTD>1.2</VerDTD>"
        + node.format("C", "<Path>A/B</Path>", "chr", "<Value>1</Value>")
        + node.format("A", "", "node", "")
        + node.format("B", "<Path>./A/</Path>", "node", "")
        + "</MgmtTree>"
    )
    assert [entry.path for entry in tnds.flatten(tnds.read(flat))] == [("A",), ("A", "B"), ("A", "B", "C")]
    tree, outcome = acc().apply(document(flat), "srv")
    assert outcome.ok and tree.get("./Acc/A/B/C").value == "1"


@st.composite
def some_trees(draw, depth: int = 3):
    """Nodes of every format, with lists and titles."""
    if depth == 0 or draw(st.booleans()):
        return draw(testing.leaves())
    names = st.text(
        st.characters(
            min_codepoint=33, max_codepoint=0x17F, exclude_characters="/.\x7f", exclude_categories=("Cc", "Zs", "Cf")
        ),
        min_size=1,
        max_size=6,
    )
    below = draw(st.dictionaries(names, some_trees(depth=depth - 1), max_size=3))
    return Node.interior(
        below, type=draw(st.sampled_from(["", "com.example/1.0/X"])), acl=draw(st.sampled_from(["", "Get=*"]))
    )


@given(some_trees())
def test_what_is_serialised_is_read_back(node):
    written = tnds.serialise("T", node)
    assert tnds.read(tnds.write(written)) == written
    assert tnds.read(tnds.write(written, wbxml=True)) == written
    assert tnds.read(tnds.to_element(written)) == written
    assert tnds.read(convert(tnds.write(written))[0]) == written


@settings(max_examples=30)
@given(testing.trees(MAIL), testing.trees(MAIL))
def test_a_whole_object_is_added_or_replaced_and_equals_the_original(first, second):
    def bare(tree: Tree):
        return [(uri, n.value, n.format, n.type) for uri, n in sorted(tree.walk("./Mail"))]

    for codec in (False, True):
        empty = Tree.of({}, acl={".": EVERYTHING})
        octets = tnds.write(tnds.serialise("Mail", first.get("./Mail")), wbxml=codec)
        one, outcome = empty.apply(document(octets, "."), "srv")
        assert outcome.ok and bare(one) == bare(first)
        octets = tnds.write(tnds.serialise("Mail", second.get("./Mail")), wbxml=codec)
        two, outcome = one.apply(document(octets, "./Mail", Replace), "srv")
        assert outcome.ok and bare(two) == bare(second)


def test_documents_of_other_projects(corpus):
    counts = {}
    for file in sorted((corpus / "tnds").glob("*.xml")):
        try:
            read = tnds.read(file.read_bytes())
        except DdfError as error:
            counts[file.name] = str(error)
        else:
            counts[file.name] = len(tnds.nodes(read))
            assert tnds.read(tnds.write(read)) == tnds.read(tnds.write(read, wbxml=True)) == read
    assert counts == {
        "aosp-pps.xml": 109,
        "aosp-pps_DuplicateValue.xml": "./PerProviderSubscription/i001/HomeSP/FriendlyName: "
        "two Value in Node; one stands there",
        "aosp-pps_InvalidName.xml": 20,  # a name that its description does not know
        "aosp-pps_InvalidNode.xml": 21,  # a Value beside children is ignored
        "aosp-pps_MissingName.xml": "./PerProviderSubscription/i001: a Node has no NodeName; it stands there, "
        "empty only where the Target names the node",
        "aosp-pps_MissingValue.xml": 20,  # a leaf without value: undefined
        "hs20-devinfo.xml": "the document element is DevInfo; MgmtTree stands there",
    }


RT = "<RTProperties><Format><{}/></Format><Type><MIME/></Type></RTProperties>"
CHILD = "<Node><NodeName>B</NodeName><RTProperties><Format><chr/></Format></RTProperties><Value>x</Value></Node>"


@pytest.mark.parametrize(("node", "ignored"), [
    (f"<NodeName>A</NodeName>{RT.format('node')}<Value>B/C</Value>", ["./A"]),  # AOSP: the child list
    (f"<NodeName>A</NodeName>{RT.format('node')}<Value>B</Value>{CHILD}", ["./A"]),
    (f"<NodeName>A</NodeName><Value>B</Value>{CHILD}", ["./A"]),
    (f"<NodeName>A</NodeName>{RT.format('node')}<Value><![CDATA[B]]></Value>{CHILD}", ["./A"]),
    (f"<NodeName>A</NodeName>{RT.format('node')}<Value> </Value>{CHILD}", []),
    (f"<NodeName>A</NodeName>{RT.format('node')}{CHILD}", []),
    (f"<NodeName>A</NodeName>{CHILD.replace('</Node>', '')}<Node><NodeName>C</NodeName><Value/></Node></Node>", None),
])  # fmt: skip
def test_the_value_of_an_interior_node_is_ignored(node, ignored):
    text = f"<MgmtTree><VerDTD>1.2</VerDTD><Node>{node}</Node></MgmtTree>"
    if ignored is None:
        with pytest.raises(DdfError, match="child Nodes in a node of format chr"):
            tnds.read(text)
        return
    read = tnds.read(text)
    [top] = read.tops
    assert (top.format, top.value, list(read.ignored)) == ("node", None, ignored)
    assert tnds.read(tnds.write(read)) == read


def test_nodes_as_elements_become_a_document(corpus):
    from dmkit.wire.markup import read_xml

    root, _ = read_xml((corpus / "tnds" / "hs20-devinfo.xml").read_bytes())
    read = tnds.of_names(root)
    assert read.tops[0].type == "urn:oma:mo:oma-dm-devinfo:1.0"
    assert [entry.name for entry in tnds.flatten(read)] == ["DevInfo", "DevId", "Man", "Mod", "DmV", "Lang"]


def test_a_document_in_wbxml_of_another_project(corpus):
    for file in sorted((corpus / "ddf-wbxml").glob("*.wbxml")):
        read = tnds.read(file.read_bytes())
        assert [(entry.path[-1], entry.value) for entry in tnds.flatten(read)] == [
            ("E-Mail", None),
            ("POP3", None),
            ("POPServer", "mail.Operatorx.com"),
            ("UserID", "UserName"),
            ("PWD", "4571F7C34A9876B3"),
        ]


def test_the_tree_store_of_an_engine_is_no_serialised_tree(corpus):
    for file in sorted((corpus / "tree-wbxml").glob("*.wbxml")):
        with pytest.raises(DdfError, match="the document element is token-0-1E; MgmtTree stands there"):
            tnds.read(file.read_bytes())


# -- a session -------------------------------------------------------------------------------------


CARRIAGES = {
    "A, element in XML": (dm.XML, "inline"),
    "B, octets in WBXML": (dm.WBXML, "document"),
    "C, code page 2": (dm.WBXML, "inline"),
    "D, base64 in XML": (dm.XML, "document"),
}


EACH_WAY = pytest.mark.parametrize("carriage", CARRIAGES)
PIECES = pytest.mark.parametrize("max_message", [None, 1500], ids=["whole", "in pieces"])


def goes_and_comes_back(original: tnds.TndsDocument, carriage: str, max_message: int | None) -> None:
    """A session in which ``original`` is added, and read back twice."""
    codec, form = CARRIAGES[carriage]
    rules = replace(Rules(), max_message=max_message, tree=TreeRules(tnds_carriage=form))
    device = dm.Device.example(rules=rules, codec=codec)
    device.tree = device.tree.put("./Added", Node.interior(acl=EVERYTHING))
    server = dm.Server.example(device)
    if form == "inline":
        add = document(tnds.to_element(original), "./Added")
    else:
        add = document(tnds.write(original, wbxml=True), "./Added", type=tnds.TYPE_WBXML, format="bin")
    uri = f"./Added/{original.tops[0].name}"
    outcomes: list[Outcome] = []

    def job(info):
        outcomes.extend((yield [add]))
        outcomes.extend((yield [Get.of(f"{uri}?list=TNDS+Value+Type+Format+ACL+Title"), Get.of(f"{uri}?list=TNDS")]))

    talk = dm.converse(device, server, job=job)
    dm.session.assert_sound(talk)
    assert [int(outcome.status) for outcome in outcomes] == [200, 200, 200]
    for outcome in outcomes[1:]:
        [item] = outcome.results
        assert item.source == uri
        back = tnds.read(item.data)
        assert said(back) == said(original)
    assert all(entry.verno is not None for entry in tnds.flatten(back))


@pytest.mark.spec("T-09", "D-01")
@EACH_WAY
@PIECES
def test_an_object_of_ours_is_added_read_back_and_equals_the_original(carriage, max_message):
    values = {"./Mail/Home/Address": "a@b", "./Mail/Home/Signature": "<&>\n]]>", "./Mail/Home/FetchEvery": "00:30:00"}
    node = Tree.of(MAIL, values).put("./Mail/Home/Icon", Node("bin", b"\0\xff<", "image/png")).get("./Mail")
    goes_and_comes_back(tnds.serialise("Mail", node, properties=frozenset({"Value", "Format"})), carriage, max_message)


@pytest.mark.spec("T-09", "D-01")
@EACH_WAY
@PIECES
def test_a_real_document_is_added_read_back_and_equals_the_original(corpus, carriage, max_message):
    goes_and_comes_back(tnds.read((corpus / "tnds" / "aosp-pps.xml").read_bytes()), carriage, max_message)


@pytest.mark.spec("T-09", "D-01")
def test_a_device_without_serialised_trees_says_so():
    tree, rules = acc(a="1"), TreeRules(tnds=False)
    commands = (document(WORKED), Get.of("./Acc?list=TNDS"), document(WORKED, verb=Replace))
    done = execute(tree, commands, by="srv", rules=rules)
    assert [int(outcome.status) for outcome in done.outcomes] == [415, 406, 415]
    assert done.tree == tree


def said(read: tnds.TndsDocument) -> list[tuple[object, ...]]:
    """What the original says of each node; formats and types that it leaves to the reader are filled in."""
    return [
        (e.path, e.format, e.value, e.type or ("" if e.is_interior else "text/plain"), e.acl, e.title)
        for e in sorted(tnds.flatten(read), key=lambda e: e.path)
    ]


# -- Add -------------------------------------------------------------------------------------------


def test_add_makes_all_nodes_with_one_status_and_touches_the_parent_once():
    before = acc()
    tree = execute(before, (document(WORKED),), by="srv", now=100.0).tree
    assert tree.get("./Acc/Mail").acl == "Get=*&Replace=srv1"
    assert (tree.get("./Acc").verno, tree.get("./Acc").tstamp) == (1, 100.0)
    assert {(n.verno, n.tstamp) for _, n in tree.walk("./Acc/Mail")} == {(0, 100.0)}


@pytest.mark.parametrize("data", [
    WORKED.decode(), tnds.to_element(tnds.read(WORKED)), WORKED_WBXML, WORKED,
    "AgAAahstLy9PTUEvL0RURC1ETS1EREYgMS4yLy9FTgAAAmB3AzEuMgABZGYDTWFpbAABb0YDR2V0PSomUmVwbGFjZT1zcnYxAAFcJQF1UQNjb20uZXhhb"
    "XBsZS8xLjAvTWFpbAABAQFkZgNIb3N0AAFvXAsBdWEDdGV4dC9wbGFpbgABAQF2A214LmV4YW1wbGUAAQEBAQ==",
], ids=["text", "element", "wbxml", "octets", "base64"])  # fmt: skip
def test_a_document_travels_in_many_ways(data):
    tree, outcome = acc().apply(
        document(data, format="b64" if isinstance(data, str) and "<" not in data else None), "srv"
    )
    assert outcome.ok and tree.get("./Acc/Mail/Host").value == "mx.example"


def test_octets_are_base64_in_xml_and_themselves_in_wbxml():
    node = Node.interior({"Icon": Node("bin", b"\0\xff", "image/png")})
    written = tnds.serialise("A", node, properties=frozenset({"Value", "Format"}))
    assert b"<Value>AP8=</Value>" in tnds.write(written)
    assert b"\xc3\x02\0\xff" in tnds.write(written, wbxml=True)
    for wbxml in (False, True):
        tree, _ = acc().apply(document(tnds.write(written, wbxml=wbxml)), "srv")
        assert tree.get("./Acc/A/Icon") == Node("bin", b"\0\xff", "image/png")


def test_a_description_holds_for_documents_too():
    tree = MAIL.skeleton().with_acl(".", EVERYTHING)
    good = tnds.write(tnds.serialise("Home", Tree.of(MAIL, {"./Mail/Home/Address": "a@b"}).get("./Mail/Home")))
    after, outcome = tree.apply(document(good, "./Mail"), "srv")
    assert outcome.ok and MAIL.check(after) == ()
    for wrong, status in ((good.replace(b">Address<", b">Adress<"), 405), (good.replace(b"<chr/>", b"<int/>"), 415)):
        same, outcome = tree.apply(document(wrong, "./Mail"), "srv")
        assert (int(outcome.status), same == tree) == (status, True)


def test_a_leaf_without_value_gets_the_default_that_is_described():
    text = b"""<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Home</NodeName><Node><NodeName>Incoming</NodeName><Node>
    <NodeName>Port</NodeName><RTProperties><Format><int/></Format><Type><MIME>text/plain</MIME></Type></RTProperties>
    </Node></Node></Node></MgmtTree>"""
    tree, outcome = MAIL.skeleton().with_acl(".", EVERYTHING).apply(document(text, "./Mail"), "srv")
    assert outcome.ok and tree.get("./Mail/Home/Incoming/Port").value == "993"


def test_an_atomic_takes_a_document_back():
    tree = acc()
    after, outcome = tree.apply(Atomic.of(document(WORKED), Delete.of("./Acc/Nothing")), "srv")
    assert (int(outcome.status), after == tree) == (507, True)


def test_what_comes_into_the_inbox_is_placed_by_the_device():
    def place(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        top = tnds.read(call.item.data).tops[0]
        return tree.put("./Acc/1", Node.interior(type=top.type)), Outcome(dm.StatusCode(200))

    tree = acc().put("./Inbox", Node.interior(acl="Add=srv"))
    command = document(WORKED, "./Inbox")
    done = execute(tree, (command,), by="srv", handlers={"./Inbox": place})
    assert done.tree.get("./Acc/1").type == "com.example/1.0/Mail"
    assert int(execute(tree, (command,), by="other", handlers={"./Inbox": place}).outcomes[0].status) == 425
    assert int(execute(tree, (command,), by="srv").outcomes[0].status) == 404


def test_time_and_version_in_a_document_are_the_devices():
    text = WORKED.replace(b"<Type>", b"<TStamp>20010711T163817Z</TStamp><Type>").replace(
        b"</Type>", b"</Type><VerNo>7</VerNo>"
    )
    tree = execute(acc(), (document(text),), by="srv", now=100.0).tree
    assert {(n.verno, n.tstamp) for _, n in tree.walk("./Acc/Mail")} == {(0, 100.0)}
    assert tnds.read(text).tops[0].verno == "7"


# -- Replace ---------------------------------------------------------------------------------------


def replaced(tree: Tree, text: str, uri: str = "./Acc", by: str = "srv") -> tuple[Tree, int]:
    tree, outcome = tree.apply(document(f"<MgmtTree><VerDTD>1.2</VerDTD>{text}</MgmtTree>", uri, Replace), by)
    return tree, int(outcome.status)


def leaf(name: str, value: str) -> str:
    return f"<Node><NodeName>{name}</NodeName><Value>{value}</Value></Node>"


def test_replace_with_other_names_gives_the_target_new_children():
    tree, status = replaced(acc(a="1", b="2"), leaf("b", "3") + leaf("c", "4"))
    assert status == 200
    assert {uri: n.value for uri, n in tree.walk("./Acc") if not n.is_interior} == {"./Acc/b": "3", "./Acc/c": "4"}


def test_a_permanent_node_stays_or_all_fails():
    tree = Tree.of(MAIL, {"./Mail/Home/Address": "a@b"}).with_acl(".", EVERYTHING)
    whole = tnds.write(tnds.serialise("Mail", MAIL.skeleton().get("./Mail")))
    after, outcome = tree.apply(document(whole, "./Mail", Replace), "srv")
    assert outcome.ok and list(after.get("./Mail").children) == ["DefaultAccount"]
    same, status = replaced(tree, "<Node><NodeName>Mail</NodeName></Node>", "./Mail")
    assert (status, same == tree) == (405, True)


@pytest.mark.parametrize(("rights", "status"), [("target", 200), ("each", 425)])
def test_rights_below_the_target_are_a_rule(rights, status):
    tree = Tree.of({"./Acc/a": "1", "./Acc/b": "2"}, acl={"./Acc": "Replace=srv"})
    command = document(f"<MgmtTree><VerDTD>1.2</VerDTD>{leaf('a', '9')}</MgmtTree>", "./Acc", Replace)
    done = execute(tree, (command,), by="srv", rules=TreeRules(tnds_rights=rights))
    assert int(done.outcomes[0].status) == status
    assert ("./Acc/b" in done.tree) == (status == 425)


def test_the_list_of_a_leaf_that_is_the_target_is_its_parents_business():
    tree = Tree.of({"./Acc/a": "1"}, acl={"./Acc": "Get=*", "./Acc/a": "Replace=srv"})
    top = leaf("a", "2").replace("<Value>", "<RTProperties><ACL>Replace=srv</ACL></RTProperties><Value>")
    same, status = replaced(tree.with_acl("./Acc/a", "Replace=srv&Get=*"), top, "./Acc/a")
    assert (status, same.get("./Acc/a").value) == (425, "1")
    assert replaced(tree, leaf("a", "2"), "./Acc/a")[1] == 200


# -- ?list=TNDS ------------------------------------------------------------------------------------


def listed(tree: Tree, query: str, by: str = "srv", uri: str = "./Acc") -> tnds.TndsDocument:
    _, outcome = tree.apply(Get.of(f"{uri}?list={query}"), by)
    assert outcome.ok, outcome.why
    return tnds.read(outcome.results[0].data)


def test_what_may_not_be_read_is_left_out_with_all_below_it():
    tree = Tree.of(
        {"./Acc/a": "1", "./Acc/B/c": "2", "./Acc/B/d": "3"},
        acl={"./Acc": "Get=*", "./Acc/B": "Get=other", "./Acc/B/d": "Get=*"},
    )
    assert [e.path for e in tnds.flatten(listed(tree, "TNDS"))] == [("Acc",), ("Acc", "a")]
    assert len(tnds.flatten(listed(tree, "TNDS", "other"))) == 5
    tree = Tree.of(MAIL, {"./Mail/Home/Incoming/Password": "secret"}).with_acl(".", EVERYTHING)
    names = {e.name for e in tnds.flatten(listed(tree, "TNDS", uri="./Mail"))}
    assert "UserName" in names and "Password" not in names


def test_the_root_is_named_by_the_target():
    tree = Tree.of({"./a": "1"}, acl={".": EVERYTHING})
    read = listed(tree, "TNDS", uri=".")
    assert [e.path for e in tnds.flatten(read)] == [(), ("a",)]


@pytest.mark.parametrize(("query", "there"), [
    ("TNDS+Value", {"value", "type"}), ("TNDS+ACL+Title", {"acl", "title", "type"}),
    ("TNDS-Value-VerNo-TStamp", {"acl", "title", "type"}), ("tnds+VerNo", {"verno", "type"}),
])  # fmt: skip
def test_only_selected_properties_are_sent(query, there):
    node = Node("chr", "1", acl="Get=*", title="One")
    tree = Tree.of({"./Acc/a": node}, acl={"./Acc": EVERYTHING})
    entry = listed(tree, query).tops[0].children[0]
    fields = ("value", "type", "acl", "title", "tstamp", "verno")
    assert {name for name in fields if getattr(entry, name) is not None} == there


@pytest.mark.parametrize(("what", "written"), [("NodeName", "<NodeName>{}</NodeName>"), ("Path", "<Path>{}</Path>")])
def test_a_name_that_each_address_below_would_carry_is_bounded(what, written):
    inside = "<VerDTD>1.2</VerDTD><Node>{}<Node><NodeName>B</NodeName></Node></Node>"
    document = f"<MgmtTree xmlns='syncml:dmddf1.2'>{inside}</MgmtTree>"
    given = "<NodeName/>" * (what == "Path") + written
    assert len(tnds.nodes(tnds.read(document.format(given.format("x" * 1024)).encode()))) == 2
    with pytest.raises(DdfError, match=f"a {what} of 1025 characters; at most 1024 are read"):
        tnds.read(document.format(given.format("x" * 1025)).encode())


PARTS = st.sampled_from([
    "  \n", "x", "", "/", "..", " A ", "7", b"x", b"\x00\x01", Element("Node"), Element("Path", "", ("A",)),
    Element("Value", "", ("7",)), Element("NodeName", "", ("B",)), Element("RTProperties"),
    Element("RTProperties", "", (Element("Format", "", (Element("bin"),)),)),
    Element("RTProperties", "urn:x", (Element("Format", "", (Element("null"),)),)), Element("Zap", "urn:x"),
])  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> Element:
    """A document of which parts are lost, doubled, or others."""

    def changed(element: Element) -> Element:
        children = list(element.children)
        inner = [at for at, child in enumerate(children) if isinstance(child, Element)]
        if inner and draw(st.integers(0, 3)):
            at = draw(st.sampled_from(inner))
            children[at] = changed(children[at])
            return Element(element.name, element.ns, tuple(children))
        at = draw(st.integers(0, len(children)))
        children[at : at + draw(st.integers(0, 1))] = draw(
            st.lists(PARTS | st.sampled_from(children or ["y"]), max_size=2)
        )
        return Element(draw(st.sampled_from([element.name, element.name, "Value"])), element.ns, tuple(children))

    whole = tnds.to_element(tnds.serialise("N", draw(some_trees())))
    for _ in range(draw(st.integers(1, 3))):
        whole = changed(whole)
    return whole


@given(spoilt())
def test_the_quick_way_to_a_node_comes_to_what_its_parts_come_to(root):
    def by_parts(element, above, left, ignored, *, top=False):
        left[0] -= 1
        return tnds._by_parts(element, above, left, ignored, top)

    def found():
        try:
            read = tnds.read_element(root)
        except DdfError as error:
            return str(error)
        levels, rows = tnds.flatten(read), tnds._by_depth(read)
        assert levels == rows and [id(entry) for entry in levels] == [id(entry) for entry in rows]
        return read, read.ignored

    quick = found()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tnds, "_read_node", by_parts)
        assert found() == quick
