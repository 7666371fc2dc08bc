"""`lumbar capture`: keep the strap's raw samples in a recording."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tui.durations import duration_s

if TYPE_CHECKING:
    from sensor.capture import CapturingSource

HELP = "keep the strap's raw samples in a recording"
EXAMPLES = (
    "lumbar capture monday.lumbar                   until Ctrl-C",
    "lumbar capture walk.lumbar --for 5m",
    "lumbar capture made-up.lumbar --simulated --for 8h",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the recording to make; must not exist yet")
    parser.add_argument(
        "--for",
        dest="length_s",
        type=duration_s,
        metavar="DURATION",
        help="how long (default: until Ctrl-C)",
    )
    parser.add_argument(
        "--simulated", action="store_true", help="a simulated wearer instead of a strap, unpaced"
    )
    parser.add_argument("--seed", type=int, default=7, help="which simulated wearer (default 7)")


def run(args: argparse.Namespace) -> int:
    """Record until the time is over or Ctrl-C; what was recorded is kept either way."""
    import asyncio
    import contextlib

    if args.simulated:
        return _simulate(args)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_capture(args))
    return _told(args.file)


async def _capture(args: argparse.Namespace) -> None:
    import asyncio
    from contextlib import aclosing

    from sensor.capture import CapturingSource
    from sensor.link import StrapLink
    from sensor.profiles.registry import profiles
    from sensor.timeline import Timeline
    from tui.config import load

    strap = load(args.config).config.strap
    link = StrapLink(timeline=Timeline.live(), profiles=profiles(), settings=strap)
    source = CapturingSource(link, args.file, info=lambda: link.info, clock=link.clock_words)
    async with aclosing(source.events()) as events:  # type: ignore[type-var]
        try:
            async with asyncio.timeout(args.length_s):
                async for event in events:
                    _show(event, source)
        except TimeoutError:
            return


def _show(event: object, source: CapturingSource) -> None:
    import sys

    from sensor.source import LinkStatus

    if isinstance(event, LinkStatus):
        print(f"{event.state.value}: {event.reason or event.device or ''}", file=sys.stderr)
    elif sys.stderr.isatty():
        print(f"\r{source.samples} samples", end="", file=sys.stderr)


def _simulate(args: argparse.Namespace) -> int:
    import time

    from sensor.recording import RecordingHeader, RecordingWriter
    from sensor.virtual.day import SIMULATED_PROFILE, SimulatedDay, scripted_day
    from sensor.virtual.wearer_sensor import ACC_LSB_MS2, GYRO_LSB_RADS

    hours = (8 * 3600 if args.length_s is None else args.length_s) / 3600
    day = SimulatedDay(
        scripted_day(hours, seed=args.seed), seed=args.seed, start_s=float(int(time.time()))
    )
    header = RecordingHeader(
        profile=SIMULATED_PROFILE,
        serial=day.serial,
        rate_hz=day.rate_hz,
        acc_step_ms2=ACC_LSB_MS2,
        gyro_step_rads=float(GYRO_LSB_RADS),
        simulated=True,
    )
    with RecordingWriter(args.file, header) as writer:
        for event in day.batches():
            writer.write(event)
    return _told(args.file)


def _told(path: Path) -> int:
    from sensor.recording_reader import recording_info
    from tui.exits import CommandError, Exit

    if not path.exists():
        raise CommandError("no strap was heard, so there is no recording", code=Exit.UNAVAILABLE)
    info = recording_info(path)
    print(f"{path}: {info.samples} samples, {info.duration_s:.1f} s, {info.size_bytes} bytes")
    return 0
