"""The pictures of a report as inline SVG; pure. Each has a title for those who cannot see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Final

from ingest.records import NO_DATA
from tui import phrases
from tui.weeks import bin_words

COLOURS: Final = {
    # Okabe and Ito's palette, told apart with every kind of colour vision
    "sitting": "#e69f00",
    "standing": "#56b4e9",
    "moving": "#009e73",
    "lying": "#cc79a7",
    "unknown": "#9a9a9a",
    "off_body": "#dcdcdc",
}
WIDTH: Final = 880
LEFT: Final = 90
ROW: Final = 20
DAY_H: Final = 24


def legend() -> str:
    """Return the colours with their words, as HTML."""
    items = (
        f'<li><span style="background:{colour}"></span>{phrases.STATE[key].lower()}</li>'
        for key, colour in COLOURS.items()
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def ribbons(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return one row per day from midnight to midnight, coloured by what each moment mostly was."""
    parts = [_hours(len(rows))]
    for index, (name, cells) in enumerate(rows):
        y = index * ROW
        parts.append(_text(LEFT - 6, y + 13, name, "end"))
        step = (WIDTH - LEFT) / max(len(cells), 1)
        at = 0
        for state, run in groupby(cells):
            length = len(list(run))
            if state != NO_DATA:
                parts.append(_rect(LEFT + at * step, y + 2, length * step, ROW - 4, state))
            at += length
    return _svg("What the days were", len(rows) * ROW + 18, parts)


def _hours(rows: int) -> str:
    marks = []
    for hour in range(0, DAY_H + 1, 3):
        x = LEFT + (WIDTH - LEFT) * hour / DAY_H
        marks.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{rows * ROW}"/>')
        anchor = "end" if hour == DAY_H else "middle"
        marks.append(_text(x, rows * ROW + 14, f"{hour}", anchor))
    return "".join(marks)


def stacked(rows: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """Return the worn hours of each day as one bar, split by state."""
    known = [
        [(k, s) for k, s in seconds if k in COLOURS and k != "off_body"] for _, seconds in rows
    ]
    longest_s = max((sum(s for _, s in row) for row in known), default=0.0) or 1.0
    parts = []
    for index, ((name, _), row) in enumerate(zip(rows, known, strict=True)):
        y, x = index * ROW, float(LEFT)
        parts.append(_text(LEFT - 6, y + 13, name, "end"))
        for state, seconds in row:
            width = (WIDTH - LEFT - 50) * seconds / longest_s
            if seconds > 0:
                parts.append(_rect(x, y + 2, width, ROW - 4, state))
            x += width
        parts.append(_text(x + 6, y + 13, f"{sum(s for _, s in row) / 3600:.1f} h", "start"))
    return _svg("Worn hours by state", len(rows) * ROW, parts)


def bars(title: str, rows: Sequence[tuple[str, float, str]], colour: str) -> str:
    """Return horizontal bars; each row is (name, length, words behind it)."""
    longest = max((length for _, length, _ in rows), default=0.0) or 1.0
    parts = []
    for index, (name, length, words) in enumerate(rows):
        y = index * ROW
        width = (WIDTH - LEFT - 190) * length / longest
        parts.append(_text(LEFT - 6, y + 13, name, "end"))
        parts.append(
            f'<rect x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{ROW - 4}" fill="{colour}"/>'
        )
        parts.append(_text(LEFT + width + 6, y + 13, words, "start"))
    return _svg(title, len(rows) * ROW, parts)


def angles(hours: Sequence[float]) -> str:
    """Return worn hours by inclination, from leaning back to forward."""
    rows = [(bin_words(i), value, f"{value:.1f} h") for i, value in enumerate(hours)]
    first = next((i for i, value in enumerate(hours) if value > 0), 0)
    last = max((i for i, value in enumerate(hours) if value > 0), default=0)
    return bars("Worn hours by inclination, + is forward", rows[first : last + 1], "#0072b2")


def _rect(x: float, y: float, width: float, height: float, state: str) -> str:
    title = escape(phrases.STATE[state].lower())
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" '
        f'fill="{COLOURS[state]}"><title>{title}</title></rect>'
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(title: str, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(height, 1)}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
