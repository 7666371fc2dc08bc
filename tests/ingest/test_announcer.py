"""Live topics keep to their pace in wall time, whatever the speed of the timeline."""

import msgspec
import pytest

from ingest.announcer import LINK_GAP_S, Announcer, link_message
from ingest.messages import AngleMessage, CalibrationMessage, PostureMessage
from ingest.output import Output
from ingest.records import PostureState
from sensor.battery import BatteryWatch
from sensor.source import LinkState, LinkStatus
from sensor.timeline import Timeline, TimelineOrigin


@pytest.fixture
def timeline(wall):
    return Timeline(TimelineOrigin.LIVE, 5000.0, monotonic=wall, wall=wall)


@pytest.fixture
def announcer(sender, timeline, wall):
    return Announcer(sender, timeline, wearer="w1", clock=wall)


def posture(t_ms):
    return PostureMessage(t_ms=t_ms, session=1, state=PostureState.SITTING, confidence=1.0)


def test_posture_goes_out_at_most_ten_times_a_second_and_ends_with_the_newest(
    announcer, sender, wall
):
    for n in range(1000):
        announcer.offer(Output(posture=posture(n)))
        wall.now_s += 0.001
    wall.now_s += 0.1
    announcer.step(backlog=0, trouble="")
    published = [msgspec.json.decode(p)["t_ms"] for p in sender.taken("posture")]
    assert len(published) <= 12
    assert published[-1] == 999


def test_the_angle_goes_out_at_most_twenty_times_a_second(announcer, sender, wall):
    for n in range(1000):
        angle = AngleMessage(t_ms=n, sagittal_deg=1.0, frontal_deg=0.0, up=(1.0, 0.0, 0.0))
        announcer.offer(Output(angle=angle))
        wall.now_s += 0.001
    assert 15 <= len(sender.taken("angle")) <= 21


def test_posture_is_retained_and_the_angle_is_not(announcer, sender):
    angle = AngleMessage(t_ms=1, sagittal_deg=1.0, frontal_deg=0.0, up=(1.0, 0.0, 0.0))
    announcer.offer(Output(posture=posture(1), angle=angle))
    assert {(topic, qos, retain) for topic, _, qos, retain in sender.published} == {
        ("lumbar/w1/posture", 0, True),
        ("lumbar/w1/angle", 0, False),
    }


def test_a_change_of_the_link_is_told_at_once_and_a_growing_backlog_now_and_then(
    announcer, sender, wall
):
    connected = LinkStatus(at_s=5000.0, state=LinkState.CONNECTED, battery_percent=80)
    announcer.link(connected, backlog=0, trouble="")
    for n in range(1, 30):
        wall.now_s += 1.0
        announcer.step(backlog=n, trouble="")
    links = [msgspec.json.decode(p) for p in sender.taken("link")]
    assert links[0] == links[0] | {"state": "connected", "battery_percent": 80, "backlog": 0}
    assert 3 <= len(links) <= 2 + 30 / LINK_GAP_S


def test_trouble_with_the_outbox_is_told_at_once(announcer, sender):
    announcer.step(backlog=0, trouble="")
    announcer.step(backlog=3, trouble="the disk is full")
    links = [msgspec.json.decode(p) for p in sender.taken("link")]
    assert (links[-1]["reason"], links[-1]["backlog"]) == ("the disk is full", 3)


def test_the_timeline_is_announced_again_every_ten_seconds(announcer, sender, wall):
    for _ in range(31):
        announcer.step(backlog=0, trouble="")
        wall.now_s += 1.0
    marks = [msgspec.json.decode(p) for p in sender.taken("timeline")]
    assert [mark["event_ms"] for mark in marks] == [5_000_000, 5_010_000, 5_020_000, 5_030_000]


@pytest.mark.parametrize(
    ("origin", "told"), [(TimelineOrigin.LIVE, False), (TimelineOrigin.REPLAY, None)]
)
def test_time_that_nobody_keeps_right_is_flagged_where_it_is_live(sender, wall, origin, told):
    timeline = Timeline(origin, 5000.0, monotonic=wall, wall=wall)
    Announcer(sender, timeline, wearer="w1", clock=wall, synchronised=lambda: False).timeline()
    ((_, payload, _, _),) = sender.published
    assert msgspec.json.decode(payload)["synchronised"] is told


def test_a_new_calibration_is_announced_retained(announcer, sender):
    announcer.offer(Output(calibration=CalibrationMessage(t_ms=1, id="c1", method="upright")))
    ((topic, payload, qos, retain),) = sender.published
    assert (topic, qos, retain) == ("lumbar/w1/calibration", 1, True)
    assert msgspec.json.decode(payload)["id"] == "c1"


def test_the_link_tells_until_when_the_battery_lasts():
    watch = BatteryWatch()
    for hour in range(6):
        until_s = watch.see("S", hour * 3600.0, 90 - 10 * hour)
    status = LinkStatus(at_s=5 * 3600.0, state=LinkState.CONNECTED, serial="S", battery_percent=40)
    message = link_message(status, backlog=0, trouble="", battery_until_s=until_s)
    assert message.battery_until_ms == 9 * 3_600_000
