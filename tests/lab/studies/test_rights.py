"""Rights as frames and as a graph: the same answers as the engine gives, in other clothes."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.lab.studies.rights import policy_frame

SERVERS = ["ops", "guest"]


@pytest.fixture
def tree():
    return dm.Tree.of(
        {"./WiFi/Home/SSID": "cafe", "./WiFi/Home/Key": "s3cret", "./Log/Size": 10},
        acl={"./WiFi": "Get=*&Replace=ops", "./WiFi/Home/Key": "Get=ops", "./Log": "Add=guest&Delete=guest&Get=*"},
    )


def test_the_matrix_is_what_the_policy_says(tree):
    frame = dm.measure.rights_frame(tree, SERVERS)
    assert frame.shape == (len(list(tree.walk())), 10)
    for uri in frame.index:
        for server, command in frame.columns:
            assert frame.loc[uri, (server, command)] == bool(tree.may(server, command, uri))


@pytest.mark.parametrize("name", dm.rights.RIVALS)
def test_another_policy_another_matrix(tree, name):
    policy = dm.rights.RIVALS[name]
    frame = dm.measure.rights_frame(tree, SERVERS, policy=policy)
    assert frame.loc["./WiFi", ("guest", "Add")] == bool(policy(tree, "guest", dm.Verb.ADD, "./WiFi"))
    assert frame.attrs["version"] == dm.__version__ and frame.attrs["policy"]


def test_words_for_what_servers_can_get(tree):
    frame = dm.measure.rights_frame(tree, SERVERS, ever=True)
    assert frame.loc["./WiFi", ("ops", "Replace")] == "now"
    assert frame.loc["./WiFi/Home/Key", ("ops", "Replace")] == "can get"
    assert frame.loc["./WiFi/Home/Key", ("guest", "Get")] == ""
    assert frame.loc["./Log/Size", ("guest", "Replace")] == "by a new node"
    assert set(frame.to_numpy().ravel()) <= {"now", "can get", "by a new node", ""}
    for uri in frame.index:
        for server, command in frame.columns:
            assert bool(frame.loc[uri, (server, command)]) == bool(dm.rights.ever(tree, server, command, uri))


def test_letters_say_the_same(tree):
    words, letters = (
        dm.measure.rights_frame(tree, SERVERS, ever=True),
        dm.measure.rights_frame(tree, SERVERS, ever=True, letters=True),
    )
    for uri in words.index:
        for server in SERVERS:
            row = words.loc[uri, server]
            said = "".join(c[0] if row[c] == "now" else c[0].lower() if row[c] else "·" for c in row.index)
            assert letters.loc[uri, server] == said


def test_helping_each_other_is_more(tree):
    alone, together = (dm.measure.rights_frame(tree, SERVERS, ever=True, together=t) for t in (False, True))
    assert ((together != "") | (alone == "")).all().all()
    assert together.loc["./WiFi/Home/Key", ("guest", "Get")] == "can get"


def test_rights_by_policy(tree):
    frame = policy_frame(tree, dm.rights.RIVALS, SERVERS)
    assert list(frame.index) == list(dm.rights.RIVALS)
    assert frame.loc["specification", "ops"] == int(dm.measure.rights_frame(tree, SERVERS)["ops"].to_numpy().sum())
    assert (frame.loc["open"] == 5 * len(list(tree.walk()))).all()
    more = policy_frame(tree, {"specification": dm.rights.oma_acl}, SERVERS, ever=True)
    assert (more.loc["specification"] >= frame.loc["specification"]).all()


def test_the_graph_has_servers_lists_and_ways(tree):
    graph = dm.measure.privileges(tree, SERVERS)
    kinds = {node: graph.nodes[node]["kind"] for node in graph}
    assert kinds == {
        "ops": "server", "guest": "server", ".": "list", "./WiFi": "list", "./WiFi/Home/Key": "list", "./Log": "list",
    }  # fmt: skip
    assert graph.edges["ops", "./WiFi"]["kind"] == "controls"
    assert graph.edges["ops", "./WiFi"]["verbs"] == "adeGR"
    assert graph.edges["ops", "./WiFi/Home/Key"]["kind"] == "controls"
    assert graph.edges["guest", "./WiFi"] == {"kind": "has", "verbs": "G"}
    assert ("guest", "./WiFi/Home/Key") not in graph.edges
    assert graph.edges["./WiFi", "./WiFi/Home/Key"]["kind"] == "above"
    assert [b for a, b in graph.edges if a == "."] == ["./WiFi", "./Log"]


def test_the_table_as_text_and_html(tree):
    look = dm.show(dm.rights.closure(tree, SERVERS), server="guest", uri="./WiFi")
    assert "adeGR" in look.text and "capital: has it" in look.text
    assert look.html.count("outline:") == 1 and 'scope="row"' in look.html and "<script" not in look.html
    assert "guest at ./WiFi: has Get; can get nothing more" in look.html


def test_names_are_made_safe():
    look = dm.show(dm.rights.closure(dm.Tree.of({"./<b>": "1"}), ["<i>"]))
    assert "<b>&lt;b&gt;" not in look.html and "<i>" not in look.html


# -- pictures


def test_the_map_marks_each_right(tree):
    frame = dm.measure.rights_frame(tree, SERVERS, ever=True)
    axes = dm.plot.rights(frame)
    marks = [text.get_text() for text in axes.texts]
    for mark, word in (("●", "now"), ("○", "can get"), ("△", "by a new node")):
        assert marks.count(mark) == int((frame == word).to_numpy().sum())
    assert all(server in marks for server in SERVERS)
    assert "7 nodes, 5 rights at each. ops: has 11, can get 13, by a new node 0." in dm.plot.describe(axes)


def test_the_map_takes_a_plain_matrix_too(tree):
    axes = dm.plot.rights(dm.measure.rights_frame(tree, SERVERS))
    assert {text.get_text() for text in axes.texts} == {"●", "", *SERVERS}


def test_the_graph_is_drawn_with_its_letters(tree):
    graph = dm.measure.privileges(tree, SERVERS)
    axes = dm.plot.privileges(graph)
    texts = [text.get_text() for text in axes.texts]
    assert set(graph) <= set(texts)
    assert texts.count("adeGR") == 1
    assert "guest has ./WiFi (G)" in dm.plot.describe(axes)


@pytest.mark.parametrize("draw", [lambda t: dm.plot.rights(dm.measure.rights_frame(t, SERVERS, ever=True)),
                                  lambda t: dm.plot.privileges(dm.measure.privileges(t, SERVERS))])  # fmt: skip
def test_the_same_octets_each_time_and_a_description(tree, draw):
    assert dm.plot.figure_svg(draw(tree).figure) == dm.plot.figure_svg(draw(tree).figure)
    bundle = draw(tree)._repr_mimebundle_()
    assert bundle["text/plain"] == dm.plot.describe(draw(tree)) and 'alt="Who' in bundle["text/html"]
