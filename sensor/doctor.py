"""What keeps a strap from being measured on this machine, and what to do about it."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from sensor.gatt import DeviceProfile
from sensor.linkpolicy import Fault, advice, reason
from sensor.radio import Radio
from sensor.scan import ScanError, ScanRow, scanning
from sensor.synchrony import clock_synchronised

OLDEST_BLUEZ = (5, 55)
SCAN_S = 5.0
COMMAND_TIMEOUT_S = 5.0
LOW_DISK_BYTES = 500 * 1024**2  # four months of seconds in SQLite
EMPTY_DISK_BYTES = 50 * 1024**2


class Verdict(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes:
        check: what was checked, a stable word for scripts ("adapter").
        verdict: ok, warn or fail.
        what: what was found, one line.
        advice: what to do about it; "" when nothing needs doing.
    """

    check: str
    verdict: Verdict
    what: str
    advice: str = ""


async def examine(
    *,
    profiles: Sequence[DeviceProfile],
    data_dir: Path,
    radio: Radio | None = None,
    adapter: str = "",
    scan_s: float = SCAN_S,
) -> list[Finding]:
    """Check the radio, the clock, the orientation filter and the disk; takes `scan_s` and more."""
    bluez = await _output("bluetoothctl", "--version")
    findings = [bluez_finding(bluez)] if sys.platform == "linux" and radio is None else []
    findings += await _radio_findings(profiles, radio=radio, adapter=adapter, scan_s=scan_s)
    findings += [clock_finding(synchronised=clock_synchronised())]
    findings.append(filter_finding(has_vqf=find_spec("vqf") is not None))
    findings.append(disk_finding(_free_bytes(data_dir), data_dir))
    return findings


def bluez_finding(version_output: str | None) -> Finding:
    """Judge the output of `bluetoothctl --version`, None where it could not be run."""
    if version_output is None:
        return Finding(
            "bluez",
            Verdict.WARN,
            "bluetoothctl was not found, so the version of BlueZ is unknown",
            "install BlueZ (package 'bluez')",
        )
    found = re.search(r"(\d+)\.(\d+)", version_output)
    if found is None:
        return Finding("bluez", Verdict.WARN, "bluetoothctl does not say its version")
    version = (int(found[1]), int(found[2]))
    if version < OLDEST_BLUEZ:
        return Finding(
            "bluez",
            Verdict.FAIL,
            f"BlueZ {found[0]} is too old",
            "update to BlueZ 5.55 or newer",
        )
    return Finding("bluez", Verdict.OK, f"BlueZ {found[0]}")


def radio_finding(fault: Fault | None) -> Finding:
    """Judge whether a scan could be started; `fault` says why it could not."""
    if fault is None:
        return Finding("adapter", Verdict.OK, "the Bluetooth adapter is there and switched on")
    check = "permissions" if fault is Fault.DENIED else "adapter"
    return Finding(check, Verdict.FAIL, reason(fault), advice(fault))


def scan_finding(rows: Sequence[ScanRow], devices: int, seconds: float) -> Finding:
    """Judge what a scan saw: straps among all the devices heard."""
    if rows:
        names = ", ".join(f"{row.name or row.address} ({row.title})" for row in rows)
        return Finding("scan", Verdict.OK, f"in reach: {names}")
    if devices:
        return Finding(
            "scan",
            Verdict.WARN,
            f"{devices} Bluetooth devices but no strap within {seconds:g} s",
            "switch the strap on and hold it within 2 m; a strap connected elsewhere is not seen",
        )
    return Finding(
        "scan",
        Verdict.WARN,
        f"nothing heard within {seconds:g} s",
        "switch the strap on; if other devices should be heard, switch Bluetooth off and on",
    )


def clock_finding(*, synchronised: bool | None) -> Finding:
    """Judge whether the system's clock is kept right, None where the system does not tell."""
    if synchronised is None:
        return Finding("clock", Verdict.OK, "this system does not tell whether its clock is right")
    if synchronised:
        return Finding("clock", Verdict.OK, "the system's clock is synchronised")
    return Finding(
        "clock",
        Verdict.WARN,
        "the system's clock is not synchronised",
        "try 'timedatectl set-ntp true', or the days in your history may be shifted",
    )


def filter_finding(*, has_vqf: bool) -> Finding:
    """Say which orientation filter runs."""
    if has_vqf:
        return Finding("orientation", Verdict.OK, "orientation filter: vqf")
    return Finding(
        "orientation",
        Verdict.OK,
        "orientation filter: the NumPy fallback (vqf has no wheel for this platform)",
    )


def disk_finding(free_bytes: int | None, data_dir: Path) -> Finding:
    """Judge the room that is left where the data is kept."""
    if free_bytes is None:
        return Finding(
            "disk", Verdict.FAIL, f"{data_dir} cannot be reached", "check the folder's permissions"
        )
    what = f"{free_bytes / 1024**2:.0f} MiB free at {data_dir}"
    if free_bytes < EMPTY_DISK_BYTES:
        return Finding("disk", Verdict.FAIL, what, "make room: records can no longer be kept")
    if free_bytes < LOW_DISK_BYTES:
        return Finding("disk", Verdict.WARN, what, "make room: a year needs about 500 MiB")
    return Finding("disk", Verdict.OK, what)


async def _radio_findings(
    profiles: Sequence[DeviceProfile], *, radio: Radio | None, adapter: str, scan_s: float
) -> list[Finding]:
    try:
        async with scanning(profiles, radio=radio, adapter=adapter) as sightings:
            await asyncio.sleep(scan_s)
            found = scan_finding(sightings.rows(), sightings.devices, scan_s)
    except ScanError as error:
        return [radio_finding(error.fault)]
    return [radio_finding(None), found]


async def _output(*command: str) -> str | None:
    """Return what a command prints, or None where it is missing, fails or hangs."""
    program = shutil.which(command[0])
    if program is None:
        return None
    process = await asyncio.create_subprocess_exec(
        program,
        *command[1:],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return out.decode("utf-8", "replace") if process.returncode == 0 else None


def _free_bytes(folder: Path) -> int | None:
    """Return the room below a folder that may not exist yet."""
    try:
        place = next(place for place in (folder, *folder.parents) if place.exists())
        return shutil.disk_usage(place).free
    except (OSError, StopIteration):
        return None
