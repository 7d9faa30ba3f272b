"""A measure or a figure that is given something else says so in one sentence, with the argument and what it takes."""

from __future__ import annotations

import inspect
import pickle

import pytest

import dmkit as dm
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

FREE = {"measure.acl_study", "measure.growth"}
"""These take rows without end, and any plan that a sweep can vary."""


def functions() -> dict[str, object]:
    rooms = {"measure": dm.measure, "plot": dm.plot}
    found = {f"{room}.{name}": getattr(place, name) for room, place in rooms.items() for name in dir(place)}
    return {name: function for name, function in found.items() if inspect.isfunction(function)}


EVERY = functions()


class Nothing:
    """What no measure and no figure takes."""

    def __repr__(self) -> str:
        return "nothing of the kind"


@pytest.mark.parametrize("name", sorted(set(EVERY) - FREE))
def test_a_wrong_argument_is_one_sentence(name):
    function = EVERY[name]
    parameters = inspect.signature(function).parameters.values()
    wanted = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    words = {p.name: Nothing() for p in parameters if p.default is p.empty and p.kind is p.KEYWORD_ONLY}
    with pytest.raises(ConfigError, match=r"nothing of the kind; it must be |needs a column") as caught:
        function(*[Nothing() for _ in wanted] or [Nothing()], **words)
    assert "\n" not in str(caught.value)


def test_an_error_of_its_own_goes_on_and_a_function_stays_itself():
    @asked
    def first(texts: tuple[str, ...]) -> str:
        """The first of them."""
        return texts[0]

    with pytest.raises(IndexError):
        first(())
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        first()
    with pytest.raises(ConfigError, match=r"^first: texts is None; it must be a tuple, each entry a text$"):
        first(None)
    assert first.__doc__ == "The first of them." and list(inspect.signature(first).parameters) == ["texts"]
    for name in sorted(EVERY):
        assert pickle.loads(pickle.dumps(EVERY[name])) is EVERY[name], name
