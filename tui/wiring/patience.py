"""A store that takes nothing ends what waits for it, instead of being waited for for ever."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from tui.exits import CommandError, Exit

if TYPE_CHECKING:
    from ingest.delivery.outbox import Outbox

PATIENCE_S: Final = 30.0  # wall seconds; a healthy store confirms several times a second
LOOK_S: Final = 1.0


async def stored_in_time(outbox: Outbox, *, patience_s: float = PATIENCE_S) -> None:
    """Raise CommandError when records wait and none was stored for `patience_s`."""
    stored, since_s = 0, time.monotonic()
    while True:
        await asyncio.sleep(LOOK_S)
        now_s, newest = time.monotonic(), outbox.last_seq - outbox.depth
        if newest > stored or outbox.depth == 0:
            stored, since_s = newest, now_s
        elif now_s - since_s >= patience_s:
            raise CommandError(
                f"the store took no record for {patience_s:g} s: ask `lumbar doctor`",
                code=Exit.UNAVAILABLE,
            )
