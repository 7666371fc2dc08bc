"""What leaves the monitor: prompts, status, replies and records, while it holds the lease."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from ingest import topics
from ingest.delivery.outbox import Outbox
from ingest.messages import NudgeMessage, Reply, StatusMessage, encode
from monitor.core import CLEAR, Decisions, Monitor
from monitor.lease import Lease

logger = logging.getLogger(__name__)

STATUS_GAP_S: Final = 1.0  # wall seconds between statuses while only time passes
CHECKPOINT_S: Final = 10.0  # wall seconds between checkpoints without a record
REMEMBERED_REPLIES: Final = 500  # a broker may deliver a command twice


class Sender(Protocol):
    """What is needed of an MqttClient."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Publish and return at once."""


class Outlet:
    """Does what was decided: records first, so that nothing is shown that could be forgotten."""

    def __init__(
        self,
        outbox: Outbox,
        mqtt: Sender,
        lease: Lease,
        *,
        wearer: str,
        wall: Callable[[], float],
        show: Callable[[NudgeMessage | None], None],
    ) -> None:
        self._outbox = outbox
        self._mqtt = mqtt
        self._lease = lease
        self._wearer = wearer
        self._wall = wall
        self._show_elsewhere = show
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._status: StatusMessage | None = None
        self._status_at = 0.0
        self._saved_at = wall()
        self._led = False
        self._shown = ""

    def apply(self, monitor: Monitor, decisions: Decisions, *, always: bool = False) -> None:
        """Keep, show, answer and tell; without the lease only keep the checkpoint."""
        leads = self._lease.leads(self._wall())
        self._keep(monitor, decisions if leads else Decisions())
        if not leads:
            self._led = False
            return
        if not self._led:
            self._take_over(monitor)
        if decisions.nudge is CLEAR:
            self._clear()
        elif isinstance(decisions.nudge, NudgeMessage):
            self._show(decisions.nudge)
        for reply in decisions.replies:
            self.reply(reply)
        if decisions.status is not None:
            self._tell(decisions.status, always=always or bool(decisions.records))

    def beat(self, monitor: Monitor) -> None:
        """Keep the lease while nothing changes, or take it over when its holder fell silent."""
        if not self._led:
            self.apply(monitor, Decisions(status=monitor.status()), always=True)
        elif self._status is not None and self._wall() - self._status_at >= STATUS_GAP_S:
            self.apply(monitor, Decisions(status=self._status), always=True)

    def reply(self, reply: Reply) -> None:
        """Answer a command and remember the answer."""
        self._replies[reply.id] = reply
        while len(self._replies) > REMEMBERED_REPLIES:
            self._replies.popitem(last=False)
        if self._lease.leads(self._wall()):
            topic = topics.REPLY.of(self._wearer, reply.id)
            self._mqtt.publish(topic, encode(reply), qos=1)

    def replied(self, command_id: str) -> Reply | None:
        """Return the answer that a command got already."""
        return self._replies.get(command_id)

    def _take_over(self, monitor: Monitor) -> None:
        """Make the retained prompt what this monitor believes it to be."""
        self._led = True
        active = monitor.state.active
        if active is None:
            self._clear()
        else:
            self._mqtt.publish(topics.NUDGE.of(self._wearer), encode(active), qos=1, retain=True)

    def _keep(self, monitor: Monitor, decisions: Decisions) -> None:
        if decisions.records or self._wall() - self._saved_at >= CHECKPOINT_S:
            self._outbox.append(decisions.records, checkpoint=monitor.checkpoint())
            self._saved_at = self._wall()

    def _show(self, nudge: NudgeMessage) -> None:
        """Publish a prompt; one that only moved to another screen is no news for the sinks."""
        self._mqtt.publish(topics.NUDGE.of(self._wearer), encode(nudge), qos=1, retain=True)
        if nudge.id != self._shown:
            self._shown = nudge.id
            logger.info("%s: %s", nudge.rung, nudge.reason)
            self._show_elsewhere(nudge)

    def _clear(self) -> None:
        self._mqtt.publish(topics.NUDGE.of(self._wearer), b"", qos=1, retain=True)
        self._show_elsewhere(None)

    def _tell(self, status: StatusMessage, *, always: bool) -> None:
        """Publish the status at every change, and once a wall second while only time passes."""
        passed = self._wall() - self._status_at >= STATUS_GAP_S
        if not (always or passed or _changed(self._status, status)):
            return
        self._status, self._status_at = status, self._wall()
        named = msgspec.structs.replace(status, monitor=self._lease.me)
        self._mqtt.publish(topics.STATUS.of(self._wearer), encode(named), qos=1, retain=True)


def _changed(before: StatusMessage | None, after: StatusMessage) -> bool:
    """Return whether more than the passing of time tells two views apart."""
    if before is None:
        return True
    passing = {
        "now_ms": after.now_ms,
        "next_ms": after.next_ms,
        "sitting_s": after.sitting_s,
        "break_s": after.break_s,
    }
    return msgspec.structs.replace(before, **passing) != after
