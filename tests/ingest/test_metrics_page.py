"""docs/metrics.md says the numbers that the code uses."""

from __future__ import annotations

import re
from math import radians
from pathlib import Path

import pytest

from ingest.measurement import bouts, smoother, transitions, wear
from ingest.measurement.evidence import PARAMS as POSTURE
from ingest.measurement.posture import LAG_S
from ingest.past import figures, history
from ingest.past.exposure import PARAMS as EXPOSURE
from ingest.past.review import PATIENCE_S
from ingest.past.variety import HELD_S
from ingest.past.variety import PARAMS as VARIETY
from ingest.records import Second

PAGE = " ".join(Path(__file__).parents[2].joinpath("docs", "metrics.md").read_text().split())
TURNING_DEG = round(transitions.TURNING_RADS / radians(1))


@pytest.mark.parametrize(
    "words",
    [
        f"up to {LAG_S + 1} s after the second's start; `unknown` below {POSTURE.known_from:g}",
        f"less than {wear.DEAD_SWAY_DEG}°",
        f"The first {wear.CERTAIN_S} s count as unknown",
        f"tilt above about {POSTURE.lying_deg:.0f}° tells lying",
        f"is above {transitions.LEAST_PROBABILITY}",
        f"faster than {TURNING_DEG} °/s",
        f"Who lay within {transitions.GETTING_UP_S} s before",
        f"lasted more than {bouts.MAX_INTERRUPTION_S} s",
        f"after {bouts.MAX_SILENCE_S} s without data",
        f"in bouts over {history.LONG_SITTING_S // 60} min",
        f"above {EXPOSURE.slump_enter_percent:.0f} % of the own range for "
        f"≥ {EXPOSURE.slump_enter_s} s; ends below {EXPOSURE.slump_leave_percent:.0f} % "
        f"for {EXPOSURE.slump_leave_s} s",
        f"({HELD_S} s within {VARIETY.held_deg:.0f}°) is more than {VARIETY.shift_deg:.0f}°",
        f"above {VARIETY.burst_ms2} m/s² and above three times the median of the last "
        f"{VARIETY.level_s} seated seconds",
        f"t/{EXPOSURE.load_tau_s / 60:.1f} min) while seated above "
        f"{EXPOSURE.load_from_percent:.0f} % of the own range, halves every "
        f"{EXPOSURE.load_half_s / 60:.0f} min",
        f"for ≥ {EXPOSURE.break_half_s:.0f} s; credit 0.5 up to "
        f"{EXPOSURE.break_half_until_s:.0f} s, rising to 1 at {EXPOSURE.break_full_s:.0f} s",
        f"stretches of ≥ {EXPOSURE.long_standing_s // 60} min",
        f"in bins of {figures.BIN_DEG}°",
        f"carry the rule `{smoother.HISTORY_RULE}`",
        f"awaited for up to {PATIENCE_S // 3600} h",
    ],
)
def test_the_page_says_the_number_of_the_code(words: str) -> None:
    assert words in PAGE


def test_every_field_of_a_second_that_is_a_measure_is_on_the_page() -> None:
    identity = {"t_s", "session", "position", "rule", "calibration"}
    missing = [name for name in Second.__struct_fields__ if f"`{name}`" not in PAGE]
    assert set(missing) <= identity


def test_the_number_that_the_page_writes_as_a_word_is_that() -> None:
    assert VARIETY.burst_times == 3


def test_every_promise_of_the_measurement_is_shown_by_a_test_that_exists() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "promises.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)` \|$", page, re.MULTILINE)
    assert len(named) == page.count("::")
    for file, name in named:
        text = (root / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE), name
