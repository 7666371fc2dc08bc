"""What all screens share: first line, body, the nudge above the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from ingest.errors import StoreError
from tui import phrases
from tui.drill_names import drill_name
from tui.keys import DRILL_ANSWER, NUDGE_ANSWERS, PLACES
from tui.live import Live
from tui.notices import notice_of
from tui.readings import local
from tui.widgets.banner import Banner
from tui.widgets.key_line import KeyLine
from tui.widgets.nudge_bar import NudgeBar, NudgeReading
from tui.widgets.top_bar import TopBar, TopReading

if TYPE_CHECKING:
    from ingest.past.history import History
    from tui.app import DashboardApp

AnswerT = TypeVar("AnswerT")
BRIEF_LINES: Final = 16
KEYS_LINES: Final = 13  # from here on a narrow terminal has room for all of Live and for the keys
LOOK_S: Final = 2.0  # a history that went away is told within 5 s on every screen


class TaskScreen(Screen[None]):
    """One place of the dashboard."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-tiny"),
        (36, "-narrow"),
        (76, "-normal"),
        (116, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-flat"),
        (9, "-low"),
        (22, "-middling"),
        (36, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll_body('down')", "Down", show=False, id="scroll.down"),
        Binding("up", "scroll_body('up')", "Up", show=False, id="scroll.up"),
        Binding("pagedown", "scroll_body('page_down')", "Page down", show=False, id="scroll.next"),
        Binding("pageup", "scroll_body('page_up')", "Page up", show=False, id="scroll.previous"),
        Binding("home", "scroll_body('home')", "Top", show=False, id="scroll.top"),
        Binding("end", "scroll_body('end')", "Bottom", show=False, id="scroll.bottom"),
    ]

    class DrillChosen(Message):
        """A drill is to be started from outside the list of drills."""

        def __init__(self, drill: str) -> None:
            super().__init__()
            self.drill = drill

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode
        self._troubles: dict[str, str] = {}

    @property
    def dashboard(self) -> DashboardApp:
        """The app, as what it is."""
        return cast("DashboardApp", self.app)

    @property
    def complete(self) -> bool:
        """Whether every widget is there: not yet while it opens, no more while it closes."""
        return bool(self.query(KeyLine)) and bool(self.query(TopBar))

    def compose(self) -> ComposeResult:
        """Lay out the frame around the body."""
        signs = self.dashboard.signs
        yield TopBar(signs, id="top")
        yield Banner(signs, id="banner")
        with VerticalScroll(id="body", can_focus=False):
            yield from self.body()
        yield NudgeBar(signs, id="nudge")
        yield KeyLine(signs, id="keys")

    def body(self) -> Iterable[Widget]:
        """Yield the widgets between first line and nudge."""
        raise NotImplementedError

    def action_scroll_body(self, where: str) -> None:
        """Scroll what does not fit."""
        body = self.query_one("#body", VerticalScroll)
        scroll: Callable[..., None] = getattr(body, f"scroll_{where}")
        scroll(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the drill of a nudge be started only while one is proposed."""
        return action != "do_drill" or self._proposed() is not None

    async def action_do_drill(self) -> None:
        """Go to the drills and start what the nudge proposes, if the body is ready for it."""
        drill = self._proposed()
        if drill is not None:
            await self.app.switch_mode("drills")
            self.app.screen_stack[0].post_message(self.DrillChosen(drill))

    def _proposed(self) -> str | None:
        app = self.dashboard
        nudge = app.newest.nudge_in_force(app.now_s, app.feed.screen_id)
        return None if nudge is None else nudge.drill

    async def recall(
        self, question: Callable[[History], AnswerT], *, about: str = ""
    ) -> AnswerT | None:
        """Return the history's answer, or None where there is none; the banner says why.

        `about` tells the questions of one screen apart: one that fails is not healed by another.
        """
        archive = self.dashboard.archive
        if archive is None or not self.is_current:
            return None
        try:
            answer = await archive.ask(question)
        except StoreError as error:
            self._troubles[about] = str(error)
            return None
        self._troubles.pop(about, None)
        return answer

    def on_mount(self) -> None:
        """Keep an eye on the history."""
        self.set_interval(LOOK_S, self._look)

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        now_s = int(self.dashboard.now_s)
        await self.recall(lambda past: past.events(now_s - 1, now_s, ("mark",)), about="look")

    def on_screen_resume(self) -> None:
        """Draw at once what is known now."""
        self.dashboard.draw_now()

    def show_live(self, live: Live, now_s: float) -> None:
        """Draw the newest facts."""
        app = self.dashboard
        moment = local(now_s, app.timezone)
        self.query_one(TopBar).reading = TopReading(
            places=PLACES,
            here=self.mode,
            label=app.label,
            clock=phrases.clock(moment, app.settings.clock) if live.mark else "--:--",
        )
        trouble = next(iter(self._troubles.values()), "")
        notice = notice_of(live, now_s, app.timezone, history=trouble)
        self.query_one(Banner).reading = notice
        self.set_class(notice is not None, "-troubled")
        nudge = self._nudge(live, now_s)
        self.query_one(NudgeBar).reading = nudge
        self.set_class(nudge is not None, "-nudged")
        self.set_class(self.size.height < KEYS_LINES, "-cramped")

    def _nudge(self, live: Live, now_s: float) -> NudgeReading | None:
        nudge = live.nudge_in_force(now_s, self.dashboard.feed.screen_id)
        if nudge is None or nudge.rung in self.dashboard.silent_rungs:
            return None
        keymap = self.dashboard.settings.keys
        return NudgeReading(
            rung=nudge.rung,
            reason=nudge.reason,
            since_break_s=None if nudge.since_break_s is None else int(nudge.since_break_s),
            snoozed=nudge.snoozed,
            brief=self.size.height < BRIEF_LINES,
            drill=None if nudge.drill is None else drill_name(nudge.drill),
            keys=tuple(
                (keymap.get(answer.id or "", answer.key), answer.description)
                for answer in NUDGE_ANSWERS
                if nudge.drill is not None or answer is not DRILL_ANSWER
            ),
        )
