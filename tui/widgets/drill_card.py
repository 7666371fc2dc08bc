"""One drill as a page: figure, aim, dose, steps, caution."""

from __future__ import annotations

from textual.content import Content

from monitor.drills.catalogue import Drill
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
                Content.styled(self.signs.plain(dose_words(reading)), "$secondary"),
                Content.styled(figure.rstrip("\n"), "$primary"),
                *steps,
                Content.styled(f"Easier: {reading.easier_how}", "$quiet"),
                Content.styled(reading.caution, "$warning"),
            ]
        )


def dose_words(drill: Drill, *, whose: bool = True) -> str:
    """Return the dose in words: `10 times`, `3 holds of 10 s, each side`; and if it is ours."""
    dose = drill.dose
    if dose.hold_s:
        many = f"{dose.reps} holds" if dose.reps > 1 else "one hold"
        words = f"{many} of {dose.hold_s:g} s"
    elif dose.reps:
        words = f"{dose.reps} times, slowly"
    else:
        words = f"{dose.seconds:g} s" if dose.seconds < 120 else f"{dose.seconds / 60:g} min"
    words += ", each side" if dose.sides > 1 else ""
    words += f", {dose.sets} sets" if dose.sets > 1 else ""
    return words + (" (our dose)" if dose.ours and whose else "")
