"""An errand to the running services: connect, look or ask one thing, leave."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from tui.exits import CommandError, Exit
from tui.facts import Arguments, ConnectionChanged, Fact, new_command_id
from tui.live import Live, timeline_of
from tui.wiring.live import broker_of, own_household

if TYPE_CHECKING:
    from ingest.delivery.connection import Connection
    from ingest.messages import Reply
    from tui.feed import MqttFeed

CONNECT_S: Final = 3.0  # a broker in another house answers in one
SETTLE_S: Final = 0.7  # retained messages follow the subscription at once
PATIENCE_S: Final = 2.5  # an answer takes well under a second
ATTEMPTS: Final = 2  # a broker may lose a message; the same id is carried out once
FRESH_DATA_S: Final = 2.0  # posture comes ten times a second while measuring


def ask(args: argparse.Namespace, verb: str, fields: Arguments) -> int:
    """Ask the running services for `verb`, print the answer and return the exit code.

    `args` holds `config` and `json`. Raises CommandError when nobody answers.
    """
    home = own_household(args.config)
    reply = asyncio.run(_asked(broker_of(home), home.wearer, verb, fields))
    if args.json:
        print(json.dumps({"accepted": reply.accepted, "reason": reply.reason, **reply.data}))
    elif reply.accepted:
        print(reply.reason or "done")
    if reply.accepted:
        return Exit.OK
    if args.json:
        return Exit.REFUSED
    raise CommandError(reply.reason or "refused without a reason", code=Exit.REFUSED)


def reachable(args: argparse.Namespace) -> None:
    """Raise CommandError unless something runs that could answer."""
    broker_of(own_household(args.config))


def look(connection: Connection, wearer: str) -> tuple[Live, float]:
    """Return what is known right now, and posture time; raise CommandError without a broker."""
    live = asyncio.run(_looked(connection, wearer))
    return live, timeline_of(live.mark).now()


async def _asked(connection: Connection, wearer: str, verb: str, fields: Arguments) -> Reply:
    command_id = new_command_id()
    async with _visiting(connection, wearer) as (feed, _facts):
        for _ in range(ATTEMPTS):
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    reply = await feed.send(verb, fields, command_id=command_id)
                    if reply is not None:
                        return reply
    who = "ingest" if verb in ("calibrate", "correct") else "monitor"
    raise CommandError(f"nobody answered: is `lumbar {who}` running?", code=Exit.UNAVAILABLE)


async def _looked(connection: Connection, wearer: str) -> Live:
    live = Live(connected=True)
    async with _visiting(connection, wearer) as (_, facts):
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        until_s = began_s + SETTLE_S
        while (left_s := until_s - loop.time()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    live = live.after(await facts.get())
            except TimeoutError:
                break
            # Who is there is asked for last: a prompt in force has arrived before it.
            known = (live.posture, live.status, live.link, live.mark, live.calibration)
            if None not in known and live.online("monitor"):
                break
            late = live.online("monitor") and live.status is None
            if late or (live.online("ingest") and live.posture is None):
                until_s = began_s + FRESH_DATA_S
    return live


@asynccontextmanager
async def _visiting(
    connection: Connection, wearer: str
) -> AsyncIterator[tuple[MqttFeed, asyncio.Queue[Fact]]]:
    from tui.feed import MqttFeed

    # What the client has to say is said by our own one line.
    logging.getLogger("ingest").addHandler(logging.NullHandler())
    feed = MqttFeed(connection, wearer)
    facts: asyncio.Queue[Fact] = asyncio.Queue()
    connected = asyncio.Event()

    async def listen() -> None:
        async for fact in feed.facts():
            if isinstance(fact, ConnectionChanged) and fact.connected:
                connected.set()
            facts.put_nowait(fact)

    listening = asyncio.create_task(listen(), name="errand")
    try:
        try:
            async with asyncio.timeout(CONNECT_S):
                await connected.wait()
        except TimeoutError:
            where = connection.address
            raise CommandError(
                f"the broker {where} does not answer", code=Exit.UNAVAILABLE
            ) from None
        yield feed, facts
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
