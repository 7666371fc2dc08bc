"""Desktop notices over a real D-Bus daemon, with a desktop that is played."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.messages import NudgeMessage
from monitor.desktop import ask
from monitor.notice import NoDesktopError, Notice
from monitor.programs import Finished
from monitor.settings import SinkSettings
from monitor.showing import ACTIONS
from monitor.sinks import Sinks

if TYPE_CHECKING:
    from fakedesktop import FakeDesktop

NOTICE = Notice("30 min.", ACTIONS, quiet=False, lifetime_s=5.0)
NUDGE = NudgeMessage(id="n1", t_ms=0, expires_ms=5000, rung="nudge", reason="30 min.")


@pytest.fixture
async def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDesktop]:
    if shutil.which("dbus-daemon") is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail("dbus-daemon is missing (Debian package dbus)")
        pytest.skip("dbus-daemon is missing")
    from fakebluez import private_bus
    from fakedesktop import FakeDesktop

    with private_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        fake = FakeDesktop(address)
        await fake.start()
        yield fake
        await fake.stop()


async def test_each_button_sends_its_answer_and_names_the_prompt(desktop: FakeDesktop) -> None:
    answers: list[tuple[str, str, float | None]] = []
    sinks = Sinks(
        SinkSettings(nudge=["desktop"]),
        answer=lambda *answer: answers.append(answer),
        buzz=lambda *_: None,
    )
    for number, (action, _) in enumerate(ACTIONS, start=1):
        sinks.show(NUDGE)
        await desktop.until(lambda number=number: number in desktop.shown)
        desktop.press(number, action)
        async with asyncio.timeout(60):
            while len(answers) < number:  # noqa: ASYNC110 - a sink signals nothing
                await asyncio.sleep(0.01)
    await sinks.close()
    assert answers == [
        ("n1", "snooze", 5.0),
        ("n1", "snooze", 10.0),
        ("n1", "snooze", 15.0),
        ("n1", "in_call", 30.0),
        ("n1", "skip", None),
    ]
    assert desktop.closed == []


async def test_a_button_that_is_pressed_before_the_number_is_known_counts(
    desktop: FakeDesktop,
) -> None:
    desktop.press_at_once = "skip"
    assert await ask(NOTICE) == "skip"


async def test_a_dismissed_notice_is_no_answer(desktop: FakeDesktop) -> None:
    asked = asyncio.create_task(ask(NOTICE))
    await desktop.until(lambda: desktop.shown)
    desktop.dismiss(1)
    async with asyncio.timeout(2):
        assert await asked == ""


async def test_a_prompt_answered_elsewhere_leaves_the_desktop(desktop: FakeDesktop) -> None:
    sinks = Sinks(SinkSettings(nudge=["desktop"]), answer=lambda *_: None, buzz=lambda *_: None)
    sinks.show(NUDGE)
    await desktop.until(lambda: desktop.shown)
    sinks.clear()
    await desktop.until(lambda: desktop.closed == [1])
    await sinks.close()


async def test_a_notice_goes_when_its_time_is_over(desktop: FakeDesktop) -> None:
    assert await ask(Notice("30 min.", ACTIONS, quiet=True, lifetime_s=0.05)) == ""
    assert desktop.closed == [1]
    assert desktop.shown[1][6]["urgency"].value == 0


async def test_a_desktop_without_buttons_gets_none(desktop: FakeDesktop) -> None:
    desktop.capabilities = ["body"]
    await ask(Notice("30 min.", ACTIONS, quiet=False, lifetime_s=0.05))
    assert desktop.shown[1][5] == []


async def test_without_a_desktop_the_notice_is_shown_by_a_program(desktop: FakeDesktop) -> None:
    await desktop.stop()
    with pytest.raises(NoDesktopError):
        await ask(NOTICE)
    ran: list[str] = []

    async def run(command, *, stdin=b"", timeout_s=10.0) -> Finished:
        ran.append(command[0])
        return Finished(0, "snooze 5\n")

    answers: list[tuple[str, str, float | None]] = []
    sinks = Sinks(
        SinkSettings(nudge=["desktop"]),
        answer=lambda *answer: answers.append(answer),
        buzz=lambda *_: None,
        run=run,
    )
    sinks.show(NUDGE)
    async with asyncio.timeout(60):
        while not answers:  # noqa: ASYNC110 - a sink signals nothing
            await asyncio.sleep(0.01)
    await sinks.close()
    assert ran == ["notify-send"] and answers == [("n1", "snooze", 5.0)]
    await desktop.start()
