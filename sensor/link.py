"""The link to a strap that heals itself, over bleak.

The loop searches, connects with a new client, streams until the connection or the data stops, and
starts again, for ever. What to do about an error is decided in `sensor.linkpolicy`, which step may
follow which in `sensor.linkstate`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bleak.exc import BleakError

from sensor import linkpolicy
from sensor.backfill import GapFiller, filling
from sensor.bleakgatt import BleakGatt
from sensor.charge import Charge
from sensor.decoding import Decoding
from sensor.gatt import DeviceProfile, Haptic, StreamInfo
from sensor.inlet import Inlet
from sensor.linkpolicy import RADIO_ERRORS, Fault, LinkParams, SuspendWatch
from sensor.linkstate import LinkMachine, Phase, StrapFacts
from sensor.profiles.registry import best_match
from sensor.radio import Connector, Radio, advertisement_of
from sensor.sample import ImuBatch
from sensor.search import Found, Scan
from sensor.settings import StrapSettings
from sensor.source import CANNOT_VIBRATE, LinkStatus
from sensor.synchrony import clock_synchronised
from sensor.timeline import Timeline

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

__all__ = ["LinkParams", "Radio", "StrapLink"]

_log = logging.getLogger(__name__)


class _LinkLostError(BleakError):
    """The connection was there and is gone."""


class StrapLink:
    """A live `SampleSource`: finds a strap, keeps it connected and yields its batches.

    With `backfill`, samples that the strap kept during a link loss follow late, as batches marked
    `backfill`, between those of the live stream.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        profiles: Sequence[DeviceProfile],
        settings: StrapSettings,
        radio: Radio | None = None,
        backfill: bool = False,
        params: LinkParams | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._timeline = timeline
        self._profiles = [p for p in profiles if settings.profile in ("auto", p.key)]
        self._settings = settings
        self._radio = radio
        self._backfill = backfill
        self._params = params or LinkParams()
        self._chance = chance
        self._connector = Connector(radio, self._params, adapter=settings.adapter)
        self._machine = LinkMachine()
        self._out: asyncio.Queue[ImuBatch | LinkStatus] = asyncio.Queue(self._params.queue)
        self._strangers: set[str] = set()
        self._failures = 0
        self._filler: GapFiller | None = None
        self._serving: tuple[DeviceProfile, BleakGatt] | None = None
        self.decoding: Decoding | None = None

    @property
    def info(self) -> StreamInfo | None:
        """What the strap agreed to, or None before the first connection."""
        return None if self.decoding is None else self.decoding.info

    def clock_words(self) -> dict[str, str]:
        """Return in words how good the times are, for a recording's header."""
        system = {True: "yes", False: "no", None: "unknown"}[clock_synchronised()]
        strap = {} if self.decoding is None else self.decoding.clock_words()
        return strap | {"system_synchronised": system}

    async def events(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        """Yield batches and link changes until closed; closing disconnects the strap."""
        runner = asyncio.create_task(self._run(), name="strap link")
        try:
            while True:
                for item in await self._next(runner):
                    yield item
        finally:
            runner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await runner

    async def vibrate(self, duration_s: float) -> str:
        """Let the connected strap vibrate; return "" or why it did not, for the wearer."""
        if self._serving is None:
            return "no strap is connected"
        profile, gatt = self._serving
        if not isinstance(profile, Haptic):
            return CANNOT_VIBRATE
        try:
            done = await profile.haptic(gatt, duration_s=duration_s)
        except RADIO_ERRORS as error:
            return linkpolicy.explain(linkpolicy.fault_of(error), error)
        return "" if done else CANNOT_VIBRATE

    async def _next(self, runner: asyncio.Task[None]) -> list[ImuBatch | LinkStatus]:
        if self._out.empty():
            getter = asyncio.ensure_future(self._out.get())
            try:
                await asyncio.wait({getter, runner}, return_when=asyncio.FIRST_COMPLETED)
                if getter.done():
                    return [getter.result()]
            finally:
                getter.cancel()
            runner.result()  # raises what ended the loop; it never ends by itself
        return [self._out.get_nowait() for _ in range(self._out.qsize())]

    async def _run(self) -> None:
        await self._out.put(self._machine.begin(self._timeline.now()))
        while True:
            try:
                found = await self._search()
                await self._serve(found)
            except RADIO_ERRORS as error:
                await self._recover(error)
            except Exception as error:
                # Bluetooth stacks let out KeyError, AssertionError and their own bus's errors;
                # a wearer whose link dies of one for the rest of the day is worse than a log line.
                _log.exception("the link failed in an unforeseen way and starts again")
                await self._recover(error)

    async def _recover(self, error: BaseException) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # A stack that fails while it is being stopped must not swallow the stop.
            raise asyncio.CancelledError from error
        if isinstance(error, _LinkLostError):
            await self._to(Phase.SEARCHING, str(error))
            return
        self._failures += 1
        fault = linkpolicy.fault_of(error)
        reason = linkpolicy.explain(fault, error)
        _log.debug("link failure %d: %s (%r)", self._failures, fault, error)
        off = fault in (Fault.BLUETOOTH_OFF, Fault.DENIED)
        await self._to(Phase.BLUETOOTH_OFF if off else Phase.WAITING, reason)
        await asyncio.sleep(linkpolicy.backoff_s(self._failures, fault, chance=self._chance()))
        if not off:
            await self._to(Phase.SEARCHING, reason)

    async def _search(self) -> Found:
        while True:
            found = await self._scan_once()
            if found is not None:
                return found

    async def _scan_once(self) -> Found | None:
        scan = Scan(self._radio, self._judge, self._params, adapter=self._settings.adapter)
        async with scan.listening():
            if self._machine.phase is Phase.BLUETOOTH_OFF:  # it is on again
                await self._to(Phase.SEARCHING, "looking for a strap")
            return await scan.first()

    def _judge(self, device: BLEDevice, data: AdvertisementData) -> Found | None:
        profile, _ = best_match(advertisement_of(device, data), self._profiles)
        if profile is None or device.address in self._strangers:
            return None
        return Found(device, profile, data.rssi)

    async def _serve(self, found: Found) -> None:
        await self._to(Phase.CONNECTING)
        inlet = Inlet(self._timeline.now)
        client = await self._connector.connect(found.device, lambda _: inlet.close())
        gatt = BleakGatt(client, found.profile.writable)
        charge = Charge(found.profile, gatt, self._params.battery_s)
        try:
            await self._to(Phase.PREPARING)
            await self._prepare(found, gatt, inlet, charge)
            async with filling(
                found.profile if self._backfill else None, gatt, self._out
            ) as self._filler:
                self._serving = found.profile, gatt
                await self._stream(inlet, charge)
        finally:
            self._filler = self._serving = None
            self._sum_up(inlet)
            await asyncio.shield(self._close(client, gatt, found.profile, lost=inlet.lost))

    def _sum_up(self, inlet: Inlet) -> None:
        known = self.decoding
        if known is not None:
            known.dropped += inlet.dropped
            if known.dropped or known.corrupt:
                _log.info("so far %d packets corrupt, %d dropped", known.corrupt, known.dropped)

    async def _prepare(self, found: Found, gatt: BleakGatt, inlet: Inlet, charge: Charge) -> None:
        profile = found.profile
        decoder, spec, info = await profile.setup(gatt, self._settings.want)
        if self._settings.serial and info.serial != self._settings.serial:
            self._strangers.add(found.device.address)
            raise _LinkLostError(f"found strap {info.serial}, not {self._settings.serial}")
        if self.decoding is None or not self.decoding.resume(decoder, spec, info):
            self.decoding = Decoding(decoder, spec, info, time_scale=self._timeline.rate)
        for char in profile.streams:
            await gatt.notify(char, inlet.receiver(char))
        await charge.open()
        facts = StrapFacts(
            device=found.device.name or profile.title,
            serial=info.serial or None,
            profile=profile.key,
            battery_percent=charge.percent,
            rssi_dbm=found.rssi_dbm,
        )
        await self._put(self._machine.learn(self._timeline.now(), facts))
        await profile.start(gatt)

    async def _stream(self, inlet: Inlet, charge: Charge) -> None:
        await self._to(Phase.STREAMING)
        suspend = SuspendWatch()
        stalled_s = time.monotonic() + self._params.stall_s
        while True:
            await inlet.wait(stalled_s - time.monotonic())
            # What arrives but cannot be decoded is no data either.
            if await self._decode(inlet):
                stalled_s = time.monotonic() + self._params.stall_s
            if inlet.lost:
                raise _LinkLostError("the connection was lost; looking for the strap")
            if suspend.slept_s(time.time(), time.monotonic()):
                raise _LinkLostError("the computer slept; looking for the strap")
            if time.monotonic() >= stalled_s:
                await self._to(Phase.STALE, "connected, but no data comes")
                raise _LinkLostError("no data came; looking for the strap")
            await self._tell_battery(charge)

    async def _decode(self, inlet: Inlet) -> int:
        """Hand on what has arrived and return how many batches that made."""
        if self.decoding is None:
            return 0
        batches = 0
        for packet in inlet.take():
            for batch in self.decoding.feed(packet.char, packet.data, packet.arrival_s):
                batches += 1
                self._failures = 0
                await self._out.put(batch)
        gaps = self.decoding.clock.take_gaps()
        if self._filler is not None:
            self._filler.ask(self.decoding, gaps)
        return batches

    async def _tell_battery(self, charge: Charge) -> None:
        await charge.refresh()
        if charge.percent != self._machine.facts.battery_percent:
            facts = replace(self._machine.facts, battery_percent=charge.percent)
            await self._put(self._machine.learn(self._timeline.now(), facts))

    async def _close(
        self, client: BleakClient, gatt: BleakGatt, profile: DeviceProfile, *, lost: bool
    ) -> None:
        if not lost:
            # Whatever a profile makes of it, a strap that stays connected is never found again.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(self._params.close_s):
                    await profile.stop(gatt)
        with contextlib.suppress(*RADIO_ERRORS):
            async with asyncio.timeout(self._params.close_s):
                await client.disconnect()

    async def _to(self, phase: Phase, reason: str = "") -> None:
        if phase is self._machine.phase:
            return
        await self._put(self._machine.to(phase, self._timeline.now(), reason=reason))

    async def _put(self, status: LinkStatus | None) -> None:
        if status is not None:
            await self._out.put(status)
