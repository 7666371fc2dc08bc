"""Who may publish and read what, as an access list for mosquitto.

One account per service and wearer: a gateway (the machine with the strap), the wearer's monitor,
a screen, and one recorder for everybody. Nobody else gets anything, and nobody may write what
another service is responsible for: only a recorder confirms, only a monitor prompts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ingest import topics
from ingest.homeassistant import STATUS_TOPIC, config_topic
from ingest.topics import ANY_WEARER, Topic, check_wearer


class Role(StrEnum):
    """What an account is used for."""

    GATEWAY = "gateway"
    MONITOR = "monitor"
    SCREEN = "screen"
    RECORDER = "recorder"
    HOME_ASSISTANT = "homeassistant"


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the broker.

    Attributes:
        user: the name it logs in with.
        role: what it may do.
        wearer: for whom; ANY_WEARER for a recorder of everybody.
    """

    user: str
    role: Role
    wearer: str

    def __post_init__(self) -> None:
        check_wearer(self.user)
        if self.wearer != ANY_WEARER:
            check_wearer(self.wearer)
        elif self.role is not Role.RECORDER:
            raise ValueError(f"only a recorder may serve every wearer, not a {self.role}")


@dataclass(frozen=True, slots=True)
class Rights:
    """Topics with what fills their `+`: an id, "+" for any, None where there is none."""

    write: tuple[tuple[Topic, str | None], ...]
    read: tuple[tuple[Topic, str | None], ...]


_RECORDS = ((topics.SECONDS, None), (topics.BOUT, None), (topics.EVENT, None))
_VIEW = (
    (topics.AVAILABILITY, "+"),
    (topics.TIMELINE, None),
    (topics.LINK, None),
    (topics.CALIBRATION, None),
    (topics.STATUS, None),
    (topics.POSTURE, None),
    (topics.ANGLE, None),
    *_RECORDS,
    (topics.NUDGE, None),
)
RIGHTS: Final[dict[Role, Rights]] = {
    Role.GATEWAY: Rights(
        write=(
            (topics.AVAILABILITY, "ingest"),
            (topics.TIMELINE, None),
            (topics.LINK, None),
            (topics.CALIBRATION, None),
            (topics.POSTURE, None),
            (topics.ANGLE, None),
            *_RECORDS,
            (topics.REVISION, None),
            (topics.REPLY, "+"),
        ),
        read=(
            (topics.STORED, None),
            (topics.STATUS, None),
            (topics.COMMAND, "calibrate"),
            (topics.COMMAND, "correct"),
            (topics.COMMAND, "vibrate"),
        ),
    ),
    Role.MONITOR: Rights(
        write=(
            (topics.AVAILABILITY, "monitor"),
            (topics.STATUS, None),
            (topics.NUDGE, None),
            (topics.EVENT, None),
            (topics.REPLY, "+"),
            (topics.COMMAND, "vibrate"),
        ),
        read=(
            *_VIEW,
            (topics.STORED, None),
            (topics.SCREEN, "+"),
            (topics.COMMAND, "+"),
            (topics.REPLY, "+"),
        ),
    ),
    Role.SCREEN: Rights(
        write=((topics.SCREEN, "+"), (topics.COMMAND, "+")),
        read=(*_VIEW, (topics.SCREEN, "+"), (topics.REPLY, "+")),
    ),
    Role.RECORDER: Rights(
        write=((topics.STORED, None), (topics.AVAILABILITY, "recorder")),
        read=(*_RECORDS, (topics.REVISION, None)),
    ),
    Role.HOME_ASSISTANT: Rights(
        write=((topics.COMMAND, "+"),),
        read=(*_VIEW,),
    ),
}


def mosquitto_acl(accounts: Iterable[Account]) -> str:
    """Return the text of mosquitto's `acl_file` for these accounts."""
    return "\n".join(_section(account) for account in accounts)


def _section(account: Account) -> str:
    rights = RIGHTS[account.role]
    lines = [f"user {account.user}"]
    lines += [f"topic write {topic.of(account.wearer, part)}" for topic, part in rights.write]
    lines += [f"topic read {topic.of(account.wearer, part)}" for topic, part in rights.read]
    if account.role is Role.HOME_ASSISTANT:
        lines += ["topic read homeassistant/#", f"topic write {STATUS_TOPIC}"]
    if account.role is not Role.GATEWAY:
        lines += [f"topic read {topics.RECORDERS_OF_ALL}"]
    if account.role is Role.RECORDER:
        own = topics.recorder_part(account.user)
        lines += [f"topic write {topics.AVAILABILITY.of(account.wearer, own)}"]
    if account.role is Role.GATEWAY:
        lines += [f"topic write {config_topic(account.wearer)}", f"topic read {STATUS_TOPIC}"]
    return "\n".join([*lines, ""])
