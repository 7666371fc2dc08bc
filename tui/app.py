"""The dashboard: one feed folded into one value, shown ten times a second by the screen on top."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final
from zoneinfo import ZoneInfo

from textual import on, work
from textual.app import App
from textual.binding import BindingType
from textual.events import AppBlur, AppFocus, Event, Key
from textual.worker import Worker, WorkerState

from tui import phrases
from tui.archive import Archive
from tui.asking import Desk, Wish
from tui.bell import Bell
from tui.exits import CommandError
from tui.facts import NEWCOMERS, Arguments, Feed
from tui.key_order import KeyOrder
from tui.keys import GLOBAL
from tui.listening import Listener
from tui.live import Live, label_of
from tui.palette import ActionsProvider
from tui.places import screens
from tui.readings import local
from tui.screens.help import HelpScreen
from tui.screens.player import PlayerScreen
from tui.screens.task import TaskScreen
from tui.screens.why import WhyScreen, newest_explained
from tui.settings import ScreenSettings
from tui.signs import choose
from tui.themes import OWN, variables_of
from tui.widgets.key_line import KeyLine
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from datetime import date

    from ingest.past.history import History
    from monitor.drills.catalogue import Drill
    from tui.reach import Reach

BEAT_S: Final = 0.5  # without news the ages are redrawn twice a second
REDRAW_S: Final = 0.18  # news are drawn at once, but at most five times a second
CALM_REDRAW_S: Final = 1.0  # with reduced motion
PRESENCE_S: Final = 10.0
SWITCH_S: Final = 0.01
PAUSE_MINUTES: Final = 30
WHY_DAYS: Final = 7


class DashboardApp(App[CommandError]):
    """Shows one wearer; quitting it stops nothing but itself. Results in why it had to end.

    Args:
        feed: where facts come from and commands go.
        history: opens the past for reading, or None where none is kept.
        settings: the `[screen]` table.
        wearer: whose dashboard it is.
        timezone: in which days begin.
        simulated: whether everything on show must be labelled so.
        config_path: the file that the settings screen changes; None makes it read-only.
        bell_rungs: rungs for which the terminal's bell rings once.
        drill: what the player opens with, or None.
    """

    TITLE = "lumbar"
    CSS_PATH = Path(__file__).with_name("dashboard.tcss")
    COMMANDS = App.COMMANDS | {ActionsProvider}
    BINDINGS: ClassVar[list[BindingType]] = [*GLOBAL]
    silent_rungs: Collection[str] = frozenset()
    """Rungs that `[sinks]` shows elsewhere only."""
    reach: Reach | None = None
    """The radio to look for straps with."""

    def __init__(
        self,
        feed: Feed,
        history: Callable[[], History] | None,
        settings: ScreenSettings,
        *,
        wearer: str,
        timezone: ZoneInfo,
        simulated: bool,
        config_path: Path | None = None,
        bell_rungs: Collection[str] = (),
        drill: Drill | None = None,
    ) -> None:
        super().__init__()
        self.feed = feed
        self.archive = None if history is None else Archive(history)
        self.settings = settings
        self.wearer = wearer
        self.timezone = timezone
        self.simulated = simulated
        self.config_path = config_path
        self.signs = choose("ascii" if settings.plain else settings.glyphs)
        self.listener = Listener()
        self.trail, self.angles = self.listener.trail, self.listener.angles
        self.trace = self.listener.trace
        self.desk = Desk(feed, lambda words, severity: self.notify(words, severity=severity))
        self._drawn_s = float("-inf")
        self._last_key_s = float("-inf")
        self._warned = False
        self._bell = Bell(bell_rungs)
        self._drill = drill
        self._key_order = KeyOrder(self, super().on_event)
        self._register_looks()
        for mode, screen in screens(plain=settings.plain).items():
            self.add_mode(mode, partial(screen, mode))

    def _register_looks(self) -> None:
        for theme in OWN:
            self.register_theme(theme)
        known = self.settings.theme in self.available_themes
        self.theme = self.settings.theme if known else ScreenSettings().theme
        self.set_class(self.signs.ascii, "-ascii")
        if self.settings.reduced_motion:
            self.animation_level = "none"
        self.set_keymap(self.settings.keys)

    def delay_update(self, delay: float = SWITCH_S) -> None:
        """Hold drawing back while a place comes up; Textual's 50 ms can be felt at every key."""
        super().delay_update(min(delay, SWITCH_S))

    def get_css_variables(self) -> dict[str, str]:
        """Give every theme colours for states, and words that can be read."""
        self.theme_variables = variables_of(self.current_theme)
        return self.theme_variables

    def on_mount(self) -> None:
        """Start to listen, to draw and to say that this screen is here."""
        self.switch_mode("live")
        if self._drill is not None:
            self.call_later(self._open_player, self._drill)
        self._follow()
        self.set_interval(BEAT_S, self.draw_now)
        self.set_interval(PRESENCE_S, self._announce)
        self.call_later(self._announce)

    async def _open_player(self, drill: Drill) -> None:
        await self.switch_mode("drills")
        self.push_screen(PlayerScreen(drill))

    def on_unmount(self) -> None:
        """Let the history's thread end."""
        if self.archive is not None:
            self.archive.close()

    @property
    def newest(self) -> Live:
        """The newest of everything that arrived."""
        return self.listener.newest

    @property
    def now_s(self) -> float:
        """Posture time."""
        return self.listener.now_s

    @property
    def today(self) -> date:
        """The wearer's local date in posture time."""
        return local(self.now_s, self.timezone).date()

    @property
    def label(self) -> str:
        """What must stand beside every figure that is not of a living wearer now."""
        return label_of(self.newest.mark, simulated=self.simulated)

    @work(exclusive=True, group="feed", exit_on_error=False)
    async def _follow(self) -> None:
        async for fact in self.feed.facts():
            if self.listener.take(fact):
                self._draw_soon()
            if fact in NEWCOMERS:
                self._announce()

    def _draw_soon(self) -> None:
        """Draw news at once if the last picture is old enough; else the next news will."""
        least_s = CALM_REDRAW_S if self.settings.reduced_motion else REDRAW_S
        if time.monotonic() - self._drawn_s >= least_s:
            self.draw_now()

    def draw_now(self) -> None:
        """Show the newest facts on the screen of the current place."""
        self._drawn_s = time.monotonic()
        if self._bell.rings_for(self.newest.nudge_in_force(self.now_s, self.feed.screen_id)):
            self.bell()
        places = [screen for screen in self.screen_stack if isinstance(screen, TaskScreen)]
        if places and places[-1].is_mounted and places[-1].complete:
            places[-1].show_live(self.newest, self.now_s)

    def _announce(self, *, key_pressed: bool = False) -> None:
        self.feed.present(focused=self.app_focus, key_pressed=key_pressed)

    @on(AppFocus)
    @on(AppBlur)
    def _looked_at(self, event: AppFocus | AppBlur) -> None:
        self.feed.present(focused=isinstance(event, AppFocus), key_pressed=False)

    async def on_event(self, event: Event) -> None:
        """Take events as they come, but keys one after the other."""
        if isinstance(event, Key) and not event.is_forwarded:
            await self._key_order.take(event)
        else:
            await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """Say that the wearer is here, at most once a second."""
        now_s = time.monotonic()
        if now_s - self._last_key_s > 1.0:
            self._last_key_s = now_s
            self._announce(key_pressed=True)

    def on_top_bar_place_chosen(self, message: TopBar.PlaceChosen) -> None:
        """Go where was clicked."""
        self.switch_mode(message.mode)

    async def on_key_line_key_chosen(self, message: KeyLine.KeyChosen) -> None:
        """Do what the clicked key does."""
        await self.run_action(message.action, message.owner)

    def action_place(self, mode: str) -> None:
        """Go to another screen."""
        self.switch_mode(mode)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the answers act only while a nudge is shown."""
        if action == "answer":
            return self.newest.nudge_in_force(self.now_s, self.feed.screen_id) is not None
        return True

    def action_answer(self, verb: str, minutes: int | None = None) -> None:
        """Answer the nudge in force."""
        nudge = self.newest.nudge_in_force(self.now_s, self.feed.screen_id)
        if nudge is None:
            return
        args: Arguments = {"nudge": nudge.id} | ({} if minutes is None else {"minutes": minutes})
        self.ask(verb, args, phrases.ANSWERED[verb].format(minutes=minutes))

    def action_pause(self) -> None:
        """Pause nudges, or resume when they are paused."""
        status = self.newest.status
        if status is not None and status.paused_until_ms is not None:
            self.ask("resume", {}, "Nudges are on again.")
        else:
            self.ask("pause", {"minutes": PAUSE_MINUTES}, f"Nudges pause for {PAUSE_MINUTES} min.")

    def action_mark(self) -> None:
        """Keep a mark that it hurts now."""
        args: Arguments = {"note": "hurts now", "at_s": self.now_s}
        self.ask("mark", args, "Saved: hurts now, with the last 10 minutes.")

    @work(exclusive=True, group="why", exit_on_error=False)
    async def action_why(self) -> None:
        """Explain the newest hint or nudge."""
        if self.archive is None:
            self.notify("Nothing is kept here that could be explained.", severity="warning")
            return
        window = (int(self.now_s) - WHY_DAYS * 86_400, int(self.now_s) + 60)
        found = await self.archive.ask(lambda history: history.events(*window, ("hint", "nudge")))
        answer = newest_explained([stored.event for stored in found], self.timezone)
        if isinstance(answer, str):
            self.notify(answer)
        else:
            self.push_screen(WhyScreen(*answer))

    def action_help(self) -> None:
        """Show the keys of this place."""
        self.push_screen(HelpScreen())

    @work(group="ask", exit_on_error=False)
    async def ask(self, verb: str, args: Arguments, done: str) -> None:
        """Send a command and say what came of it."""
        await self.desk.ask(Wish(verb, args, done))

    def action_help_quit(self) -> None:
        """Say which key leaves: many expect Ctrl+C to."""
        self.notify(f"Press {self.settings.keys.get('app.quit', 'q')} to leave; measuring goes on.")

    async def action_quit(self) -> None:
        """Leave; but say first what would be lost with this screen."""
        if self.desk.waiting and not self._warned:
            self._warned = True
            self.notify(phrases.not_saved(len(self.desk.waiting)), severity="warning", timeout=10)
            return
        self.exit()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say it when a worker fails; the screen goes on with what it has."""
        if isinstance(event.worker.error, CommandError):
            self.exit(event.worker.error)
        elif event.state is WorkerState.ERROR:
            self.notify(f"{event.worker.group}: {event.worker.error}", severity="error")
