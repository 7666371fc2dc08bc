"""What the wearer's commands do: one function per verb, each refuses with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ingest.messages import Command, Reply
from ingest.records import Event
from monitor.experiment import ADDED_SINKS, ADVISED_DAYS, USUAL_SINKS, Experiment, Setting
from monitor.kinds import EVENT_KINDS
from monitor.reminders import put_off
from monitor.settings import MonitorSettings, SinkSettings
from monitor.state import BoutState, MonitorState, Order
from monitor.wording import SITTING

MAX_PAUSE_MIN: Final = 24 * 60  # every pause ends by itself
MAX_SNOOZE_MIN: Final = 60
MAX_CALL_MIN: Final = 4 * 60
CALL: Final = "in a call"
EXPERIMENT_MIN: Final = (10.0, 120.0)  # minutes before a nudge that may be compared
WORDINGS: Final = tuple(str(i) for i in range(1, len(SITTING["nudge"])))
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Context:
    """What a verb may look at."""

    state: MonitorState
    settings: MonitorSettings
    now_s: float
    command: Command

    def event(self, kind: str, **data: Value) -> Event:
        """Return an event of this moment that names the screen it came from."""
        fields: dict[str, Value] = {"now_s": self.now_s, "screen": self.command.screen, **data}
        present: dict[str, Value] = {
            key: value for key, value in fields.items() if value is not None
        }
        return Event(kind=kind, t_ms=round(self.now_s * 1000), data=present)

    def minutes(self, *, default: float, most: float) -> float:
        """Return the argument `minutes`; raise Refused when it cannot be meant."""
        value = self.command.args.get("minutes", default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise RefusedError(f"minutes must be a number above 0 and at most {most:g}")
        return float(value)

    def text(self, name: str, *, most: int = 400) -> str:
        """Return a text argument, cut to `most` characters ("" when it is missing)."""
        return str(self.command.args.get(name) or "")[:most]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb did.

    Attributes:
        reply: for the screen that asked.
        records: to be kept.
        clears: whether the prompt in force is answered by it.
    """

    reply: Reply
    records: tuple[Event, ...] = ()
    clears: bool = False


class RefusedError(Exception):
    """A command that cannot be followed; the text says why."""


def handle(order: Order, state: MonitorState, settings: MonitorSettings, now_s: float) -> Outcome:
    """Follow one command; an unknown verb or a bad argument is refused with a reason."""
    verb = VERBS.get(order.verb)
    context = Context(state=state, settings=settings, now_s=now_s, command=order.command)
    try:
        if verb is None:
            raise RefusedError(f"the monitor does not know {order.verb!r}")
        return verb(context)
    except RefusedError as refusal:
        return Outcome(Reply(id=order.command.id, accepted=False, reason=str(refusal)))


def _accepted(context: Context, reason: str, *records: Event, clears: bool = False) -> Outcome:
    return Outcome(Reply(id=context.command.id, accepted=True, reason=reason), records, clears)


def _prompt_id(context: Context) -> str:
    """Return the id of the prompt that is answered; refuse when there is none."""
    active = context.state.active
    asked = context.text("nudge")
    if active is None or (asked and asked != active.id):
        if asked and asked == context.state.answered:
            raise RefusedError("this prompt is answered already")
        raise RefusedError("there is no prompt to answer")
    return active.id


def _bout(context: Context) -> BoutState:
    """Return the bout that the prompt in force belongs to; a loose one for hints of other kinds."""
    topic = None if context.state.active is None else context.state.active.topic
    if topic in ("sitting", "standing"):
        return context.state.bout("standing" if topic == "standing" else "sitting")
    return BoutState()


def _take_back(context: Context, bout: BoutState) -> None:
    """Let the prompt in force come back as the same one, which counts once in its bout."""
    active = context.state.active
    if active is not None and active.rung != "hint" and bout.prompts > 0:
        bout.prompts -= 1


def _snooze(context: Context) -> Outcome:
    minutes = context.minutes(default=5, most=MAX_SNOOZE_MIN)
    nudge = _prompt_id(context)
    bout = _bout(context)
    if bout.snoozes >= context.settings.nudges.max_snoozes:
        raise RefusedError(f"snoozed {bout.snoozes} times in this bout already")
    until_s = context.now_s + minutes * 60
    active = context.state.active
    if active is not None and active.topic not in ("sitting", "standing"):
        put_off(context.state.strap, active.topic, until_s)
        context.state.slump.pending = context.state.slump.counted
    bout.snoozes += 1
    bout.snoozed_until_s = until_s
    _take_back(context, bout)
    event = context.event("snooze", nudge=nudge, until_s=until_s, count=bout.snoozes)
    return _accepted(context, f"again in {minutes:g} min", event, clears=True)


def _skip(context: Context) -> Outcome:
    nudge = _prompt_id(context)
    bout = _bout(context)
    bout.muted_until_s = context.now_s + context.settings.nudges.nudge_min * 60
    event = context.event("skip", nudge=nudge, until_s=bout.muted_until_s)
    return _accepted(context, "skipped", event, clears=True)


def _done(context: Context) -> Outcome:
    nudge = _prompt_id(context)
    event = context.event("done", nudge=nudge)
    return _accepted(context, "noted; the break counts once you are up", event, clears=True)


def _pause(context: Context) -> Outcome:
    minutes = context.minutes(default=60, most=MAX_PAUSE_MIN)
    until_s = context.now_s + minutes * 60
    context.state.paused_until_s = until_s
    event = context.event("pause", until_s=until_s)
    return _accepted(context, f"paused for {minutes:g} min", event, clears=True)


def _resume(context: Context) -> Outcome:
    if context.state.paused_until_s is None and CALL not in context.state.holds:
        raise RefusedError("nothing is paused")
    context.state.paused_until_s = None
    context.state.holds.pop(CALL, None)
    return _accepted(context, "going on", context.event("resume"))


def _in_call(context: Context) -> Outcome:
    minutes = context.minutes(default=30, most=MAX_CALL_MIN)
    until_s = context.now_s + minutes * 60
    context.state.holds[CALL] = until_s
    if context.state.active is not None:
        bout = _bout(context)
        _take_back(context, bout)
        bout.rung_shown, bout.held = "", True
    event = context.event("hold", source=CALL, active=True, until_s=until_s)
    return _accepted(context, f"quiet for {minutes:g} min", event, clears=True)


def _drill(context: Context) -> Outcome:
    """Write a finished or stopped drill into the journal."""
    kind = EVENT_KINDS["drill"]
    data = {key: value for key, value in context.command.args.items() if value is not None}
    event = context.event("drill", **data)
    violation = kind.violation(event.data)
    if violation is not None:
        raise RefusedError(violation)
    return _accepted(context, "written into the journal", event)


def _check_in(context: Context) -> Outcome:
    answer = context.text("answer")
    if answer not in ("fine", "mild", "sharp", "sore"):
        raise RefusedError("answer must be fine, mild, sharp or sore")
    event = context.event(
        "check_in", answer=answer, drill=context.text("drill") or None, day=context.text("day")
    )
    return _accepted(context, "noted", event)


def _arms(context: Context, settings: MonitorSettings) -> tuple[Setting, str, str]:
    """Return what is varied, and the usual and the second value; refuse what cannot be."""
    setting, second = context.text("setting") or "nudge_min", context.text("second")
    if setting == "nudge_min" and second.replace(".", "", 1).isdecimal():
        if not EXPERIMENT_MIN[0] <= float(second) <= EXPERIMENT_MIN[1]:
            raise RefusedError("minutes must be {:g} to {:g}".format(*EXPERIMENT_MIN))
        return "nudge_min", f"{settings.nudges.nudge_min:g}", f"{float(second):g}"
    if setting == "wording" and second in WORDINGS:
        return "wording", "0", second
    if setting == "sink" and second in ADDED_SINKS:
        return "sink", USUAL_SINKS, _added(second, settings.sinks)
    raise RefusedError(
        "an experiment needs nudge_min and minutes, "
        f"wording and {' or '.join(WORDINGS)}, or sink and one to add ({', '.join(ADDED_SINKS)})"
    )


def _added(sink: str, settings: SinkSettings) -> str:
    """Return a sink whose adding makes a difference; refuse any other."""
    if sink in settings.nudge:
        raise RefusedError(f"{sink} is among your usual sinks already (sinks.nudge)")
    if sink == "command" and not settings.command:
        raise RefusedError("sinks.command is empty, so there is nothing to add")
    return sink


def _experiment(context: Context) -> Outcome:
    """Register an experiment that begins tomorrow: its length is fixed before it starts."""
    state, settings = context.state, context.settings
    if state.experiment is not None and not state.experiment.over(date.fromisoformat(state.day)):
        raise RefusedError("an experiment is under way; stop it first")
    setting, first, second = _arms(context, settings)
    days = context.command.args.get("days", ADVISED_DAYS)
    tomorrow = date.fromisoformat(state.day) + timedelta(days=1)
    try:
        experiment = Experiment(
            id=f"x{round(context.now_s)}",
            setting=setting,
            arms=(first, second),
            first_day=tomorrow,
            days=days if isinstance(days, int) else ADVISED_DAYS,
        )
    except ValueError as error:
        raise RefusedError(str(error)) from error
    state.experiment = experiment
    event = context.event(
        "experiment",
        experiment=experiment.id,
        action="started",
        setting=experiment.setting,
        first=first,
        second=second,
        first_day=tomorrow.isoformat(),
        days=experiment.days,
    )
    return _accepted(context, f"begins tomorrow and runs for {experiment.days} days", event)


def _experiment_stop(context: Context) -> Outcome:
    experiment = context.state.experiment
    if experiment is None or experiment.over(date.fromisoformat(context.state.day)):
        raise RefusedError("no experiment is under way")
    context.state.experiment = None
    event = context.event("experiment", experiment=experiment.id, action="stopped")
    return _accepted(context, "stopped", event)


VERBS: Final[dict[str, Callable[[Context], Outcome]]] = {
    "snooze": _snooze,
    "skip": _skip,
    "done": _done,
    "pause": _pause,
    "resume": _resume,
    "in_call": _in_call,
    "drill": _drill,
    "check_in": _check_in,
    "experiment": _experiment,
    "experiment_stop": _experiment_stop,
}
"""The verbs that need nothing but the state; `mark` also needs the last ten minutes."""
