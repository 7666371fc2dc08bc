"""Every imitated strap on the virtual radio, read by the link with the real bleak client code."""

import asyncio
from contextlib import AsyncExitStack

import numpy as np
import pytest

from sensor.link import LinkParams, StrapLink
from sensor.profiles.registry import profiles
from sensor.sample import ImuBatch
from sensor.settings import StrapSettings
from sensor.timeline import Timeline, TimelineOrigin
from sensor.virtual.day import SimulatedDay, Step
from sensor.virtual.imitation_polar import H10Imitation, VeritySenseImitation
from sensor.virtual.imitation_simple import DotImitation, ThingyImitation, WitMotionImitation
from sensor.virtual.imitation_talking import MetaMotionImitation, MovesenseImitation

pytest.importorskip("bumble")
from sensor.virtual.imitation_server import ImitationServer
from sensor.virtual.radio import VirtualRadio

START_S = 1_700_000_000.0
SPEED = 5.0
STRAPS = {
    "witmotion": WitMotionImitation,
    "movesense": MovesenseImitation,
    "polar_verity_sense": VeritySenseImitation,
    "polar_h10": H10Imitation,
    "movella_dot": DotImitation,
    "metamotion": MetaMotionImitation,
    "thingy52": ThingyImitation,
}


async def first_seconds(radio, timeline, key):
    """Return the batches of the first five seconds that a link of this profile receives."""
    link = StrapLink(
        timeline=timeline,
        profiles=profiles(),
        settings=StrapSettings(profile=key, may_save=True),
        radio=radio,
        params=LinkParams(stall_s=3.0, silent_scan_s=2.0),
    )
    batches = []
    events = link.events()
    async for event in events:
        if isinstance(event, ImuBatch):
            batches.append(event)
            if event.t[-1] - batches[0].t[0] > 5.0:
                break
    await events.aclose()
    return batches


async def test_every_strap_is_found_set_up_and_read_beside_all_others():
    timeline = Timeline(TimelineOrigin.DEMO, START_S, rate=SPEED)
    script = (Step("stand", 600, {"still": 1}),)
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        virtual = await stack.enter_async_context(VirtualRadio())
        for number, imitate in enumerate(STRAPS.values()):
            strap = imitate()
            day = SimulatedDay(script, seed=1, start_s=START_S + 5, rate_hz=strap.rate_hz)
            server = ImitationServer(virtual.air, strap, address=f"C4:00:00:00:00:{number:02X}")
            await stack.enter_async_context(server.advertising(timeline, day.batches()))
        found = await asyncio.gather(
            *[first_seconds(virtual.radio, timeline, key) for key in STRAPS]
        )
    for key, batches in zip(STRAPS, found, strict=True):
        acc = np.concatenate([batch.acc for batch in batches])
        assert 200 <= len(acc) <= 400, key
        assert np.linalg.norm(acc.mean(axis=0)) == pytest.approx(9.81, abs=0.5), key
        assert (batches[0].gyro is None) == (key == "polar_h10")
