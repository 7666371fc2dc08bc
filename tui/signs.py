"""The signs that pictures are drawn with: Unicode blocks, or plain ASCII."""

from __future__ import annotations

import locale
from dataclasses import dataclass, field
from typing import Final, Literal

from ingest.records import NO_DATA


@dataclass(frozen=True, slots=True)
class Signs:
    """One consistent set; every sign is one cell wide.

    Attributes:
        full, empty: filled and unfilled part of a bar.
        eighths: from almost empty to full, for pictures finer than a cell.
        track, zero, marker: the scale of a gauge, its upright and the wearer on it.
        state: what stands for each state in a ribbon; their heights differ, not only their colours.
        signal: rising signal strength.
        on, off, waiting: a thing is there, is not, is being waited for.
        rule: a horizontal line.
        ascii: whether only ASCII may be written.
    """

    full: str
    empty: str
    eighths: str
    track: str
    zero: str
    marker: str
    signal: str
    on: str
    off: str
    waiting: str
    rule: str
    minus: str
    dash: str
    degree: str
    dot: str
    ascii: bool = False
    state: dict[str, str] = field(default_factory=dict)

    def plain(self, text: str) -> str:
        """Return `text` in the letters of this set."""
        return text if not self.ascii else text.translate(_TO_ASCII)


_TO_ASCII: Final = str.maketrans(
    {"°": "", "·": "-", "—": "-", "\N{MINUS SIGN}": "-", "…": "...", "≥": ">=", "→": "->"}
)

UNICODE: Final = Signs(
    full="█",
    empty="░",
    eighths="▁▂▃▄▅▆▇█",
    track="─",
    zero="┼",
    marker="●",
    signal="▂▄▆█",
    on="●",
    off="○",
    waiting="◌",
    rule="─",
    minus="\N{MINUS SIGN}",
    dash="—",
    degree="°",
    dot="·",
    state={
        "sitting": "▄",
        "standing": "▆",
        "moving": "█",
        "lying": "▁",
        "off_body": "x",
        "unknown": "?",
        NO_DATA: " ",
    },
)

ASCII: Final = Signs(
    full="#",
    empty=".",
    eighths="__--==##",
    track="-",
    zero="+",
    marker="O",
    signal="1234",
    on="*",
    off="o",
    waiting="~",
    rule="-",
    minus="-",
    dash="-",
    degree="",
    dot="-",
    ascii=True,
    state={
        "sitting": "s",
        "standing": "T",
        "moving": "M",
        "lying": "_",
        "off_body": "x",
        "unknown": "?",
        NO_DATA: " ",
    },
)


def choose(wanted: Literal["auto", "unicode", "ascii"], encoding: str | None = None) -> Signs:
    """Return the wanted set; 'auto' asks the locale (or the given encoding) for UTF-8."""
    if wanted == "auto":
        name = (encoding or locale.getencoding()).lower().replace("-", "")
        return UNICODE if name == "utf8" else ASCII
    return UNICODE if wanted == "unicode" else ASCII
