"""One measured game as a page: aim, what to do, how it is scored, the last results."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content

from tui.games import GameReading
from tui.widgets.picture import Picture


class GameCard(Picture[GameReading]):
    """What a game is and how the last runs went."""

    def draw(self, reading: GameReading, width: int) -> Content:
        """Return the page."""
        game = reading.game
        how = "\n".join(wrap(game.how, width))
        return Content("\n").join(
            [
                Content.styled("\n".join(wrap(game.aim, width)), "bold"),
                Content(f"\n{how}"),
                Content.styled("\n" + "\n".join(wrap(game.scored, width)), "$secondary"),
                Content.styled("\nYour last runs", "bold"),
                *self._results(reading, width),
            ]
        )

    def _results(self, reading: GameReading, width: int) -> list[Content]:
        if not reading.results:
            return [Content.styled("none yet: press Enter to begin", "$quiet")]
        return [
            Content.assemble((f"{when}  ", "$quiet"), *self._beside(words, when, width))
            for when, words in reading.results
        ]

    def _beside(self, words: str, when: str, width: int) -> list[str]:
        """Return the words, every line under the first."""
        lead = len(when) + 2
        return [("\n" + " " * lead).join(wrap(self.signs.plain(words), max(1, width - lead)))]
