"""The states of the link to a strap, and the only ways from one to the next."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum, auto

from sensor.source import LinkState, LinkStatus

_log = logging.getLogger(__name__)


class Phase(Enum):
    """What the link is doing right now."""

    SEARCHING = auto()
    CONNECTING = auto()
    PREPARING = auto()
    STREAMING = auto()
    STALE = auto()
    WAITING = auto()
    BLUETOOTH_OFF = auto()


# A lost link always passes through SEARCHING: only a new scan and a new client are reliable.
TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.SEARCHING: frozenset({Phase.CONNECTING, Phase.WAITING, Phase.BLUETOOTH_OFF}),
    Phase.CONNECTING: frozenset({Phase.PREPARING, Phase.WAITING, Phase.BLUETOOTH_OFF}),
    Phase.PREPARING: frozenset(
        {Phase.STREAMING, Phase.SEARCHING, Phase.WAITING, Phase.BLUETOOTH_OFF}
    ),
    Phase.STREAMING: frozenset({Phase.STALE, Phase.SEARCHING, Phase.WAITING, Phase.BLUETOOTH_OFF}),
    Phase.STALE: frozenset({Phase.SEARCHING, Phase.WAITING, Phase.BLUETOOTH_OFF}),
    Phase.WAITING: frozenset({Phase.SEARCHING, Phase.BLUETOOTH_OFF}),
    Phase.BLUETOOTH_OFF: frozenset({Phase.SEARCHING, Phase.WAITING}),
}

_SHOWN = {
    Phase.SEARCHING: LinkState.SEARCHING,
    Phase.CONNECTING: LinkState.SEARCHING,
    Phase.PREPARING: LinkState.SEARCHING,
    Phase.WAITING: LinkState.SEARCHING,
    Phase.STREAMING: LinkState.CONNECTED,
    Phase.STALE: LinkState.STALE,
    Phase.BLUETOOTH_OFF: LinkState.BLUETOOTH_OFF,
}


@dataclass(frozen=True, slots=True)
class StrapFacts:
    """What is known of the strap that the link serves or served last."""

    device: str | None = None
    serial: str | None = None
    profile: str | None = None
    battery_percent: int | None = None
    rssi_dbm: int | None = None


class LinkMachine:
    """Holds the phase; says what the wearer is to be told when something visible changes."""

    def __init__(self) -> None:
        self.phase = Phase.SEARCHING
        self.facts = StrapFacts()
        self._told: LinkStatus | None = None

    def begin(self, now_s: float) -> LinkStatus:
        """Return the first status."""
        return self._tell(now_s, "looking for a strap")

    def to(self, phase: Phase, now_s: float, *, reason: str = "") -> LinkStatus | None:
        """Go to `phase`; return a status when its public state or reason is news.

        Raises ValueError for a step that the table does not have.
        """
        if phase not in TRANSITIONS[self.phase]:
            raise ValueError(f"the link cannot go from {self.phase.name} to {phase.name}")
        self.phase = phase
        known = self._told
        if known is not None and known.state is _SHOWN[phase] and phase is not Phase.WAITING:
            return None
        return self._tell(now_s, reason)

    def learn(self, now_s: float, facts: StrapFacts) -> LinkStatus | None:
        """Take note of facts about the strap; return a status when the wearer sees a change."""
        if facts == self.facts:
            return None
        self.facts = facts
        reason = "" if self._told is None else self._told.reason
        return self._tell(now_s, reason) if self.phase is Phase.STREAMING else None

    def _tell(self, now_s: float, reason: str) -> LinkStatus:
        status = LinkStatus(
            at_s=now_s,
            state=_SHOWN[self.phase],
            device=self.facts.device,
            serial=self.facts.serial,
            profile=self.facts.profile,
            battery_percent=self.facts.battery_percent,
            rssi_dbm=self.facts.rssi_dbm,
            reason=reason,
        )
        if self._told is None or status.state is not self._told.state:
            _log.info("strap %s%s", status.state.value, f": {reason}" if reason else "")
        self._told = status
        return status
