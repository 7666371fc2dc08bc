"""A scan over radios that fail at its beginning and at its end."""

from __future__ import annotations

from typing import Any

import pytest
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from sensor.doctor import Verdict, examine
from sensor.linkpolicy import Fault
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.profiles.lumbar_wire import SERVICE
from sensor.radio import Radio
from sensor.scan import ScanError, scan

CHARGE = {"0000180f-0000-1000-8000-00805f9b34fb": b"\x57"}


class VanishingScanner(BaseBleakScanner):
    """Hears one strap at once; when it is to stop, Bluetooth is gone."""

    def __init__(self, callback: Any, services: Any, mode: str, **_: Any) -> None:
        super().__init__(callback, services)

    async def start(self) -> None:
        data = AdvertisementData("Lumbar-7", {}, CHARGE, [SERVICE.upper()], None, -50, ())
        device = self.create_or_update_device("AA", "AA", None, None, data)
        self.call_detection_callbacks(device, data)

    async def stop(self) -> None:
        raise BleakError("adapter not found")


class MissingScanner(VanishingScanner):
    """There is no Bluetooth to make a scanner of."""

    def __init__(self, callback: Any, services: Any, mode: str, **_: Any) -> None:
        raise BleakError("No Bluetooth adapters found.")


def radio(scanner: type[BaseBleakScanner]) -> Radio:
    return Radio(scanner, None)  # type: ignore[arg-type]  # nobody connects here


async def test_what_was_heard_counts_when_the_radio_is_gone_at_the_end() -> None:
    (row,) = await scan(0.0, radio(VanishingScanner), profiles=[LumbarImu()])

    assert (row.name, row.profile, row.certainty) == ("Lumbar-7", "lumbar_imu", 100)
    assert (row.rssi_dbm, row.battery_percent) == (-50, 87)


async def test_a_scanner_that_cannot_be_made_is_told_with_advice() -> None:
    with pytest.raises(ScanError, match="Bluetooth is off or missing") as caught:
        await scan(0.0, radio(MissingScanner), profiles=[])

    assert caught.value.fault is Fault.BLUETOOTH_OFF


async def test_the_doctor_looks_at_everything_whatever_the_radio_does(tmp_path: Any) -> None:
    found = {}
    for name, scanner in (("gone", VanishingScanner), ("missing", MissingScanner)):
        findings = await examine(
            profiles=[LumbarImu()],
            data_dir=tmp_path / "not" / "yet",
            radio=radio(scanner),
            scan_s=0.0,
        )
        found[name] = {finding.check: finding.verdict for finding in findings}

    assert found["gone"]["scan"] is Verdict.OK
    assert found["missing"]["adapter"] is Verdict.FAIL
    assert {"clock", "orientation", "disk"} <= found["gone"].keys() & found["missing"].keys()


async def test_a_data_folder_that_may_not_be_looked_at_is_a_finding(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.exists", forbidden)
    findings = await examine(
        profiles=[], data_dir=tmp_path, radio=radio(MissingScanner), scan_s=0.0
    )

    (disk,) = [finding for finding in findings if finding.check == "disk"]
    assert (disk.verdict, "permissions" in disk.advice) == (Verdict.FAIL, True)
