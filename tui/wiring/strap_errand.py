"""Errands at a strap: find it, learn what it can do, make it show itself."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from tui.exits import CommandError, Exit

if TYPE_CHECKING:
    from sensor.radio import Radio
    from sensor.settings import StrapSettings
    from sensor.visit import Visit

T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which strap is meant."""
    parser.add_argument(
        "--address",
        default="",
        help="the strap that `lumbar scan` lists here (default: the first that answers)",
    )
    parser.add_argument(
        "--simulated", action="store_true", help="a simulated strap on a virtual radio"
    )


def call_on(
    args: argparse.Namespace, strap: StrapSettings, errand: Callable[[Visit], Awaitable[T]]
) -> T:
    """Connect, do the errand and disconnect; raises CommandError where no strap answers."""
    from sensor.visit import NotFoundError

    try:
        return asyncio.run(_visit(args, strap, errand))
    except NotFoundError as error:
        raise CommandError(str(error), code=Exit.UNAVAILABLE) from error


async def _visit(
    args: argparse.Namespace, strap: StrapSettings, errand: Callable[[Visit], Awaitable[T]]
) -> T:
    from sensor.profiles.registry import profiles
    from sensor.visit import visit

    known = [p for p in profiles() if strap.profile in ("auto", p.key)]
    async with (
        air(simulated=args.simulated) as radio,
        visit(
            known, address=args.address, radio=radio, adapter=strap.adapter, want=strap.want
        ) as met,
    ):
        return await errand(met)


@asynccontextmanager
async def air(*, simulated: bool) -> AsyncIterator[Radio | None]:
    """Give the block the radio to listen to: a virtual one, or None for the platform's."""
    if simulated:
        from sensor.virtual.shelf import strap_in_reach

        async with strap_in_reach() as radio:
            yield radio
        return
    yield None


def abilities(met: Visit) -> list[str]:
    """Return what the strap can do, in words."""
    from sensor.gatt import Backfill

    profile = met.profile
    return [
        f"measures {'acceleration and rotation' if met.info.has_gyro else 'acceleration only'}"
        f" at {met.info.rate_hz:g} Hz",
        "has a clock of its own" if profile.has_clock else "has no clock: times come from arrivals",
        "keeps what a lost connection missed"
        if isinstance(profile, Backfill)
        else "keeps nothing while the connection is lost",
    ]
