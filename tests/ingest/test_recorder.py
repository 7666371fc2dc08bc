"""The recorder confirms what is stored, and only that."""

import asyncio
import time

import pytest

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.connection import Connection
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.paho_session import Arrival
from ingest.delivery.publisher import Publisher
from ingest.delivery.recorder import PATIENCE_S, REFUSED_RETRY_S, Recorder, retry_s
from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.messages import Availability, EventMessage, decode, encode
from ingest.records import Event, EventKind
from ingest.retained import availability_of
from ingest.settings import OutboxSettings
from ingest.topics import ANY_WEARER, EVERYBODY, RECORDERS_OF_ALL

KINDS = {"transition": EventKind("transition", {"from_state": str, "to_state": str})}


@pytest.fixture
async def connection():
    async with EmbeddedBroker(token="t" * 32) as broker:
        yield broker.connection


@pytest.fixture
def record(connection, memory_store, tmp_path):
    def build(**options):
        fast = {"retry": lambda attempt, error: 0.01, "dead_letters": tmp_path / "dead.jsonl"}
        return Recorder(
            connection, lambda: memory_store, KINDS, **({"name": "r1"} | fast | options)
        )

    return build


async def until(condition, timeout_s=10.0):
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the recorder's thread signals nothing
            await asyncio.sleep(0.005)


async def publish_all(connection, outbox, wearer="w1"):
    """Publish until the outbox is empty."""
    async with MqttClient(connection, client_id=f"gateway-{wearer}-{outbox.origin}") as mqtt:
        publisher = Publisher(outbox, mqtt, wearer=wearer)
        assert await mqtt.wait_connected(60)
        async with asyncio.timeout(20):
            running = asyncio.create_task(publisher.run())
            await publisher.drained()
            running.cancel()


async def test_everything_is_stored_once_and_then_forgotten(
    record, connection, open_outbox, memory_store, second, bout, event
):
    outbox = open_outbox()
    async with record() as recorder:
        outbox.append([second(n) for n in range(300)] + [bout(0), event(1)])
        await publish_all(connection, outbox)
        assert recorder.stats.dead_letters == 0
    assert (len(memory_store.kept), memory_store.closed) == (302, True)


async def test_nothing_is_confirmed_while_the_store_is_away(
    record, connection, open_outbox, memory_store, second, caplog
):
    outbox = open_outbox()
    outbox.append([second(n) for n in range(10)])
    memory_store.errors = [StoreUnavailableError("store", "wait")] * 5
    async with record() as recorder:
        await publish_all(connection, outbox)
        assert (recorder.stats.failures, recorder.stats.trouble) == (5, "")
    assert len(memory_store.kept) == 10
    assert caplog.text.count("nothing is recorded at the moment") == 1


async def test_trouble_with_the_store_is_shown_and_stopping_is_still_possible(
    record, connection, open_outbox, memory_store, second
):
    outbox = open_outbox()
    outbox.append([second(0)])
    memory_store.errors = [StoreRefusedError("the token is wrong")] * 1000
    async with record(retry=lambda attempt, error: 60.0) as recorder:
        sending = asyncio.create_task(publish_all(connection, outbox))
        await until(lambda: recorder.stats.trouble == "the token is wrong")
        sending.cancel()
    assert (outbox.depth, memory_store.kept) == (1, {})


async def test_a_store_that_cannot_be_opened_yet_is_opened_later(
    connection, open_outbox, memory_store, second
):
    outbox = open_outbox()
    outbox.append([second(0)])
    attempts = []

    def factory():
        attempts.append(1)
        if len(attempts) < 4:
            raise StoreUnavailableError("store", "wait")
        if len(attempts) < 6:
            raise ValueError("an error that nobody thought of")
        return memory_store

    async with Recorder(connection, factory, KINDS, name="r1", retry=lambda *_: 0.01):
        await publish_all(connection, outbox)
    assert len(memory_store.kept) == 1


async def test_hostile_payloads_are_dead_letters_and_the_next_record_is_stored(
    record, connection, open_outbox, memory_store, second, tmp_path
):
    outbox = open_outbox()
    async with record() as recorder, MqttClient(connection, client_id="hostile") as hostile:
        assert await hostile.wait_connected(60)
        await asyncio.sleep(0.1)
        for n in range(50):
            hostile.publish("lumbar/w1/seconds", b"\xff" * n, qos=1)
            hostile.publish("lumbar/../../etc/event", b"{}", qos=1)
        outbox.append([second(0)])
        await publish_all(connection, outbox)
        await until(lambda: recorder.stats.dead_letters >= 50)
    assert len(memory_store.kept) == 1
    assert len((tmp_path / "dead.jsonl").read_bytes().splitlines()) == recorder.stats.dead_letters


async def test_an_event_nobody_declared_is_confirmed_once_it_is_a_dead_letter(
    record, connection, open_outbox, memory_store, tmp_path
):
    outbox = open_outbox()
    outbox.append([Event(kind="hologram", t_ms=1)])
    async with record() as recorder:
        await publish_all(connection, outbox)
        assert recorder.stats.dead_letters == 1
    assert memory_store.kept == {}
    assert b"hologram" in (tmp_path / "dead.jsonl").read_bytes()


async def test_what_cannot_become_a_dead_letter_is_not_confirmed(record, connection, open_outbox):
    outbox = open_outbox()
    outbox.append([Event(kind="hologram", t_ms=1)])
    async with record(dead_letters=None) as recorder:
        sending = asyncio.create_task(publish_all(connection, outbox))
        await until(lambda: recorder.stats.dead_letters == 1)
        await asyncio.sleep(0.1)
        sending.cancel()
    assert outbox.depth == 1


async def test_a_message_that_no_store_can_hold_does_not_stop_the_others(
    record, connection, open_outbox, memory_store, second, tmp_path, monkeypatch
):
    outbox = open_outbox()
    outbox.append([second(n, calibration=f"c{n}") for n in range(40)])
    write = memory_store.write

    def picky(entries):
        if any(entry.item.t_s == second(17).t_s for entry in entries):
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        write(entries)

    monkeypatch.setattr(memory_store, "write", picky)
    async with record(dead_letters=None) as recorder:
        sending = asyncio.create_task(publish_all(connection, outbox))
        await until(lambda: outbox.depth == 1)  # what is no dead letter yet is not confirmed
        sending.cancel()
    async with record() as recorder:
        await publish_all(connection, outbox)
        assert recorder.stats.dead_letters == 1
    assert len(memory_store.kept) == 39
    assert b"too large" in (tmp_path / "dead.jsonl").read_bytes()


async def test_several_wearers_share_a_recorder(record, connection, memory_store, second, tmp_path):
    async with record():
        for wearer in ("w1", "w2", "w3"):
            path = tmp_path / f"{wearer}.sqlite"
            outbox = Outbox(path, origin="ingest-a", settings=OutboxSettings())
            outbox.append([second(n) for n in range(5)])
            await publish_all(connection, outbox, wearer)
            outbox.close()
    assert {key[0] for key in memory_store.kept} == {"w1", "w2", "w3"}
    assert len(memory_store.kept) == 15


async def test_a_recorder_for_one_wearer_takes_no_other(record, connection, memory_store, event):
    async with record(wearers="w1") as recorder, MqttClient(connection, client_id="g") as mqtt:
        assert await mqtt.wait_connected(60)
        await asyncio.sleep(0.1)
        for wearer in ("w2", "w1"):
            message = EventMessage(origin="o", epoch="e", seq=1, event=event(0))
            mqtt.publish(f"lumbar/{wearer}/event", encode(message), qos=1)
        await until(lambda: recorder.stats.stored)
    assert [entry.wearer for entry in memory_store.kept.values()] == ["w1"]


@pytest.mark.parametrize(("wearers", "whose"), [("w1", "w1"), (ANY_WEARER, EVERYBODY)])
async def test_a_recorder_says_when_it_comes_and_goes(record, connection, wearers, whose):
    async with MqttClient(connection, client_id="screen") as screen:
        screen.subscribe(f"lumbar/{whose}/availability/recorder@r1", 1)
        assert await screen.wait_connected(60)
        async with record(wearers=wearers):
            said = [(await anext(screen.messages())).payload]
        said.append((await anext(screen.messages())).payload)
    assert [b"online" in said[0], b"offline" in said[1]] == [True, True]


def test_a_recorder_that_shares_says_nothing_as_its_absence_is_no_fault(record):
    assert record(share="clinic")._session.options.will is None


async def test_the_recorder_of_one_wearer_says_what_keeps_it_from_storing(
    record, connection, open_outbox, memory_store, second
):
    memory_store.errors = [StoreUnavailableError("the disk is full", "free some space")]
    outbox = open_outbox()
    outbox.append([second(0)])
    async with MqttClient(connection, client_id="screen") as screen:
        screen.subscribe("lumbar/w1/availability/recorder@r1", 1)
        assert await screen.wait_connected(60)
        async with record(wearers="w1"):
            await publish_all(connection, outbox)
            messages = screen.messages()
            said = [
                decode(Availability, (await anext(messages)).payload, topic="t") for _ in range(3)
            ]
    assert [(one.state, "disk is full" in one.reason) for one in said] == [
        ("online", False),
        ("online", True),
        ("online", False),
    ]


async def test_of_two_recorders_of_everybody_each_speaks_for_itself(record, connection):
    said = []

    async def listen(messages):
        incoming = await anext(messages)
        state = decode(Availability, incoming.payload, topic="t").state
        said.append((incoming.topic.rpartition("/")[2], state))

    async with MqttClient(connection, client_id="screen") as screen:
        screen.subscribe(RECORDERS_OF_ALL, 1)
        assert await screen.wait_connected(60)
        messages = screen.messages()
        async with record(name="recorder"):
            await listen(messages)
            async with record(name="archive"):
                await listen(messages)
            await listen(messages)
            left = await availability_of(connection, "w1", "recorder")
        await listen(messages)
    assert left == Availability(state="online")
    assert said == [
        ("recorder", "online"),
        ("recorder@archive", "online"),
        ("recorder@archive", "offline"),
        ("recorder", "offline"),
    ]


@pytest.mark.parametrize("name", ["", "a/b", "+", "a@b"])
def test_a_recorder_needs_a_name_that_can_stand_in_a_topic(record, name):
    with pytest.raises(ValueError, match="cannot name a recorder"):
        record(name=name)


async def test_two_required_recorders_each_store_everything(
    connection, open_outbox, memory_store, second
):
    other = type(memory_store)()
    outbox = open_outbox(required=["r1", "r2"])
    outbox.append([second(n) for n in range(100)])
    async with (
        Recorder(connection, lambda: memory_store, KINDS, name="r1"),
        Recorder(connection, lambda: other, KINDS, name="r2"),
    ):
        await publish_all(connection, outbox)
    assert (len(memory_store.kept), len(other.kept)) == (100, 100)


async def test_a_restarted_recorder_stores_what_its_predecessor_had_in_hand(
    record, connection, open_outbox, memory_store, second, monkeypatch
):
    monkeypatch.setattr("ingest.delivery.publisher.REPUBLISH_S", 0.3)
    outbox = open_outbox()
    outbox.append([second(n) for n in range(50)])
    memory_store.errors = [StoreUnavailableError("store", "wait")]
    async with record(retry=lambda *_: 60.0) as first:
        sending = asyncio.create_task(publish_all(connection, outbox))
        await until(lambda: first.stats.failures)
    async with record():
        await sending
    assert (outbox.depth, len(memory_store.kept)) == (0, 50)


async def test_messages_beyond_the_limit_are_acknowledged_and_left_to_the_outbox(
    record, monkeypatch
):
    monkeypatch.setattr("ingest.delivery.arrivals.MAX_WAITING", 3)
    monkeypatch.setattr("ingest.delivery.recorder.PATIENCE_S", 0.0)
    recorder = record()
    acknowledged = []
    monkeypatch.setattr(recorder._session, "acknowledge", acknowledged.extend)
    messages = [Arrival("t", b"", False, 1, mid, 1) for mid in range(5)]
    for message in messages:
        recorder._on_arrival(message)
    assert recorder.stats.deferred == 2
    assert acknowledged == messages[3:]


async def test_every_message_is_acknowledged_once_it_is_stored(
    record, connection, open_outbox, second, monkeypatch
):
    outbox, acknowledged = open_outbox(), []
    outbox.append([second(n, calibration=f"c{n}") for n in range(20)])
    async with record() as recorder:
        monkeypatch.setattr(recorder._session, "acknowledge", acknowledged.extend)
        await publish_all(connection, outbox)
        await until(lambda: len(acknowledged) == recorder.stats.messages >= 20)


def test_the_network_does_not_wait_for_a_store_that_is_away(record, monkeypatch):
    recorder, waits = record(), []
    monkeypatch.setattr(
        recorder._arrivals, "put", lambda arrival, patience_s: waits.append(patience_s) or True
    )
    for trouble in ("", "the disk is full"):
        recorder.stats.trouble = trouble
        recorder._on_arrival(Arrival("t", b"", False, 1, 1, 1))
    assert waits == [PATIENCE_S, 0.0]


@pytest.mark.parametrize(
    ("durable", "share", "clean"),
    [(True, "", False), (True, "clinic", True), (False, "", True)],
)
def test_only_a_broker_worth_it_keeps_the_session_of_a_recorder_that_does_not_share(
    memory_store, durable, share, clean
):
    recorder = Recorder(
        Connection(durable=durable), lambda: memory_store, KINDS, name="r1", share=share
    )
    assert recorder._session.options.clean is clean


def test_waiting_for_a_store_grows_and_is_bounded():
    away = StoreUnavailableError("store", "wait")
    waits = [retry_s(attempt, away) for attempt in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.25, 30.0)
    assert retry_s(1, StoreRefusedError("no")) == REFUSED_RETRY_S


async def test_a_record_is_confirmed_within_a_moment(record, connection, open_outbox, event):
    outbox = open_outbox()
    async with record(), MqttClient(connection, client_id="gateway") as mqtt:
        publisher = Publisher(outbox, mqtt, wearer="w1")
        await mqtt.wait_connected(60)
        await asyncio.sleep(0.1)
        began = time.monotonic()
        for n in range(20):
            outbox.append([event(n)])
            publisher.flush()
            await publisher.drained()
        assert time.monotonic() - began < 20 * 0.1
