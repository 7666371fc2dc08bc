"""The processes that are killed; each knows what to do from its arguments."""

from __future__ import annotations

import argparse
import asyncio
import json
import queue
import sqlite3
import time
from pathlib import Path

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.outbox_rows import OutboxItem
from ingest.delivery.publisher import Publisher
from ingest.delivery.recorder import Recorder
from ingest.errors import StoreError
from ingest.records import Bout, Event, EventKind, PostureState, Second
from ingest.settings import OutboxSettings
from ingest.store.base import Store
from ingest.store.sqlite import SqliteStore

START_S = 1_700_000_000
TICK_S = 0.02
TOKEN = "0123456789abcdef" * 4
KINDS = {"mark": EventKind("mark", {"n": int}, frozenset({"n"}))}


def record(n: int) -> OutboxItem:
    """Return the record number `n`: mostly seconds, some bouts and events."""
    if n % 20 == 0:
        return Event(kind="mark", t_ms=(START_S + n) * 1000, data={"n": n})
    if n % 20 == 10:
        start_ms = (START_S + n) * 1000
        return Bout(
            start_ms=start_ms,
            end_ms=start_ms + 1000,
            session=1,
            state=PostureState.SITTING,
            rule="r1",
        )
    return Second(
        t_s=START_S + n,
        session=1,
        rule="r1",
        calibration=None,
        state=PostureState.SITTING,
        confidence=1.0,
        sagittal_deg=1.0,
        frontal_deg=0.0,
        up=(1.0, 0.0, 0.0),
        acc_sd_ms2=0.0,
        gyro_rms_rads=None,
        travel_m=0.0,
        log_odds=(0.0, 0.0, 0.0, 0.0),
        coverage=1.0,
    )


async def gateway(folder: Path, connection: Connection, records: int, rate: float) -> None:
    """Produce records from where the checkpoint says, until all of them are confirmed."""
    outbox = Outbox(folder / "outbox.sqlite", origin="gateway-1", settings=OutboxSettings())
    n = int(outbox.checkpoint() or b"0")
    async with MqttClient(connection, client_id="gateway") as mqtt:
        publisher = Publisher(outbox, mqtt, wearer="w1")
        running = asyncio.create_task(publisher.run())
        due = float(n)
        while n < records:
            due += rate * TICK_S
            upto = min(records, int(due))
            outbox.append([record(i) for i in range(n, upto)], checkpoint=str(upto).encode())
            n = upto
            await asyncio.sleep(TICK_S)
        await publisher.drained()
        running.cancel()
    outbox.close()


async def recorder(store: str, connection: Connection, name: str, share: str) -> None:
    """Record until killed; the store is tried again quickly."""

    def retry(_attempt: int, _error: StoreError) -> float:
        return 0.2

    async with Recorder(
        connection, lambda: open_store(store), KINDS, name=name, share=share, retry=retry
    ):
        await asyncio.Event().wait()


async def embedded_broker(port: int) -> None:
    """Be a broker until killed."""
    async with EmbeddedBroker(token=TOKEN, port=port):
        await asyncio.Event().wait()


def plain(folder: Path, connection: Connection) -> None:
    """Store what paho's subscriber hands over, as its examples do: acknowledged at delivery."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    sql = sqlite3.connect(folder / "plain.sqlite", isolation_level=None, check_same_thread=False)
    sql.execute("PRAGMA journal_mode = WAL")
    sql.execute("CREATE TABLE IF NOT EXISTS seen (n INTEGER)")
    client = Client(CallbackAPIVersion.VERSION2, client_id="plain", clean_session=False)
    if connection.username:
        client.username_pw_set(connection.username, connection.password)
    waiting: queue.SimpleQueue[tuple[int]] = queue.SimpleQueue()
    client.on_connect = lambda c, *_: c.subscribe("lumbar/w1/plain", 1)
    client.on_message = lambda _client, _userdata, message: waiting.put(_number(message.payload))
    client.reconnect_delay_set(1, 1)
    client.connect_async(connection.host, connection.port)
    client.loop_start()
    while True:
        time.sleep(0.25)
        batch = [waiting.get() for _ in range(waiting.qsize())]
        sql.executemany("INSERT INTO seen VALUES (?)", batch)


def plain_gateway(connection: Connection, records: int, rate: float) -> None:
    """Publish the same numbers once each, QoS 1, as its examples do; nobody kills this one."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="plain-gateway", clean_session=False)
    if connection.username:
        client.username_pw_set(connection.username, connection.password)
    client.reconnect_delay_set(1, 1)
    client.connect_async(connection.host, connection.port)
    client.loop_start()
    began = time.monotonic()
    for n in range(records):
        client.publish("lumbar/w1/plain", json.dumps({"n": n}), qos=1)
        time.sleep(max(0.0, began + n / rate - time.monotonic()))
    while client._out_messages:
        time.sleep(0.1)
    client.disconnect()


def _number(payload: bytes) -> tuple[int]:
    return (int(json.loads(payload)["n"]),)


def open_store(place: str) -> Store:
    """Return the store at a path, or behind an address of the InfluxDB double."""
    if not place.startswith("http"):
        return SqliteStore(Path(place))
    from ingest.store.influx import InfluxStore
    from ingest.store.influx_server import Address

    def dead_letter(line: str, why: str) -> None:
        raise AssertionError(f"{why}: {line}")

    return InfluxStore(Address(place, "lumbar", "history", "all-access"), dead_letter=dead_letter)


def be(options: argparse.Namespace) -> None:
    """Be one of the processes."""
    if options.broker == "embedded":
        connection = Connection.embedded(port=options.port, token=TOKEN)
    else:
        connection = Connection(port=options.port)
    match options.role:
        case "gateway":
            asyncio.run(gateway(options.folder, connection, options.records, options.rate))
        case "recorder":
            asyncio.run(recorder(options.store, connection, options.name, options.share))
        case "broker":
            asyncio.run(embedded_broker(options.port))
        case "plain":
            plain(options.folder, connection)
        case "plain_gateway":
            plain_gateway(connection, options.records, options.rate)


def main() -> None:
    """Be one of the processes until killed or done."""
    parser = argparse.ArgumentParser()
    for name in ("role", "broker", "store"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--name", default="recorder")
    parser.add_argument("--share", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--records", type=int)
    parser.add_argument("--rate", type=float)
    be(parser.parse_args())


if __name__ == "__main__":
    main()
