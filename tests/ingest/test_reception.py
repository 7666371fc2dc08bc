"""What a recorder accepts: sound records with their identity, and nothing else."""

import random

import pytest
from msgspec.structs import replace

from ingest import topics
from ingest.delivery.blocks import parcels
from ingest.delivery.reception import RECORD_TOPICS, confirmations, ranges_of, receive
from ingest.errors import BadPayloadError
from ingest.messages import MAX_PAYLOAD_BYTES, StoredMessage, decode
from ingest.records import EventKind, Revision, event_id

KINDS = {"transition": EventKind("transition", {"from_state": str, "to_state": str})}
FUZZED = 2000


def message(items):
    (parcel,) = parcels(enumerate(items, 1), origin="o", epoch="e")
    return parcel.topic.of("w1"), parcel.payload


def test_a_block_becomes_its_seconds_with_their_numbers(second):
    received = receive(*message([second(0), second(1)]), KINDS)
    assert [(entry.wearer, entry.item) for entry in received.entries] == [
        ("w1", second(0)),
        ("w1", second(1)),
    ]
    assert (received.origin, received.epoch, received.seqs) == ("o", "e", (1, 2))


def test_an_event_is_known_by_who_numbered_it(event):
    received = receive(*message([event(0)]), KINDS)
    assert received.entries[0].event_id == event_id("o", "e", 1)


def test_an_event_that_no_stage_declared_is_refused_with_its_number(event):
    received = receive(*message([event(0, kind="hologram")]), KINDS)
    assert (received.entries, received.seqs) == ((), (1,))
    assert "hologram" in received.refusal


def test_a_bout_and_a_range_that_end_before_they_start_are_refused(bout):
    assert "ends before" in receive(*message([bout(0, length_s=0)]), KINDS).refusal
    empty = Revision(from_s=9, to_s=9, rev=1, seconds=[], bouts=[])
    assert "empty" in receive(*message([empty]), KINDS).refusal


def test_a_revision_that_contradicts_itself_is_refused(second, bout):
    inside = second(0).t_s
    for ends in [(inside + 1, inside + 9), (inside - 9, inside)]:
        outside = Revision(from_s=ends[0], to_s=ends[1], rev=1, seconds=[second(0)], bouts=[])
        assert "outside" in receive(*message([outside]), KINDS).refusal
    for seconds, bouts in [
        ([second(0, position="thoracic")], []),
        ([], [replace(bout(0), position="thoracic")]),
    ]:
        other = Revision(from_s=inside, to_s=inside + 9, rev=1, seconds=seconds, bouts=bouts)
        assert "position" in receive(*message([other]), KINDS).refusal
    backwards = Revision(from_s=inside, to_s=inside + 9, rev=1, seconds=[], bouts=[bout(0, -5)])
    assert "ends before" in receive(*message([backwards]), KINDS).refusal


@pytest.mark.parametrize(
    "topic", ["lumbar/w1/posture", "lumbar/w 1/seconds", "other/w1/seconds", "lumbar//bout", "x"]
)
def test_a_topic_that_carries_no_records_is_refused(topic, second):
    with pytest.raises(BadPayloadError):
        receive(topic, message([second(0)])[1], KINDS)


def test_a_payload_beyond_the_limit_is_refused_before_it_is_read(second):
    with pytest.raises(BadPayloadError, match="bytes"):
        receive(message([second(0)])[0], b" " * (MAX_PAYLOAD_BYTES + 1), KINDS)


def test_a_deeply_nested_payload_is_refused(event):
    with pytest.raises(BadPayloadError):
        receive("lumbar/w1/event", b'{"v":1,"a":' + b"[" * 100_000, KINDS)


def test_mutilated_payloads_are_refused_or_still_sound(second, bout, event):
    at_s = second(0).t_s
    revision = Revision(from_s=at_s, to_s=at_s + 9, rev=1, seconds=[second(0)], bouts=[bout(0)])
    originals = [message(x) for x in ([second(0), second(1)], [bout(0)], [event(0)], [revision])]
    rng = random.Random(5)
    refused = 0
    for _ in range(FUZZED):
        topic, payload = rng.choice(originals)
        topic = rng.choice([topic, topic, topics.SECONDS.of("w1"), topics.EVENT.of("w1")])
        try:
            received = receive(topic, mutilated(payload, rng), KINDS)
        except BadPayloadError:
            refused += 1
        else:
            assert received.refusal or len(received.entries) == len(received.seqs)
    assert refused > FUZZED / 2


def mutilated(payload, rng):
    data = bytearray(payload)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data)) if data else 0
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = rng.randbytes(1)
            case 1:
                del data[at : at + rng.randint(1, 30)]
            case 2:
                data[at:at] = rng.randbytes(rng.randint(1, 8))
            case 3:
                data[at:at] = rng.choice([b"null", b"1e400", b"-1", b'"\\ud800"', b"[]", b"{}"])
            case _:
                data = data[: at + 1]
    return bytes(data)


def test_confirmations_are_ranges_per_outbox(second, event):
    received = [
        receive("lumbar/w1/event", message([event(0)])[1], KINDS),
        receive(*message([second(n) for n in range(3)]), KINDS),
        receive("lumbar/w2/event", message([event(0)])[1], KINDS),
    ]
    made = dict(confirmations(received, recorder="r1"))
    first = decode(StoredMessage, made["lumbar/w1/stored"], topic="t")
    assert (first.recorder, first.origin, first.ranges) == ("r1", "o", [(1, 3)])
    assert set(made) == {"lumbar/w1/stored", "lumbar/w2/stored"}


def test_ranges_cover_exactly_the_numbers():
    rng = random.Random(1)
    seqs = [rng.randrange(60) for _ in range(40)]
    covered = [n for first, last in ranges_of(seqs) for n in range(first, last + 1)]
    assert covered == sorted(set(seqs))
    assert ranges_of([]) == []


def test_the_record_topics_are_those_that_leave_an_outbox():
    assert {topic.name for topic in RECORD_TOPICS} == {"seconds", "bout", "event", "revision"}
