"""Errands at a strap, and straps that are let go however an errand ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from numbered import SPEED, START_S, measured

from sensor.errors import ForbiddenWriteError, SetupRefusedError
from sensor.gatt import ClockSpec, Gatt, StreamInfo, StreamWant
from sensor.link import LinkParams, StrapLink
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_decoder import LumbarDecoder
from sensor.profiles.lumbar_imu import LumbarImu
from sensor.profiles.registry import profiles
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.source import CANNOT_VIBRATE, vibrate
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.strap import VirtualStrap
from sensor.visit import NotFoundError, visit

pytest.importorskip("bumble")
from sensor.virtual.radio import VirtualRadio

REFUSED_HZ = 51.0


@pytest.mark.parametrize("motor", [True, False])
async def test_a_connected_strap_vibrates_or_says_why_it_does_not(motor: bool) -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(), serial="V-0001")
    if not motor:
        caps = strap.firmware.info.caps & ~wire.Capability.HAPTIC
        strap.firmware.info = replace(strap.firmware.info, caps=caps)
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        link = StrapLink(
            timeline=timeline, profiles=profiles(), settings=StrapSettings(), radio=virtual.radio
        )
        assert await vibrate(link, 0.3) == "no strap is connected"
        events = link.events()
        async for event in events:
            if isinstance(event, ImuBatch):
                break
        assert await vibrate(link, 0.3) == ("" if motor else CANNOT_VIBRATE)
        await events.aclose()
    assert strap.firmware.buzzes == int(motor)
    assert await vibrate(object(), 0.3) == CANNOT_VIBRATE


async def test_a_visit_tells_serial_and_charge_and_makes_the_strap_buzz() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(), serial="V-0001")
    async with VirtualRadio() as virtual, strap.advertising(virtual):
        async with visit(profiles(), radio=virtual.radio) as met:
            identified = await met.identify()
            with pytest.raises(ForbiddenWriteError, match=wire.DATA.uuid):
                await met.gatt.write(wire.DATA, b"x", response=True)
        with pytest.raises(NotFoundError, match="No strap at AA:BB"):
            async with visit(
                profiles(),
                address="AA:BB",
                radio=virtual.radio,
                params=LinkParams(longest_scan_s=0.3, silent_scan_s=0.2),
            ):
                pass

    assert (met.info.serial, met.battery_percent, identified) == ("V-0001", 87, True)
    assert strap.firmware.buzzes == 2  # the motor and the light
    assert not strap.firmware.streaming


class Halfway(LumbarImu):
    """Refuses when the strap streams already, and fails when it is to stop."""

    stops = 0

    async def setup(
        self, gatt: Gatt, want: StreamWant
    ) -> tuple[LumbarDecoder, ClockSpec, StreamInfo]:
        agreed = await super().setup(gatt, want)
        if want.rate_hz == REFUSED_HZ:
            await self.start(gatt)
            raise SetupRefusedError("go on", None, "do not ask for it")
        return agreed

    async def stop(self, gatt: Gatt) -> None:
        self.stops += 1
        raise KeyError("as a Bluetooth stack may")


async def test_a_strap_is_stopped_and_let_go_however_its_setup_and_its_stop_end() -> None:
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    strap = VirtualStrap(timeline=timeline, batches=measured(), serial="V-0001")
    profile, settings = Halfway(), StrapSettings()
    async with VirtualRadio() as virtual, strap.advertising(virtual), asyncio.timeout(60):
        with pytest.raises(SetupRefusedError, match="do not ask for it"):
            async with visit([profile], radio=virtual.radio, want=StreamWant(rate_hz=REFUSED_HZ)):
                pass
        assert profile.stops == 1
        link = StrapLink(
            timeline=timeline, profiles=[profile], settings=settings, radio=virtual.radio
        )
        events = link.events()
        async for event in events:
            if isinstance(event, ImuBatch):
                break
        await events.aclose()
        assert profile.stops == 2
        while strap.firmware.streaming:  # noqa: ASYNC110 - only the lost connection ends it
            await asyncio.sleep(0.01)
