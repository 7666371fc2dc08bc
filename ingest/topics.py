"""The topic tree: `lumbar/<wearer>/<what>`; the table is docs/mqtt.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

PREFIX: Final = "lumbar"
ANY_WEARER: Final = "+"
EVERYBODY: Final = "@all"  # stands where a wearer does; no wearer can be called this
_WEARER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_wearer(wearer: str) -> str:
    """Return `wearer` if it may stand in a topic, a tag and a path; raise ValueError otherwise."""
    if not _WEARER.fullmatch(wearer):
        raise ValueError(
            f"{wearer!r} cannot be a wearer's id: use 1 to 64 of the letters A-Z a-z 0-9 _ -"
        )
    return wearer


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the table.

    Attributes:
        name: the part behind the wearer; `+` where an id follows.
        qos: MQTT quality of service.
        retain: whether the broker keeps the newest.
    """

    name: str
    qos: int
    retain: bool

    def of(self, wearer: str, part: str | None = None) -> str:
        """Return the full topic; `part` fills the `+` (or is the filter `+` itself)."""
        name = self.name if part is None else self.name.replace("+", part)
        return f"{PREFIX}/{wearer}/{name}"


AVAILABILITY: Final = Topic("availability/+", 1, True)
TIMELINE: Final = Topic("timeline", 1, True)
LINK: Final = Topic("link", 1, True)
CALIBRATION: Final = Topic("calibration", 1, True)
STATUS: Final = Topic("status", 1, True)
POSTURE: Final = Topic("posture", 0, True)
ANGLE: Final = Topic("angle", 0, False)
SECONDS: Final = Topic("seconds", 1, False)
BOUT: Final = Topic("bout", 1, False)
EVENT: Final = Topic("event", 1, False)
REVISION: Final = Topic("revision", 1, False)
STORED: Final = Topic("stored", 1, False)
NUDGE: Final = Topic("nudge", 1, True)
SCREEN: Final = Topic("screen/+", 1, False)
COMMAND: Final = Topic("cmd/+", 1, False)
REPLY: Final = Topic("reply/+", 1, False)

RECORDER: Final = "recorder"
RECORDERS_OF_ALL: Final = AVAILABILITY.of(EVERYBODY, "+")

ALL: Final = (
    AVAILABILITY,
    TIMELINE,
    LINK,
    CALIBRATION,
    STATUS,
    POSTURE,
    ANGLE,
    SECONDS,
    BOUT,
    EVENT,
    REVISION,
    STORED,
    NUDGE,
    SCREEN,
    COMMAND,
    REPLY,
)


def recorder_part(name: str) -> str:
    """Return the service as which a recorder speaks: of several, each for itself.

    Raises ValueError for a name that cannot stand in a topic.
    """
    if not _WEARER.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot name a recorder: use 1 to 64 of the letters A-Z a-z 0-9 _ -"
        )
    return RECORDER if name == RECORDER else f"{RECORDER}@{name}"


def is_recorder(service: str) -> bool:
    """Return whether a service, as it stands in `availability/<service>`, is a recorder."""
    return service.partition("@")[0] == RECORDER


@lru_cache(maxsize=1024)  # a recorder meets the same few topics for every message
def parts_of(topic: str) -> tuple[str, str]:
    """Return the wearer of a topic and what is behind it; two "" when it is not one of ours."""
    prefix, _, behind = topic.partition("/")
    wearer, slash, rest = behind.partition("/")
    if prefix != PREFIX or not slash or not _WEARER.fullmatch(wearer):
        return "", ""
    return wearer, rest


def rest_of(topic: str) -> str:
    """Return the part of a topic behind the wearer ("" when it is not one of ours)."""
    return parts_of(topic)[1]
