"""A report as Markdown, for a mail or a notebook; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui.drill_names import drill_name
from tui.report import LIMITS, METHODS, TABLE_HEAD, Report, response_words


def markdown(report: Report) -> str:
    """Return the report; what a wearer typed cannot become markup."""
    lines = [
        f"# {_plain(report.title)}",
        "",
        f"Made by Lumbar on {report.made}. Not a medical device.",
        "",
        *(f"- {name}: **{value}**" for name, value in report.figures),
        "",
        "## The days",
        "",
        *_table(TABLE_HEAD, report.rows),
        "## Sitting bouts",
        "",
        *_table(
            ("Length", "Bouts", "Hours"),
            [(name, str(number), f"{hours:.1f}") for name, number, hours in report.bouts],
        ),
        "## Prompts and breaks",
        "",
        response_words(report.responses),
        "",
    ]
    if report.marks:
        lines += ["## Marked by the wearer", "", *_table(("When", "What"), report.marks)]
    if report.practised:
        rows = [(drill_name(name), str(times)) for name, times in report.practised]
        lines += ["## Practised", "", *_table(("Drill", "Times"), rows)]
    lines += ["## How this was measured", "", *_paragraphs(METHODS), "## What it cannot say", ""]
    lines += [*(f"- {text}" for text in LIMITS), ""]
    lines.append(f"Rules: {', '.join(report.rules) or 'none'}.")
    return "\n".join(lines) + "\n"


def _paragraphs(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield text
        yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(_plain(cell) for cell in row) + " |"
    yield ""


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
