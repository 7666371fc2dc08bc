"""A calibration as a list of poses, the one to take now in full."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from tui.poses import POSES
from tui.widgets.picture import Picture


@dataclass(frozen=True, slots=True)
class PoseReading:
    """Where the wizard is.

    Attributes:
        index: the pose to take, or len(POSES) when all are done.
        outcomes: "", "taken" or "left out" of each pose.
        still: whether the strap is still enough now; None where it cannot be told.
        answer: what the service said last.
        refused: whether that was a refusal.
        asking: whether an answer is waited for.
    """

    index: int
    outcomes: tuple[str, ...]
    still: bool | None
    answer: str = ""
    refused: bool = False
    asking: bool = False


class PosePicture(Picture[PoseReading]):
    """One pose at a time."""

    def draw(self, reading: PoseReading, width: int) -> Content:
        """Return the list, the pose, the quality, the answer."""
        lines = [self._line(reading, number, pose.title) for number, pose in enumerate(POSES)]
        lines.append(Content(""))
        if reading.index < len(POSES):
            pose = POSES[reading.index]
            lines += [Content.styled(pose.how, "bold"), Content.styled(pose.why, "$quiet")]
            lines.append(self._quality(reading))
        else:
            lines.append(Content.styled("Done. Press Escape to go back.", "bold $success"))
        if reading.asking:
            lines.append(Content.styled("Asking ...", "$quiet"))
        elif reading.answer:
            style = "$warning" if reading.refused else "$success"
            lines.append(Content.styled(self.signs.plain(reading.answer), style))
        return Content("\n").join(lines)

    def _line(self, reading: PoseReading, number: int, title: str) -> Content:
        outcome = reading.outcomes[number]
        now = number == reading.index
        sign = ">" if now else self.signs.on if outcome == "taken" else self.signs.off
        text = f"{sign} {number + 1}. {title}" + (f"  {outcome}" if outcome else "")
        return Content.styled(
            text, "bold $primary" if now else "$success" if outcome == "taken" else "$quiet"
        )

    def _quality(self, reading: PoseReading) -> Content:
        if not POSES[reading.index].still:
            return Content(" ")
        if reading.still is None:
            return Content.styled("No fresh data from the strap: waiting", "$warning")
        if reading.still:
            return Content.styled(f"{self.signs.on} still enough", "$success")
        return Content.styled(f"{self.signs.waiting} moving", "$warning")
