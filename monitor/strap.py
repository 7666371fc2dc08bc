"""The strap as a sink: a command to the machine that has the strap, and what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from ingest import topics
from ingest.messages import Command, NudgeMessage, Reply, encode
from monitor.outlet import Sender

logger = logging.getLogger(__name__)

VERB: Final = "vibrate"
PREFIX: Final = "buzz-"
VALID_S: Final = 5.0  # a later vibration would be taken for another prompt


class StrapSink:
    """Asks ingest to let the strap vibrate, and says once why it does not."""

    def __init__(self, mqtt: Sender, *, wearer: str, wall: Callable[[], float]) -> None:
        self._mqtt = mqtt
        self._wearer = wearer
        self._wall = wall
        self._told: set[str] = set()

    def buzz(self, nudge: NudgeMessage, seconds: float) -> None:
        """Ask for a vibration of `seconds`."""
        now_ms = round(self._wall() * 1000)
        command = Command(
            id=f"{PREFIX}{nudge.id}"[:64],
            issued_ms=now_ms,
            expires_ms=now_ms + round(VALID_S * 1000),
            args={"seconds": seconds},
        )
        topic = topics.COMMAND.of(self._wearer, VERB)
        self._mqtt.publish(topic, encode(command), qos=topics.COMMAND.qos)

    def hear(self, reply: Reply) -> None:
        """Take an answer; those to others are none of our business."""
        if not reply.id.startswith(PREFIX) or reply.accepted or reply.reason in self._told:
            return
        self._told.add(reply.reason)
        logger.warning("the strap does not vibrate: %s", reply.reason)
