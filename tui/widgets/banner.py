"""The line that says first what the wearer must know: lost, late, not worn, not calibrated."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui.notices import Notice
from tui.widgets.picture import Picture

ROOMY: Final = 60  # cells; below that one sentence of advice is enough


class Banner(Picture[Notice]):
    """Hidden while all is well."""

    def watch_reading(self, reading: Notice | None) -> None:
        """Appear with trouble and go with it."""
        super().watch_reading(reading)
        self.set_class(reading is not None, "-shown")
        self.set_class(reading is not None and reading.mild, "-mild")

    def draw(self, reading: Notice, width: int) -> Content:
        """Return headline and advice; the time only where all of it fits into one line."""
        told = reading.advice if width >= ROOMY else reading.advice.partition(". ")[0]
        headline, advice = Content.styled(reading.headline, "bold"), f"  {told}"
        if reading.since is not None:
            since = f" since {reading.since:%H:%M:%S}"
            if headline.cell_length + len(since) + len(advice) <= width:
                return Content.assemble(headline, since, advice)
        return Content.assemble(headline, advice)
