"""Cards as text and HTML: the log of exchanges, one exchange octet by octet, the files and who may read them."""

from __future__ import annotations

from dmkit.card.exchange import Exchange, Log
from dmkit.card.explain import explain_answer, explain_command, line
from dmkit.card.listing import FileEntry, Listing
from dmkit.card.memory import FilePath
from dmkit.views.look import BLUE, GREEN, GREY, ORANGE, RED, Look, escape
from dmkit.words.counts import many

__all__ = ["exchange_look", "files_look", "log_look"]

_CELL = "padding:0 .8em 0 0;text-align:left;vertical-align:top"


def _short(octets: bytes, most: int) -> str:
    return octets[:most].hex(" ") + (f" … ({len(octets)})" if len(octets) > most else "")


def log_look(log: Log) -> Look:
    """A row per exchange: command, answer, meaning.  What was refused has a cross."""
    rows = "".join(
        f'<tr><td style="{_CELL}">{e.number}</td><td style="{_CELL};color:{GREEN if e.is_ok else RED}">{e.mark}</td>'
        f'<td style="{_CELL};min-width:11em"><code>{escape(_short(e.apdu, 14))}</code></td>'
        f'<td style="{_CELL};min-width:12em"><code>{escape(_short(e.data, 8))}</code> '
        f"<code>{e.answer[-2:].hex()}</code></td>"
        f'<td style="{_CELL};overflow-wrap:anywhere;min-width:14em">{escape(line(e))}</td></tr>'
        for e in log
    )
    names = ("number", "well", "command", "answer", "meaning")
    head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in names)
    caption = f"<caption>{many(len(log), 'exchange')} with the card</caption>"
    return Look(repr(log), f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")


def exchange_look(exchange: Exchange) -> Look:
    """One exchange octet by octet: command above, answer below."""
    command, answer = explain_command(exchange), explain_answer(exchange)
    text = f"{line(exchange)}\n\ncommand\n{command}\n\nanswer\n{answer}"
    html = (
        f"<p><b>{exchange.mark} {escape(line(exchange))}</b></p>"
        f'<p style="color:{BLUE}">command</p>{command._repr_html_()}'
        f'<p style="color:{ORANGE}">answer</p>{answer._repr_html_()}'
    )
    return Look(text, f"<div>{html}</div>")


def files_look(listing: Listing, *, here: FilePath | None = None) -> Look:
    """The files of a card as a tree to unfold; ``here`` is marked as the current place, and open."""
    entries = list(listing)
    body = _part(entries, (), here)
    return Look(
        repr(listing),
        '<div class="dmkit-card" role="group" aria-label="files of the card" '
        f'style="font-family:ui-monospace,monospace;font-size:90%;line-height:1.5">{body}</div>',
    )


def _part(entries: list[FileEntry], path: FilePath, here: FilePath | None) -> str:
    me = next(entry for entry in entries if entry.path == path)
    below = [entry for entry in entries if entry.path[:-1] == path and entry.path]
    inner = "".join(_leaf(entry, here) if entry.is_file else _part(entries, entry.path, here) for entry in below)
    is_open = " open" if here is None or here[: len(path)] == path else ""
    facts = f'<small style="color:{GREY}">{me.label} {escape(me.says)}</small>'
    head = f"<b>{escape(me.name)}</b> {facts}{_here(me, here)}"
    return f'<details{is_open} style="margin-left:1.1em"><summary>{head}</summary>{inner}</details>'


def _here(entry: FileEntry, here: FilePath | None) -> str:
    mark = f' <b style="color:{ORANGE}">← here</b>' if entry.path == here else ""
    return mark + (f' <b style="color:{BLUE}">~ changed</b>' if entry.changed else "")


def _leaf(entry: FileEntry, here: FilePath | None) -> str:
    return (
        f'<div style="margin-left:1.1em">{entry.label} {escape(entry.name)} '
        f'<span style="color:{BLUE}">{escape(entry.says)}</span> '
        f'<small style="color:{GREY}">{escape(entry.who)}</small>{_here(entry, here)}</div>'
    )
