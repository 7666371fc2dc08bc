"""`lumbar scan`, `pair` and `identify` on a simulated strap, and what they say without one."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sensor.gatt import Advertisement
from sensor.profiles.registry import profiles
from sensor.scan import ScanRow, Sightings
from tui import cli
from tui.exits import Exit
from tui.wiring.scanned import LiveTable, table

SERIAL = "SIMULATED-1"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the configuration file of this test."""
    pytest.importorskip("bumble")
    path = tmp_path / "lumbar.toml"
    path.touch()
    monkeypatch.setenv("LUMBAR_CONFIG", str(path))
    return path


def test_pair_remembers_the_serial_and_keeps_comments(
    file: Path, capsys: pytest.CaptureFixture[str]
):
    file.write_text("# mine\n[strap]\nrate_hz = 100.0  # faster\n")
    assert cli.main(["pair", "--simulated"]) == Exit.OK
    told = capsys.readouterr().out
    assert f"serial {SERIAL}, battery 87 %" in told
    assert "keeps what a lost connection missed" in told
    assert file.read_text() == (
        f'# mine\n[strap]\nrate_hz = 100.0  # faster\nserial = "{SERIAL}"\n'
    )


def test_a_dry_run_writes_nothing(file: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["pair", "--simulated", "--dry-run", "--json"]) == Exit.OK
    assert file.read_text() == ""
    told = json.loads(capsys.readouterr().out)
    assert (told["serial"], told["battery_percent"], told["written"]) == (SERIAL, 87, None)


def test_a_forgotten_strap_leaves_the_choice_open(file: Path):
    file.write_text('[strap]\nserial = "OLD"\n')
    assert cli.main(["pair", "--forget"]) == Exit.OK
    assert file.read_text() == '[strap]\nserial = ""\n'


def test_identify_lets_the_strap_show_itself(file: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["identify", "--simulated"]) == Exit.OK
    assert f"serial {SERIAL}: it blinks or vibrates now" in capsys.readouterr().out


def test_identify_says_when_the_strap_can_do_neither(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    async def cannot(*_: object) -> bool:
        return False

    monkeypatch.setattr("sensor.visit.Visit.identify", cannot)
    assert cli.main(["identify", "--simulated"]) == Exit.FAILED
    assert "can neither blink nor vibrate" in capsys.readouterr().out


def test_scan_lists_what_the_virtual_radio_hears(file: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["scan", "--simulated", "--for", "1", "--json"]) == Exit.OK
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["profile"]) == ("Lumbar-S", "lumbar_imu")


def test_the_table_shows_the_charge_of_straps_that_advertise_it():
    rows = [
        ScanRow("Thingy", "thingy52", "Nordic Thingy:52", 100, "C0:01", -48, 71),
        ScanRow("", None, "", 0, "C0:02", None),
    ]
    _, known, unknown = table(rows)
    assert known.split() == ["Thingy", "Nordic", "Thingy:52", "C0:01", "-48", "dBm", "71", "%"]
    assert unknown.split() == ["(no", "name)", "unknown", "C0:02"]


def test_a_charge_once_heard_is_kept():
    sightings = Sightings(profiles())
    for charge in (55, None):
        sightings.see(Advertisement("C0:01", "WT901", rssi_dbm=-50, battery_percent=charge))
    (row,) = sightings.rows(everything=True)
    assert row.battery_percent == 55


def test_a_live_table_is_drawn_over_itself_on_a_terminal_only():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        live = LiveTable(stream)
        live.draw(["a", "b"])
        live.draw(["c"])
    assert terminal.getvalue().count("\x1b[2A") == 1
    assert file.getvalue() == ""
