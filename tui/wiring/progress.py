"""A progress bar on standard error, drawn only where a person sees it."""

from __future__ import annotations

import sys
from typing import Final, TextIO

WIDTH: Final = 30


class ProgressBar:
    """Draws (done, of) as a bar with per cent; says nothing when `stream` is no terminal."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._shown = -1

    def __call__(self, done: int, of: int) -> None:
        """Draw how far it is; redraws only when the per cent change."""
        percent = 100 * done // of if of else 100
        if percent == self._shown or not self._stream.isatty():
            return
        self._shown = percent
        filled = WIDTH * percent // 100
        bar = "#" * filled + "." * (WIDTH - filled)
        end = "\n" if percent == 100 else ""
        self._stream.write(f"\r{self._title} [{bar}] {percent:3d} %{end}")
        self._stream.flush()
