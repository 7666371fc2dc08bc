"""The command palette: every action of the place below it, by what it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType


class ActionsProvider(Provider):
    """Offers every binding that acts now, with its key."""

    async def discover(self) -> Hits:
        """Yield everything before anything is typed."""
        for words, key, run in self._actions():
            yield DiscoveryHit(words, run, help=f"key: {key}")

    async def search(self, query: str) -> Hits:
        """Yield what matches."""
        matcher = self.matcher(query)
        for words, key, run in self._actions():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, matcher.highlight(words), run, help=f"key: {key}")

    def _actions(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        seen = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            words = binding.tooltip or binding.description
            if not active.enabled or binding.system or not words or words in seen:
                continue
            seen.add(words)
            run = partial(self.app.run_action, binding.action, active.node)
            yield words, self.app.get_key_display(binding), run
