"""What a terminal shows once it has drawn what was sent: text at its place, without colours."""

from __future__ import annotations

import codecs
import re

SEQUENCE = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"  # CSI
    r"|\x1b[P\]^_X].*?(?:\x1b\\|\x07)"  # a string for the terminal itself
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|(?P<control>[\r\n\x07])",
    re.DOTALL,
)


class Drawing:
    """Textual sends a line in pieces, each with its place: what is read is not in the bytes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self._rows: dict[int, list[str]] = {}
        self._row = self._column = 0

    def draw(self, sent: bytes) -> None:
        """Draw what was sent; it may end anywhere."""
        text = self._unfinished + self._decoder.decode(sent)
        at = 0
        for found in SEQUENCE.finditer(text):
            self._write(text[at : found.start()])
            at = found.end()
            if found["final"] == "H":
                row, _, column = found["parameters"].partition(";")
                self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
            elif found["control"] == "\n":
                self._row += 1
            elif found["control"] == "\r":
                self._column = 0
        written, escape, self._unfinished = text[at:].partition("\x1b")
        self._unfinished = escape + self._unfinished
        self._write(written)

    def _write(self, text: str) -> None:
        row = self._rows.setdefault(self._row, [])
        row.extend(" " * (self._column - len(row)))
        row[self._column : self._column + len(text)] = text
        self._column += len(text)

    @property
    def text(self) -> str:
        """The rows that were ever drawn, from the top."""
        return "\n".join("".join(self._rows[row]) for row in sorted(self._rows))
