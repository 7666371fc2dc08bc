"""What the doctor makes of what it finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sensor.doctor import (
    Verdict,
    bluez_finding,
    clock_finding,
    disk_finding,
    filter_finding,
    radio_finding,
    scan_finding,
)
from sensor.gatt import Advertisement
from sensor.linkpolicy import Fault
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.profiles.lumbar_wire import SERVICE
from sensor.scan import Sightings
from sensor.synchrony import clock_synchronised

STRAP = Advertisement("AA", "Lumbar-1", frozenset({SERVICE}), rssi_dbm=-60)
FAR_STRAP = Advertisement("BB", "Lumbar-2", frozenset({SERVICE}), rssi_dbm=-90)
SPEAKER = Advertisement("CC", "Speaker", rssi_dbm=-30)


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        ("bluetoothctl: 5.66\n", Verdict.OK),
        ("5.55", Verdict.OK),
        ("bluetoothctl: 5.48\n", Verdict.FAIL),
        ("nonsense", Verdict.WARN),
        (None, Verdict.WARN),
    ],
)
def test_an_old_bluez_fails(output: str | None, verdict: Verdict) -> None:
    assert bluez_finding(output).verdict is verdict


@pytest.mark.parametrize("fault", list(Fault))
def test_a_scan_that_cannot_start_fails_with_advice(fault: Fault) -> None:
    finding = radio_finding(fault)

    assert finding.verdict is Verdict.FAIL
    assert finding.what
    assert finding.advice
    assert finding.check == ("permissions" if fault is Fault.DENIED else "adapter")


def test_a_scan_lists_straps_first_and_the_nearest_on_top() -> None:
    sightings = Sightings([LumbarImu()])
    for adv in (SPEAKER, FAR_STRAP, STRAP, Advertisement("AA", None, rssi_dbm=-61)):
        sightings.see(adv)

    assert [row.name for row in sightings.rows()] == ["Lumbar-1", "Lumbar-2"]
    assert [row.name for row in sightings.rows(everything=True)][-1] == "Speaker"
    assert sightings.devices == 3


def test_the_doctor_tells_no_strap_from_no_device_at_all() -> None:
    seen = Sightings([LumbarImu()])
    seen.see(SPEAKER)

    nobody = scan_finding([], 0, 5.0)
    others = scan_finding(seen.rows(), seen.devices, 5.0)
    seen.see(STRAP)
    strap = scan_finding(seen.rows(), seen.devices, 5.0)

    assert (nobody.verdict, others.verdict, strap.verdict) == (
        Verdict.WARN,
        Verdict.WARN,
        Verdict.OK,
    )
    assert "1 Bluetooth devices but no strap" in others.what
    assert "Lumbar-1" in strap.what


@pytest.mark.parametrize(
    ("synchronised", "verdict"), [(True, Verdict.OK), (False, Verdict.WARN), (None, Verdict.OK)]
)
def test_an_unsynchronised_clock_is_warned_of(
    *, synchronised: bool | None, verdict: Verdict
) -> None:
    assert clock_finding(synchronised=synchronised).verdict is verdict


def test_the_kernel_says_whether_the_clock_is_kept_right() -> None:
    told = clock_synchronised()

    assert (told in (True, False)) if sys.platform == "linux" else told is None


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(10**10, Verdict.OK), (10**8, Verdict.WARN), (10**6, Verdict.FAIL), (None, Verdict.FAIL)],
)
def test_a_full_disk_is_warned_of_before_it_fails(free: int | None, verdict: Verdict) -> None:
    assert disk_finding(free, Path("/data")).verdict is verdict


def test_the_filter_that_runs_is_named() -> None:
    assert "vqf" in filter_finding(has_vqf=True).what
    assert "NumPy" in filter_finding(has_vqf=False).what
