"""The whole protocol as data: which message travels on which topic, written by whom.

`python -m ingest.protocol docs/schemas` writes the JSON schema of every message; the table of
docs/mqtt.md and the schema files are tested against this module.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from ingest import topics
from ingest.delivery.columns import SecondsBlock
from ingest.messages import (
    AngleMessage,
    Availability,
    BoutMessage,
    CalibrationMessage,
    Command,
    EventMessage,
    LinkMessage,
    Message,
    NudgeMessage,
    PostureMessage,
    Reply,
    RevisionMessage,
    ScreenMessage,
    StatusMessage,
    StoredMessage,
    TimelineMessage,
)
from ingest.topics import Topic


@dataclass(frozen=True, slots=True)
class Row:
    """One topic of the protocol.

    Attributes:
        topic: where.
        placeholder: what stands for the `+` of the topic, "" where there is none.
        message: its payload; an empty payload clears what is retained.
        writer: which service publishes it.
        says: what it says, for the documentation.
    """

    topic: Topic
    placeholder: str
    message: type[Message]
    writer: str
    says: str

    @property
    def name(self) -> str:
        """Return the topic behind the wearer, as the documentation writes it."""
        return self.topic.name.replace("+", f"<{self.placeholder}>")

    @property
    def schema_file(self) -> str:
        """Return the name of the message's schema file."""
        return f"{self.message.__name__}.json"


PROTOCOL: Final = (
    Row(
        topics.AVAILABILITY,
        "service",
        Availability,
        "every service",
        "online or offline, and what keeps it from its work; offline is also the last will",
    ),
    Row(
        topics.TIMELINE,
        "",
        TimelineMessage,
        "ingest",
        "a mark of posture time: every 10 s while it runs, at every step while it is stepped",
    ),
    Row(
        topics.LINK,
        "",
        LinkMessage,
        "ingest",
        "radio and strap, battery, records that wait for a recorder, and what is wrong",
    ),
    Row(topics.CALIBRATION, "", CalibrationMessage, "ingest", "the calibration in force"),
    Row(
        topics.STATUS,
        "",
        StatusMessage,
        "monitor",
        "sitting credit, the next prompt, what holds it",
    ),
    Row(
        topics.POSTURE,
        "",
        PostureMessage,
        "ingest",
        "the live view, at most 10 a second of wall time at any speed; never from the outbox",
    ),
    Row(topics.ANGLE, "", AngleMessage, "ingest", "the live trace for drills, at most 20 a second"),
    Row(
        topics.SECONDS,
        "",
        SecondsBlock,
        "ingest",
        "up to 60 s of event time in columns, at least every 2 s of wall time; from the outbox",
    ),
    Row(topics.BOUT, "", BoutMessage, "ingest", "a finished bout; from the outbox"),
    Row(
        topics.EVENT,
        "",
        EventMessage,
        "ingest, monitor",
        "a transition, calibration, nudge, response, mark, drill; from an outbox",
    ),
    Row(
        topics.REVISION,
        "",
        RevisionMessage,
        "ingest",
        "replaces a range if its `rev` is higher than the store's; a long one travels in parts of "
        "500 s, none above 256 KiB; from the outbox",
    ),
    Row(
        topics.STORED,
        "",
        StoredMessage,
        "recorder",
        "after its commit: these numbers of this outbox are stored",
    ),
    Row(
        topics.NUDGE,
        "",
        NudgeMessage,
        "monitor",
        "the prompt in force until `expires_ms`; empty when there is none",
    ),
    Row(
        topics.SCREEN,
        "id",
        ScreenMessage,
        "screen",
        "presence of a screen; empty (also the last will) when it has gone",
    ),
    Row(
        topics.COMMAND,
        "verb",
        Command,
        "screen, monitor",
        "a wish; answered once it was carried out or refused",
    ),
    Row(topics.REPLY, "id", Reply, "ingest, monitor", "the answer to the command with this id"),
)


def table() -> str:
    """Return the table of docs/mqtt.md."""
    lines = [
        "| topic | QoS | retained | written by | message | says |",
        "|---|---|---|---|---|---|",
    ]
    for row in PROTOCOL:
        retained = "yes" if row.topic.retain else "no"
        schema = f"[{row.message.__name__}](schemas/{row.schema_file})"
        cells = (f"`{row.name}`", row.topic.qos, retained, row.writer, schema, row.says)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def schema(message: type[Message]) -> dict[str, Any]:
    """Return the JSON schema of a message."""
    made = msgspec.json.schema(message)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text(message: type[Message]) -> str:
    """Return the content of a message's schema file."""
    return json.dumps(schema(message), indent=1, sort_keys=True) + "\n"


def main(words: Sequence[str] | None = None) -> None:
    """Write the schema of every message into the folder that the words of a command line name."""
    parser = argparse.ArgumentParser(
        prog="python -m ingest.protocol", description="Write the JSON schema of every message."
    )
    parser.add_argument("folder", type=Path, help="folder to write into, made where it is missing")
    folder: Path = parser.parse_args(words).folder
    folder.mkdir(parents=True, exist_ok=True)
    for row in PROTOCOL:
        (folder / row.schema_file).write_text(schema_text(row.message), encoding="utf-8")


if __name__ == "__main__":
    main()
