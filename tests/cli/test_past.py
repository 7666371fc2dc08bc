"""The commands that look back, wipe, complete and explain drills, on 28 simulated days."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ingest.records import Event, event_id
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from monitor import safety
from monitor.drills.catalogue import load_catalogue
from sensor.recording_format import MAGIC
from tui import cli, phrases
from tui.completion import script, words_of
from tui.drill_cards import card_lines
from tui.exits import Exit
from tui.tables import Config, WearerSettings
from tui.wiring.demo_past import make_past
from tui.wiring.service_manager import Launchd, Systemd
from tui.wiring.services import Household

Run = Callable[..., subprocess.CompletedProcess[str]]
NOW_S = 1_767_625_200.0  # Monday, 5 January 2026, 15:00 UTC
TODAY = dt.date(2026, 1, 5)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that holds 28 simulated days."""
    folder = tmp_path_factory.mktemp("past")
    config = Config(wearer=WearerSettings(id="ada", timezone="UTC"))
    make_past(Household(config=config, data_dir=folder), before_s=NOW_S, until_s=NOW_S, seed=7)
    return folder


@pytest.fixture
def past(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the folder, used by the commands of this test."""
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    monkeypatch.setenv("LUMBAR_DATA_DIR", str(folder))
    monkeypatch.setenv("LUMBAR_CONFIG", str(tmp_path / "lumbar.toml"))
    (tmp_path / "lumbar.toml").write_text('[wearer]\nid = "ada"\ntimezone = "UTC"\n')
    return folder


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a command line and returns what it printed."""

    def run(*words: str) -> str:
        assert cli.main(words) == Exit.OK, capsys.readouterr().err
        return capsys.readouterr().out

    return run


def test_a_day_adds_up_to_its_seconds(past: Path, printed: Callable[..., str]):
    day = json.loads(printed("today", "--date", "2026-01-02", "--json"))
    assert sum(day["seconds_by_state"].values()) == 86_400
    assert day["worn_s"] > 0
    assert day["breaks"] == sum(event["kind"] == "break" for event in day["events"])


def test_a_day_in_words_says_how_much_is_known(past: Path, printed: Callable[..., str]):
    text = printed("today", "--date", "2026-01-02")
    assert text.startswith("Friday, 02 January 2026\n")
    assert "known of it" in text
    assert "Longest sitting:" in text


def test_a_day_without_the_strap_says_so(past: Path, printed: Callable[..., str]):
    assert "the strap was not worn" in printed("today", "--date", "2020-01-01")


def test_the_week_has_a_row_for_each_day_and_the_day_command_agrees(
    past: Path, printed: Callable[..., str]
):
    rows = json.loads(printed("week", "--days", "3", "--until", "2026-01-04", "--json"))
    assert [row["date"] for row in rows] == ["2026-01-02", "2026-01-03", "2026-01-04"]
    day = json.loads(printed("today", "--date", "2026-01-02", "--json"))
    assert rows[0]["seconds_by_state"] == day["seconds_by_state"]
    assert rows[0]["longest_sitting_s"] == day["longest_sitting_s"]
    table = printed("week", "--days", "3", "--until", "2026-01-04").splitlines()
    assert table[0].split()[0] == "day"
    assert len([line for line in table if line.startswith(("Fri", "Sat", "Sun"))]) == 3
    assert not any(line.startswith("Compared") for line in table)  # too few of the three count
    weeks = printed("week", "--until", "2026-01-04")
    assert "\nCompared with the 7 days before: " in weeks


@pytest.mark.parametrize(
    "words",
    [
        ("today", "--date", "9999-12-31"),
        ("week", "--until", "0001-01-01"),
        ("report", "--until", "0001-01-05"),
        ("export", "--from", "9999-12-31"),
        ("correct", "09:00", "09:30", "sitting", "--date", "0001-01-01"),
    ],
)
def test_a_day_beyond_every_calendar_is_a_usage_error(past: Path, words: tuple[str, ...]):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == Exit.USAGE


def test_a_nudge_without_its_reasons_is_one_line(past: Path, capsys: pytest.CaptureFixture[str]):
    store = SqliteStore(past / "history.sqlite")
    now_ms = round(time.time() * 1000)
    bare = Event(kind="nudge", t_ms=now_ms, data={"nudge": "n", "rung": "nudge"})
    store.write([Entry("ada", bare, event_id("test", "0", 1))])
    store.close()
    assert cli.main(["why"]) == Exit.FAILED
    assert "no reasons were stored with it" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("week", "--days", "0"), ("week", "--days", "9999")])
def test_an_impossible_number_of_days_is_a_usage_error(past: Path, words: tuple[str, ...]):
    assert cli.main(words) == Exit.USAGE


def test_without_a_history_looking_back_is_one_line(lumbar: Run):
    for command in ("today", "week", "why"):
        done = lumbar(command)
        assert done.returncode == Exit.UNAVAILABLE, done.stderr
        assert done.stderr.count("\n") == 1


def test_wiping_needs_a_yes_and_leaves_recordings_and_settings(
    past: Path, capsys: pytest.CaptureFixture[str], printed: Callable[..., str]
):
    (past / "monday.rec").write_bytes(b"mine")
    (past / "outbox-ingest.sqlite").touch()
    (past / "copy-0123456789abcdef.journal").touch()
    assert cli.main(["wipe", "--json"]) == Exit.USAGE
    assert "add --yes" in capsys.readouterr().err
    deleted = json.loads(printed("wipe", "--yes", "--json"))["deleted"]
    assert {"history.sqlite", "outbox-ingest.sqlite"} <= {Path(path).name for path in deleted}
    assert [path.name for path in past.iterdir()] == ["monday.rec"]


def test_wiping_takes_the_recordings_of_a_folder_along_when_told(
    past: Path, tmp_path: Path, printed: Callable[..., str]
):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "monday.lumbar").write_bytes(MAGIC + b"rest")
    (folder / "letter.txt").write_bytes(b"dear")
    assert cli.main(["wipe", "--yes", "--recordings", str(tmp_path / "nowhere")]) != Exit.OK
    assert (past / "history.sqlite").exists()
    told = json.loads(printed("wipe", "--yes", "--json", "--recordings", str(folder)))
    assert str(folder / "monday.lumbar") in told["deleted"]
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_what_a_bucket_keeps_is_deleted_with_the_files(
    past: Path, monkeypatch: pytest.MonkeyPatch, printed: Callable[..., str]
):
    for key, value in {"KIND": "influx", "URL": "http://127.0.0.1:1", "ORG": "o"}.items():
        monkeypatch.setenv(f"LUMBAR_STORE_{key}", value)
    monkeypatch.setenv("LUMBAR_STORE_BUCKET", "b")
    monkeypatch.setenv("LUMBAR_INFLUX_TOKEN", "t")
    note = json.loads(printed("wipe", "--yes", "--json"))["note"]
    assert note.startswith("everything of ada in the bucket b is still there: ")


def test_a_correction_past_midnight_ends_on_the_next_day(
    past: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[object] = []
    monkeypatch.setattr("tui.wiring.errand.ask", lambda _, *rest: asked.append(rest) or Exit.OK)
    words = ["correct", "22:50", "00:10", "lying", "--date", "2026-01-05"]
    assert cli.main(words) == Exit.OK
    start_s = 1_767_653_400  # 22:50 UTC
    wish = {"from_s": start_s, "to_s": start_s + 80 * 60, "state": "lying"}
    assert asked == [("correct", wish)]


def test_an_experiment_is_shown_from_its_registration(past: Path, printed: Callable[..., str]):
    today = dt.datetime.now(dt.UTC).date()
    registered = {
        "experiment": "x1",
        "action": "started",
        "now_s": 0.0,
        "setting": "nudge_min",
        "first": "30",
        "second": "20",
        "first_day": today.isoformat(),
        "days": 14,
    }
    store = SqliteStore(past / "history.sqlite")
    now_ms = round(dt.datetime.now(dt.UTC).timestamp() * 1000)
    store.write([Entry("ada", Event(kind="experiment", t_ms=now_ms, data=registered), "e" * 32)])
    store.close()
    told = json.loads(printed("experiment", "--json"))
    assert (told["arms"], told["wanted"], told["finding"]) == (
        ["30", "20"],
        14,
        "not enough data yet",
    )
    assert "0 of 14 days count: not enough data yet" in printed("experiment", "show")


def test_an_experiment_that_is_over_has_a_verdict_with_its_interval(
    past: Path, printed: Callable[..., str]
):
    registered = {
        "experiment": "x1",
        "action": "started",
        "setting": "sink",
        "first": "usual",
        "second": "strap",
        "first_day": "2025-12-09",
        "days": 26,
    }
    store = SqliteStore(past / "history.sqlite")
    at_ms = round(NOW_S * 1000) - 27 * 86_400_000
    store.write([Entry("ada", Event(kind="experiment", t_ms=at_ms, data=registered), "e" * 32)])
    store.close()
    told = json.loads(printed("experiment", "--json"))
    assert told["days"] >= 10 and told["finding"] != "not enough data yet"
    assert told["low"] <= told["effect"] <= told["high"]
    assert 0 < told["p"] <= 1
    shown = printed("experiment")
    assert "sink: usual against strap, 2025-12-09 to 2026-01-03" in shown
    assert "minutes in long bouts per worn hour with strap (97 %:" in shown


def test_the_page_for_a_physio_has_figures_methods_limits_and_red_flags(
    past: Path, printed: Callable[..., str]
):
    words = ("--month", "--until", "2026-01-04", "--format", "physio", "--output", "-")
    page = printed("report", *words)
    for part in ("## Figures", "of 28 days count", "## How it is measured", safety.ABOUT):
        assert part in page
    assert all(flag in page for flag in safety.RED_FLAGS)


def test_the_week_ends_with_the_goal_on_the_feet(past: Path, printed: Callable[..., str]):
    line = printed("week", "--until", "2026-01-04").splitlines()[-1]
    found = re.search(r"per 8 worn hours: ([\d.]+) h; your goal is ([\d.]+) h", line)
    assert found is not None
    assert 0 < float(found[1]) < 8 and 2.0 <= float(found[2]) <= 2.7  # three weeks' rises at most
    line = printed("week", "--until", "2020-01-04").splitlines()[-1]
    assert "not worn long enough yet; your goal is 2.0 h" in line


def test_drills_of_another_profile_are_told_only_by_name(past: Path, printed: Callable[..., str]):
    listed = printed("drill")
    assert "hip_hinge" in listed
    assert "sciatic_nerve_glide" not in listed and "jefferson_curl" not in listed
    assert "sciatic_nerve_glide" not in printed("drill", "--json")
    assert "Seated nerve glide" in printed("drill", "sciatic_nerve_glide", "--card")


def test_an_unknown_drill_names_the_nearest(past: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["drill", "brid_dog"]) == Exit.USAGE
    assert "did you mean bird_dog?" in capsys.readouterr().err


def test_every_drill_has_a_card_with_its_caution_and_the_red_flags():
    for drill in load_catalogue():
        text = "\n".join(card_lines(drill, ascii_only=True))
        assert drill.caution in text
        assert all(step in text for step in drill.steps)
        assert safety.RED_FLAGS_ACTION in text


def test_the_plan_of_a_week_has_seven_days_and_needs_no_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Callable[..., str]
):
    monkeypatch.setenv("LUMBAR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LUMBAR_CONFIG", str(tmp_path / "lumbar.toml"))
    (tmp_path / "lumbar.toml").touch()
    week = json.loads(printed("plan", "--week", "--json"))
    assert len({day["date"] for day in week}) == 7
    assert week[0]["drills"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_every_command_and_option(shell: str):
    text = script(shell)
    for command in cli.listed():
        assert command.name in text
        for word in words_of(command.name):
            assert word.text.removeprefix("--") in text


def test_the_bash_script_completes_in_a_real_bash(tmp_path: Path):
    path = tmp_path / "lumbar.bash"
    path.write_text(script("bash"))
    ask = f"source {path}; COMP_WORDS=(lumbar sta); COMP_CWORD=1; _lumbar; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["status"]


def test_a_systemd_unit_keeps_spaces_and_per_cent_signs():
    text = Systemd().text(["/home/a b/python", "up"], {"LUMBAR_DATA_DIR": "/100%"})
    assert 'ExecStart="/home/a b/python" "up"\n' in text
    assert 'Environment="LUMBAR_DATA_DIR=/100%%"\n' in text


def test_a_launchd_agent_is_a_property_list_that_says_the_same():
    import plistlib

    agent = plistlib.loads(Launchd().text(["/a b/python", "up"], {"LUMBAR_CONFIG": "/c"}).encode())
    assert agent["ProgramArguments"] == ["/a b/python", "up"]
    assert agent["EnvironmentVariables"] == {"LUMBAR_CONFIG": "/c"}


@pytest.mark.skipif(sys.platform != "linux", reason="with systemd")
@pytest.mark.parametrize(
    ("state", "running"), [("active", True), ("inactive", False), ("activating", False)]
)
def test_a_script_is_told_whether_the_service_runs(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    state: str,
    running: bool,
):
    tool = tmp_path / "systemctl"
    tool.write_text(f"#!/bin/sh\necho ActiveState={state}\n")
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(Systemd, "file", tmp_path / "lumbar.service")
    assert cli.main(["service", "status", "--json"]) == Exit.NOT_RUNNING
    assert json.loads(capsys.readouterr().out)["installed"] is False
    Systemd.file.touch()
    assert cli.main(["service", "status", "--json"]) == (Exit.OK if running else Exit.NOT_RUNNING)
    told = {"installed": True, "running": running, "unit": str(Systemd.file)}
    assert json.loads(capsys.readouterr().out) == told


def test_a_service_that_is_not_installed_is_said_in_one_line(lumbar: Run, tmp_path: Path):
    done = lumbar("service", "status", env={"HOME": str(tmp_path)})
    assert done.returncode == Exit.NOT_RUNNING
    assert "lumbar service install" in done.stderr


def test_a_report_is_one_page_that_needs_nothing_from_outside(
    past: Path, tmp_path: Path, printed: Callable[..., str]
):
    page = tmp_path / "week.html"
    told = json.loads(printed("report", "--until", "2026-01-04", "--output", str(page), "--json"))
    assert told == {"file": str(page), "days": 7}
    text = page.read_text("utf-8")
    Balanced().check(text)
    assert not re.findall(r"(?:src|href)=|@import|url\(|<script", text)
    assert "@media print" in text
    assert text.count("<svg ") == text.count("</svg>") == 4
    assert "not sure" in text and "not worn" in text and "off body" not in text
    assert "in bouts over 30 min a day" in text
    assert safety.ABOUT in text


def test_a_report_and_the_day_command_say_the_same(past: Path, printed: Callable[..., str]):
    day = json.loads(printed("today", "--date", "2026-01-02", "--json"))
    words = phrases.duration(day["seconds_by_state"]["sitting"])
    text = printed(
        "report", "--days", "1", "--until", "2026-01-02", "--format", "markdown", "--output", "-"
    )
    assert f"| Fri 02 Jan | {words} |" in text
    assert f"- sitting: **{words}**" in text


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("html", "&lt;script&gt;x&lt;/script&gt; | **b** [l](u)"),
        ("markdown", r"\<script\>x\</script\> \| \*\*b\*\* \[l\](u)"),
    ],
)
def test_what_a_wearer_typed_cannot_become_markup(
    past: Path, printed: Callable[..., str], form: str, written: str
):
    store = SqliteStore(past / "history.sqlite")
    note = "<script>x</script> | **b** [l](u)"
    event = Event(kind="mark", t_ms=1_767_355_200_000, data={"note": note})
    store.write([Entry("ada", event, "f" * 32)])
    store.close()
    text = printed("report", "--until", "2026-01-04", "--format", form, "--output", "-")
    assert written in text


def test_a_report_of_days_without_the_strap_says_so(past: Path, printed: Callable[..., str]):
    for form in ("html", "markdown"):
        text = printed("report", "--until", "2020-01-04", "--format", form, "--output", "-")
        assert "—" in text


class Balanced(HTMLParser):
    """Checks that every element that must be closed is closed, in order."""

    VOID = frozenset({"meta", "br", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def check(self, text: str) -> None:
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Take an element that closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
