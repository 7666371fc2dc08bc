"""What may be shown as live: facts folded into one value, and the judgement of how fresh it is.

Nothing here reads a clock or draws; `now_s` is posture time from the announced Timeline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ingest.messages import (
    AngleMessage,
    CalibrationMessage,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    StatusMessage,
    TimelineMessage,
)
from ingest.records import PostureState
from sensor.timeline import Timeline, TimelineMark, TimelineOrigin
from tui.facts import ConnectionChanged, Fact, NudgeCleared, ServiceChanged

FRESH_S: Final = 5.0  # older posture must not look live
FRESH_WALL_S: Final = 2.0  # on a faster timeline a few redraws must fit in
STEP_S: Final = 30.0  # a stepped timeline moves in leaps of up to 20 s


class Freshness(StrEnum):
    """How much of the live view may be believed."""

    CONNECTING = "connecting"
    NO_BROKER = "no_broker"
    NO_SERVICE = "no_service"
    BLUETOOTH_OFF = "bluetooth_off"
    SEARCHING = "searching"
    LATE = "late"
    OFF_BODY = "off_body"
    UNCALIBRATED = "uncalibrated"
    LIVE = "live"

    @property
    def believable(self) -> bool:
        """Whether the newest posture describes the wearer now."""
        return self in (Freshness.LIVE, Freshness.UNCALIBRATED, Freshness.OFF_BODY)


@dataclass(frozen=True, slots=True)
class Live:
    """The newest of everything that reached this screen.

    Attributes:
        connected: whether the broker is there; None before the first try.
        services: what each service last said of itself.
        troubles: what keeps services that are there from their work.
        mark: the announced Timeline, or None.
    """

    connected: bool | None = None
    services: tuple[tuple[str, bool], ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()
    mark: TimelineMark | None = None
    link: LinkMessage | None = None
    calibration: CalibrationMessage | None = None
    status: StatusMessage | None = None
    posture: PostureMessage | None = None
    angle: AngleMessage | None = None
    nudge: NudgeMessage | None = None

    def after(self, fact: Fact) -> Live:
        """Return what is known once `fact` has arrived."""
        if isinstance(fact, PostureMessage) and _older(fact, self.posture):
            return self
        if isinstance(fact, ServiceChanged):
            services = dict(self.services) | {fact.service: fact.online}
            troubles = dict(self.troubles) | {fact.service: fact.reason}
            return replace(
                self,
                services=tuple(sorted(services.items())),
                troubles=tuple(sorted(troubles.items())),
            )
        change = _CHANGES.get(type(fact))
        return self if change is None else replace(self, **{change[0]: change[1](fact)})

    def age_s(self, now_s: float) -> float | None:
        """Return how old the newest posture is in posture seconds, or None without any."""
        return None if self.posture is None else max(0.0, now_s - self.posture.t_ms / 1000)

    def freshness(self, now_s: float) -> Freshness:
        """Return what the wearer must be told first."""
        if self.connected is None and self.mark is None:
            return Freshness.CONNECTING
        if self.connected is False:
            return Freshness.NO_BROKER
        if self.mark is None or (self.posture is None and self.link is None):
            return Freshness.NO_SERVICE
        age_s = self.age_s(now_s)
        if age_s is None or age_s > fresh_limit_s(self.mark):
            return self._why_late()
        return _what_is_fresh(self.posture)

    def online(self, service: str) -> bool | None:
        """Return whether a service is there, by its name or as `<name>@<for whom>`.

        None when it never said so.
        """
        there = [online for name, online in self.services if _is(name, service)]
        return any(there) if there else None

    def trouble(self, service: str) -> str:
        """Return what keeps a service that is there from its work; "" for nothing known."""
        return next((why for name, why in self.troubles if why and _is(name, service)), "")

    def nudge_in_force(self, now_s: float, screen_id: str) -> NudgeMessage | None:
        """Return the prompt that this screen has to show."""
        nudge = self.nudge
        if nudge is None or now_s * 1000 >= nudge.expires_ms:
            return None
        return nudge if nudge.shown_by in (None, screen_id) else None

    def _why_late(self) -> Freshness:
        if self.online("ingest") is False:
            return Freshness.NO_SERVICE
        state = "" if self.link is None else self.link.state
        if state == "bluetooth_off":
            return Freshness.BLUETOOTH_OFF
        return Freshness.SEARCHING if state == "searching" else Freshness.LATE


def _is(name: str, service: str) -> bool:
    return name.partition("@")[0] == service


def _itself(fact: Any) -> Any:
    return fact


def _mark_of(message: TimelineMessage) -> TimelineMark:
    return TimelineMark(
        origin=TimelineOrigin(message.origin),
        event_ms=message.event_ms,
        wall_ms=message.wall_ms,
        rate=message.rate,
        synchronised=message.synchronised,
    )


_CHANGES: Final[dict[type[Any], tuple[str, Callable[[Any], Any]]]] = {
    PostureMessage: ("posture", _itself),
    AngleMessage: ("angle", _itself),
    StatusMessage: ("status", _itself),
    NudgeMessage: ("nudge", _itself),
    NudgeCleared: ("nudge", lambda _: None),
    LinkMessage: ("link", _itself),
    CalibrationMessage: ("calibration", _itself),
    TimelineMessage: ("mark", _mark_of),
    ConnectionChanged: ("connected", lambda fact: fact.connected),
}


def fresh_limit_s(mark: TimelineMark) -> float:
    """Return the age in posture seconds beyond which nothing looks live."""
    return STEP_S if mark.rate == 0 else max(FRESH_S, FRESH_WALL_S * mark.rate)


def label_of(mark: TimelineMark | None, *, simulated: bool) -> str:
    """Return what must stand beside every figure that is not of a living wearer now."""
    rate = f" x{mark.rate:g}" if mark is not None and mark.rate not in (0.0, 1.0) else ""
    if simulated or (mark is not None and mark.origin is TimelineOrigin.DEMO):
        return f"simulated{rate}"
    return f"replay{rate}" if mark is not None and mark.origin is TimelineOrigin.REPLAY else ""


def timeline_of(mark: TimelineMark | None) -> Timeline:
    """Return the timeline to ask for posture time; the wall's own before one is announced."""
    return Timeline.live() if mark is None else Timeline.following(mark)


def _what_is_fresh(posture: PostureMessage | None) -> Freshness:
    if posture is not None and posture.state is PostureState.OFF_BODY:
        return Freshness.OFF_BODY
    if posture is not None and posture.calibration is None:
        return Freshness.UNCALIBRATED
    return Freshness.LIVE


def _older(new: PostureMessage, known: PostureMessage | None) -> bool:
    return known is not None and (new.session, new.t_ms) < (known.session, known.t_ms)
