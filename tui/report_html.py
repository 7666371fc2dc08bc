"""A report as one HTML page that needs nothing else: no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from tui import report_svg as svg
from tui.drill_names import drill_name
from tui.report import LIMITS, METHODS, TABLE_HEAD, Report, response_words

STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.made, .note { color: GrayText; font-size: .9rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr));
  gap: .6rem 1rem; }
dt { color: GrayText; font-size: .85rem; } dd { margin: 0; font-size: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #8884; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.grid { stroke: #8886; stroke-width: .5; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.legend span { display: inline-block; width: 1em; height: 1em; margin-right: .4em;
  vertical-align: -.1em; }
@media print {
  body { font-size: 11px; margin: 0; max-width: none; color: #000; background: #fff; }
  h2, svg, table, dl { break-inside: avoid; } h2 { break-after: avoid; margin-top: 1rem; }
  svg rect, .legend span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
@page { margin: 15mm; }
"""


def html(report: Report) -> str:
    """Return the page."""
    body = [
        f"<h1>{escape(report.title)}</h1>",
        f'<p class="made">Made by Lumbar on {escape(report.made)}. Not a medical device.</p>',
        _figures(report.figures),
        *_section("The days", svg.legend(), svg.ribbons(report.ribbons)),
        *_section("Worn hours", svg.stacked(report.shares), _table(TABLE_HEAD, report.rows)),
        *_section("Sitting bouts", _bouts(report)),
        *_section("Inclination", svg.angles(report.angles), _paragraph(ANGLES)),
        *_section("Prompts and breaks", _paragraph(response_words(report.responses))),
        *_marks(report),
        *_section("How this was measured", *(_paragraph(text) for text in METHODS)),
        *_section("What it cannot say", _list(LIMITS)),
        f'<p class="note">Rules: {escape(", ".join(report.rules) or "none")}.</p>',
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


ANGLES: Final = (
    "Mean inclination over five minutes against the wearer's own upright; + is forward, "
    "\N{MINUS SIGN} is leaning back. No value is better than another; what the studies agree on is "
    "change."
)


def _section(title: str, *content: str) -> Iterable[str]:
    return (f"<h2>{escape(title)}</h2>", *content)


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _figures(figures: Sequence[tuple[str, str]]) -> str:
    pairs = (
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures
    )
    return f"<dl>{''.join(pairs)}</dl>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _bouts(report: Report) -> str:
    rows = [
        (name, hours, f"{hours:.1f} h in {number} bouts") for name, number, hours in report.bouts
    ]
    return svg.bars("Hours of sitting by length of the bout", rows, svg.COLOURS["sitting"])


def _marks(report: Report) -> Iterable[str]:
    if report.marks:
        yield from _section("Marked by the wearer", _table(("When", "What"), report.marks))
    if report.practised:
        rows = [(drill_name(name), str(times)) for name, times in report.practised]
        yield from _section("Practised", _table(("Drill", "Times"), rows))
