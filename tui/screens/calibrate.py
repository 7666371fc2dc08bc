"""The calibration wizard: one pose after the other, with live quality and reasons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.facts import new_command_id
from tui.live import Live
from tui.poses import POSES, still, sway_deg
from tui.screens.task import TaskScreen
from tui.widgets.pose_picture import PosePicture, PoseReading

SILENCE = "Nobody answered: is it measuring? Nothing was changed."


class CalibrateScreen(TaskScreen):
    """Takes upright, a bend, and the two ends of the own range."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "take", "Take it", id="calibrate.take", tooltip="Take this pose now"),
        Binding("n", "leave_out", "Leave out", id="calibrate.skip", tooltip="Leave this pose out"),
        Binding(
            "escape", "app.pop_screen", "Back", id="calibrate.back", tooltip="Back to the strap"
        ),
    ]

    def __init__(self) -> None:
        super().__init__("strap")
        self._index = 0
        self._outcomes = [""] * len(POSES)
        self._answer = ""
        self._refused = False
        self._asking = False

    def body(self) -> Iterable[Widget]:
        """Yield the wizard."""
        yield PosePicture(self.dashboard.signs, title="Calibration", id="poses", classes="card")

    def show_live(self, live: Live, now_s: float) -> None:
        """Draw the newest facts."""
        super().show_live(live, now_s)
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer leaving out only where the wizard can go on without the pose."""
        if action == "leave_out":
            return self._index < len(POSES) and POSES[self._index].optional
        if action == "take" and self._index >= len(POSES):
            return False
        return super().check_action(action, parameters)

    def action_take(self) -> None:
        """Ask the service to take the pose of the last seconds."""
        if not self._asking:
            self._take()

    def action_leave_out(self) -> None:
        """Go on without this pose."""
        self._settle("left out")

    @work(exclusive=True, group="calibrate", exit_on_error=False)
    async def _take(self) -> None:
        self._asking = True
        self._draw()
        args = {"step": POSES[self._index].step}
        reply = await self.dashboard.feed.send("calibrate", args, command_id=new_command_id())
        self._asking = False
        self._refused = reply is None or not reply.accepted
        self._answer = SILENCE if reply is None else reply.reason
        if not self._refused:
            self._settle("taken")
        self._draw()

    def _settle(self, outcome: str) -> None:
        self._outcomes[self._index] = outcome
        self._index += 1
        self.refresh_bindings()
        self._draw()

    def _draw(self) -> None:
        app = self.dashboard
        self.query_one(PosePicture).reading = PoseReading(
            index=self._index,
            outcomes=tuple(self._outcomes),
            still=still(sway_deg(app.angles, app.now_s, rate=app.listener.rate)),
            answer=self._answer,
            refused=self._refused,
            asking=self._asking,
        )
