"""Sinks per rung, with scripted programs."""

from __future__ import annotations

import asyncio
import json

from ingest.messages import NudgeMessage
from monitor.desktop import NoDesktopError
from monitor.programs import Finished
from monitor.settings import SinkSettings
from monitor.sinks import Sinks, notice, text_of


def nudge(rung: str = "nudge", **values) -> NudgeMessage:
    base = {"id": "n1", "t_ms": 0, "expires_ms": 300_000, "rung": rung, "reason": "30 min."}
    return NudgeMessage(**{**base, **values})


class Machine:
    def __init__(self, output: str = "", code: int = 0) -> None:
        self.ran: list[tuple[list[str], bytes]] = []
        self.finished = Finished(code, output)

    async def __call__(self, command, *, stdin=b"", timeout_s=10.0) -> Finished:
        self.ran.append((list(command), stdin))
        return self.finished


def no_bus(_notice):
    raise NoDesktopError


async def shown(settings: SinkSettings, message: NudgeMessage, machine: Machine) -> list:
    answers: list = []
    sinks = Sinks(
        settings,
        answer=lambda *answer: answers.append(answer),
        buzz=lambda _, seconds: answers.append(seconds),
        run=machine,
        notify=no_bus,
    )
    sinks.show(message)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await sinks.close()
    return answers


async def test_every_rung_has_its_own_sinks():
    settings = SinkSettings(hint=[], nudge=["tmux"], firm=["tmux", "desktop"])
    for rung, programs in (
        ("hint", []),
        ("nudge", ["tmux"]),
        ("firm", ["tmux", "notify-send"]),
    ):
        machine = Machine()
        await shown(settings, nudge(rung), machine)
        assert [command[0] for command, _ in machine.ran] == programs


async def test_a_command_reads_the_prompt_as_json():
    machine = Machine()
    settings = SinkSettings(nudge=["command"], command=["my-hook", "--loud"])
    await shown(settings, nudge(), machine)
    command, stdin = machine.ran[0]
    assert command == ["my-hook", "--loud"]
    assert json.loads(stdin)["rung"] == "nudge"


async def test_a_button_of_a_notice_is_an_answer():
    settings = SinkSettings(nudge=["desktop"])
    assert await shown(settings, nudge(), Machine("snooze 15\n")) == [("n1", "snooze", 15.0)]
    assert await shown(settings, nudge(), Machine("skip\n")) == [("n1", "skip", None)]
    assert await shown(settings, nudge(), Machine("")) == []
    assert await shown(settings, nudge(), Machine("rm 5")) == []


async def test_the_strap_vibrates_longer_the_firmer_the_prompt():
    settings = SinkSettings(hint=["strap"], nudge=["strap"], firm=["strap"])
    buzzes = [
        (await shown(settings, nudge(rung), Machine()))[0] for rung in ("hint", "nudge", "firm")
    ]
    assert buzzes == sorted(set(buzzes)) and buzzes[-1] <= 1.0


async def test_a_prompt_that_is_over_leaves_the_desktop():
    gone = asyncio.Event()

    async def notify(_notice):
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        return ""

    sinks = Sinks(
        SinkSettings(nudge=["desktop"]),
        answer=lambda *_: None,
        buzz=lambda *_: None,
        notify=notify,
    )
    sinks.show(nudge())
    await asyncio.sleep(0)
    assert not gone.is_set()
    sinks.clear()
    async with asyncio.timeout(1):
        await gone.wait()
    await sinks.close()


async def test_a_sink_that_is_not_there_changes_nothing(caplog):
    machine = Machine(code=127)
    sinks = Sinks(
        SinkSettings(nudge=["desktop"]),
        answer=lambda *_: None,
        buzz=lambda *_: None,
        run=machine,
        notify=no_bus,
    )
    for _ in range(2):
        sinks.show(nudge())
        await asyncio.sleep(0.01)
    await sinks.close()
    assert len(machine.ran) == 2
    assert caplog.text.count("does not work") == 1


def test_a_notice_names_the_last_break_and_how_often_it_was_put_off():
    text = text_of(nudge(since_break_s=4440.0, snoozed=2))
    assert text == "30 min. Last break 74 min ago. Put off 2 times."
    assert notice(nudge(), 300, "linux")[-1] == "30 min."


def test_a_notice_on_a_mac_is_quoted():
    command = notice(nudge(reason='say "hi" \\ there'), 300, "darwin")
    assert command[:2] == ["osascript", "-e"]
    assert r"\"hi\" \\ there" in command[2]
