"""The ladder over event time."""

from ingest.records import PostureState as P


def test_rungs_come_at_their_times_and_repeats_are_capped(day):
    d = day().live(P.SITTING, 3 * 3600)
    assert d.minutes("hint") == [(25.0, "hint")]
    assert d.minutes("nudge") == [(30.0, "nudge"), (45.0, "firm"), (55.0, "firm")]


def test_a_prompt_is_completed_by_standing_up(day):
    d = day().live(P.SITTING, 1830).live(P.STANDING, 60)
    assert [e.data["stood_up"] for e in d.of("response")] == [False, True]
    assert d.monitor.state.active is None
    d.live(P.SITTING, 60)
    assert [(e.data["share"], e.data["after_s"]) for e in d.of("break")] == [(0.5, 900.0)]


def test_a_walk_of_six_minutes_resets_the_bout_and_nothing_is_prompted_on_return(day):
    d = day().live(P.SITTING, 1400).live(P.MOVING, 360).live(P.SITTING, 1400)
    assert d.of("hint", "nudge") == []
    assert [e.data["share"] for e in d.of("break")] == [1.0]


def test_unknown_off_body_and_no_data_are_neither_sitting_nor_break(day):
    d = day().live(P.SITTING, 1000)
    for state in (P.UNKNOWN, P.OFF_BODY, None):
        d.live(state, 1000)
    assert d.monitor.status().sitting_s == 1000
    assert d.of("hint", "nudge", "break") == []


def test_nothing_is_prompted_from_records_older_than_30_s(day):
    d = day().live(P.SITTING, 1490).live(None, 20)
    d.monitor.advance(d.now_s + 3600)
    assert d.of("hint", "nudge") == []
