"""Drills: today's plan, two measured games, the catalogue with filters, the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList

from ingest.records import Event
from monitor.drills.catalogue import Drill, load_catalogue
from monitor.drills.journal import (
    LOOK_BACK_DAYS,
    Rating,
    check_in_due,
    days_practised,
    journal_of,
)
from monitor.drills.plan import Body, daily_plan, gated, suits
from monitor.drills.readiness import ready
from monitor.errors import DrillPackError
from monitor.settings import DrillSettings
from tui.config_held import held
from tui.doses import at_level, with_dose
from tui.drill_lists import EVERYWHERE, PLACES, options, plan_figures
from tui.drill_names import drill_name
from tui.games import GAMES, GameReading, results_of
from tui.happenings import happenings
from tui.readings import local
from tui.screens.check_in import CheckInScreen
from tui.screens.player import PlayerScreen
from tui.screens.repositioning import RepositioningScreen
from tui.screens.safety import SafetyScreen
from tui.screens.task import TaskScreen
from tui.screens.tracking import TrackingScreen
from tui.widgets.drill_card import DrillCard
from tui.widgets.figures_table import FiguresReading, FiguresTable
from tui.widgets.game_card import GameCard
from tui.widgets.story import Story

GAME_SCREENS: Final = {"repositioning": RepositioningScreen, "tracking": TrackingScreen}
JOURNAL_KINDS: Final = ("drill", "check_in")
REFRESH_S: Final = 30.0
WRITTEN_S: Final = 3.0  # by then the store has what a player wrote
MOST_ENTRIES: Final = 30
SLUMPED: Final = (
    "Right after long sitting: first two minutes on your feet or lying, then start it again."
)
BUSY: Final = "Something is open already: finish or leave it first."


class DrillsScreen(TaskScreen):
    """What may be practised, and how."""

    AUTO_FOCUS = "#drill-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "start",
            "Start",
            id="drills.start",
            tooltip="Start the drill",
            priority=True,  # the list's own Enter would hide it from the line of keys
        ),
        Binding("f", "filter", "Place", id="drills.filter", tooltip="Drills of the next place"),
        Binding(
            "n",
            "check_in",
            "Yesterday",
            show=False,
            id="drills.check_in",
            tooltip="How yesterday's drills feel today",
        ),
        Binding("r", "safety", "Warning signs", id="drills.safety", tooltip="When to seek help"),
    ]

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.drills: Sequence[Drill] = ()
        self.planned: tuple[str, ...] = ()
        self._place = 0
        self._asked: date | None = None
        self._asks = False
        self._body = Body()
        self._dosed: dict[str, Drill] = {}
        self._journal: Sequence[Event] = ()

    def body(self) -> Iterable[Widget]:
        """Yield plan, list, page, journal."""
        signs = self.dashboard.signs
        with Vertical(id="drill-left"):
            yield FiguresTable(signs, title="Today's plan", id="plan", classes="card")
            yield OptionList(id="drill-list", classes="card", compact=True)
        with VerticalScroll(id="drill-page", can_focus=False):
            yield DrillCard(signs, id="drill", classes="card")
            yield GameCard(signs, id="game", classes="card")
            yield Story(signs, title="Journal", id="journal", classes="card")

    def on_screen_resume(self) -> None:
        """Look into the journal: a drill may just have been written down."""
        self.refresh_journal()
        self.set_timer(WRITTEN_S, self.refresh_journal)

    def on_mount(self) -> None:
        """Fill the list and ask for the journal."""
        self.drills = self._catalogue(self._settings())
        self._fill()
        self.set_interval(REFRESH_S, self.refresh_journal)

    def _catalogue(self, settings: DrillSettings) -> tuple[Drill, ...]:
        try:
            return load_catalogue(map(Path, settings.packs), disabled=settings.disabled)
        except DrillPackError as error:
            self.notify(f"Without your own drills: {error}", severity="warning")
            return load_catalogue(disabled=settings.disabled)

    def _settings(self) -> DrillSettings:
        return held(self.dashboard.config_path)[0].config.own_drills

    def _suited(self) -> list[Drill]:
        settings = self._settings()
        return [drill for drill in self.drills if suits(drill, settings)]

    def _fill(self) -> None:
        place = PLACES[self._place]
        found = self.query_one(OptionList)
        row = found.highlighted
        found.border_title = f"Drills: {place}"
        found.clear_options()
        dosed = [self._dosed.get(drill.id, drill) for drill in self._suited()]
        found.add_options(options(dosed, self.planned, place))
        found.highlighted = min(row or 0, found.option_count - 1) if found.option_count else None

    @work(exclusive=True, group="journal", exit_on_error=False)
    async def refresh_journal(self) -> None:
        """Ask the history what was practised, and plan today from it."""
        await self._look_back()

    async def _look_back(self) -> None:
        to_s = int(self.dashboard.now_s) + 1
        from_s = to_s - LOOK_BACK_DAYS * 86_400
        stored = await self.recall(lambda history: history.events(from_s, to_s, JOURNAL_KINDS))
        events = [] if stored is None else [item.event for item in stored]
        self._journal = events
        self._body = await self.recall(lambda history: ready(history, to_s)) or Body()
        self._show_plan(events)
        self._show_page()
        if stored is not None:
            zone = self.dashboard.timezone
            self.query_one(Story).reading = tuple(
                (f"{local(item.t_s, zone):%d %b %H:%M}", item)
                for item in happenings(stored)[:MOST_ENTRIES]
            )

    def _show_plan(self, events: Sequence[Event]) -> None:
        app, settings = self.dashboard, self._settings()
        before = (self.planned, self._dosed)
        journal = journal_of(events, app.timezone)
        plan = daily_plan(self.drills, settings, journal, app.today, body=self._body)
        self.planned = tuple(step.drill.id for step in plan.steps)
        self._dosed = {drill.id: at_level(drill, journal, app.today) for drill in self.drills}
        self._dosed |= {step.drill.id: with_dose(step.drill, step.dose) for step in plan.steps}
        done = {entry.drill for entry in journal if entry.day == app.today}
        figures = plan_figures(plan, done, days_practised(journal, app.today))
        asks = settings.check_in and check_in_due(journal, events, app.today)
        self._asks = asks and self._asked != app.today
        if self._asks:
            figures = (*figures, ("how do yesterday's feel?", "press n"))
        self.query_one(FiguresTable).reading = FiguresReading(figures)
        if before != (self.planned, self._dosed):
            self._fill()

    def action_filter(self) -> None:
        """Show the drills of the next place."""
        self._place = (self._place + 1) % len(PLACES)
        self._fill()

    def action_check_in(self) -> None:
        """Ask how yesterday's drills feel, once."""
        if self._asks:
            self.app.push_screen(CheckInScreen(), self._checked_in)
        else:
            self.notify("There is nothing to ask about: no drills yesterday, or answered already.")

    def _checked_in(self, rating: Rating | None) -> None:
        if rating is None:
            return
        today = self.dashboard.today
        self._asked = today
        yesterday = (today - timedelta(days=1)).isoformat()
        self.dashboard.ask("check_in", {"answer": rating, "day": yesterday}, "Noted.")
        self.refresh_journal()

    def action_safety(self) -> None:
        """Show the warning signs."""
        self.app.push_screen(SafetyScreen())

    def action_start(self) -> None:
        """Open the player, or a game."""
        game = GAME_SCREENS.get(self._highlighted_id() or "")
        drill = self._highlighted()
        if game is not None:
            self.app.push_screen(game())
        elif drill is not None and gated(drill, self._body):
            self.notify(SLUMPED)
        elif drill is not None:
            self.app.push_screen(PlayerScreen(drill))

    @on(TaskScreen.DrillChosen)
    def _drill_chosen(self, message: TaskScreen.DrillChosen) -> None:
        if self.app.screen is self:
            self._start_chosen(message.drill)
        else:
            self.notify(BUSY)

    @work(exclusive=True, group="chosen", exit_on_error=False)
    async def _start_chosen(self, wanted: str) -> None:
        """Start a drill chosen elsewhere, once it is known what the body is ready for."""
        await self._look_back()
        if wanted not in {drill.id for drill in self._suited()}:
            self.notify(f"{drill_name(wanted)} is not among your drills here.", severity="warning")
            return
        self._place = PLACES.index(EVERYWHERE)
        self._fill()
        found = self.query_one(OptionList)
        found.highlighted = found.get_option_index(wanted)
        if self.app.screen is self:
            self.action_start()

    @on(OptionList.OptionHighlighted)
    def _show_page(self) -> None:
        """Show what is highlighted: a drill, or a game with its last results."""
        drill, game = self._highlighted(), GAMES.get(self._highlighted_id() or "")
        card, game_card = self.query_one(DrillCard), self.query_one(GameCard)
        card.display, game_card.display = drill is not None, game is not None
        if drill is not None:
            card.reading = drill
            card.border_title = drill.name
        if game is not None:
            results = results_of(game.id, self._journal, self.dashboard.timezone)
            game_card.reading = GameReading(game, results)
            game_card.border_title = drill_name(game.id)

    @on(OptionList.OptionSelected)
    def _drill_selected(self) -> None:
        self.action_start()

    def _highlighted_id(self) -> str | None:
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return None
        return options.get_option_at_index(options.highlighted).id

    def _highlighted(self) -> Drill | None:
        wanted = self._highlighted_id()
        found = next((drill for drill in self.drills if drill.id == wanted), None)
        return None if found is None else self._dosed.get(found.id, found)
