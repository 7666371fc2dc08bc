"""The sources of holds on this machine.

Own sources are plug-ins: an entry point in the group `lumbar.holds` that names a callable without
arguments which returns a `HoldSource`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

from monitor.holds.calendar import CalendarSource
from monitor.programs import Finished, Runner
from monitor.settings import HoldSettings

logger = logging.getLogger(__name__)

PLUGINS: Final = "lumbar.holds"
ALSA: Final = Path("/proc/asound")


class HoldSource(Protocol):
    """Something that may hold nudges back.

    Attributes:
        name: what it is, in the wearer's words ("microphone in use").
    """

    name: str

    async def active(self, now_s: float) -> bool:
        """Return whether it holds at `now_s` (UTC seconds)."""


@dataclass
class Microphone:
    """A program records: asked of PulseAudio or PipeWire, else of the sound cards themselves."""

    run: Runner
    alsa: Path = ALSA
    name: str = "microphone in use"

    async def active(self, now_s: float) -> bool:
        """Return whether some program records from a microphone."""
        del now_s
        asked = await self.run(["pactl", "-f", "json", "list", "source-outputs"])
        if asked.code == 0:
            return _records(asked.output)
        return await asyncio.to_thread(_captures, self.alsa)


@dataclass
class DoNotDisturb:
    """The desktop asks for silence: GNOME, KDE and others of freedesktop.org, dunst, mako."""

    run: Runner
    name: str = "do not disturb"

    async def active(self, now_s: float) -> bool:
        """Return whether one of the desktops on this machine says so."""
        del now_s
        for command, says_so in _DESKTOPS:
            if says_so(await self.run(command)):
                return True
        return False


@dataclass
class FileExists:
    """A file exists, such as one that a script of the wearer makes."""

    path: Path
    name: str = "held by a file"

    async def active(self, now_s: float) -> bool:
        """Return whether the file is there."""
        del now_s
        return await asyncio.to_thread(self.path.exists)


@dataclass
class CommandSays:
    """A command of the wearer exits with 0."""

    command: Sequence[str]
    run: Runner
    name: str = "held by a command"

    async def active(self, now_s: float) -> bool:
        """Return whether it does."""
        del now_s
        return (await self.run(self.command)).code == 0


def sources_of(settings: HoldSettings, run: Runner) -> list[HoldSource]:
    """Return the sources that are switched on, plug-ins included."""
    sources: list[HoldSource] = []
    if settings.microphone:
        sources.append(Microphone(run))
    if settings.do_not_disturb:
        sources.append(DoNotDisturb(run))
    if settings.file:
        sources.append(FileExists(Path(settings.file).expanduser()))
    if settings.command:
        sources.append(CommandSays(settings.command, run))
    if settings.calendar:
        sources.append(CalendarSource(settings.calendar))
    return [*sources, *_plugins()]


def _plugins() -> list[HoldSource]:
    found: list[HoldSource] = []
    for entry in entry_points(group=PLUGINS):
        try:
            make: Callable[[], HoldSource] = entry.load()
            found.append(make())
        except Exception:
            # A broken plug-in costs its own hold, not the monitor.
            logger.exception("the plug-in %s cannot be used", entry.name)
    return found


def _records(output: str) -> bool:
    """Return whether a list of recording streams holds one that is really running."""
    try:
        streams = json.loads(output or "[]")
    except ValueError:
        return False
    return any(
        not stream.get("corked", False) and not _only_meters(stream)
        for stream in streams
        if isinstance(stream, dict)
    )


def _only_meters(stream: dict[str, object]) -> bool:
    """Return whether a stream is a level meter, such as that of a volume control."""
    properties = stream.get("properties")
    return isinstance(properties, dict) and (
        properties.get("media.name") == "Peak detect"
        or properties.get("application.id") == "org.PulseAudio.pavucontrol"
    )


def _captures(alsa: Path) -> bool:
    """Return whether a capture device of a sound card runs."""
    for status in alsa.glob("card*/pcm*c/sub*/status"):
        try:
            if "state: RUNNING" in status.read_text("utf-8"):
                return True
        except OSError:
            continue
    return False


def _printed(word: str) -> Callable[[Finished], bool]:
    return lambda finished: finished.code == 0 and word in finished.output


_DESKTOPS: Final[tuple[tuple[tuple[str, ...], Callable[[Finished], bool]], ...]] = (
    (("gsettings", "get", "org.gnome.desktop.notifications", "show-banners"), _printed("false")),
    (
        (
            "busctl",
            "--user",
            "get-property",
            "org.freedesktop.Notifications",
            "/org/freedesktop/Notifications",
            "org.freedesktop.Notifications",
            "Inhibited",
        ),
        _printed("b true"),
    ),
    (("dunstctl", "is-paused"), _printed("true")),
    (("makoctl", "mode"), _printed("do-not-disturb")),
)
