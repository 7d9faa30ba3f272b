"""A schedule in plain words, line by line, and back: what has no words of its own is said by its address.

``Schedule NAME`` and ``Component NAME`` are headings; what stands below is about them.  The table ``SENTENCES`` has a
row for each leaf that has words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from dmkit.mo.sched.read import TRAPS
from dmkit.schedule.rule_words import moment_of, moment_words, rule_of, rule_words
from dmkit.schedule.value import Schedule, _schedule
from dmkit.words.asked import asked
from dmkit.words.digits import whole
from dmkit.words.errors import ConfigError

__all__ = ["SENTENCES", "from_words", "to_words"]

_EVENTS: Final = {uri: name for name, uri in TRAPS.items()}


def _same(text: str) -> str:
    return text


class Sentence(NamedTuple):
    """A leaf (``*`` stands for one name) and its words, with ``{}`` for the value and ``#`` for each name."""

    path: str
    words: str
    say: Callable[[str], str] = _same
    read: Callable[[str], str] = _same


def _choice(*words: str) -> tuple[Callable[[str], str], Callable[[str], str]]:
    return (
        lambda value: words[at] if (at := whole(value)) is not None and at < len(words) else value,
        lambda content: str(words.index(content)) if content in words else content,
    )


def _yes_no(value: str) -> str:
    return {"true": "yes", "false": "no"}.get(value, value)


def _true_false(value: str) -> str:
    return {"yes": "true", "no": "false"}.get(value, value)


def _event(uri: str) -> str:
    return _EVENTS.get(uri, uri)


def _uri(value: str) -> str:
    return TRAPS.get(value, value)


_MISSED = _choice("left out", "made up for at once", "made up for later")
_WHEN = _choice("at once", "with the next session", "in batches")
_UI = _choice("not asked", "told", "asked", "asked for a time")
_TRUTH = (_yes_no, _true_false)
_EVENT = (_event, _uri)
_C: Final = "Component/*"
SENTENCES: Final = (
    Sentence("Name", "is called {}"),
    Sentence("Valid/From", "is valid from {}", moment_words, moment_of),
    Sentence("Valid/To", "is valid until {}", moment_words, moment_of),
    Sentence("Priority", "has priority {}"),
    Sentence("MissedRule", "when missed is {}", *_MISSED),
    Sentence("MissedDelay", "when missed waits {} s"),
    Sentence("Report/When", "reports {}", *_WHEN),
    Sentence("Report/ServerID", "reports to {}"),
    Sentence("Report/State", "reports its state: {}", *_TRUTH),
    Sentence("Report/Missed", "tells what was missed: {}", *_TRUTH),
    Sentence("Report/Window", "spreads reports over {} s"),
    Sentence("Report/Retries", "sends a report again {} times"),
    Sentence("Report/RetryPeriod", "sends a report again after {} s"),
    Sentence(f"{_C}/Order", "takes turn {}"),
    Sentence(f"{_C}/Condition/Time/Base", "is first due on {}", moment_words, moment_of),
    Sentence(f"{_C}/Condition/Time/Recur", "is due {}", rule_words, rule_of),
    Sentence(f"{_C}/Condition/Time/ExDate", "is not due at {}"),
    Sentence(f"{_C}/Condition/Time/RDate", "is due besides at {}"),
    Sentence(f"{_C}/Condition/Time/Jitter", "is spread over {} s"),
    Sentence(f"{_C}/Condition/Time/Window", "is not missed within {} s"),
    Sentence(f"{_C}/Condition/Trap/*/EventID", "event # is {}", *_EVENT),
    Sentence(f"{_C}/Condition/Trap/*/Source", "event # comes from {}"),
    Sentence(f"{_C}/Condition/Gate", "runs only while {}"),
    Sentence(f"{_C}/Task/*/Timeout", "task # lasts {} s at most"),
    Sentence(f"{_C}/Task/*/Retry", "task # is tried again {} times"),
    Sentence(f"{_C}/Task/*/RetryDelay", "task # is tried again after {} s"),
    Sentence(f"{_C}/Task/*/Atomic", "task # is all or nothing: {}", *_TRUTH),
    Sentence(f"{_C}/UI/Mode", "the user is {}", *_UI),
    Sentence(f"{_C}/UI/Text", "the user reads: {}"),
    Sentence(f"{_C}/UI/Deadline", "the user may put it off for {} s"),
    Sentence(f"{_C}/UI/OnInstall", "the user is asked at installation: {}", *_TRUTH),
)


def _pattern(sentence: Sentence) -> re.Pattern[str]:
    text = re.escape(sentence.words).replace(r"\{\}", "(?P<value>.*)").replace(r"\#", "(?P<number>[^ ]+)")
    return re.compile(text + r"\Z")


_READ: Final = tuple((sentence, _pattern(sentence)) for sentence in SENTENCES)
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]*\Z")
_TASK: Final = re.compile(r"does (?P<command>[A-Za-z]+) (?P<target>\S+)(?: with (?P<data>.*))?\Z")
_LEVEL: Final = re.compile(r"when (?P<node>\S+) (?P<op>[A-Z_]+) (?P<value>\S+)\Z")
_SET: Final = re.compile(r"has (?P<path>\S+) = (?P<value>.*)\Z")


def _sentence(path: str, value: str) -> str:
    """Words for a leaf; empty when it has none that give it back."""
    parts = path.split("/")
    for sentence in SENTENCES:
        wanted = sentence.path.split("/")
        if len(wanted) != len(parts) or any(w not in ("*", p) for w, p in zip(wanted, parts, strict=True)):
            continue
        names = [p for w, p in zip(wanted, parts, strict=True) if w == "*"]
        content = sentence.words.replace("#", names[-1] if names else "").replace("{}", sentence.say(value))
        above = f"Component/{parts[1]}" if parts[0] == "Component" else ""
        try:
            return content if _understood(content, above) == (path, value) else ""
        except ConfigError:
            return ""
    return ""


def _understood(value: str, above: str) -> tuple[str, str] | None:
    for sentence, pattern in _READ:
        match = pattern.match(value)
        in_component = sentence.path.startswith(_C)
        if match is None or in_component != bool(above):
            continue
        path = sentence.path
        if in_component:
            path = above + path.removeprefix(_C)
        if "*" in path:
            path = path.replace("*", match["number"])
        return path, sentence.read(match["value"])
    return None


@asked
def to_words(plan: Schedule) -> str:
    """The schedule, a line for each thing that is said of it.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> to_words(plan).splitlines()[0]
    'Schedule Poll'
    """
    rows: dict[str, list[tuple[str, str]]] = {}
    for path, value in plan.leaves:
        top = "/".join(path.split("/", 2)[:2]) if path.startswith("Component/") else ""
        rows.setdefault(top, []).append((path, value))
    lines = [f"Schedule {plan.name}", *_lines(plan, "", rows.get("", []))]
    for name in plan.components:
        lines += (f"Component {name}", *_lines(plan, f"Component/{name}", rows[f"Component/{name}"]))
    return "\n".join(lines)


def _lines(plan: Schedule, top: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    left = dict(rows)
    base, recur = f"{top}/Condition/Time/Base", f"{top}/Condition/Time/Recur"
    first = _sentence(base, left[base]) if base in left else ""
    then = rule_words(left[recur]) if recur in left else ""
    if first and then.startswith("every") and _PLAIN.match(then):
        yield f"  {first}, then {then}"
        del left[base], left[recur]
    for at, number in enumerate(plan.below(f"{top}/Condition/Threshold"), 1):
        path = f"{top}/Condition/Threshold/{number}"
        row = [left.get(f"{path}/{name}") for name in ("Node", "Op", "Value")]
        text = "when " + " ".join(part or "" for part in row)
        if number == str(at) and all(row) and _PLAIN.match(text) and _LEVEL.match(text):
            yield f"  {text}"
            for name in ("Node", "Op", "Value"):
                del left[f"{path}/{name}"]
        else:
            break
    for at, number in enumerate(plan.below(f"{top}/Task"), 1):
        path = f"{top}/Task/{number}"
        command, target, data = (left.get(f"{path}/{name}") for name in ("Command", "Target", "Data"))
        text = f"does {command} {target}" + (f" with {data}" if data is not None else "")
        match = _TASK.match(text)
        plain = match is not None and (match["command"], match["target"], match["data"]) == (command, target, data)
        if number != str(at) or command is None or target is None or not plain or not _PLAIN.match(text):
            break
        yield f"  {text}"
        for name in ("Command", "Target", "Data"):
            left.pop(f"{path}/{name}", None)
    for path, value in left.items():
        text = _sentence(path, value)
        if text and _PLAIN.match(text) and text == text.strip():
            yield f"  {text}"
        else:
            shown = value.replace("\\", "\\\\")
            shown = "".join(c if _PLAIN.match(c) else f"\\u{ord(c):04x}" for c in shown)
            yield f"  has {path.removeprefix(top + '/') if top else path} = {shown}"


@asked
def from_words(text: str) -> Schedule:
    """A schedule from its words; ConfigError names the line that is not understood.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> from_words(to_words(plan)) == plan
    True
    """
    name, top = "", ""
    leaves: dict[str, str] = {}
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        value = line[2:] if line.startswith("  ") else line.rstrip("\r")
        if not value.strip():
            continue
        if line.startswith("Schedule "):
            name = line.removeprefix("Schedule ")
        elif line.startswith("Component "):
            top, counts = f"Component/{line.removeprefix('Component ')}", {}
        else:
            try:
                leaves.update(_leaves(value, top, counts))
            except ConfigError as error:
                raise ConfigError(f"line {number}: {error}") from None
    return _schedule(name, leaves.items())


def _leaves(content: str, top: str, counts: dict[str, int]) -> dict[str, str]:
    match = _SET.match(content)
    if match is not None:
        plain = re.sub(
            r"\\(\\|u[0-9a-f]{4})", lambda m: "\\" if m[1] == "\\" else chr(int(m[1][1:], 16)), match["value"]
        )
        return {f"{top}/{match['path']}" if top else match["path"]: plain}
    if top and content.startswith("is first due on ") and ", then " in content:
        base, _, recur = content.removeprefix("is first due on ").partition(", then ")
        time = f"{top}/Condition/Time"
        return {f"{time}/Base": moment_of(base), f"{time}/Recur": rule_of(recur)}
    for kind, pattern, above in (("Task", _TASK, "Task"), ("Threshold", _LEVEL, "Condition/Threshold")):
        match = pattern.match(content)
        if top and match is not None:
            counts[kind] = counts.get(kind, 0) + 1
            fields = {key.capitalize(): value for key, value in match.groupdict().items() if value is not None}
            return {f"{top}/{above}/{counts[kind]}/{key}": value for key, value in fields.items()}
    found = _understood(content, top)
    if found is None:
        raise ConfigError(f"{content!r} is not understood; a line is such as 'has priority 1' or 'is due every day'")
    return dict([found])
