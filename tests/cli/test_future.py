"""A replay leaves nothing in a history that lies in the future, or says that it does."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tui.exits import CommandError, Exit
from tui.wiring.replayed import refuse_future
from tui.wiring.stages import warn_of_the_future

NOW_S = 1_767_600_000.0


@pytest.mark.parametrize(
    ("start_s", "speed"), [(NOW_S, None), (NOW_S, 4.0), (NOW_S - 3000.0, None), (NOW_S + 60, 1.0)]
)
def test_seconds_in_the_future_are_refused(start_s: float, speed: float | None):
    with pytest.raises(CommandError, match="in the future") as error:
        refuse_future(start_s, 3600.0, speed=speed, now_s=NOW_S)
    assert error.value.code == Exit.USAGE


@pytest.mark.parametrize(("start_s", "speed"), [(NOW_S, 1.0), (NOW_S - 3600.0, None)])
def test_what_has_been_by_the_end_is_stored(start_s: float, speed: float | None):
    refuse_future(start_s, 3600.0, speed=speed, now_s=NOW_S)


@pytest.mark.parametrize(
    ("replay", "speed", "said"),
    [(Path("a"), 20.0, True), (Path("a"), 1.0, False), (None, 1.0, False)],
)
def test_services_that_run_ahead_of_the_clock_say_so(
    capsys: pytest.CaptureFixture[str], *, replay: Path | None, speed: float, said: bool
):
    warn_of_the_future(argparse.Namespace(replay=replay, speed=speed))
    assert ("in the future" in capsys.readouterr().err) is said
