"""The real household: the wearer's configuration, folder, broker and strap."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sensor.timeline import Timeline
from tui import paths
from tui.config import load
from tui.exits import NothingRunningError
from tui.runtime import read_runtime
from tui.secret import mqtt_password
from tui.wiring.dashboard import connection_of
from tui.wiring.services import Household

if TYPE_CHECKING:
    from ingest.delivery.connection import Connection
    from sensor.link import StrapLink
    from tui.facts import Feed

BROKER_WAIT_S: Final = 5.0


def own_household(config: Path | None) -> Household:
    """Return the household of the configuration; raise in one line what is wrong with it."""
    loaded = load(config, os.environ)
    return Household(config=loaded.config, data_dir=paths.make_data_dir(), config_path=loaded.path)


def broker_of(home: Household) -> Connection:
    """Return the configured broker, or that of a running `lumbar up`.

    Raises NothingRunningError when there is neither.
    """
    from ingest.delivery.connection import Connection

    if home.config.mqtt.host:
        return Connection.of(home.config.mqtt, password=mqtt_password(home.config) or "")
    return connection_of(read_runtime(home.data_dir / paths.RUNTIME_NAME))


def feed_of(home: Household) -> Feed:
    """Return the feed of a dashboard; it finds a running `lumbar up` again after a new start.

    Raises NothingRunningError when there is neither a broker of the wearer's own nor that.
    """
    from tui.feed import MqttFeed
    from tui.wiring.late_feed import LateFeed

    connection = broker_of(home)
    if home.config.mqtt.host:
        return MqttFeed(connection, home.wearer)
    return LateFeed(lambda: _found(home), lambda found: MqttFeed(found, home.wearer))


def _found(home: Household) -> Connection | None:
    with suppress(NothingRunningError):
        return broker_of(home)
    return None


@asynccontextmanager
async def own_strap(home: Household, timeline: Timeline) -> AsyncIterator[StrapLink]:
    """Give the block the wearer's strap, read over Bluetooth."""
    from sensor.link import StrapLink
    from sensor.profiles.registry import profiles

    yield StrapLink(
        timeline=timeline, profiles=profiles(), settings=home.config.strap, backfill=True
    )
