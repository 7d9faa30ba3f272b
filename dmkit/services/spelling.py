"""One spelling for each address of a catalogue, and texts that a message can carry.

``./Mail/%48ost`` is the leaf ``./Mail/Host``: two services that spell it differently mean one leaf.

>>> address("./Mail/%48ost", "service mail")
'./Mail/Host'
>>> spelled("trust ${./Root/%54humb} for ${user}", "service wifi")
'trust ${./Root/Thumb} for ${user}'
"""

from __future__ import annotations

from collections.abc import Mapping

from dmkit.services.references import PLACE
from dmkit.tree.uri import join
from dmkit.tree.uri import parse as parse_uri
from dmkit.wire.markup import octets
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError, DmError

__all__ = ["address", "carried", "spelled", "spelled_keys"]


def address(uri: str, at: str) -> str:
    """``uri`` as it is written here; ConfigError, which begins with ``at``, for what is no address of a node."""
    if "${" in uri:
        raise ConfigError(f"{at}: {uri!r} has ${{...}} in it; an address is fixed, values and patterns may differ")
    try:
        path = parse_uri(uri)
    except DmError as error:
        raise ConfigError(f"{at}: {error}") from None
    if not uri.startswith("./") or not path.path or path.prop or path.list:
        raise ConfigError(f"{at}: {uri!r} is no address of a node; it begins with ./ and has no question mark")
    return join(path.path)


@asked
def spelled(text: str, at: str) -> str:
    """``text`` with the addresses in ``${./...}`` as they are written here.

    >>> spelled("${./A//B}", "service a, ./A")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: service a, ./A: './A//B' is no address in the tree: a segment is not empty, . or ..
    """
    if "${." not in text:
        return text
    return PLACE.sub(lambda m: f"${{{address(m[1], at)}}}" if m[1].startswith("./") else m[0], text)


@asked
def carried(text: str, at: str) -> str:
    """``text``; ConfigError for one with a character that no message carries.

    >>> carried("a\\x01", "the parameter 'user'")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: the parameter 'user': the character U+0001 cannot stand in XML
    """
    try:
        octets(text)
    except CodecError as error:
        raise ConfigError(f"{at}: {str(error).partition(';')[0]}") from None
    return text


def spelled_keys(texts: Mapping[str, str], at: str) -> dict[str, str]:
    """Addresses with their texts, each as it is written here; ConfigError for a leaf that is given twice."""
    found = dict[str, str]()
    for uri, text in texts.items():
        place = address(uri, at)
        if place in found:
            raise ConfigError(f"{at}: {place} is given twice, in two spellings")
        found[place] = carried(spelled(text, f"{at}, {place}"), f"{at}, {place}")
    return found
