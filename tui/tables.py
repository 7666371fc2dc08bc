"""The tables of the configuration file: the settings of every stage, side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from ingest.settings import MqttSettings, OutboxSettings, StoreSettings
from monitor.settings import (
    UPRIGHT,
    DrillSettings,
    HoldSettings,
    NudgeSettings,
    ScheduleSettings,
    SinkSettings,
)
from sensor.settings import StrapSettings
from tui.settings import ScreenSettings


class WearerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wears the strap."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]{1,64}$",
            description="Name in topics and records: 1 to 64 of A-Z a-z 0-9 _ -.",
        ),
    ] = "me"
    timezone: Annotated[
        str,
        Meta(description="Zone of days and hours, such as Europe/Vienna; empty: the system's."),
    ] = ""
    stands: Annotated[
        bool,
        Meta(
            description="Set to false by who never stands or walks, such as in a wheelchair: "
            "nothing is then told as standing, prompts ask for a weight shift, and no drill stands."
        ),
    ] = True


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, one table per field."""

    wearer: WearerSettings = field(default_factory=WearerSettings)
    strap: StrapSettings = field(default_factory=StrapSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    nudges: NudgeSettings = field(default_factory=NudgeSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    holds: HoldSettings = field(default_factory=HoldSettings)
    sinks: SinkSettings = field(default_factory=SinkSettings)
    drills: DrillSettings = field(default_factory=DrillSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)

    @property
    def own_drills(self) -> DrillSettings:
        """The table `drills` without the places that the wearer's body rules out."""
        if self.wearer.stands:
            return self.drills
        places = [place for place in self.drills.places if place not in UPRIGHT]
        return msgspec.structs.replace(self.drills, places=places)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin and hours are meant."""
        return ZoneInfo(self.wearer.timezone or system_zone())


@dataclass(frozen=True, slots=True)
class Key:
    """One documented key.

    Attributes:
        table: the table it stands in.
        name: the key.
        type: its annotated type, limits included.
        default: the value when nothing is said.
        description: one sentence for the wearer.
    """

    table: str
    name: str
    type: Any
    default: object
    description: str


def tables() -> dict[str, type[Struct]]:
    """Return the settings class of every table."""
    hints = get_type_hints(Config)
    return {name: hints[name] for name in Config.__struct_fields__}


@cache
def keys() -> tuple[Key, ...]:
    """Return every key in the order of the file."""
    return tuple(_keys())


def _keys() -> Iterator[Key]:
    for table, struct in tables().items():
        hints = get_type_hints(struct, include_extras=True)
        plain = struct()
        for info in msgspec.structs.fields(struct):
            annotated = hints[info.name]
            yield Key(
                table=table,
                name=info.encode_name,
                type=annotated,
                default=getattr(plain, info.name),
                description=_description(annotated),
            )


def _description(annotated: Any) -> str:
    for meta in getattr(annotated, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.description:
            return meta.description
    return ""


def system_zone() -> str:
    """Return the name of the system's time zone, or "UTC" where it does not tell."""
    named = os.environ.get("TZ", "").lstrip(":")
    for candidate in (named, _linked_zone()):
        if candidate and _exists(candidate):
            return candidate
    return "UTC"


def _linked_zone() -> str:
    try:
        target = str(Path("/etc/localtime").resolve(strict=True))
    except OSError:
        return ""
    return target.partition("zoneinfo/")[2]


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True
