"""The headless demo: the truth of a simulated wearer against the rows of the store."""

from __future__ import annotations

import json
import signal

import pytest

from ingest.records import TOTAL_KEYS
from tui.wiring.measured import clean_up_when_told_to_end

FIGURES = {
    "radio",
    "simulated_s",
    "wall_s",
    "samples",
    "records_published",
    "records_stored",
    "lost",
    "duplicates",
    "seconds_by_state",
    "truth_seconds_by_state",
    "agreement",
    "coverage",
    "bouts",
    "nudges",
    "breaks_credited",
}


def test_a_simulated_hour_loses_nothing_and_agrees_with_the_truth(lumbar):
    told = lumbar.json("demo", "--headless", "--for", "70m", "--speed", "max", "--radio", "none")
    assert told.keys() >= FIGURES
    assert (told["lost"], told["duplicates"]) == (0, 0)
    assert told["samples"] == told["simulated_s"] * 50
    assert told["agreement"] >= 0.95
    assert told["coverage"] >= 0.8
    assert told["nudges"] >= 1
    assert told["breaks_credited"] >= 1
    assert told["records_stored"] == told["records_published"]


def test_the_seconds_add_up(lumbar):
    told = lumbar.json("demo", "--headless", "--for", "3m")
    for key in ("seconds_by_state", "truth_seconds_by_state"):
        assert tuple(sorted(told[key])) == tuple(sorted(TOTAL_KEYS))
        assert sum(told[key].values()) == pytest.approx(told["simulated_s"], abs=1.0)


def over_the_radio(lumbar) -> dict[str, object]:
    """Return the figures of two minutes; a machine too busy for its speed gets a slower one too."""
    words = ("demo", "--headless", "--for", "2m", "--radio", "virtual", "--json")
    for speed in ("20", "5", "2"):
        ended = lumbar.run(*words, "--speed", speed, timeout_s=150)
        told = json.loads(ended.stdout) if ended.returncode == 0 else {"samples": 0}
        if told["samples"] > 0.5 * 120 * 50:
            return told
    raise AssertionError(ended.stderr or told)


def test_the_virtual_radio_carries_the_same_day(lumbar):
    told = over_the_radio(lumbar)
    assert told["radio"] == "virtual"
    assert (told["lost"], told["duplicates"]) == (0, 0)
    assert sum(told["seconds_by_state"].values()) == pytest.approx(told["simulated_s"], abs=1.0)


def test_without_a_terminal_the_demo_prints_its_figures(lumbar):
    ended = lumbar.run("demo", "--for", "1m")
    assert ended.returncode == 0, ended.stderr
    assert '"lost": 0' in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_told_to_end_leaves_no_folder(lumbar, tmp_path, number):
    lumbar.environ["TMPDIR"] = str(temporary := tmp_path / "tmp")
    temporary.mkdir()
    process = lumbar.start("demo", "--headless")
    lumbar.wait_for(lambda: list(temporary.glob("lumbar-demo-*/outbox-*.sqlite")))
    process.send_signal(number)
    assert process.wait(timeout=60) == 130
    assert list(temporary.iterdir()) == []


def test_what_is_ignored_from_the_start_stays_ignored():
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        clean_up_when_told_to_end()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_as_fast_as_possible_over_the_radio_is_refused(lumbar):
    ended = lumbar.run("demo", "--headless", "--speed", "max", "--radio", "virtual")
    assert ended.returncode == 2
    assert "--radio none" in ended.stderr
