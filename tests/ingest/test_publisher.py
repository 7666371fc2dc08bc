"""The publisher: blocks, live before backlog, a bounded flight, and repetition until confirmed."""

import asyncio

import msgspec
import pytest

from ingest.delivery import blocks
from ingest.delivery.columns import SecondsBlock, seconds_of
from ingest.delivery.publisher import (
    FLUSH_S,
    LIVE_RECORDS,
    MAX_IN_FLIGHT,
    REJOIN_S,
    REPUBLISH_S,
    SILENCE_S,
    Publisher,
)
from ingest.delivery.reception import ranges_of
from ingest.messages import BoutMessage, EventMessage, StoredMessage, decode
from ingest.records import Revision


def numbers(payloads):
    """Return the numbers in blocks of seconds, in the order in which they were published."""
    return [seq for payload in payloads for seq in msgspec.json.decode(payload)["seq"]]


@pytest.fixture
def outbox(open_outbox):
    return open_outbox()


@pytest.fixture
def publisher(outbox, sender, wall):
    return Publisher(outbox, sender, wearer="w1", clock=wall)


def test_a_block_carries_the_seconds_unchanged(second):
    seconds = [second(n, sagittal_deg=None if n % 2 else 3.25) for n in range(5)]
    (parcel,) = blocks.parcels(enumerate(seconds, 1), origin="o", epoch="e")
    block = decode(SecondsBlock, parcel.payload, topic="t")
    assert seconds_of(block) == seconds
    assert (parcel.seqs, block.seq) == ((1, 2, 3, 4, 5), [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    "changes",
    [{"position": "thoracic"}, {"session": 5}, {"rule": "r2"}, {"calibration": "c9"}],
)
def test_a_block_ends_where_what_its_seconds_share_changes(second, changes):
    items = [(1, second(0)), (2, second(1, **changes)), (3, second(2, **changes))]
    made = list(blocks.parcels(items, origin="o", epoch="e"))
    assert [parcel.seqs for parcel in made] == [(1,), (2, 3)]


def test_a_block_spans_at_most_sixty_seconds_of_event_time(second):
    items = list(enumerate([second(n) for n in range(130)], 1))
    made = list(blocks.parcels(items, origin="o", epoch="e"))
    assert [len(parcel.seqs) for parcel in made] == [60, 60, 10]
    sparse = list(enumerate([second(n * 40) for n in range(3)], 1))
    assert [p.seqs for p in blocks.parcels(sparse, origin="o", epoch="e")] == [(1, 2), (3,)]


def test_other_records_travel_alone_and_in_their_place(second, bout, event):
    revision = Revision(from_s=1, to_s=2, rev=1, seconds=[], bouts=[])
    items = [(1, second(0)), (2, bout(0)), (3, event(0)), (4, revision), (5, second(1))]
    made = list(blocks.parcels(items, origin="o", epoch="e"))
    assert [p.topic.name for p in made] == ["seconds", "bout", "event", "revision", "seconds"]
    assert decode(BoutMessage, made[1].payload, topic="t").bout == bout(0)
    assert decode(EventMessage, made[2].payload, topic="t").event == event(0)


def test_live_seconds_wait_to_share_a_block_but_not_for_long(
    publisher, outbox, sender, wall, second
):
    outbox.append([second(0)])
    publisher.step()
    outbox.append([second(1)])
    publisher.step()
    assert sender.published == []
    wall.now_s += FLUSH_S
    publisher.step()
    assert numbers(sender.taken("seconds")) == [1, 2]


def test_an_event_is_published_at_once(publisher, outbox, sender, event):
    outbox.append([event(0)])
    publisher.step()
    assert len(sender.taken("event")) == 1


def test_what_is_confirmed_leaves_the_outbox_and_is_not_published_again(
    publisher, outbox, sender, wall, second
):
    outbox.append([second(n) for n in range(4)])
    publisher.flush()
    assert numbers(sender.taken("seconds")) == [1, 2, 3, 4]
    sender.confirm(outbox, (1, 4))
    assert outbox.depth == 0
    wall.now_s += REPUBLISH_S
    publisher.step()
    assert sender.published == []


def test_what_stays_unconfirmed_is_published_again_until_it_is_confirmed(
    publisher, outbox, sender, wall, second
):
    outbox.append([second(n) for n in range(4)])
    publisher.flush()
    sender.confirm(outbox, (1, 2))
    for _ in range(3):
        sender.published.clear()
        publisher.step()
        assert sender.published == []
        wall.now_s += REPUBLISH_S
        publisher.step()
        assert numbers(sender.taken("seconds")) == [3, 4]


def test_no_more_than_the_limit_is_in_flight(publisher, outbox, sender, wall, second):
    outbox.append([second(n) for n in range(3 * MAX_IN_FLIGHT)])
    publisher._live_after = outbox.last_seq
    publisher.step()
    assert numbers(sender.taken("seconds")) == list(range(1, MAX_IN_FLIGHT + 1))
    publisher.step()
    assert sender.published == []
    sender.confirm(outbox, (1, 100))
    publisher.step()
    assert numbers(sender.taken("seconds")) == list(range(MAX_IN_FLIGHT + 1, MAX_IN_FLIGHT + 101))


def test_live_records_beyond_the_limit_are_published_but_not_all_repeated_at_once(
    publisher, outbox, sender, wall, second
):
    publisher.step()
    wall.now_s += REJOIN_S
    outbox.append([second(n) for n in range(MAX_IN_FLIGHT + 200)])
    publisher.flush()
    assert len(numbers(sender.taken("seconds"))) == MAX_IN_FLIGHT + 200
    wall.now_s += REPUBLISH_S
    publisher.step()
    assert numbers(sender.taken("seconds")) == list(range(1, MAX_IN_FLIGHT + 1))


async def test_a_confirmation_makes_room_for_the_backlog_at_once(
    publisher, outbox, sender, second, monkeypatch
):
    monkeypatch.setattr("ingest.delivery.publisher.POLL_S", 1000.0)
    outbox.append([second(n) for n in range(2 * MAX_IN_FLIGHT)])
    publisher._live_after = outbox.last_seq
    running = asyncio.create_task(publisher.run())
    await asyncio.sleep(0)
    assert len(numbers(sender.taken("seconds"))) == MAX_IN_FLIGHT
    sender.confirm(outbox, (1, 7))
    async with asyncio.timeout(60):
        while not sender.published:  # noqa: ASYNC110 - a scripted sender signals nothing
            await asyncio.sleep(0)
    running.cancel()
    assert numbers(sender.taken("seconds")) == list(range(MAX_IN_FLIGHT + 1, MAX_IN_FLIGHT + 8))


def test_live_records_pass_a_full_flight(publisher, outbox, sender, wall, second, event):
    outbox.append([second(n) for n in range(2 * MAX_IN_FLIGHT)])
    publisher._live_after = outbox.last_seq
    publisher.step()
    sender.published.clear()
    outbox.append([event(9)])
    publisher.step()
    assert len(sender.taken("event")) == 1


def test_live_records_go_before_the_backlog_of_an_earlier_run(outbox, sender, wall, second, event):
    outbox.append([second(n) for n in range(10)])
    publisher = Publisher(outbox, sender, wearer="w1", clock=wall)
    outbox.append([event(11)])
    publisher.step()
    assert [topic for topic, *_ in sender.published] == ["lumbar/w1/event", "lumbar/w1/seconds"]


def test_after_a_long_silence_the_newest_records_go_first(publisher, outbox, sender, wall, second):
    sender.connected = False
    publisher.step()
    outbox.append([second(n) for n in range(200)])
    publisher.step()
    sender.connected = True
    wall.now_s += FLUSH_S
    publisher.step()
    published = numbers(sender.taken("seconds"))
    assert published[:LIVE_RECORDS] == list(range(201 - LIVE_RECORDS, 201))
    assert sorted(published) == list(range(1, 201))


def test_a_lost_connection_makes_everything_in_flight_doubtful(publisher, outbox, sender, second):
    outbox.append([second(0)])
    publisher.flush()
    sender.published.clear()
    sender.connected = False
    publisher.step()
    sender.connected = True
    publisher.step()
    assert numbers(sender.taken("seconds")) == [1]


def test_right_after_a_connection_repetition_does_not_take_ten_seconds(
    publisher, outbox, sender, wall, second
):
    outbox.append([second(0)])
    publisher.flush()
    assert numbers(sender.taken("seconds")) == [1]
    wall.now_s += REJOIN_S
    publisher.step()
    assert numbers(sender.taken("seconds")) == [1]
    wall.now_s += REPUBLISH_S - 0.1
    publisher.step()
    assert sender.published == []
    wall.now_s += 0.1
    publisher.step()
    assert numbers(sender.taken("seconds")) == [1]


def test_every_record_is_delivered_when_confirmations_are_lost_or_late(
    publisher, outbox, sender, wall, second
):
    outbox.append([second(n) for n in range(1200)])
    seen, round_ = set(), 0
    while outbox.depth and round_ < 100:
        publisher.flush()
        batch = numbers(sender.taken("seconds"))
        seen.update(batch)
        round_ += 1
        if round_ % 3 == 0 and batch:
            sender.confirm(outbox, *ranges_of(seen))
        wall.now_s += REPUBLISH_S / 2
    assert outbox.depth == 0
    assert seen == set(range(1, 1201))


def test_what_a_second_program_on_the_file_had_confirmed_is_no_backlog(
    publisher, outbox, open_outbox, sender, wall, second
):
    outbox.append([second(n) for n in range(3)])
    publisher.flush()
    other = open_outbox()
    stored = StoredMessage(recorder="r1", origin=other.origin, epoch=other.epoch, ranges=[(1, 2)])
    assert other.confirm(stored) == [1, 2]
    wall.now_s += REPUBLISH_S
    publisher.step()
    assert outbox.depth == 1
    assert [outbox.session_ms(5), other.session_ms(5), outbox.session_ms(5)] == [5, 6, 7]


def test_a_confirmation_that_is_no_confirmation_is_ignored(publisher, outbox, sender, second):
    outbox.append([second(0)])
    publisher.flush()
    for payload in (b"", b"{", b'{"v":1}', b"\xff" * 10):
        sender.deliver("lumbar/w1/stored", payload)
    assert outbox.depth == 1


def test_without_a_store_a_record_is_done_when_it_is_published(outbox, sender, wall, second):
    publisher = Publisher(outbox, sender, wearer="w1", recorded=False, clock=wall)
    outbox.append([second(0)])
    publisher.flush()
    assert outbox.depth == 0
    assert numbers(sender.taken("seconds")) == [1]


async def test_without_a_store_drained_returns_when_the_last_record_is_published(
    outbox, sender, second, monkeypatch
):
    monkeypatch.setattr("ingest.delivery.publisher.POLL_S", 1000.0)
    publisher = Publisher(outbox, sender, wearer="w1", recorded=False)
    outbox.append([second(0)])
    draining = asyncio.create_task(publisher.drained())
    await asyncio.sleep(0)
    publisher.flush()
    async with asyncio.timeout(60):
        await draining


async def test_drained_returns_when_the_last_record_is_confirmed(publisher, outbox, sender, second):
    outbox.append([second(0), second(1)])
    publisher.flush()
    sender.confirm(outbox, (1, 1))
    assert outbox.depth == 1
    sender.confirm(outbox, (2, 2))
    await publisher.drained()


def test_the_wearer_is_told_when_no_recorder_answers_for_a_while(
    publisher, outbox, sender, wall, second
):
    outbox.append([second(0), second(1)])
    publisher.flush()
    assert publisher.trouble == ""
    wall.now_s += SILENCE_S + 1
    sender.confirm(outbox, (3, 9))
    assert "no recorder" in publisher.trouble
    sender.confirm(outbox, (1, 1))
    assert publisher.trouble == ""
    sender.confirm(outbox, (2, 2))
    wall.now_s += 10 * SILENCE_S
    assert publisher.trouble == ""
