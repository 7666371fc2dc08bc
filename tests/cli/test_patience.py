"""A replay and a demo end when the store takes nothing, instead of waiting for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tui.exits import CommandError, Exit
from tui.wiring import patience


@dataclass
class Scripted:
    """An outbox whose depths are written down; the last one stays."""

    depths: list[int]
    last_seq: int = 100

    @property
    def depth(self) -> int:
        return self.depths.pop(0) if len(self.depths) > 1 else self.depths[0]


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_S", 0.0)


async def test_a_store_that_takes_nothing_ends_what_waits_in_one_line():
    with pytest.raises(CommandError, match="took no record for 0 s: ask `lumbar doctor`") as error:
        await patience.stored_in_time(Scripted([100]), patience_s=0.0)  # type: ignore[arg-type]
    assert error.value.code == Exit.UNAVAILABLE


@pytest.mark.parametrize("depths", [[0], [*range(100, -1, -1)]])
async def test_nothing_to_store_and_slow_progress_are_waited_for(depths: list[int]):
    waiting = asyncio.create_task(
        patience.stored_in_time(Scripted(depths), patience_s=60.0)  # type: ignore[arg-type]
    )
    for _ in range(300):
        await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
