"""Settings of the monitor: `[nudges]`, `[schedule]`, `[holds]`, `[sinks]`, `[drills]`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

Minutes = Annotated[float, Meta(ge=0, le=24 * 60)]
Ranges = list[str]
Place = Literal["chair", "stand", "wall", "floor", "bar", "gym", "walk"]
SinkName = Literal["screen", "bell", "desktop", "tmux", "strap", "command"]


def _all_day() -> list[str]:
    return ["00:00-24:00"]


class NudgeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to be told. The defaults are preferences, not medical limits: WHO 2020 sets none."""

    enabled: Annotated[bool, Meta(description="Whether anything is prompted at all.")] = True
    hint_min: Annotated[
        float,
        Meta(ge=0, le=480, description="Minutes of sitting before a quiet hint; 0: no hint."),
    ] = 25.0
    nudge_min: Annotated[
        float, Meta(ge=1, le=480, description="Minutes of sitting before a nudge.")
    ] = 30.0
    firm_min: Annotated[
        float,
        Meta(ge=0, le=480, description="Minutes of sitting before a firm nudge; 0: never firm."),
    ] = 45.0
    repeat_min: Annotated[
        float, Meta(ge=5, le=480, description="Minutes between repeats of the top rung.")
    ] = 10.0
    max_per_bout: Annotated[
        int, Meta(ge=1, le=20, description="Most nudges in one sitting bout (hints not counted).")
    ] = 3
    max_snoozes: Annotated[
        int, Meta(ge=0, le=20, description="Most snoozes in one sitting bout.")
    ] = 3
    budget: Annotated[
        int, Meta(ge=0, le=200, description="Most nudges on one day (hints not counted).")
    ] = 12
    cooldown_min: Annotated[
        float,
        Meta(ge=1, le=240, description="Fewest minutes between a nudge and the next prompt."),
    ] = 10.0
    lifetime_min: Annotated[
        float, Meta(ge=1, le=60, description="Minutes after which an unanswered prompt leaves.")
    ] = 5.0
    short_break_min: Annotated[
        float,
        Meta(ge=0.25, le=30, description="Minutes on your feet that pay back half."),
    ] = 1.0
    full_break_min: Annotated[
        float,
        Meta(ge=1, le=60, description="Minutes on your feet that pay back everything."),
    ] = 5.0
    standing_min: Annotated[
        float,
        Meta(ge=0, le=480, description="Minutes of standing still before a nudge; 0: never."),
    ] = 50.0
    moment_s: Annotated[
        float,
        Meta(
            ge=0,
            le=600,
            description="Seconds a nudge may wait for a natural pause, such as a shift in the "
            "chair; 0: not at all.",
        ),
    ] = 60.0
    slump_notice: Annotated[
        bool,
        Meta(description="Notice for long slumping; off: trials of such notices found no effect."),
    ] = False
    slump_enter_percent: Annotated[
        float, Meta(ge=10, le=100, description="A slump starts above this share of your own range.")
    ] = 60.0
    slump_leave_percent: Annotated[
        float, Meta(ge=0, le=100, description="It ends 10 s below this share of your own range.")
    ] = 45.0
    slump_s: Annotated[
        float, Meta(ge=15, le=3600, description="Seconds of slumping before the notice.")
    ] = 120.0
    slump_per_hour: Annotated[int, Meta(ge=0, le=60, description="Most slump notices an hour.")] = 4


class ScheduleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When prompts are welcome; measuring goes on at all hours.

    Ranges are local times such as "08:30-12:00"; "22:00-06:00" goes past midnight.
    """

    monday: Annotated[Ranges, Meta(description="Hours on Mondays.")] = field(
        default_factory=_all_day
    )
    tuesday: Annotated[Ranges, Meta(description="Hours on Tuesdays.")] = field(
        default_factory=_all_day
    )
    wednesday: Annotated[Ranges, Meta(description="Hours on Wednesdays.")] = field(
        default_factory=_all_day
    )
    thursday: Annotated[Ranges, Meta(description="Hours on Thursdays.")] = field(
        default_factory=_all_day
    )
    friday: Annotated[Ranges, Meta(description="Hours on Fridays.")] = field(
        default_factory=_all_day
    )
    saturday: Annotated[Ranges, Meta(description="Hours on Saturdays.")] = field(
        default_factory=_all_day
    )
    sunday: Annotated[Ranges, Meta(description="Hours on Sundays.")] = field(
        default_factory=_all_day
    )
    quiet: Annotated[
        Ranges, Meta(description="Quiet hours of every day: nothing is prompted then.")
    ] = []
    holidays: Annotated[
        str,
        Meta(
            description="Country, such as DE or DE-BY, whose public holidays are free of prompts "
            "(needs the holidays package); empty: none."
        ),
    ] = ""
    days_off: Annotated[
        list[str], Meta(description='Own days without prompts, such as "2026-12-24".')
    ] = []


class HoldSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds a due nudge back until it is over; sitting is counted meanwhile."""

    microphone: Annotated[
        bool, Meta(description="While a program records from a microphone (PipeWire, PulseAudio).")
    ] = True
    do_not_disturb: Annotated[bool, Meta(description="While the desktop asks for silence.")] = True
    file: Annotated[str, Meta(description="While this file exists; empty: none.")] = ""
    command: Annotated[
        list[str], Meta(description="While this command exits with 0; empty: none.")
    ] = []
    calendar: Annotated[
        str,
        Meta(description="While an event of this .ics file or http(s) address runs; empty: none."),
    ] = ""
    max_min: Annotated[
        float, Meta(ge=1, le=1440, description="Longest one of these may hold nudges back.")
    ] = 180.0
    every_s: Annotated[
        float, Meta(ge=1, le=600, description="Seconds between two looks at these sources.")
    ] = 5.0


class SinkSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where each rung is shown."""

    hint: Annotated[list[SinkName], Meta(description="Where a hint is shown.")] = field(
        default_factory=lambda: ["screen"]
    )
    nudge: Annotated[list[SinkName], Meta(description="Where a nudge is shown.")] = field(
        default_factory=lambda: ["screen", "desktop"]
    )
    firm: Annotated[list[SinkName], Meta(description="Where a firm nudge is shown.")] = field(
        default_factory=lambda: ["screen", "desktop", "tmux"]
    )
    command: Annotated[
        list[str],
        Meta(description="Command of the sink 'command'; it reads the prompt as JSON on stdin."),
    ] = []


UPRIGHT: Final = frozenset({"stand", "wall", "walk", "gym", "bar"})
"""Places where one is on one's feet, or may have to be."""


class DrillSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which drills fit you."""

    profile: Annotated[
        Literal["general", "sciatica", "older", "advanced"],
        Meta(description="Whom the drills are chosen for."),
    ] = "general"
    allow_advanced: Annotated[
        bool, Meta(description="Also propose advanced drills (profile advanced only).")
    ] = False
    places: Annotated[
        list[Place],
        Meta(description="Where you can practise."),
    ] = field(default_factory=lambda: ["chair", "stand", "wall", "floor", "walk"])
    office_clothes: Annotated[
        bool, Meta(description="Break proposals keep to what office clothes allow.")
    ] = True
    equipment: Annotated[
        list[str], Meta(description='What you own, such as "mat", "band", "support".')
    ] = field(default_factory=lambda: ["mat", "support"])
    packs: Annotated[list[str], Meta(description="Own drill packs, TOML files.")] = []
    disabled: Annotated[list[str], Meta(description="Ids of drills never to propose.")] = []
    slot: Annotated[
        str,
        Meta(
            pattern=r"^$|^([01][0-9]|2[0-3]):[0-5][0-9]$",
            description='Daily time for the plan, such as "12:30"; empty: none.',
        ),
    ] = ""
    check_in: Annotated[bool, Meta(description="Ask once, the day after, how the drills felt.")] = (
        True
    )


class MonitorSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the monitor is told; `stands` is False for who never stands or walks."""

    nudges: NudgeSettings = NudgeSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    holds: HoldSettings = HoldSettings()
    sinks: SinkSettings = SinkSettings()
    drills: DrillSettings = DrillSettings()
    stands: bool = True
