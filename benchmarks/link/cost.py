"""What client, decoder and clock cost beyond the radio, and how long a packet takes in them."""

from __future__ import annotations

import asyncio
import statistics
import time

from linktrial import resident_bytes

from benchmarks.link.radio import (
    MIB,
    PACKET,
    RATE_HZ,
    START_S,
    NullRadio,
    batch_at,
    new_link,
    streaming,
)
from sensor.profiles import lumbar_wire as wire
from sensor.sample import ImuBatch
from sensor.timeline import Timeline
from sensor.virtual.firmware import StrapFirmware


async def pump(radios: list[NullRadio], seconds: float, sent: list[float]) -> float:
    """Push packets in real time and return the CPU seconds used, all of the process."""
    start = time.monotonic()
    cpu = time.process_time()
    for packet in range(int(seconds * RATE_HZ / PACKET)):
        await asyncio.sleep(max(0.0, start + (packet + 1) * PACKET / RATE_HZ - time.monotonic()))
        batch = batch_at(START_S, packet * PACKET)
        for radio in radios:
            sent.append(time.perf_counter())
            radio.push(batch)
    await asyncio.sleep(0.05)
    return time.process_time() - cpu


async def with_links(straps: int, seconds: float) -> tuple[float, list[float]]:
    timeline = Timeline.live()
    radios = [NullRadio(StrapFirmware(rate_hz=RATE_HZ, ring_s=0), f"N{i}") for i in range(straps)]
    sent: list[float] = []
    waits: list[list[float]] = [[] for _ in radios]

    async def read(index: int) -> None:
        async for event in new_link(radios[index], timeline).events():
            if isinstance(event, ImuBatch):
                waits[index].append(time.perf_counter())

    readers = [asyncio.create_task(read(i)) for i in range(straps)]
    for radio in radios:
        await streaming(radio)
    cpu = await pump(radios, seconds, sent)
    for task in readers:
        task.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    delays = [
        got - sent[packet * straps + index]
        for index, times in enumerate(waits)
        for packet, got in enumerate(times)
    ]
    return cpu, delays


async def radio_only(straps: int, seconds: float) -> float:
    radios = [NullRadio(StrapFirmware(rate_hz=RATE_HZ, ring_s=0), f"N{i}") for i in range(straps)]
    for radio in radios:
        client = radio.radio.client("x", disconnected_callback=None)
        await client.connect(False)
        await client.start_notify(_data(client), lambda _: None)
        radio.firmware.control(b"\x01")
    return await pump(radios, seconds, [])


def _data(client: object) -> object:
    services = client.services  # type: ignore[attr-defined]
    return services.get_characteristic(wire.DATA.uuid)


def cpu_rows(straps: list[int], seconds: float) -> list[dict[str, float]]:
    rows = []
    for count in straps:
        bare = asyncio.run(radio_only(count, seconds))
        cpu, delays = asyncio.run(with_links(count, seconds))
        cuts = statistics.quantiles(delays, n=100)
        rows.append(
            {
                "straps": count,
                "core_percent": 100 * (cpu - bare) / seconds,
                "core_percent_per_strap": 100 * (cpu - bare) / seconds / count,
                "latency_p50_ms": 1000 * cuts[49],
                "latency_p99_ms": 1000 * cuts[98],
                "rss_mib": resident_bytes() / MIB,
            }
        )
    return rows
