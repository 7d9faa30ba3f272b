"""Policies that an administrative template backs: ``<enabled/><data id=".." value=".."/>`` against the ``.admx`` file.

The files are the user's; nothing of them is here.  [windows sheet §3, §7]

>>> template = read_template("sample.admx", EXAMPLE)
>>> check_payload('<enabled/><data id="Size" value="7"/>', "Limit", template)
()
>>> check_payload('<enabled/><data id="Sise" value="7"/>', "Limit", template)
("data id 'Sise' is no element of policy Limit; nearest: 'Size'", "element 'Size' is required and has no data")
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from dmkit.wire.markup import as_utf8, parsed
from dmkit.wire.namespaces import local_name
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.kinds import nearest

__all__ = ["EXAMPLE", "AdmxPolicy", "PolicyElement", "Template", "check_payload", "read_template"]

EXAMPLE: Final = b"""<policyDefinitions><policies><policy name="Limit" class="Machine"><elements>
<decimal id="Size" minValue="1" maxValue="10" required="true"/>
<enum id="Mode"><item><value><decimal value="0"/></value></item><item><value><decimal value="1"/></value></item></enum>
</elements></policy></policies></policyDefinitions>"""


@dataclass(frozen=True, slots=True)
class PolicyElement:
    """An element of a policy: decimal, text, enum, boolean, list or multiText, and what it takes."""

    id: str
    kind: str
    required: bool = False
    least: int = 0
    most: int = 9999
    longest: int = 1023
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdmxPolicy:
    """A policy: whether it is for machine, user or both, and its elements by identifier."""

    name: str
    scope: str = "Both"
    parts: Mapping[str, PolicyElement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """The policies of a file, by name."""

    file: str
    policies: Mapping[str, AdmxPolicy]


def _local(element: Any) -> str:
    return local_name(element.tag)


@asked
def read_template(file: str, data: bytes) -> Template:
    """The template in an ``.admx`` file; CodecError when it is none."""
    try:
        root = parsed(as_utf8(data, True, []).removeprefix(b"\xef\xbb\xbf"))
    except etree.XMLSyntaxError as error:
        raise CodecError(f"{file}: not well-formed: {error.msg}", line=error.lineno or None) from None
    if _local(root) != "policyDefinitions":
        raise CodecError(f"{file}: {_local(root)[:40]} is the document; policyDefinitions is wanted")
    policies = {}
    for policy in root.iter():
        if _local(policy) == "policy":
            parts = [_part(part) for group in policy if _local(group) == "elements" for part in group if _local(part)]
            name = policy.get("name", "")
            policies[name] = AdmxPolicy(name, policy.get("class", "Both"), {part.id: part for part in parts})
    return Template(file, policies)


def _part(element: Any) -> PolicyElement:
    values = []
    for item in element.iter():
        if _local(item) == "value" and len(item):
            inner = item[0]
            values.append(inner.get("value") if inner.get("value") is not None else inner.text or "")
    return PolicyElement(
        element.get("id", ""),
        _local(element),
        element.get("required", "false").lower() == "true",
        _number(element.get("minValue"), 0),
        _number(element.get("maxValue"), 9999),
        _number(element.get("maxLength"), 1023),
        tuple(values) if _local(element) == "enum" else (),
    )


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,10}", text.strip()) else default


@asked
def check_payload(payload: str, name: str, template: Template | None) -> tuple[str, ...]:
    """What is wrong with the value of a policy, in sentences; without its template only the form is looked at."""
    text = payload.strip()
    try:
        root = parsed(f"<p>{text}</p>".encode())
    except (etree.XMLSyntaxError, CodecError, ValueError) as error:
        return (f"the value is no mark-up: {str(getattr(error, 'msg', error))[:80]}",)
    names = [_local(child).lower() for child in root]  # Microsoft's pages write <Enabled/> and <Data>, too
    states = [word for word in names if word in ("enabled", "disabled")]
    wrong = [f"<{word}> does not stand there; enabled, disabled and data do" for word in names
             if word not in ("enabled", "disabled", "data")]  # fmt: skip
    if len(states) != 1:
        wrong.append("one of <enabled/> and <disabled/> is wanted in front")
    data = [child for child, name in zip(root, names, strict=True) if name == "data"]
    if states == ["disabled"] and data:
        wrong.append("<disabled/> takes no data")
    if (root.text or "").strip():
        wrong.append(f"{(root.text or '').strip()[:30]!r} stands outside the elements")
    ids = [child.get("id", "") for child in data]
    wrong += [f"data without an id: {etree.tostring(c, encoding='unicode')[:60]}" for c in data if not c.get("id")]
    wrong += [
        f"data {i!r} has no value" for i, child in zip(ids, data, strict=True) if i and child.get("value") is None
    ]
    wrong += [f"data id {i!r} stands twice" for i, times in Counter(ids).items() if i and times > 1]
    if template is None:
        return tuple(wrong)
    policy = template.policies.get(name)
    if policy is None:
        return (*wrong, f"{template.file} has no policy {name!r}{nearest(name, template.policies)}")
    if states == ["enabled"]:
        wrong += _elements(policy, {i: child.get("value") or "" for i, child in zip(ids, data, strict=True) if i})
    return tuple(wrong)


def _elements(policy: AdmxPolicy, given: Mapping[str, str]) -> list[str]:
    wrong = []
    for ident, value in given.items():
        part = policy.parts.get(ident)
        if part is None:
            near = nearest(ident, policy.parts)
            wrong.append(f"data id {ident!r} is no element of policy {policy.name}{near}")
        elif why := _part_wrong(part, value):
            wrong.append(f"data {ident!r}: {why}")
    needed = [part.id for part in policy.parts.values() if part.required and part.id not in given]
    return wrong + [f"element {ident!r} is required and has no data" for ident in needed]


def _part_wrong(part: PolicyElement, value: str) -> str:
    if part.kind in ("decimal", "longDecimal"):
        if not re.fullmatch(r"\d{1,20}", value.strip()):
            return f"{value[:30]!r} is no number"
        inside = part.least <= int(value) <= part.most
        return "" if inside else f"{value} is not in {part.least} to {part.most}"
    if part.kind == "enum" and part.values and value not in part.values:
        return f"{value[:30]!r} is none of {', '.join(part.values[:12])}"
    if part.kind == "boolean" and value.lower() not in ("true", "false"):
        return f"{value[:30]!r} is neither true nor false"
    if part.kind == "text" and len(value) > part.longest:
        return f"{many(len(value), 'character')}, at most {part.longest}"
    return ""
