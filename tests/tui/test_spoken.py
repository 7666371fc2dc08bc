"""Sentences on change: what is said, and when nothing is."""

from __future__ import annotations

import asyncio
import io
from types import ModuleType

import msgspec

from tui.facts import Fact
from tui.live import Live
from tui.scripted import ScriptedFeed
from tui.spoken import Speaker
from tui.wiring.spoken_live import speak


class Heard(io.StringIO):
    """Text that tells when the state was written."""

    def __init__(self) -> None:
        super().__init__()
        self.said = asyncio.Event()

    def flush(self) -> None:
        super().flush()
        if "Sitting" in self.getvalue():
            self.said.set()


def after(*facts: Fact, start: Live | None = None) -> Live:
    live = start or Live()
    for fact in facts:
        live = live.after(fact)
    return live


def test_what_does_not_change_is_said_once(scenes: ModuleType) -> None:
    speaker, now_s = Speaker(scenes.ZONE), scenes.NOW_MS / 1000
    live = after(*scenes.SCENES["sitting"])
    first = speaker.news(live, now_s)
    assert any(line.startswith("Sitting, 94 % sure") for line in first)
    assert speaker.news(live, now_s + 1) == []


def test_a_small_sway_is_no_news_and_a_bend_is(scenes: ModuleType) -> None:
    speaker, now_s = Speaker(scenes.ZONE), scenes.NOW_MS / 1000
    live = after(*scenes.SCENES["sitting"])
    speaker.news(live, now_s)
    for angle, told in ((26.0, 0), (28.0, 1), (42.0, 0)):
        posture = msgspec.structs.replace(scenes.POSTURE, sagittal_deg=angle)
        assert len(speaker.news(after(posture, start=live), now_s)) == told


def test_credit_is_told_every_five_minutes(scenes: ModuleType) -> None:
    speaker, now_s = Speaker(scenes.ZONE), scenes.NOW_MS / 1000
    live = after(*scenes.SCENES["sitting"])
    speaker.news(live, now_s)
    status = live.status
    assert status is not None
    told = []
    for minute in range(1, 11):
        later = msgspec.structs.replace(status, sitting_s=status.sitting_s + 60 * minute)
        live = after(later, start=live)
        told += [line for line in speaker.news(live, now_s) if "sitting used" in line]
    assert len(told) == 2


def test_silence_is_told_with_its_reason(scenes: ModuleType) -> None:
    speaker, now_s = Speaker(scenes.ZONE), scenes.NOW_MS / 1000
    speaker.news(after(*scenes.SCENES["sitting"]), now_s)
    lost = speaker.news(after(*scenes.SCENES["bluetooth_off"]), now_s)
    assert any(line.startswith("Bluetooth is off") for line in lost)


def test_a_prompt_is_told_once_and_its_end_too(scenes: ModuleType) -> None:
    speaker, now_s = Speaker(scenes.ZONE), scenes.NOW_MS / 1000
    live = after(*scenes.SCENES["nudge"])
    assert speaker.news(live, now_s)[0].startswith("Time for a break: ")
    assert speaker.news(live, now_s) == []
    assert "The prompt is over." in speaker.news(after(*scenes.SCENES["sitting"]), now_s)


async def test_lines_are_written_as_things_change(scenes: ModuleType) -> None:
    out = Heard()
    feed = ScriptedFeed(*scenes.SCENES["sitting"])
    task = asyncio.create_task(speak(feed, scenes.ZONE, out))
    async with asyncio.timeout(60):
        await out.said.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert out.getvalue().isascii() and feed.announced == []
