"""How fast the records of a day drain into the store, and how long a live one takes meanwhile.

    python -m benchmarks.backlog [--hours 24]

Needs a mosquitto. A gateway's outbox holds hours of seconds that nobody recorded; then a recorder
appears, while the gateway goes on producing an event every tenth of a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.delivery import KINDS, START_S, mosquitto, second
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.publisher import Publisher
from ingest.delivery.recorder import Recorder
from ingest.messages import EventMessage, decode
from ingest.records import Event
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore


async def backlog(hours: float) -> dict[str, object]:
    """Return how fast hours of records drain, and how long a live record takes meanwhile."""
    seconds = int(hours * 3600)
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as (port, _):
        folder = Path(name)
        outbox = Outbox(folder / "outbox.sqlite", origin="gw", settings=OutboxSettings())
        for n in range(0, seconds, 3600):
            outbox.append([second(i) for i in range(n, n + 3600)])
        connection = Connection(port=port)
        store = folder / "history.sqlite"
        delays: list[float] = []
        async with (
            Recorder(connection, lambda: SqliteStore(store), KINDS, name="r"),
            MqttClient(connection, client_id="screen") as screen,
            MqttClient(connection, client_id="gateway") as mqtt,
        ):
            screen.subscribe("lumbar/w1/event", 1)
            await screen.wait_connected(10)
            publisher = Publisher(outbox, mqtt, wearer="w1")
            await mqtt.wait_connected(10)
            await asyncio.sleep(0.5)
            began = time.perf_counter()
            running = (publisher.run(), _live(outbox), _watch(screen, delays))
            tasks = [asyncio.create_task(one) for one in running]
            while outbox.depth > 2:  # noqa: ASYNC110 - live records keep coming
                await asyncio.sleep(0.01)
            wall_s = time.perf_counter() - began
            for task in tasks:
                task.cancel()
        outbox.close()
    return {
        "hours": hours,
        "wall_s": round(wall_s, 2),
        "times_real_time": round(seconds / wall_s),
        "live_delay_max_ms": round(max(delays) * 1000, 1),
        "live_delay_median_ms": round(statistics.median(delays) * 1000, 1),
        "load": [round(value, 1) for value in os.getloadavg()],
    }


async def _live(outbox: Outbox) -> None:
    while True:
        now_us = time.perf_counter_ns() // 1000
        outbox.append([Event(kind="mark", t_ms=START_S * 1000, data={"n": now_us})])
        await asyncio.sleep(0.1)


async def _watch(screen: MqttClient, delays: list[float]) -> None:
    async for incoming in screen.messages():
        message = decode(EventMessage, incoming.payload, topic=incoming.topic)
        sent_us = int(message.event.data["n"])  # type: ignore[arg-type]
        delays.append(time.perf_counter() - sent_us / 1e6)


def main() -> int:
    """Print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hours", type=float, default=24.0)
    print(json.dumps(asyncio.run(backlog(parser.parse_args().hours))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
