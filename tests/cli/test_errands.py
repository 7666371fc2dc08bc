"""Status and orders against real services on an embedded broker, and where nothing answers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest import topics
from ingest.delivery.broker import EmbeddedBroker
from ingest.delivery.mqtt import MqttClient
from ingest.messages import (
    Availability,
    CalibrationMessage,
    Command,
    LinkMessage,
    NudgeMessage,
    PostureMessage,
    Reply,
    StatusMessage,
    TimelineMessage,
    decode,
    encode,
)
from ingest.records import PostureState
from tui import brief, cli
from tui.exits import Exit
from tui.facts import ServiceChanged
from tui.live import Live
from tui.runtime import Runtime, write_runtime
from tui.wiring.errand import look

Run = Callable[..., subprocess.CompletedProcess[str]]
TOKEN = "t" * 64
NOW_MS = 1_767_600_000_000
NUDGE = NudgeMessage(
    id="n", t_ms=NOW_MS, expires_ms=NOW_MS + 60_000, rung="nudge", reason="30 min of sitting"
)


def said(age_s: float = 0.0) -> Live:
    """Return what a screen knows `age_s` seconds after the newest posture."""
    at_ms = NOW_MS - round(age_s * 1000)
    live = Live(connected=True)
    for fact in (
        TimelineMessage(origin="live", event_ms=NOW_MS, wall_ms=NOW_MS, rate=1.0),
        LinkMessage(t_ms=NOW_MS, state="connected", device="IMU 7", battery_percent=80),
        PostureMessage(
            t_ms=at_ms,
            session=1,
            state=PostureState.SITTING,
            confidence=0.9,
            sagittal_deg=12.4,
            calibration="c1",
            bout_state=PostureState.SITTING,
            bout_start_ms=at_ms - 600_000,
        ),
        StatusMessage(
            now_ms=at_ms, sitting_s=600, full_s=1500, next_rung="hint", next_ms=NOW_MS + 900_000
        ),
    ):
        live = live.after(fact)
    return live


def test_a_fresh_brief_says_state_bout_angle_and_what_comes_next():
    now = brief.brief_of(said(), NOW_MS / 1000, wearer="ada")
    assert brief.lines(now)[:2] == [
        "sitting 90 %, sitting for 10 min, 12° forward (live)",
        "sitting credit: 10 min of 25 min, hint in 15 min",
    ]
    assert brief.short(now) == "sitting 10 min"
    assert brief.full_percent(now) == 40


@pytest.mark.parametrize(("synchronised", "warned"), [(False, 1), (True, 0), (None, 0)])
def test_a_clock_that_nobody_keeps_right_is_said(*, synchronised: bool | None, warned: int):
    mark = TimelineMessage(
        origin="live", event_ms=NOW_MS, wall_ms=NOW_MS, rate=1.0, synchronised=synchronised
    )
    now = brief.brief_of(said().after(mark), NOW_MS / 1000, wearer="ada")
    assert sum("not synchronised" in line for line in brief.lines(now)) == warned


def test_what_is_due_is_never_told_in_less_than_no_time():
    due = StatusMessage(
        now_ms=NOW_MS, sitting_s=1, full_s=2, next_ms=NOW_MS - 1, paused_until_ms=NOW_MS - 1
    )
    now = brief.brief_of(said().after(due), NOW_MS / 1000, wearer="ada")
    assert (now.next_in_s, now.paused_s) == (0.0, 0.0)


def test_a_stale_brief_shows_no_number_of_the_body():
    now = brief.brief_of(said(age_s=60), NOW_MS / 1000, wearer="ada")
    assert (now.state, now.sagittal_deg, now.bout_s, now.sitting_s) == (None, None, None, None)
    assert brief.short(now) == "?"
    assert "no data from the strap (newest data 1 min old)" in brief.lines(now)[0]


def test_on_a_fast_day_the_monitor_is_not_taken_for_dead_between_two_words():
    mark = TimelineMessage(origin="demo", event_ms=NOW_MS, wall_ms=NOW_MS, rate=60.0)
    fast = brief.brief_of(said(age_s=60).after(mark), NOW_MS / 1000, wearer="ada")
    assert fast.sitting_s == 600
    gone = brief.brief_of(said(age_s=130).after(mark), NOW_MS / 1000, wearer="ada")
    assert gone.sitting_s is None


def test_a_nudge_is_first_on_every_bar():
    now = brief.brief_of(said().after(NUDGE), NOW_MS / 1000, wearer="ada")
    assert json.loads(brief.waybar(now))["class"] == "nudge"
    assert json.loads(brief.i3(now))["full_text"] == "lumbar break"
    assert brief.tmux(now) == "lumbar break"
    late = brief.brief_of(said().after(NUDGE), NOW_MS / 1000 + 61, wearer="ada")
    assert late.nudge is None


def test_a_brief_tells_what_keeps_the_services_from_their_work():
    well = brief.brief_of(said(), NOW_MS / 1000, wearer="ada")
    assert well.troubles == ()
    link = LinkMessage(t_ms=NOW_MS, state="connected", reason="the outbox is full", backlog=7)
    ill = said().after(link).after(ServiceChanged("recorder", True, "the disk is full"))
    ill = ill.after(ServiceChanged("monitor", False))
    told = brief.lines(brief.brief_of(ill, NOW_MS / 1000, wearer="ada"))
    assert told[-4:] == [
        "trouble: the recorder cannot work: the disk is full",
        "trouble: the monitor is away",
        "trouble: the outbox is full",
        "7 records wait to be stored",
    ]


@pytest.fixture
def here(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands of this test in this process, on the test's own files."""
    Path(home["LUMBAR_CONFIG"]).touch()
    for name in ("LUMBAR_CONFIG", "LUMBAR_DATA_DIR"):
        monkeypatch.setenv(name, home[name])


@pytest.mark.parametrize("command", ["status", "pause", "snooze", "break", "mark", "calibrate"])
def test_with_nothing_running_a_command_says_so(
    here: None, capsys: pytest.CaptureFixture[str], command: str
):
    assert cli.main([command]) == Exit.NOT_RUNNING
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "lumbar: nothing is running: lumbar up\n")


@pytest.mark.parametrize("bar", ["waybar", "tmux", "i3"])
def test_a_bar_says_off_and_succeeds_when_nothing_runs(
    here: None, capsys: pytest.CaptureFixture[str], bar: str
):
    assert cli.main(["status", f"--{bar}"]) == Exit.OK
    assert "off" in capsys.readouterr().out


class Household:
    """A broker with a monitor's and ingest's voice, in a thread of its own."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.stop = threading.Event()
        self.port = 0
        self.heard: list[str] = []

    async def serve(self) -> None:
        async with (
            EmbeddedBroker(token=TOKEN) as broker,
            MqttClient(broker.connection, client_id="voice") as mqtt,
        ):
            await mqtt.wait_connected(60)
            mqtt.handle(topics.COMMAND.of("me", "pause"), lambda i: self.answer(mqtt, i.payload))
            facts = {
                topics.AVAILABILITY.of("me", "ingest"): Availability(state="online"),
                topics.TIMELINE.of("me"): TimelineMessage(
                    origin="live", event_ms=NOW_MS, wall_ms=NOW_MS, rate=0
                ),
                topics.LINK.of("me"): LinkMessage(t_ms=NOW_MS, state="connected"),
                topics.POSTURE.of("me"): said().posture,
                topics.STATUS.of("me"): said().status,
                topics.CALIBRATION.of("me"): CalibrationMessage(t_ms=NOW_MS, id="c1"),
                topics.NUDGE.of("me"): NUDGE,
                topics.AVAILABILITY.of("me", "monitor"): Availability(state="online"),
            }
            for topic, message in facts.items():
                assert message is not None
                mqtt.publish(topic, encode(message), qos=1, retain=True)
            self.port = broker.port
            self.connection = broker.connection
            self.ready.set()
            await asyncio.to_thread(self.stop.wait)

    def answer(self, mqtt: MqttClient, payload: bytes) -> None:
        command = decode(Command, payload, topic="cmd/pause")
        self.heard.append(command.id)
        if len(self.heard) == 1:
            return  # a broker may lose a message: the same command is asked again
        accepted = command.args["minutes"] != 7
        reply = Reply(id=command.id, accepted=accepted, reason="paused" if accepted else "not 7")
        mqtt.publish(topics.REPLY.of("me", command.id), encode(reply), qos=1)


@pytest.fixture
def household(home: dict[str, str]) -> Iterator[Household]:
    """Return services that run, and are found through the runtime file."""
    house = Household()
    thread = threading.Thread(target=lambda: asyncio.run(house.serve()), daemon=True)
    thread.start()
    assert house.ready.wait(10)
    folder = Path(home["LUMBAR_DATA_DIR"])
    folder.mkdir(mode=0o700)
    write_runtime(
        folder / "running.json",
        Runtime(
            host="127.0.0.1",
            port=house.port,
            token=TOKEN,
            pid=os.getpid(),
            wearer="me",
            started_ms=1,
        ),
    )
    yield house
    house.stop.set()
    thread.join(10)


def test_a_lost_answer_is_asked_for_again_under_the_same_id(household: Household, lumbar: Run):
    done = lumbar("pause", "30m")
    assert (done.returncode, done.stdout) == (Exit.OK, "paused\n"), done.stderr
    assert len(household.heard) >= 2
    assert len(set(household.heard)) == 1
    refused = lumbar("pause", "7m")
    assert (refused.returncode, refused.stderr) == (Exit.REFUSED, "lumbar: not 7\n")


def test_the_retained_posture_is_seen_at_once(household: Household):
    live, now_s = look(household.connection, "me")
    assert now_s == NOW_MS / 1000
    assert live.posture is not None
    assert brief.brief_of(live, now_s, wearer="me").state == "sitting"


def test_a_prompt_in_force_is_never_missed_by_a_look(household: Household):
    for _ in range(5):
        live, now_s = look(household.connection, "me")
        assert brief.brief_of(live, now_s, wearer="me").nudge == NUDGE.reason


def test_a_broker_that_is_gone_is_one_line(lumbar: Run):
    done = lumbar("status", env={"LUMBAR_MQTT_HOST": "127.0.0.1", "LUMBAR_MQTT_PORT": "9"})
    assert done.returncode == Exit.UNAVAILABLE
    assert "127.0.0.1:9 does not answer" in done.stderr
    assert done.stderr.count("\n") == 1
