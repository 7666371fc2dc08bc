"""From notifications to batches on the Timeline: decoder, pairing and clock of one strap."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.clock import Gap, SampleClock
from sensor.gatt import Char, ClockSpec, Decoder, RawBatch, StreamInfo
from sensor.pairing import PairAligner
from sensor.sample import ImuBatch


class Decoding:
    """Pure chain of a strap's decoder, the pairing of its streams and its clock.

    Attributes:
        dropped: notifications that came faster than they were decoded, over all connections.
    """

    def __init__(
        self, decoder: Decoder, spec: ClockSpec, info: StreamInfo, *, time_scale: float
    ) -> None:
        self.info = info
        self.clock = SampleClock(spec, time_scale=time_scale)
        self.dropped = 0
        self._corrupt_before = 0
        self._spec = spec
        self._decoder = decoder
        self._pairs = PairAligner(spec)

    def resume(self, decoder: Decoder, spec: ClockSpec, info: StreamInfo) -> bool:
        """Continue with a new connection to the same strap; False when it is another stream."""
        if (info.serial, spec) != (self.info.serial, self._spec):
            return False
        decoder.reset()
        self._corrupt_before = self.corrupt
        self._decoder = decoder
        self._pairs.reset()
        self.clock.link_broken()
        return True

    @property
    def corrupt(self) -> int:
        """How many notifications made no sense, over all connections."""
        return self._corrupt_before + self._decoder.counts.corrupt

    def clock_words(self) -> dict[str, str]:
        """Return in words where the times come from, and what may have disturbed them."""
        return {
            "source": "arrivals" if self._spec.tick_s is None else "strap",
            "drift_ppm": f"{self.clock.drift_ppm:.1f}",
            "restarts": str(self.clock.counts.reboots),
            "corrupt": str(self.corrupt),
            "dropped": str(self.dropped),
        }

    def feed(self, char: Char, data: bytes, arrival_s: float) -> Iterator[ImuBatch]:
        """Yield the batches that a notification completes."""
        for raw in self._decoder.feed(char, data, arrival_s):
            for whole in self._whole(raw):
                batch = self.clock.feed(whole)
                if batch is not None:
                    yield batch

    def feed_past(self, char: Char, data: bytes, gap: Gap, arrival_s: float) -> Iterator[ImuBatch]:
        """Yield what a packet from the strap's buffer holds of a gap."""
        for raw in self._decoder.feed(char, data, arrival_s):
            batch = self.clock.feed_past(raw, gap)
            if batch is not None:
                yield batch

    def _whole(self, raw: RawBatch) -> list[RawBatch]:
        if not self.info.has_gyro or (raw.acc is not None and raw.gyro is not None):
            return [raw]
        return self._pairs.feed(raw)
