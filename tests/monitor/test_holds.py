"""What holds nudges back, with programs, files and calendars that are scripted."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest

from ingest.records import PostureState as P
from monitor.holds import calendar
from monitor.holds.calendar import CalendarSource, parse_calendar
from monitor.holds.sources import CommandSays, DoNotDisturb, FileExists, Microphone, sources_of
from monitor.holds.watch import HoldLimits, look_at
from monitor.programs import Finished, run_program
from monitor.settings import HoldSettings
from monitor.state import Hold

BERLIN = ZoneInfo("Europe/Berlin")


class Programs:
    """Answers for the programs of a machine."""

    def __init__(self, **answers: Finished) -> None:
        self.answers = answers
        self.asked: list[Sequence[str]] = []

    async def __call__(self, command, *, stdin=b"", timeout_s=10.0) -> Finished:
        self.asked.append(command)
        return self.answers.get(command[0], Finished(127, ""))


RECORDS = '[{"corked": false, "properties": {"application.name": "Meet"}}]'
METER = '[{"corked": false, "properties": {"media.name": "Peak detect"}}]'
CORKED = '[{"corked": true, "properties": {}}]'


@pytest.mark.parametrize(
    ("printed", "active"),
    [(RECORDS, True), (METER, False), (CORKED, False), ("[]", False), ("nonsense", False)],
)
async def test_a_microphone_in_use_is_told_from_a_level_meter(printed, active):
    assert await Microphone(Programs(pactl=Finished(0, printed))).active(0) is active


async def test_without_a_sound_server_the_cards_are_asked(tmp_path):
    source = Microphone(Programs(), alsa=tmp_path)
    assert not await source.active(0)
    status = tmp_path / "card0" / "pcm0c" / "sub0" / "status"
    status.parent.mkdir(parents=True)
    status.write_text("state: RUNNING\n")
    assert await source.active(0)
    status.write_text("closed\n")
    assert not await source.active(0)


@pytest.mark.parametrize(
    ("program", "printed", "active"),
    [
        ("gsettings", "false\n", True),
        ("gsettings", "true\n", False),
        ("busctl", "b true\n", True),
        ("dunstctl", "true\n", True),
        ("makoctl", "default\ndo-not-disturb\n", True),
        ("makoctl", "default\n", False),
    ],
)
async def test_do_not_disturb_of_several_desktops(program, printed, active):
    assert await DoNotDisturb(Programs(**{program: Finished(0, printed)})).active(0) is active


async def test_a_file_and_a_command_hold(tmp_path):
    source = FileExists(tmp_path / "quiet")
    assert not await source.active(0)
    (tmp_path / "quiet").touch()
    assert await source.active(0)
    assert await CommandSays(["true"], run_program).active(0)
    assert not await CommandSays(["false"], run_program).active(0)
    assert not await CommandSays(["no-such-program-at-all"], run_program).active(0)


async def test_a_program_that_hangs_is_killed():
    assert (await run_program(["sleep", "30"], timeout_s=0.1)).code != 0


def test_only_what_is_switched_on_is_asked():
    off = HoldSettings(microphone=False, do_not_disturb=False)
    assert sources_of(off, Programs()) == []
    on = HoldSettings(file="/x", command=["true"], calendar="/y.ics")
    names = [source.name for source in sources_of(on, Programs())]
    assert len(names) == len(set(names)) == 5


def test_a_forgotten_microphone_is_let_go_until_it_was_silent_once():
    limits = HoldLimits(max_s=100, every_s=10)
    assert [limits.look("m", True, t).active for t in (0, 50, 99, 100, 500)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    limits.look("m", False, 510)
    assert limits.look("m", True, 520).active


async def test_a_source_that_fails_counts_as_inactive():
    class Broken:
        name = "broken"

        async def active(self, now_s: float) -> bool:
            raise RuntimeError("plug-in")

    holds = await look_at([Broken()], HoldLimits(max_s=9, every_s=1), wall_s=0, now_s=5)
    assert [hold.active for hold in holds] == [False]


def test_a_call_of_50_minutes_gives_no_prompt_and_one_after(day):
    d = day().live(P.SITTING, 15 * 60)
    limits = HoldLimits(max_s=3 * 3600, every_s=5)
    for _ in range(50 * 6):
        d.take(d.monitor.feed(limits.look("microphone in use", True, d.now_s), d.now_s))
        d.live(P.SITTING, 10)
    assert d.of("hint", "nudge") == []
    assert d.monitor.status().sitting_s == 65 * 60
    assert d.monitor.status().held == "microphone in use"
    d.take(d.monitor.feed(limits.look("microphone in use", False, d.now_s), d.now_s))
    d.live(P.SITTING, 9 * 60)
    assert [e.data["cause"] for e in d.of("hint", "nudge")] == ["released"]
    assert [e.data["active"] for e in d.of("hold")] == [True, False]


def test_a_hold_ends_by_itself_when_nobody_looks_any_more(day):
    d = day().live(P.SITTING, 29 * 60)
    d.monitor.feed(Hold("microphone in use", True, d.now_s + 120), d.now_s)
    d.live(P.SITTING, 5 * 60)
    assert len(d.of("nudge")) == 1


CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART:20260105T090000Z
DTEND:20260105T093000Z
SUMMARY:once
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20260106T140000
DURATION:PT45M
RRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20260501T000000Z
EXDATE;TZID=Europe/Berlin:20260113T140000
SUMMARY:a long line that is
  folded
END:VEVENT
BEGIN:VEVENT
DTSTART:20260107T080000
DTEND:20260107T090000
RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260105
DTEND;VALUE=DATE:20260106
END:VEVENT
BEGIN:VEVENT
DTSTART:20260108T100000Z
DTEND:20260108T110000Z
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
DTSTART:nonsense
END:VEVENT
BEGIN:VEVENT
DTSTART:20260106T180000Z
DTEND:20260106T183000Z
RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR
END:VEVENT
BEGIN:VEVENT
DTSTART:20260105T060000Z
DTEND:20260105T063000Z
RRULE:FREQ=DAILY;UNTIL=whenever
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(
    ("moment", "busy"),
    [
        ("2026-01-05T06:10:00+00:00", False),  # a rule that cannot be read costs its own event
        ("2026-01-05T09:00:00+00:00", True),
        ("2026-01-05T09:30:00+00:00", False),
        ("2026-01-05T15:00:00+00:00", False),  # the whole day does not count
        ("2026-01-06T14:44:00+01:00", True),
        ("2026-01-08T14:10:00+01:00", True),
        ("2026-01-13T14:10:00+01:00", False),  # an exception of the series
        ("2026-04-02T14:10:00+02:00", True),  # the same local time in summer
        ("2026-05-05T14:10:00+02:00", False),  # the series has ended
        ("2026-01-09T08:30:00+01:00", True),
        ("2026-01-08T08:30:00+01:00", False),
        ("2026-01-13T08:30:00+01:00", False),  # three times only
        ("2026-01-08T10:30:00+00:00", False),  # cancelled
        ("2026-01-09T18:10:00+00:00", True),
        ("2026-01-10T18:10:00+00:00", False),  # on workdays only
    ],
)
def test_meetings_run_when_the_calendar_says_so(moment, busy):
    meetings = parse_calendar(CALENDAR, local=BERLIN)
    at = datetime.fromisoformat(moment)
    assert any(meeting.runs_at(at) for meeting in meetings) is busy


async def test_a_calendar_that_disappears_keeps_its_last_view(tmp_path):
    path = tmp_path / "work.ics"
    path.write_text(CALENDAR)
    source = CalendarSource(str(path), local=BERLIN)
    inside = datetime(2026, 1, 5, 9, 10, tzinfo=UTC).timestamp()
    assert await source.active(inside)
    path.unlink()
    assert await source.active(inside + 900)
    assert not await CalendarSource(str(path), local=BERLIN).active(inside)


@pytest.fixture
def calendar_server():
    """A web server that answers with `.body` once `.go` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            self.server.go.wait(5)
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(self.server.body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.body, server.go = 0, b"", threading.Event()
    server.go.set()
    server.place = f"http://127.0.0.1:{server.server_port}/secret.ics"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.go.set()
    server.shutdown()
    server.server_close()


MEETING = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105T090000Z\nDTEND:20260105T100000Z\n"
    b"END:VEVENT\nEND:VCALENDAR\n"
)
MEETING_S = datetime(2026, 1, 5, 9, 30, tzinfo=UTC).timestamp()


async def test_a_calendar_at_an_address_is_asked_now_and_then_and_keeps_its_last_view(
    calendar_server,
):
    calendar_server.body = MEETING
    source = CalendarSource(calendar_server.place)
    assert [await source.active(MEETING_S + i) for i in range(5)] == [True] * 5
    assert calendar_server.asked == 1
    calendar_server.shutdown()
    calendar_server.server_close()
    assert await source.active(MEETING_S + 1000)


async def test_a_slow_calendar_keeps_no_look_waiting(calendar_server, monkeypatch):
    monkeypatch.setattr(calendar, "PATIENCE_S", 0.05)
    calendar_server.body = MEETING
    calendar_server.go.clear()
    source = CalendarSource(calendar_server.place)
    async with asyncio.timeout(1):
        assert not await source.active(MEETING_S)
    calendar_server.go.set()
    async with asyncio.timeout(60):
        while not await source.active(MEETING_S):
            pass


async def test_an_endless_calendar_is_refused_and_its_secret_address_not_logged(
    calendar_server, monkeypatch, caplog
):
    monkeypatch.setattr(calendar, "MAX_BYTES", len(MEETING) - 1)
    calendar_server.body = MEETING
    assert not await CalendarSource(calendar_server.place).active(MEETING_S)
    assert "larger than" in caplog.text and "secret" not in caplog.text
