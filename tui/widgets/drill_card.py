"""One drill as a page: figure, aim, dose, steps, caution."""

from __future__ import annotations

from textual.content import Content

from monitor.drills.catalogue import Drill
from tui.doses import dose_words
from tui.widgets.picture import Picture


class DrillCard(Picture[Drill]):
    """What a drill is and how it is done."""

    def draw(self, reading: Drill, width: int) -> Content:
        """Return the page."""
        figure = reading.figure_ascii if self.signs.ascii else reading.figure
        steps = [Content(f"{i}. {step}") for i, step in enumerate(reading.steps, start=1)]
        return Content("\n").join(
            [
                Content.styled(reading.aim, "bold"),
                Content.styled(
                    self.signs.plain(dose_words(reading.dose, whose=True)), "$secondary"
                ),
                Content.styled(figure.rstrip("\n"), "$primary"),
                *steps,
                Content.styled(f"Easier: {reading.easier_how}", "$quiet"),
                Content.styled(reading.caution, "$warning"),
            ]
        )
