"""One prompt for one body, on the screen in use."""

from __future__ import annotations

from ingest.messages import NudgeMessage, ScreenMessage
from ingest.records import PostureState as P
from monitor.core import Decisions
from monitor.presence import SILENT_MS, Presence, Screens


def here(name: str, *, focused: bool = True, key: int | None = None, t_ms: int = 0) -> Presence:
    return Presence(name, ScreenMessage(id=name, t_ms=t_ms, focused=focused, last_key_ms=key))


def prompted(day, *present: Presence):
    """Return a day whose wearer sat until the first prompt, and that prompt."""
    d = day()
    for presence in present:
        d.monitor.feed(presence, d.now_s)
    d.live(P.SITTING, 1500)
    (shown,) = [x.nudge for _, x in d.decisions if isinstance(x.nudge, NudgeMessage)]
    return d, shown


def moved_to(decisions: Decisions) -> str | None:
    return decisions.nudge.shown_by if isinstance(decisions.nudge, NudgeMessage) else None


def test_the_focused_screen_with_the_newest_key_is_in_use(day):
    _, shown = prompted(day, here("a", key=5), here("b", key=9), here("c", focused=False, key=99))
    assert shown.shown_by == "b"


def test_a_prompt_follows_when_its_screen_leaves(day):
    d, shown = prompted(day, here("a", key=5), here("b", key=9))
    moved = d.monitor.feed(Presence("b", None), d.now_s).nudge
    assert (moved.shown_by, moved.id) == ("a", shown.id)


def test_a_prompt_follows_the_wearer_to_another_screen(day):
    d, shown = prompted(day, here("a", focused=False), here("b"))
    assert shown.shown_by == "b"
    assert moved_to(d.monitor.feed(here("b", focused=False), d.now_s)) is None
    assert moved_to(d.monitor.feed(here("a"), d.now_s)) == "a"
    assert moved_to(d.monitor.feed(here("b", key=7), d.now_s)) == "b"


def test_a_screen_that_only_opens_does_not_take_the_prompt_away(day):
    d, _ = prompted(day, here("a"))
    assert moved_to(d.monitor.feed(here("z"), d.now_s)) is None


def test_a_prompt_made_before_any_screen_is_known_goes_to_the_first(day):
    d, shown = prompted(day)
    assert shown.shown_by is None
    assert moved_to(d.monitor.feed(here("a"), d.now_s)) == "a"


def test_a_screen_that_fell_silent_is_no_longer_in_use():
    screens = Screens()
    screens.note(here("ghost", key=9))
    screens.note(here("a", focused=False, t_ms=SILENT_MS))
    assert screens.in_use() == "ghost"
    screens.note(here("a", focused=False, t_ms=SILENT_MS + 1))
    assert screens.in_use() == "a"
