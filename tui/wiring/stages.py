"""What `lumbar ingest`, `record` and `monitor` run: one stage each, on any broker."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

from sensor.timeline import Timeline, TimelineOrigin
from tui.exits import ConfigError, Exit
from tui.wiring.live import broker_of, own_household, own_strap
from tui.wiring.services import (
    Household,
    event_kinds,
    ingest_service,
    monitor_service,
    run_until_told,
)

if TYPE_CHECKING:
    from sensor.gatt import StreamInfo
    from sensor.source import SampleSource


@asynccontextmanager
async def strap_or_recording(
    home: Household, args: argparse.Namespace
) -> AsyncIterator[tuple[SampleSource, Timeline]]:
    """Give the block its samples and their timeline: the strap's, or a recording from now on.

    With `args.capture` the samples are kept in a recording beside.
    """
    if args.replay is None:
        timeline = Timeline.live()
        async with own_strap(home, timeline) as strap:
            yield _captured(strap, args.capture, lambda: strap.info, strap.clock_words), timeline
        return
    from sensor.capture import stream_of
    from sensor.replay import open_source

    start_s = time.time()
    recording = open_source(args.replay, start_s=start_s)
    header = recording.info.header
    source = _captured(recording, args.capture, lambda: stream_of(header), lambda: header.clock)
    yield source, Timeline(TimelineOrigin.REPLAY, start_s, rate=args.speed)


def warn_of_the_future(args: argparse.Namespace) -> None:
    """Say on standard error that a replay faster than life will be stored ahead of the clock."""
    if args.replay is not None and args.speed > 1.0:
        print(
            f"lumbar: at {args.speed:g} times life the seconds of this replay are stored with "
            "times in the future; until the clock has passed them, status and figures count them. "
            "`lumbar replay FILE` keeps them apart.",
            file=sys.stderr,
        )


def _captured(
    source: SampleSource,
    file: Path | None,
    info: Callable[[], StreamInfo | None],
    clock: Callable[[], dict[str, str]],
) -> SampleSource:
    from sensor.capture import CapturingSource

    return source if file is None else CapturingSource(source, file, info=info, clock=clock)


def run_ingest(args: argparse.Namespace) -> int:
    """Read the strap and publish, until stopped."""
    warn_of_the_future(args)
    home = own_household(args.config)
    connection = broker_of(home)

    async def work() -> None:
        with closing(home.open_outbox("ingest")) as outbox:
            async with strap_or_recording(home, args) as (source, timeline):
                service = ingest_service(home, connection, outbox, source=source, timeline=timeline)
                await service.run()

    run_until_told(work)
    return Exit.OK


def run_record(args: argparse.Namespace) -> int:
    """Record until stopped."""
    from ingest.delivery.recorder import run_recorder
    from ingest.topics import recorder_part

    try:
        recorder_part(args.name)
    except ValueError as error:
        raise ConfigError(f"--name: {error}") from None
    home = own_household(args.config)
    if not home.recorded:
        raise ConfigError("store.kind is none: there is nothing to record into")
    connection = broker_of(home)
    home.open_store().close()  # says at once, and in one line, what is wrong with it

    async def work() -> None:
        await run_recorder(
            connection,
            home.open_store,
            event_kinds(),
            name=args.name,
            wearers="+" if args.all else home.wearer,
            share=args.share,
            dead_letters=home.dead_letters,
        )

    run_until_told(work)
    return Exit.OK


def run_monitor(args: argparse.Namespace) -> int:
    """Decide and publish, until stopped."""
    home = own_household(args.config)
    connection = broker_of(home)

    async def work() -> None:
        with closing(home.open_outbox("monitor")) as outbox:
            await monitor_service(home, connection, outbox).run()

    run_until_told(work)
    return Exit.OK
