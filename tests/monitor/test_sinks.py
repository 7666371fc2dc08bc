"""Sinks per rung, with scripted programs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import shutil
import subprocess

import pytest

from ingest.messages import NudgeMessage, Reply
from monitor.notice import NoDesktopError
from monitor.programs import Finished
from monitor.settings import SinkSettings
from monitor.showing import notice, text_of
from monitor.sinks import Sinks


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


async def rehearsed(settings: SinkSettings, machine: Machine, notify=no_bus) -> dict[str, str]:
    said: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    sinks = Sinks(settings, answer=fail, buzz=fail, run=machine, notify=notify)
    sinks.rehearse("c1", said.set_result)
    reply = await said
    await sinks.close()
    assert reply.id == "c1" and reply.accepted
    return reply.data


def fail(*_args):
    raise AssertionError("a try is answered by nobody")


async def test_a_try_says_of_each_sink_what_became_of_it():
    settings = SinkSettings(hint=["screen"], nudge=["tmux", "desktop"], firm=["command", "strap"])
    assert await rehearsed(settings, Machine(code=1)) == {
        "desktop": "no desktop here shows notices",
        "tmux": "no tmux runs here",
        "command": "sinks.command is empty",
    }
    chime = SinkSettings(firm=["command"], nudge=[], command=["chime"])
    machine = Machine()
    assert await rehearsed(chime, machine) == {"command": "shown"}
    assert machine.ran[0][0] == ["chime"] and b"This is a try" in machine.ran[0][1]
    missing = await rehearsed(chime, Machine(code=127))
    assert missing == {"command": "there is no such program"}


async def test_a_notice_that_stays_has_been_shown(monkeypatch):
    monkeypatch.setattr("monitor.rehearsal.SHOWN_AFTER_S", 0.01)

    async def until_closed(_notice):
        await asyncio.Event().wait()

    settings = SinkSettings(hint=[], nudge=["desktop"], firm=[])
    assert await rehearsed(settings, Machine(), until_closed) == {"desktop": "shown"}


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


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    """A terminal attached to a tmux of its own."""
    if shutil.which("tmux") is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail("tmux is missing")
        pytest.skip("tmux is missing")
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TMUX", raising=False)
    tmux = ["tmux", "-f", "/dev/null"]
    subprocess.run([*tmux, "new-session", "-d", "-s", "desk", "sleep 60"], check=True)
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    client = subprocess.Popen([*tmux, "attach", "-t", "desk"], stdin=theirs, stdout=theirs)
    yield ours
    subprocess.run([*tmux, "kill-server"], check=True)
    client.wait(5)
    os.close(ours)
    os.close(theirs)


async def test_a_message_in_tmux_is_shown_as_it_is_and_runs_nothing(terminal, tmp_path):
    drawn = b""
    sinks = Sinks(SinkSettings(nudge=["tmux"]), answer=print, buzz=print, notify=no_bus)
    async with asyncio.timeout(60):
        while b"30 min" not in drawn:
            sinks.show(nudge(reason=f"30 min. #(touch {tmp_path}/ran)"))
            await asyncio.sleep(0.2)
            with contextlib.suppress(BlockingIOError):
                drawn += os.read(terminal, 65536)
    await sinks.close()
    assert b"#(touch" in drawn and not (tmp_path / "ran").exists()


async def test_a_command_that_really_runs_gets_the_prompt(tmp_path):
    settings = SinkSettings(nudge=["command"], command=["tee", str(tmp_path / "prompt.json")])
    sinks = Sinks(settings, answer=print, buzz=print, notify=no_bus)
    sinks.show(nudge())
    async with asyncio.timeout(60):
        while sinks.busy:  # noqa: ASYNC110 - a sink signals nothing
            await asyncio.sleep(0.01)
    assert json.loads((tmp_path / "prompt.json").read_text())["id"] == "n1"


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
