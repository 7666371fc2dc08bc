"""Notifications wait in a bounded queue, and what came of them is counted over connections."""

from __future__ import annotations

from dataclasses import replace

from sensor.decoding import Decoding
from sensor.gatt import ClockSpec, StreamInfo
from sensor.inlet import Inlet
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
