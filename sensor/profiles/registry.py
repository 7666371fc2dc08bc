"""Which device profiles there are: those built in, and those other packages add.

A package adds one by an entry point of the group `lumbar.profiles` whose value is a class that
satisfies `DeviceProfile` and takes no arguments.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from sensor.gatt import Advertisement, DeviceProfile

ENTRY_POINT_GROUP = "lumbar.profiles"

_log = logging.getLogger(__name__)

_BUILT_IN = (
    "sensor.profiles.lumbar_imu:LumbarImu",
    "sensor.profiles.witmotion:WitMotion",
    "sensor.profiles.movesense:Movesense",
    "sensor.profiles.polar:PolarVeritySense",
    "sensor.profiles.polar:PolarH10",
    "sensor.profiles.movella_dot:MovellaDot",
    "sensor.profiles.metamotion:MetaMotion",
    "sensor.profiles.thingy52:Thingy52",
)


def profiles() -> tuple[DeviceProfile, ...]:
    """Return a new object of every known profile; a broken third-party one is logged and left out.

    New objects each time, because a profile keeps the state of the strap it serves.
    """
    added = [
        profile for entry in entry_points(group=ENTRY_POINT_GROUP) for profile in _added(entry)
    ]
    return (*map(_built_in, _BUILT_IN), *added)


def best_match(
    adv: Advertisement, known: Sequence[DeviceProfile]
) -> tuple[DeviceProfile | None, int]:
    """Return the profile that is surest of the device, and how sure it is (0 for none)."""
    best: DeviceProfile | None = None
    surest = 0
    for profile in known:
        score = profile.match(adv)
        if score > surest:
            best, surest = profile, score
    return best, surest


def _built_in(value: str) -> DeviceProfile:
    module, _, name = value.partition(":")
    profile: DeviceProfile = getattr(import_module(module), name)()
    return profile


def _added(entry: EntryPoint) -> list[DeviceProfile]:
    try:
        return [entry.load()()]
    except Exception:
        # Somebody else's code: whatever it raises must not keep Lumbar from starting.
        _log.exception("profile %s could not be loaded and is left out", entry.name)
        return []
