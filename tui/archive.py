"""Questions about the past, asked off the event loop in one thread of their own.

A store may be used from one thread only, so the reader is opened and asked in the same one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from ingest.errors import StoreError

if TYPE_CHECKING:
    from ingest.past.history import History

AnswerT = TypeVar("AnswerT")


class Archive:
    """Opens the history on the first question and closes its thread with the dashboard."""

    def __init__(self, opened: Callable[[], History]) -> None:
        self._opened = opened
        self._history: History | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")

    async def ask(self, question: Callable[[History], AnswerT]) -> AnswerT:
        """Return the answer; after any error the history is opened anew next time."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._answer, question)

    def close(self) -> None:
        """Let the thread end; a question under way is not waited for."""
        self._thread.submit(self._forget)
        self._thread.shutdown(wait=False)

    def _answer(self, question: Callable[[History], AnswerT]) -> AnswerT:
        if self._history is None:
            self._history = self._opened()
        try:
            return question(self._history)
        except Exception:
            self._forget()
            raise

    def _forget(self) -> None:
        if self._history is not None:
            with contextlib.suppress(StoreError):
                self._history.close()
            self._history = None
