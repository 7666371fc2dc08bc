"""Notifications wait in a bounded queue, and what came of them is counted over connections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.decoding import Decoding
from sensor.gatt import ClockSpec, StreamInfo
from sensor.inlet import Inlet
from sensor.profiles.movesense import DATA, MovesenseDecoder
from sensor.profiles.thingy52 import RAW, ThingyDecoder

INFO = StreamInfo("thingy52", "T1", None, 50.0, True)


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    inlet = Inlet(lambda: 1.0, capacity=3)
    receive = inlet.receiver(RAW)

    for number in range(5):
        receive(bytes([number]))

    assert [packet.data for packet in inlet.take()] == [b"\2", b"\3", b"\4"]
    assert inlet.dropped == 2


def test_what_made_no_sense_is_counted_over_all_connections() -> None:
    spec = ClockSpec(None, None, 50.0)
    decoding = Decoding(ThingyDecoder(), spec, INFO, time_scale=1.0)

    for connection in range(3):
        assert list(decoding.feed(RAW, b"short", float(connection))) == []
        assert decoding.resume(ThingyDecoder(), spec, INFO)

    assert decoding.clock_words()["corrupt"] == "3"
    assert not decoding.resume(ThingyDecoder(), spec, replace(INFO, serial="T2"))


async def test_a_reader_is_woken_by_a_packet_and_by_the_loss_and_by_nothing_else() -> None:
    inlet = Inlet(lambda: 1.0)
    inlet.receiver(RAW)(b"x")
    assert await inlet.wait(60)
    assert len(inlet.take()) == 1
    assert not await inlet.wait(0)

    inlet.close()
    assert await inlet.wait(60)
    assert inlet.lost


def test_a_new_connection_begins_without_halves_and_tells_the_gap() -> None:
    spec = ClockSpec(0.001, 32, 52.0)
    info = replace(INFO, profile="movesense")
    decoding = Decoding(MovesenseDecoder(52), spec, info, time_scale=1.0)
    used = MovesenseDecoder(52)
    whole = [packet(number) for number in range(60)]
    for number, data in enumerate(whole[:30]):
        list(decoding.feed(DATA, data, number / 13))
    used.feed(DATA, whole[30][:40], 30 / 13)

    assert decoding.resume(used, spec, info)
    (batch,) = decoding.feed(DATA, packet(0), 5.0)

    assert len(batch) == 4
    assert decoding.corrupt == 0
    assert (decoding.clock.counts.reboots, batch.lost) == (1, pytest.approx(140, abs=20))


def packet(number: int) -> bytes:
    """Return four samples of a Movesense at rest, the first `number` times 1/13 s after 0."""
    at_ms = round(number * 1000 / 13)
    return b"\x02\x63" + at_ms.to_bytes(4, "little") + bytes(96)
