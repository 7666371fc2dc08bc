"""Hostile payloads on every topic of the protocol, against all services at once.

Recorder, ingest and monitor run on an embedded broker; a hostile client that has the token sends
mutilated messages. Afterwards everybody must still do their work, the store must hold nothing that
breaks its schema, and memory must not have grown.

    python -m benchmarks.fuzz [--payloads 100000] [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import random
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.recorder import Recorder
from ingest.measurement import pipeline
from ingest.messages import Command, Reply, decode, encode
from ingest.protocol import PROTOCOL, Row
from ingest.records import Bout, Event, Second
from ingest.service import IngestService
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore
from monitor import kinds
from monitor.service import MonitorService
from monitor.settings import MonitorSettings
from sensor.sample import ImuBatch
from sensor.source import LinkStatus
from sensor.timeline import Timeline

WEARER = "w1"
KINDS = {**pipeline.EVENT_KINDS, **kinds.EVENT_KINDS}
PIECES = (b"null", b"1e999", b"-1", b'"\\ud800"', b"[]", b"{}", b"NaN", b"\xff\xfe", b"9" * 400)
VALUES: tuple[Any, ...] = (None, -1, 2**63, 1e300, "", "x" * 500, "../../etc", "a\n", [], {}, True)


class SilentSource:
    """A strap that says nothing."""

    async def events(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        await asyncio.Event().wait()
        yield LinkStatus  # type: ignore[misc]  # never reached; makes this a generator


def examples() -> dict[str, dict[str, Any]]:
    """Return one sound payload of each message type, made from its schema's demands."""
    event = {"kind": "transition", "t_ms": 1, "data": {"from_state": "a", "to_state": "b"}}
    outbox = {"v": 1, "origin": "o", "epoch": "e", "seq": 1}
    column: dict[str, list[Any]] = {
        "seq": [1], "t_s": [1], "state": ["sitting"], "confidence": [1.0],
        "sagittal_deg": [1.0], "frontal_deg": [None], "up_x": [1.0], "up_y": [0.0],
        "up_z": [0.0], "acc_sd_ms2": [0.1], "gyro_rms_rads": [0.1], "travel_m": [0.0],
        "log_odds": [[0.0, 0.0, 0.0, 0.0]], "coverage": [1.0],
    }  # fmt: skip
    block = {"position": "lumbar", "session": 1, "rule": "r", "calibration": None}
    bout = {"start_ms": 1, "end_ms": 9, "session": 1, "state": "sitting", "rule": "r"}
    revision = {"position": "lumbar", "from_s": 1, "to_s": 9, "rev": 1, "seconds": [], "bouts": []}
    return {
        "Availability": {"state": "online"},
        "TimelineMessage": {"origin": "live", "event_ms": 1, "wall_ms": 1, "rate": 1.0},
        "LinkMessage": {"t_ms": 1, "state": "connected"},
        "CalibrationMessage": {"t_ms": 1},
        "StatusMessage": {"now_ms": 1, "sitting_s": 0, "full_s": 1},
        "PostureMessage": {"t_ms": 1, "session": 1, "state": "sitting", "confidence": 1},
        "AngleMessage": {"t_ms": 1, "sagittal_deg": 1, "frontal_deg": 1, "up": [1, 0, 0]},
        "SecondsBlock": {**outbox, **block, **column},
        "BoutMessage": {**outbox, "bout": bout},
        "EventMessage": {**outbox, "event": event},
        "RevisionMessage": {**outbox, **revision},
        "StoredMessage": {"recorder": "r", "origin": "o", "epoch": "e", "ranges": [[1, 2]]},
        "NudgeMessage": {"id": "n", "t_ms": 1, "expires_ms": 2, "rung": "hint", "reason": "x"},
        "ScreenMessage": {"id": "s1", "t_ms": 1, "focused": True},
        "Command": {"id": "c", "issued_ms": 1, "expires_ms": 2, "args": {"step": "upright"}},
        "Reply": {"id": "r", "accepted": True},
    }


class Fuzzer:
    """Makes topics and payloads, most of them wrong in one of many ways."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._examples = examples()

    def __call__(self) -> tuple[str, bytes]:
        row: Row = self._rng.choice(PROTOCOL)
        part = self._rng.choice(["calibrate", "snooze", "mark", "pause", "s1", "x"])
        topic = row.topic.of(WEARER, part if row.placeholder else None)
        sound = {"v": 1, **self._examples[row.message.__name__]}
        return topic, self._mutilated(sound)

    def _mutilated(self, sound: dict[str, Any]) -> bytes:
        rng = self._rng
        match rng.randrange(8):
            case 0:
                return rng.randbytes(rng.randrange(300))
            case 1:
                return b"[" * rng.randrange(1, 20_000)
            case 2:
                return b"" if rng.random() < 0.5 else msgspec.json.encode(sound)
            case 3 | 4:
                key = rng.choice(list(sound))
                return json.dumps({**sound, key: rng.choice(VALUES)}).encode()
            case 5:
                del sound[rng.choice(list(sound))]
                return msgspec.json.encode(sound)
        return self._broken(msgspec.json.encode(sound))

    def _broken(self, text: bytes) -> bytes:
        at = self._rng.randrange(len(text))
        cut = at + self._rng.randrange(5)
        return text[:at] + self._rng.choice(PIECES) + text[cut:]


@contextlib.asynccontextmanager
async def services(folder: Path, connection: Connection) -> AsyncIterator[Recorder]:
    """Run recorder, ingest and monitor."""

    def outbox(name: str) -> Outbox:
        return Outbox(folder / f"{name}.sqlite", origin=name, settings=OutboxSettings())

    ingest = IngestService(
        wearer=WEARER,
        source=SilentSource(),
        timeline=Timeline.live(),
        outbox=outbox("ingest"),
        connection=connection,
        home_assistant=True,
    )
    monitor = MonitorService(
        wearer=WEARER,
        settings=MonitorSettings(),
        connection=connection,
        outbox=outbox("monitor"),
        history=None,
        timezone=ZoneInfo("UTC"),
    )
    store = folder / "history.sqlite"
    dead_letters = folder / "dead.jsonl"
    recorder = Recorder(
        connection, lambda: SqliteStore(store), KINDS, name="r", dead_letters=dead_letters
    )
    async with recorder:
        tasks = [asyncio.create_task(ingest.run()), asyncio.create_task(monitor.run())]
        try:
            yield recorder
            for task in tasks:
                if task.done():
                    task.result()
                    raise RuntimeError("a service ended by itself")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def run(options: argparse.Namespace) -> dict[str, object]:
    """Run the trial and return what was found."""
    with tempfile.TemporaryDirectory(prefix="lumbar-fuzz-") as name:
        folder = Path(name)
        async with (
            EmbeddedBroker(token="t" * 64) as broker,
            services(folder, broker.connection) as recorder,
        ):
            memory = await _attack(broker.connection, options)
            answered = await _answers(broker.connection)
            dead_letters = recorder.stats.dead_letters
        rows = list(_rows(folder / "history.sqlite"))
        return {
            "payloads": options.payloads,
            "dead_letters": dead_letters,
            "stored": len(rows),
            "garbage": sum(not _sound(row) for row in rows),
            "answered": answered,
            "memory_mib": memory,
            "grown_mib": round(memory[-1] - memory[len(memory) // 2], 1),
        }


async def _attack(connection: Connection, options: argparse.Namespace) -> list[float]:
    """Send the payloads, no faster than they are taken; return memory after each tenth."""
    fuzzer, memory = Fuzzer(options.seed), []
    async with MqttClient(connection, client_id="hostile") as hostile:
        await hostile.wait_connected(10)
        await asyncio.sleep(0.5)
        pending = hostile._session._client._out_messages
        for n in range(options.payloads):
            topic, payload = fuzzer()
            hostile.publish(topic, payload, qos=1)
            while len(pending) > 100:  # noqa: ASYNC110 - paho signals nothing
                await asyncio.sleep(0.002)
            if n % max(1, options.payloads // 10) == 0:
                memory.append(_memory_mib())
        await asyncio.sleep(1.0)
    memory.append(_memory_mib())
    return memory


async def _answers(connection: Connection) -> list[str]:
    """Return which services still answer a command."""
    names: list[str] = []
    async with MqttClient(connection, client_id="screen") as screen:
        screen.subscribe("lumbar/w1/reply/+", 1)
        await screen.wait_connected(10)
        await asyncio.sleep(0.2)
        now_ms = time.time_ns() // 1_000_000
        for verb in ("calibrate", "pause"):
            command = Command(id=f"last-{verb}", issued_ms=now_ms, expires_ms=now_ms + 60_000)
            screen.publish(f"lumbar/w1/cmd/{verb}", encode(command), qos=1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                async for incoming in screen.messages():
                    with contextlib.suppress(Exception):
                        names.append(decode(Reply, incoming.payload, topic=incoming.topic).id)
                    if {"last-calibrate", "last-pause"} <= set(names):
                        break
    return sorted(name for name in names if name.startswith("last-"))


def _rows(path: Path) -> Iterator[Second | Bout | Event]:
    everything = (0, 4_102_444_800)
    with contextlib.closing(SqliteStore(path, read_only=True)) as store:
        for wearer in store.wearers():
            for position in store.positions(wearer):
                yield from store.seconds(wearer, position, everything)
                yield from store.bouts(wearer, position, everything)
            yield from (stored.event for stored in store.events(wearer, everything))


def _sound(row: Second | Bout | Event) -> bool:
    """Return whether a stored row keeps to the schema of its record."""
    try:
        again = msgspec.json.decode(msgspec.json.encode(row), type=type(row))
    except msgspec.DecodeError:
        return False
    kind = KINDS.get(row.kind) if isinstance(row, Event) else None
    declared = not isinstance(row, Event) or (kind is not None and not kind.violation(row.data))
    return again == row and declared


def _memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if sys.platform == "linux" else 0
    return round(pages * resource.getpagesize() / 2**20, 1)


def main() -> int:
    """Print what was found as JSON; 0 when nobody fell, nothing bad was stored, memory is flat."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--payloads", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    result = asyncio.run(run(parser.parse_args()))
    result["wall_s"] = round(time.monotonic() - began, 1)
    print(json.dumps(result))
    sound = result["garbage"] == 0 and len(result["answered"]) == 2
    return 0 if sound and result["grown_mib"] <= 10 else 1


if __name__ == "__main__":
    raise SystemExit(main())
