"""The ingest service: pace, order, restart and commands, on a real broker and a real store."""

import asyncio
import contextlib
import itertools
import math
import time

import msgspec
import numpy as np
import pytest
from stopwatch import Stopwatch

from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.columns import SecondsBlock
from ingest.delivery.mqtt import MqttClient
from ingest.delivery.outbox import Outbox
from ingest.delivery.recorder import Recorder
from ingest.event_kinds import EVENT_KINDS
from ingest.messages import (
    CalibrationMessage,
    Command,
    Reply,
    StatusMessage,
    TimelineMessage,
    decode,
    encode,
)
from ingest.output import Output
from ingest.service import LONGEST_BUZZ_S, STEP_S, IngestService
from ingest.settings import OutboxSettings
from ingest.store.sqlite import SqliteStore
from sensor.errors import RecordingError
from sensor.sample import ImuBatch
from sensor.source import CANNOT_VIBRATE, LinkState, LinkStatus
from sensor.timeline import Timeline, TimelineOrigin

START_S = 1_700_000_000.0


class CountingPipeline:
    """Decides each second as soon as it has ended; its checkpoint is the next second."""

    def __init__(self, second, start_s=START_S):
        self._second = second
        self._next_s = math.floor(start_s)
        self.advanced = []

    def feed(self, batch):
        made = []
        while self._next_s + 1 <= batch.t[-1]:
            made.append(self._second(self._next_s - int(START_S)))
            self._next_s += 1
        return Output(records=tuple(made))

    def advance(self, now_s):
        self.advanced.append(now_s)
        return Output()

    def finish(self):
        return Output(records=(self._second(self._next_s - int(START_S)),))

    def calibrate(self, step, now_s):
        return step == "upright", f"{step} at {now_s:.0f}"

    def learn(self, params):
        self.taught = params

    def checkpoint(self):
        return str(self._next_s).encode()


class ScriptedSource:
    """Yields what it was given, then raises or ends; knows whether it was closed."""

    def __init__(self, events, error=None, wait=False):
        self._events = events
        self._error = error
        self._wait = wait
        self.closed = False

    async def events(self):
        try:
            for event in self._events:
                yield event
            if self._wait:
                await asyncio.Event().wait()
            if self._error:
                raise self._error
        finally:
            self.closed = True


def batches(from_s, to_s, rate_hz=10):
    """Return batches of half a second each over [from_s, to_s)."""
    made = []
    for start in np.arange(from_s, to_s, 0.5):
        t = START_S + start + np.arange(1, rate_hz // 2 + 1) / rate_hz
        made.append(ImuBatch(t=t, acc=np.zeros((t.size, 3)), gyro=None))
    return made


@pytest.fixture
async def connection():
    async with EmbeddedBroker(token="t" * 32) as broker:
        yield broker.connection


@pytest.fixture
def history(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def recorder(connection, history):
    return Recorder(connection, lambda: SqliteStore(history), EVENT_KINDS, name="r1")


@pytest.fixture
def service(connection, open_outbox, second):
    def build(source, timeline, **options):
        pipeline = options.pop("pipeline", None) or CountingPipeline(second)
        return IngestService(
            wearer="w1",
            source=source,
            timeline=timeline,
            outbox=options.pop("outbox", None) or open_outbox(),
            connection=connection,
            make_pipeline=lambda **_: pipeline,
            **options,
        )

    return build


@pytest.fixture
def stepped():
    return Timeline(TimelineOrigin.REPLAY, START_S, rate=0)


async def until(condition):
    while not condition():  # noqa: ASYNC110 - the service signals nothing
        await asyncio.sleep(0.01)


def stored_seconds(history):
    with contextlib.closing(SqliteStore(history, read_only=True)) as store:
        window = (int(START_S) - 10, int(START_S) + 10_000)
        return [s.t_s - int(START_S) for s in store.seconds("w1", "lumbar", window)]


async def test_a_stepped_source_is_stored_whole_and_much_faster_than_it_lasted(
    service, recorder, stepped, history
):
    watch = Stopwatch()
    async with recorder, asyncio.timeout(100):
        await service(ScriptedSource(batches(0, 600)), stepped).run()
    assert stored_seconds(history) == list(range(601))
    assert watch.free_s < 10


async def test_seconds_of_a_step_are_published_before_the_step_is_announced(
    service, recorder, stepped, connection
):
    seen = []
    async with recorder, MqttClient(connection, client_id="screen") as screen:
        screen.subscribe("lumbar/w1/seconds", 1)
        screen.subscribe("lumbar/w1/timeline", 1)
        assert await screen.wait_connected(60)
        async with asyncio.timeout(60):
            await service(ScriptedSource(batches(0, 100)), stepped).run()
            async for incoming in screen.messages():
                if incoming.topic.endswith("seconds"):
                    block = decode(SecondsBlock, incoming.payload, topic="t")
                    seen.extend(block.t_s)
                    if block.t_s[-1] == START_S + 100:
                        break
                else:
                    mark = decode(TimelineMessage, incoming.payload, topic="t")
                    assert mark.rate == 0
                    assert not seen or mark.event_ms / 1000 - 1 <= seen[-1] + 1
    assert seen == list(range(int(START_S), int(START_S) + 101))


async def test_each_step_waits_for_the_monitor(service, recorder, stepped, connection):
    marks = []

    async def monitor(client):
        async for incoming in client.messages():
            mark = decode(TimelineMessage, incoming.payload, topic="t")
            marks.append(mark.event_ms)
            await asyncio.sleep(0.02)
            # The first mark announces the start, which nobody has to follow.
            assert len(marks) == 1 or stepped.now() * 1000 <= mark.event_ms
            status = StatusMessage(now_ms=mark.event_ms, sitting_s=0, full_s=1)
            client.publish("lumbar/w1/status", encode(status), qos=1, retain=True)

    async with recorder, MqttClient(connection, client_id="monitor") as client:
        client.subscribe("lumbar/w1/timeline", 1)
        assert await client.wait_connected(60)
        watching = asyncio.create_task(monitor(client))
        async with asyncio.timeout(60):
            source = ScriptedSource(batches(0, 90))
            await service(source, stepped, await_monitor=True).run()
        watching.cancel()
    assert max(marks) >= (START_S + 90) * 1000
    assert max(b - a for a, b in itertools.pairwise(marks)) <= STEP_S * 1000


async def test_silence_in_a_stepped_source_is_walked_through(
    service, recorder, stepped, history, second
):
    pipeline = CountingPipeline(second)
    lost = LinkStatus(START_S + 10, LinkState.SEARCHING, reason="out of range")
    source = ScriptedSource([*batches(0, 10), lost, *batches(300, 310)])
    async with recorder, asyncio.timeout(60):
        await service(source, stepped, pipeline=pipeline).run()
    gaps = np.diff([START_S, *pipeline.advanced])
    assert gaps.max() <= STEP_S


async def test_a_running_timeline_is_not_run_ahead_of(service, recorder, second, history):
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=40.0)
    fed = []

    class Watching(CountingPipeline):
        def feed(self, batch):
            fed.append(float(batch.t[-1]) - timeline.now())
            return super().feed(batch)

    async with recorder, asyncio.timeout(60):
        source = ScriptedSource(batches(0, 40))
        await service(source, timeline, pipeline=Watching(second)).run()
    assert max(fed) <= 0.5
    assert stored_seconds(history) == list(range(41))


async def test_a_recording_that_lags_behind_a_fast_clock_is_waited_for(
    service, recorder, second, history
):
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=60.0)
    read_s = [START_S]
    ahead = []

    class Lagging(ScriptedSource):
        async def events(self):
            async for event in super().events():
                if 30 < float(event.t[-1]) - START_S < 31:
                    await asyncio.sleep(1.5)
                yield event
                read_s[0] = float(event.t[-1])

    class Watching(CountingPipeline):
        def advance(self, now_s):
            ahead.append(now_s - read_s[0])
            return super().advance(now_s)

    async with recorder, asyncio.timeout(60):
        source = Lagging(batches(0, 60))
        await service(source, timeline, pipeline=Watching(second)).run()
    assert ahead
    assert max(ahead) <= 2.0  # a batch's length
    assert stored_seconds(history) == list(range(61))


async def test_the_strap_of_a_running_service_vibrates_on_command(service, connection):
    asked = []

    class WithMotor(ScriptedSource):
        async def vibrate(self, duration_s):
            asked.append(duration_s)
            return ""

    for source, name in ((WithMotor([], wait=True), "a"), (ScriptedSource([], wait=True), "b")):
        timeline = Timeline(TimelineOrigin.LIVE, START_S, rate=1.0)
        running = asyncio.create_task(service(source, timeline).run())
        async with MqttClient(connection, client_id="monitor") as client, asyncio.timeout(60):
            client.subscribe("lumbar/w1/reply/+", 1)
            client.subscribe("lumbar/w1/availability/ingest", 1)
            async for incoming in client.messages():
                if b"online" in incoming.payload:  # it hears commands before it says so
                    break
            now_ms = round(time.time() * 1000)
            command = Command(
                id=name, issued_ms=now_ms, expires_ms=now_ms + 5000, args={"seconds": 60.0}
            )
            client.publish("lumbar/w1/cmd/vibrate", encode(command), qos=1)
            async for incoming in client.messages():
                if "/reply/" not in incoming.topic:
                    continue
                reply = decode(Reply, incoming.payload, topic="t")
                break
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert (reply.id, reply.accepted) == (name, name == "a")
    assert reply.reason == CANNOT_VIBRATE
    assert asked == [LONGEST_BUZZ_S]


async def test_after_a_crash_the_checkpoint_and_the_records_agree(
    service, recorder, history, open_outbox, second, connection
):
    outbox = open_outbox()
    first = ScriptedSource(batches(0, 50), wait=True)
    timeline = Timeline(TimelineOrigin.REPLAY, START_S, rate=0)
    running = asyncio.create_task(service(first, timeline, outbox=outbox).run())
    async with asyncio.timeout(60):
        await until(lambda: outbox.depth >= 20)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    next_s = int(outbox.checkpoint())
    kept = [item.t_s for _, item in outbox.read(after=0, limit=1000)]
    assert kept == list(range(int(START_S), next_s))
    outbox.close()
    rest = ScriptedSource(batches(next_s - START_S, 100))
    timeline = Timeline(TimelineOrigin.REPLAY, float(next_s), rate=0)
    async with recorder, asyncio.timeout(60):
        again = service(rest, timeline, pipeline=CountingPipeline(second, next_s))
        await again.run()
    assert stored_seconds(history) == list(range(101))


async def test_a_source_that_fails_is_told_as_it_is_and_what_was_decided_is_kept(
    service, recorder, stepped, history, open_outbox
):
    outbox = open_outbox()
    source = ScriptedSource(batches(0, 30), error=RecordingError("day.bin: truncated at 30 s"))
    async with recorder, asyncio.timeout(60):
        with pytest.raises(RecordingError, match="truncated"):
            await service(source, stepped, outbox=outbox).run()
    assert source.closed
    assert int(outbox.checkpoint()) == START_S + 30


async def test_cancelling_closes_the_source_and_says_goodbye(service, connection):
    source = ScriptedSource(batches(0, 1), wait=True)
    live = Timeline(TimelineOrigin.LIVE, START_S)
    async with MqttClient(connection, client_id="screen") as screen:
        screen.subscribe("lumbar/w1/availability/ingest", 1)
        assert await screen.wait_connected(60)
        running = asyncio.create_task(service(source, live).run())
        states = []
        async with asyncio.timeout(60):
            async for incoming in screen.messages():
                states.append(msgspec.json.decode(incoming.payload)["state"])
                if states[-1] == "offline":
                    break
                running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert states == ["online", "offline"]
    assert source.closed


async def test_two_gateways_of_one_wearer_leave_each_other_alone(
    service, recorder, history, tmp_path, second
):
    def gateway(name, from_s, to_s):
        outbox = Outbox(tmp_path / f"{name}.sqlite", origin=name, settings=OutboxSettings())
        timeline = Timeline(TimelineOrigin.REPLAY, START_S + from_s, rate=0)
        pipeline = CountingPipeline(second, START_S + from_s)
        source = ScriptedSource(batches(from_s, to_s))
        return outbox, service(source, timeline, outbox=outbox, pipeline=pipeline)

    first, one = gateway("hall", 0, 200)
    other, two = gateway("desk", 300, 500)
    async with recorder, asyncio.timeout(60):
        await asyncio.gather(one.run(), two.run())
    first.close()
    other.close()
    assert stored_seconds(history) == [*range(201), *range(300, 501)]


async def test_calibrating_is_answered(service, connection):
    live = Timeline(TimelineOrigin.LIVE, START_S)
    source = ScriptedSource(batches(0, 1), wait=True)
    async with MqttClient(connection, client_id="screen") as screen:
        screen.subscribe("lumbar/w1/reply/+", 1)
        screen.subscribe("lumbar/w1/availability/ingest", 1)
        assert await screen.wait_connected(60)
        running = asyncio.create_task(service(source, live).run())
        answers = {}
        async with asyncio.timeout(60):
            async for incoming in screen.messages():
                if incoming.topic.endswith("availability/ingest"):
                    for step in ("upright", "sideways"):
                        ask(screen, step)
                    continue
                reply = decode(Reply, incoming.payload, topic="t")
                answers[reply.id] = reply
                if len(answers) == 2:
                    break
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert answers["upright"].accepted
    assert not answers["sideways"].accepted
    assert answers["sideways"].reason.startswith("sideways at")


async def test_a_source_that_keeps_a_recording_is_told_the_calibration(service, second):
    class Recording(ScriptedSource):
        kept = None

        def calibrated(self, calibration):
            self.kept = calibration
            told.set()

    class Calibrating(CountingPipeline):
        def feed(self, batch):
            super().feed(batch)
            return Output(calibration=CalibrationMessage(t_ms=1, id="c1", method="upright"))

    told = asyncio.Event()
    source = Recording(batches(0, 1), wait=True)
    live = Timeline(TimelineOrigin.LIVE, START_S)
    running = asyncio.create_task(service(source, live, pipeline=Calibrating(second)).run())
    async with asyncio.timeout(60):
        await told.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert (source.kept["id"], source.kept["method"]) == ("c1", "upright")


def ask(screen, step):
    now_ms = time.time_ns() // 1_000_000
    command = Command(id=step, issued_ms=now_ms, expires_ms=now_ms + 5000, args={"step": step})
    screen.publish("lumbar/w1/cmd/calibrate", encode(command), qos=1)


async def asked(client, verb, command_id, **args):
    """Return the answer to a command."""
    client.subscribe(f"lumbar/w1/reply/{command_id}", 1)
    now_ms = time.time_ns() // 1_000_000
    command = Command(id=command_id, issued_ms=now_ms, expires_ms=now_ms + 5000, args=args)
    client.publish(f"lumbar/w1/cmd/{verb}", encode(command), qos=1)
    return decode(Reply, (await anext(client.messages())).payload, topic="t")


async def test_a_correction_is_answered_and_reaches_the_store(
    service, recorder, stepped, history, connection, open_outbox
):
    def states():
        with contextlib.closing(SqliteStore(history, read_only=True)) as store:
            window = (int(START_S), int(START_S) + 100)
            return [str(second.state) for second in store.seconds("w1", "lumbar", window)]

    outbox = open_outbox()
    source = ScriptedSource([*batches(0, 200), *batches(200, 201)], wait=True)
    told = service(
        source, stepped, outbox=outbox, open_history=lambda: SqliteStore(history, read_only=True)
    )
    async with recorder, MqttClient(connection, client_id="screen") as screen:
        running = asyncio.create_task(told.run())
        assert await screen.wait_connected(60)
        async with asyncio.timeout(60):
            await until(lambda: stepped.now() >= START_S + 200 and not outbox.depth)
            wish = {"from_s": int(START_S) + 10, "to_s": int(START_S) + 50, "state": "standing"}
            assert (await asked(screen, "correct", "c1", **wish)).accepted
            early = await asked(screen, "correct", "c2", **wish | {"to_s": int(START_S) + 190})
            assert "not all stored" in early.reason
            await until(lambda: not outbox.depth)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert states() == ["sitting"] * 10 + ["standing"] * 40 + ["sitting"] * 50


async def test_without_a_store_a_day_still_ends(service, stepped, open_outbox):
    outbox = open_outbox()
    async with asyncio.timeout(60):
        await service(ScriptedSource(batches(0, 100)), stepped, outbox=outbox, recorded=False).run()
    assert outbox.depth == 0
