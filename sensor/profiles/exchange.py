"""Ask a strap over one characteristic and await its answer on another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from sensor.gatt import Char, Gatt

REPLY_TIMEOUT_S = 3.0  # several connection intervals of the slowest strap, with retries


class Exchange:
    """Pairs the writes to a command characteristic with the notifications that answer them.

    As a context manager it unsubscribes at the end; `open` leaves it subscribed.
    """

    def __init__(self, gatt: Gatt, *, command: Char, answer: Char) -> None:
        self._gatt = gatt
        self._command = command
        self._answer = answer
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._asking = asyncio.Lock()

    async def open(self) -> None:
        """Subscribe to the answers."""
        await self._gatt.notify(self._answer, self._answers.put_nowait)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._gatt.stop_notify(self._answer)

    async def ask(
        self,
        data: bytes,
        accept: Callable[[bytes], bool],
        *,
        timeout_s: float = REPLY_TIMEOUT_S,
        response: bool = True,
    ) -> bytes:
        """Write `data` and return the first answer that `accept` takes; others are dropped.

        Raises TimeoutError when none comes within `timeout_s`.
        """
        async with asyncio.timeout(timeout_s), self._asking:
            while not self._answers.empty():
                self._answers.get_nowait()
            await self._gatt.write(self._command, data, response=response)
            while True:
                answer = await self._answers.get()
                if accept(answer):
                    return answer
