"""The feed that waits for services and finds them again after a new start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from ingest.delivery.connection import Connection
from tui.facts import ConnectionChanged, Fact
from tui.wiring.late_feed import LateFeed

OLD, NEW = (Connection(port=port) for port in (1001, 1002))


class Scripted:
    """Says its facts and then nothing more."""

    def __init__(self, name: str, *facts: Fact) -> None:
        self.screen_id = name
        self.closed = False
        self._facts = facts

    async def facts(self) -> AsyncIterator[Fact]:
        import asyncio

        try:
            for fact in self._facts:
                yield fact
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_services_that_start_anew_are_found_again():
    known: list[Connection | None] = [None, OLD, OLD, None, OLD, NEW]
    feeds = {
        OLD.port: Scripted("old", ConnectionChanged(True), ConnectionChanged(False)),
        NEW.port: Scripted("new", ConnectionChanged(True)),
    }
    late = LateFeed(lambda: known.pop(0) if len(known) > 1 else known[0], lambda c: feeds[c.port])
    async with aclosing(late.facts()) as facts:
        seen = [await anext(facts) for _ in range(3)]
        assert late.screen_id == "new"
        assert feeds[OLD.port].closed
    assert [fact.connected for fact in seen] == [True, False, True]
    assert feeds[NEW.port].closed
