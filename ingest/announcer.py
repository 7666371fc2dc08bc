"""The live topics: posture, angle, link, timeline and calibration, each at its own pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest import topics
from ingest.delivery.publisher import Sender
from ingest.messages import (
    AngleMessage,
    CalibrationMessage,
    LinkMessage,
    Message,
    PostureMessage,
    TimelineMessage,
    encode,
)
from ingest.output import Output
from ingest.topics import Topic
from sensor.battery import BatteryWatch
from sensor.source import LinkState, LinkStatus
from sensor.synchrony import clock_synchronised
from sensor.timeline import Timeline, TimelineOrigin

POSTURE_GAP_S: Final = 0.1  # at most 10 a second of wall time, whatever the speed of the timeline
ANGLE_GAP_S: Final = 0.05  # at most 20 a second
TIMELINE_GAP_S: Final = 10.0
LINK_GAP_S: Final = 10.0  # how stale the backlog shown on `link` may be


@dataclass(slots=True)
class Throttle:
    """Lets something through when `gap_s` have passed since it last did."""

    gap_s: float
    last_s: float = float("-inf")

    def ready(self, now_s: float) -> bool:
        """Return whether it may pass now, and remember that it did."""
        if now_s - self.last_s < self.gap_s:
            return False
        self.last_s = now_s
        return True


class Announcer:
    """Publishes what is newest, never what is late: a suppressed value waits for `step`."""

    def __init__(
        self,
        mqtt: Sender,
        timeline: Timeline,
        *,
        wearer: str,
        clock: Callable[[], float] = time.monotonic,
        synchronised: Callable[[], bool | None] = clock_synchronised,
    ) -> None:
        self._mqtt = mqtt
        self._timeline = timeline
        self._wearer = wearer
        self._clock = clock
        self._synchronised = synchronised
        self._posture: PostureMessage | None = None
        self._angle: AngleMessage | None = None
        self._link = LinkStatus(at_s=timeline.now(), state=LinkState.SEARCHING)
        self._battery = BatteryWatch()
        self._battery_until_s: float | None = None
        self._said_link: tuple[LinkStatus, str] | None = None
        self._said_backlog = 0
        self._posture_gate = Throttle(POSTURE_GAP_S)
        self._angle_gate = Throttle(ANGLE_GAP_S)
        self._timeline_gate = Throttle(TIMELINE_GAP_S)
        self._link_gate = Throttle(LINK_GAP_S)

    def offer(self, output: Output) -> None:
        """Take what the pipeline shows and publish what may go now."""
        self._posture = output.posture or self._posture
        self._angle = output.angle or self._angle
        if output.calibration is not None:
            self.calibration(output.calibration)
        self._publish_live()

    def step(self, *, backlog: int, trouble: str) -> None:
        """Publish what has waited; to be called about once a second."""
        self._publish_live()
        now_s = self._clock()
        if not self._timeline.stepped and self._timeline_gate.ready(now_s):
            self.timeline()
        self._publish_link(backlog, trouble, now_s)

    def link(self, status: LinkStatus, *, backlog: int, trouble: str) -> None:
        """Publish a change of the link at once."""
        self._link = status
        seen = status.serial, status.at_s, status.battery_percent
        self._battery_until_s = self._battery.see(*seen)
        self._publish_link(backlog, trouble, self._clock())

    def timeline(self) -> None:
        """Publish where the timeline is now."""
        mark = self._timeline.mark()
        live = mark.origin is TimelineOrigin.LIVE
        message = TimelineMessage(
            origin=mark.origin.value,
            event_ms=mark.event_ms,
            wall_ms=mark.wall_ms,
            rate=mark.rate,
            synchronised=self._synchronised() if live else None,
        )
        self._publish(topics.TIMELINE, message)

    def calibration(self, message: CalibrationMessage) -> None:
        """Publish the calibration in force."""
        self._publish(topics.CALIBRATION, message)

    def _publish_live(self) -> None:
        now_s = self._clock()
        if self._posture is not None and self._posture_gate.ready(now_s):
            self._publish(topics.POSTURE, self._posture)
            self._posture = None
        if self._angle is not None and self._angle_gate.ready(now_s):
            self._publish(topics.ANGLE, self._angle)
            self._angle = None

    def _publish_link(self, backlog: int, trouble: str, now_s: float) -> None:
        # A change is told at once; a backlog that only grew or shrank may wait.
        changed = (self._link, trouble) != self._said_link
        drifted = backlog != self._said_backlog
        if not changed and not (drifted and self._link_gate.ready(now_s)):
            return
        self._said_link, self._said_backlog = (self._link, trouble), backlog
        message = link_message(
            self._link, backlog=backlog, trouble=trouble, battery_until_s=self._battery_until_s
        )
        self._publish(topics.LINK, message)

    def _publish(self, topic: Topic, message: Message) -> None:
        payload = encode(message)
        self._mqtt.publish(topic.of(self._wearer), payload, qos=topic.qos, retain=topic.retain)


def link_message(
    status: LinkStatus, *, backlog: int, trouble: str, battery_until_s: float | None = None
) -> LinkMessage:
    """Return what screens see of the link; `trouble` is what keeps records from being stored."""
    return LinkMessage(
        t_ms=max(0, round(status.at_s * 1000)),
        state=status.state.value,
        device=status.device,
        serial=status.serial,
        profile=status.profile,
        battery_percent=status.battery_percent,
        battery_until_ms=None if battery_until_s is None else round(battery_until_s * 1000),
        rssi_dbm=status.rssi_dbm,
        reason="; ".join(part for part in (status.reason, trouble) if part)[:400],
        backlog=backlog,
    )
