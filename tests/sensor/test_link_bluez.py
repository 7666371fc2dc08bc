"""The link against bleak's real BlueZ backend and a fake daemon that fails as the real one does."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensor.link import LinkParams
from sensor.source import LinkState

BACK_WITHIN_S = 5.0


@pytest.fixture
def bus_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if shutil.which("dbus-daemon") is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail("dbus-daemon is missing (Debian package dbus)")
        pytest.skip("dbus-daemon is missing")
    from fakebluez import private_bus

    with private_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield address


async def test_the_link_heals_after_every_fault_and_its_ledger_is_exact(bus_address: str) -> None:
    from linktrial import Trial, open_files

    trial = Trial(bus_address, params=LinkParams(stall_s=0.8, silent_scan_s=1.0, close_s=0.5))
    fake, ledger = trial.fake, trial.ledger
    async with trial.running():
        await trial.streaming_again(within_s=10)
        files, tasks = open_files(), len(asyncio.all_tasks())

        for _ in range(2):
            fake.in_reach = False
            fake.lose_link()
            await asyncio.sleep(0.3)
            fake.in_reach = True
            await trial.streaming_again(within_s=BACK_WITHIN_S)

        fake.power(on=False)
        await trial.until(
            lambda: ledger.states[-1].state is LinkState.BLUETOOTH_OFF, within_s=BACK_WITHIN_S
        )
        fake.power(on=True)
        await trial.streaming_again(within_s=BACK_WITHIN_S)

        await fake.kill()
        await trial.lost()
        await fake.start()
        await trial.streaming_again(within_s=BACK_WITHIN_S)

        fake.stalled = True
        await trial.lost()
        fake.stalled = False
        await trial.streaming_again(within_s=BACK_WITHIN_S)

        fake.copies = 3
        await trial.streaming_again(within_s=BACK_WITHIN_S)
        fake.copies = 1

        fake.fail("Connect", "org.bluez.Error.InProgress", 3)
        fake.fail("StartDiscovery", "org.bluez.Error.InProgress", 2)
        fake.fail("StartNotify", "org.bluez.Error.InProgress", 1)
        fake.lose_link()
        await trial.streaming_again(within_s=BACK_WITHIN_S)
        await asyncio.sleep(0.2)

        assert len(asyncio.all_tasks()) <= tasks
        assert open_files() <= files
        assert trial.link.decoding is not None
        counts = trial.link.decoding.clock.counts
        # A batch that is decoded may not be read yet.
        await trial.until(lambda: counts.samples == ledger.samples, within_s=10)
        assert ledger.samples + counts.lost == trial.numbered()
    assert ledger.repeated == 0
    assert ledger.wrong_gaps == []
    assert ledger.first is not None
    assert len(ledger.gaps) >= 5
    assert counts.duplicates > 0


async def test_bluetooth_that_is_off_at_the_start_is_said_and_waited_out(bus_address: str) -> None:
    from linktrial import Trial

    trial = Trial(bus_address)
    async with trial.running():
        trial.fake.power(on=False)
        await trial.until(
            lambda: (
                bool(trial.ledger.states)
                and trial.ledger.states[-1].state is LinkState.BLUETOOTH_OFF
            ),
            within_s=BACK_WITHIN_S,
        )
        assert "bluetoothctl" in trial.ledger.states[-1].reason

        trial.fake.power(on=True)
        await trial.streaming_again(within_s=BACK_WITHIN_S)
    assert trial.ledger.states[-1].state is LinkState.CONNECTED


async def test_an_adapter_that_is_on_again_but_busy_is_waited_for(bus_address: str) -> None:
    from linktrial import Trial

    trial = Trial(bus_address)
    async with trial.running():
        trial.fake.power(on=False)
        await trial.until(
            lambda: (
                bool(trial.ledger.states)
                and trial.ledger.states[-1].state is LinkState.BLUETOOTH_OFF
            ),
            within_s=BACK_WITHIN_S,
        )
        trial.fake.fail("StartDiscovery", "org.bluez.Error.InProgress", 2)
        trial.fake.power(on=True)
        await trial.streaming_again(within_s=BACK_WITHIN_S)
    assert trial.ledger.repeated == 0


async def test_a_connection_that_bluez_makes_for_nobody_is_cut(bus_address: str) -> None:
    from linktrial import Trial

    trial = Trial(bus_address, params=LinkParams(stall_s=0.8, silent_scan_s=1.0, close_s=0.5))
    async with trial.running():
        await trial.streaming_again(within_s=10)
        trial.fake.hold()
        await trial.streaming_again(within_s=10)
        assert not trial.fake.held
    assert trial.ledger.repeated == 0


async def test_a_strap_that_bluez_keeps_for_busy_is_removed_and_found_anew(
    bus_address: str,
) -> None:
    from linktrial import Trial

    trial = Trial(bus_address, params=LinkParams(stall_s=0.8, silent_scan_s=1.0, close_s=0.5))
    async with trial.running():
        await trial.streaming_again(within_s=10)
        trial.fake.jam()
        await trial.streaming_again(within_s=20)
        assert trial.fake.calls["RemoveDevice"] == 1
    assert trial.ledger.repeated == 0
