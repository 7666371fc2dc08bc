"""When the terminal's bell rings."""

from __future__ import annotations

from collections.abc import Collection

from ingest.messages import NudgeMessage


class Bell:
    """Rings once for each prompt whose rung asks for it."""

    def __init__(self, rungs: Collection[str]) -> None:
        self._rungs = frozenset(rungs)
        self._heard: str | None = None

    def rings_for(self, nudge: NudgeMessage | None) -> bool:
        """Return whether to ring now; the same prompt never rings again."""
        if nudge is None or nudge.id == self._heard:
            return False
        self._heard = nudge.id
        return nudge.rung in self._rungs
