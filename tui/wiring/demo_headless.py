"""The demo without a dashboard: a simulated day through every part, compared with its truth."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import closing
from typing import Any

from ingest.records import NO_DATA
from tui.exits import CommandError, Exit
from tui.figure_lines import figure_lines
from tui.wiring.measured import (
    Counted,
    clean_up_when_told_to_end,
    published_records,
    run_measured,
    stored_figures,
)
from tui.wiring.services import Household
from tui.wiring.simulated import (
    demo_household,
    demo_radio,
    demo_start_s,
    demo_timeline,
    demo_zone,
    strap_source,
    truth_of,
)
from tui.wiring.temporary import own_folder
from tui.wiring.verdict import Stretch


def run_headless(
    *, length_s: float, speed: float | None, radio: str | None, seed: int, as_json: bool
) -> int:
    """Run the day and print its figures; the exit code says whether anything was lost."""
    clean_up_when_told_to_end()
    radio = radio or ("none" if speed is None else demo_radio())
    if speed is None and radio == "virtual":
        raise CommandError(
            "the virtual radio needs a clock that runs: give --speed, or use --radio none",
            code=Exit.USAGE,
        )
    with own_folder("lumbar-demo-") as folder:
        home = demo_household(folder, zone=demo_zone())
        figures = asyncio.run(
            measured_day(home, length_s=length_s, speed=speed, radio=radio, seed=seed)
        )
    if as_json or not sys.stdout.isatty():
        print(json.dumps(figures))
    else:
        print("\n".join(figure_lines(figures)))
    return Exit.OK if figures["lost"] == figures["duplicates"] == 0 else Exit.FAILED


async def measured_day(
    home: Household, *, length_s: float, speed: float | None, radio: str, seed: int
) -> dict[str, Any]:
    """Run one simulated day and return what the store holds of it."""
    from sensor.virtual.day import SimulatedDay, scripted_day

    start_s = demo_start_s(time.time(), home.timezone)
    script = scripted_day(length_s / 3600, seed=seed)
    day = SimulatedDay(script, seed=seed, start_s=start_s)
    to_s = min(day.end_s, start_s + length_s)
    timeline = demo_timeline(start_s, speed)
    async with strap_source(day, timeline, radio=radio) as source:
        counted = Counted(source)
        wall_s = await run_measured(home, counted, timeline)
    truth = truth_of(day, to_s=to_s)
    heard = truth if radio == "none" else _after(truth, counted.first_s or to_s)
    with closing(home.open_store(read_only=True)) as store:
        figures = stored_figures(store, home, truth=truth, heard=heard, from_s=start_s, to_s=to_s)
    return {
        "radio": radio,
        "simulated_s": round(to_s - start_s, 3),
        "wall_s": round(wall_s, 2),
        "samples": counted.samples,
        "records_published": published_records(home),
        **figures,
    }


def _after(truth: list[Stretch], first_s: float) -> list[Stretch]:
    """Return the truth from the first sample on: a strap is not heard before it is connected."""
    return [
        Stretch(s.state, max(s.from_s, first_s), s.to_s)
        for s in truth
        if s.state != NO_DATA and s.to_s > first_s
    ]
