"""The demo's service process: a simulated wearer and all services, until the dashboard goes."""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sensor.sample import ImuBatch
from tui.paths import RUNTIME_NAME
from tui.runtime import runtime_here, write_runtime
from tui.wiring.services import Household, run_everything, run_until_told
from tui.wiring.simulated import (
    demo_household,
    demo_start_s,
    demo_timeline,
    demo_zone,
    strap_source,
)

if TYPE_CHECKING:
    from sensor.virtual.day import SimulatedDay

logger = logging.getLogger(__name__)
PREAMBLE_ORIGIN: Final = "demo-preamble"


def serve_demo(folder: str, *, speed: float, radio: str, seed: int) -> int:
    """Serve until standard input ends; then remove `folder`: its owner may have been killed."""
    logging.basicConfig(level=logging.INFO)
    home = demo_household(Path(folder), zone=demo_zone())
    run_until_told(lambda: _serve(home, speed=speed, radio=radio, seed=seed), leash=True)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


async def _serve(home: Household, *, speed: float, radio: str, seed: int) -> None:
    from ingest.delivery.broker import EmbeddedBroker
    from sensor.virtual.day import demo_day
    from tui.wiring.demo_past import make_past

    start_s = demo_start_s(time.time(), home.timezone)
    day = demo_day(start_s=start_s, seed=seed)
    make_past(home, before_s=start_s, until_s=day.preamble[0].from_s, seed=seed)
    live_through(home, day)
    token = secrets.token_hex(32)
    async with EmbeddedBroker(token=token) as broker:
        timeline = demo_timeline(start_s, speed)
        async with strap_source(day, timeline, radio=radio, buffered=True) as source:
            where = broker.connection
            runtime = runtime_here(
                host=where.host, port=where.port, token=token, wearer=home.wearer
            )
            write_runtime(home.data_dir / RUNTIME_NAME, runtime)
            await run_everything(home, broker.connection, source=source, timeline=timeline)


def live_through(home: Household, day: SimulatedDay) -> None:
    """Put what the strap measured before the demo begins into the store and the checkpoint."""
    from ingest.measurement.pipeline import Pipeline
    from ingest.records import Event, Record, event_id
    from ingest.store.base import Entry

    records: list[Record] = []
    with closing(home.open_outbox("ingest")) as outbox, closing(home.open_store()) as store:
        session_ms = outbox.session_ms(round(day.preamble[0].from_s * 1000))
        pipeline = Pipeline(session_ms=session_ms, live_trace=False)
        for event in day.preamble_batches():
            if isinstance(event, ImuBatch):
                records += pipeline.feed(event).records
        records += pipeline.advance(day.start_s).records
        outbox.append([], checkpoint=pipeline.checkpoint())
        store.write(
            [
                Entry(
                    home.wearer,
                    record,
                    event_id(PREAMBLE_ORIGIN, "0", seq) if isinstance(record, Event) else None,
                )
                for seq, record in enumerate(records)
            ]
        )
