"""Laying parts into lines of a given width."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.signs import Signs


def shortened(text: str, width: int, signs: Signs) -> str:
    """Return `text` in at most `width` cells, with an ellipsis where it was cut."""
    end = "..." if signs.ascii else "…"
    return text if len(text) <= width else text[: max(0, width - len(end))].rstrip() + end


def fitting(parts: Sequence[Content], width: int, separator: str) -> Content:
    """Return as many parts as fit into one line, the first ones first."""
    line = Content("")
    for part in parts:
        longer = Content.assemble(line, separator, part) if line.plain else part
        if line.plain and longer.cell_length > width:
            break
        line = longer
    return line


def flowed(parts: Sequence[str], width: int, separator: str) -> list[str]:
    """Return the parts in lines, separated; a line never ends or starts with a separator."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}{separator}{part}" if lines else part
        if lines and len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def flowed_content(parts: Sequence[Content], width: int, separator: str) -> Content:
    """Return the parts in lines like `flowed`, styles kept."""
    lines: list[Content] = []
    for part in parts:
        longer = Content.assemble(lines[-1], separator, part) if lines else part
        if lines and longer.cell_length <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return Content("\n").join(lines)


def runs(cells: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join neighbours of one style: every span of a line costs time at each redraw."""
    joined: list[tuple[str, str]] = []
    for sign, style in cells:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + sign, style)
        else:
            joined.append((sign, style))
    return joined
