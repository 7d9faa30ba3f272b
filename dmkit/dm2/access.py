"""The access control object (DAC MO), and session information: who may, and over what.  [dm20 sheet §8]

The tree of the object is a PROPOSAL: ``{MOID, MIID, Owner, ACL/<y>/{SrvID, Rights}}``, one instance for each instance
that it is about.  A server sees the instances on which it has a right, and may change those on which it may delegate.

>>> from dmkit.dm2.objects import node_of
>>> objects = Objects.of({"urn:x": {"1": node_of({"a": 1})}}).granted("A")
>>> control(objects, "A")
({'MOID': 'urn:x', 'MIID': '1', 'Owner': 'A', 'ACL': {'1': {'SrvID': 'A', 'Rights': 15}}},)
>>> given = delegate(objects, "A", {"MOID": "urn:x", "MIID": "1", "ACL": {"1": {"SrvID": "B", "Rights": 3}}})
>>> given.may("B", given.instances[0], InstanceRight.WRITE), given.may("B", given.instances[0], InstanceRight.DELEGATE)
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dmkit.dm2.objects import EVERYTHING, InstanceRight, Objects
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["DAC", "SESSION", "NotAllowed", "control", "delegate", "numbered", "session_information"]

DAC: Final = "urn:oma:mo:oma-dm-dacmo:1.0"
SESSION: Final = "urn:oma:mo:oma-sessioninfomo:1.0"


class NotAllowed(Exception):
    """A delegation by a server that may not delegate: status 403."""


@asked
def control(objects: Objects, server: str) -> tuple[dict[str, Any], ...]:
    """What a server is shown: an entry for each instance on which it has a right, with the rights of everybody on it.

    The owner is who has all rights; the first by name when there are several (PROPOSAL).
    """
    shown = []
    for instance in objects.instances:
        on = {key[2]: right for key, right in objects.rights if key[:2] == (instance.moid, instance.miid)}
        if not on.get(server):
            continue
        owner = next((name for name, right in sorted(on.items()) if right == EVERYTHING), "")
        lists = {str(n): {"SrvID": name, "Rights": int(right)} for n, (name, right) in enumerate(sorted(on.items()), 1)}
        shown.append({"MOID": instance.moid, "MIID": instance.miid, "Owner": owner, "ACL": lists})
    return tuple(shown)


@asked
def numbered(objects: Objects, server: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The same, each with the name of its instance: a number that stays while the instances do (PROPOSAL)."""
    names = {(i.moid, i.miid): str(n) for n, i in enumerate(objects.instances, 1)}
    return tuple((names[entry["MOID"], entry["MIID"]], entry) for entry in control(objects, server))


@asked
def delegate(objects: Objects, by: str, data: Mapping[str, Any]) -> Objects:
    """With the rights that the data of an access control instance give; other servers keep theirs.

    NotAllowed when ``by`` may not delegate there, CodecError when the data are none.  A server cannot take its own
    right to delegate away while nobody else has it: an instance that nobody could let anybody into (PROPOSAL).
    """
    moid, miid, lists = data.get("MOID"), data.get("MIID"), data.get("ACL")
    if not isinstance(moid, str) or not isinstance(miid, str) or not isinstance(lists, Mapping):
        raise CodecError("an access control instance has MOID, MIID and ACL")
    found = next((i for i in objects.instances if (i.moid, i.miid) == (moid, miid)), None)
    if found is None or not objects.may(by, found, InstanceRight.DELEGATE):
        raise NotAllowed(f"{by} may not delegate {moid}/{miid}")
    changed = objects
    for entry in lists.values():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("SrvID"), str):
            raise CodecError("an entry of ACL has SrvID and Rights")
        try:
            bits = int(entry.get("Rights", -1))
        except (TypeError, ValueError):
            bits = -1
        if not 0 <= bits <= int(EVERYTHING):
            raise CodecError(f"Rights {str(entry.get('Rights'))[:20]!r}; a number from 0 to {int(EVERYTHING)} is right")
        changed = changed.grant(moid, miid, entry["SrvID"], InstanceRight(bits))
    if not any(right & InstanceRight.DELEGATE for key, right in changed.rights if key[:2] == (moid, miid)):
        raise NotAllowed(f"nobody could delegate {moid}/{miid} any more")
    return changed


def session_information(bearer: int, roaming: int) -> dict[str, str]:
    """The data of the session information object: CBT as established, ROAMING as evidence has it.

    >>> session_information(1, 0)
    {'CBT': '1', 'ROAMING': '0'}
    """
    return {"CBT": str(bearer), "ROAMING": str(roaming)}
