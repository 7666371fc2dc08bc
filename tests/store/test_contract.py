"""What every store promises: the same suite for SQLite and for InfluxDB 2."""

from __future__ import annotations

import random

import pytest

from ingest.records import NO_DATA, TOTAL_KEYS, PostureState
from ingest.store.base import Entry
from ingest.store.minutes import Minute

SITTING, STANDING, MOVING = PostureState.SITTING, PostureState.STANDING, PostureState.MOVING


def totals_of(store, records, from_s, to_s):
    return store.totals(records.wearer, "lumbar", [(from_s, to_s)])[0]


def test_a_second_comes_back_as_it_was_written(store, records):
    t = records.start_s
    written = [records.second(t), records.second(t + 1, sagittal_deg=None), records.second(t + 9)]
    store.write(records.entries(written))
    assert store.seconds(records.wearer, "lumbar", (t, t + 60)) == written


def test_bouts_and_events_come_back_as_they_were_written(store, records):
    t = records.start_s
    bout = records.bout(t + 0.25, t + 700.5)
    event = records.event(3, rung="firm", sitting_s=1800.0, snoozed=2, answered=True, note=None)
    store.write([Entry(records.wearer, bout), event])
    assert store.bouts(records.wearer, "lumbar", (t, t + 60)) == [bout]
    [stored] = store.events(records.wearer, (t, t + 60))
    assert (stored.id, stored.event) == (event.event_id, event.item)
    assert [type(v) for v in stored.event.data.values()] == [
        type(event.item.data[k]) for k in stored.event.data
    ]


def test_text_with_every_awkward_character_survives(store, records):
    note = 'a "quoted" \\ back\\slash, comma=equals space\nline\ttab ☂ \' ; {} $x ${y} # end\\'
    store.write([records.event(1, kind="mark", note=note)])
    [stored] = store.events(records.wearer, (records.start_s, records.start_s + 1))
    assert stored.event.data["note"] == note


def test_totals_add_up_to_the_window_whatever_is_stored(store, records):
    t = records.start_s
    rng = random.Random(4)
    states = [rng.choice(list(PostureState)) for _ in range(500)]
    kept = [t + 30 + i for i in range(500) if rng.random() < 0.8]
    store.write(records.entries([records.second(s, states[s - t - 30]) for s in kept]))
    for from_s, to_s in [(t, t + 600), (t + 31, t + 32), (t + 45, t + 90), (t - 7200, t + 7213)]:
        totals = totals_of(store, records, from_s, to_s)
        inside = [s for s in kept if from_s <= s < to_s]
        expected = {key: sum(states[s - t - 30].value == key for s in inside) for key in TOTAL_KEYS}
        expected[NO_DATA] = to_s - from_s - len(inside)
        assert totals.seconds == expected
        assert sum(totals.seconds.values()) == to_s - from_s


def test_an_empty_store_knows_nothing_of_any_window(store, records):
    totals = totals_of(store, records, records.start_s, records.start_s + 86_400)
    assert totals.seconds[NO_DATA] == 86_400
    assert totals.sagittal_mean_deg is None
    assert store.seconds(records.wearer, "lumbar", (0, 10)) == []
    assert store.wearers() == []


def test_an_empty_window_has_no_seconds(store, records):
    t = records.start_s
    store.write(records.entries(records.seconds(t, t + 60)))
    for window in [(t, t), (t + 7, t + 7)]:
        [totals] = store.totals(records.wearer, "lumbar", [window])
        assert set(totals.seconds.values()) == {0}
        assert store.seconds(records.wearer, "lumbar", window) == []
    assert store.totals(records.wearer, "lumbar", []) == []


def test_mean_inclination_is_that_of_the_seconds_that_have_one(store, records):
    t = records.start_s
    store.write(
        records.entries(
            [
                records.second(t, sagittal_deg=10.0),
                records.second(t + 1, sagittal_deg=20.0),
                records.second(t + 2, sagittal_deg=None),
            ]
        )
    )
    assert totals_of(store, records, t, t + 3600).sagittal_mean_deg == pytest.approx(15.0)
    assert totals_of(store, records, t + 1, t + 3).sagittal_mean_deg == pytest.approx(20.0)


def test_writing_again_changes_nothing(store, records):
    t = records.start_s
    entries = [
        *records.entries(records.seconds(t, t + 90)),
        Entry(records.wearer, records.bout(t, t + 90)),
        records.event(1),
        Entry(records.wearer, records.revision(t + 30, t + 40, 2, [records.second(t + 31)], [])),
    ]
    store.write(entries)
    before = everything(store, records)
    for again in (entries, entries[::-1], entries[40:50]):
        store.write(again)
        assert everything(store, records) == before


def everything(store, records):
    window = (records.start_s - 3600, records.start_s + 7200)
    return (
        store.totals(records.wearer, "lumbar", [window, (window[0], window[0] + 3700)]),
        store.seconds(records.wearer, "lumbar", window),
        store.bouts(records.wearer, "lumbar", window),
        store.events(records.wearer, window),
    )


def test_the_newest_session_wins_for_each_second_in_any_order(new_store, records):
    t = records.start_s
    old = records.seconds(t, t + 100)
    new = records.seconds(t + 40, t + 70, state=STANDING, session=records.session + 1)
    del new[5]  # where the newer session has no second, the older one still counts
    store = new_store()
    store.write(records.entries(new))
    store.write(records.entries(old))
    totals = totals_of(store, records, t, t + 100)
    assert (totals.seconds[SITTING], totals.seconds[STANDING]) == (71, 29)
    read = store.seconds(records.wearer, "lumbar", (t + 40, t + 70))
    assert [s.t_s for s in read] == list(range(t + 40, t + 70))
    assert [s for s in read if s.session == records.session] == [old[45]]


@pytest.mark.parametrize("newest_first", [False, True])
def test_of_bouts_that_two_sessions_began_at_once_the_newest_counts(store, records, newest_first):
    t = records.start_s
    old = records.bout(t, t + 100)
    new = records.bout(t, t + 50, STANDING, session=records.session + 1)
    for bout in [new, old] if newest_first else [old, new]:
        store.write(records.entries([bout]))
    assert store.bouts(records.wearer, "lumbar", (t, t + 200)) == [new]


def test_a_revision_replaces_its_range_and_nothing_else(store, records):
    t = records.start_s
    inside, across = records.bout(t + 100, t + 300), records.bout(t - 100, t + 150)
    store.write(records.entries(records.seconds(t, t + 600)))
    store.write(records.entries([inside, across]))
    better = records.bout(t + 130, t + 290, STANDING)
    stands = records.seconds(t + 100, t + 200, state=STANDING)
    store.write(records.entries([records.revision(t + 100, t + 300, 1, stands, [better])]))
    totals = totals_of(store, records, t, t + 600)
    assert totals.seconds[SITTING] == 400
    assert totals.seconds[STANDING] == 100
    assert totals.seconds[NO_DATA] == 100
    assert store.bouts(records.wearer, "lumbar", (t, t + 600)) == [across, better]


def test_originals_that_come_late_stay_out_of_a_revised_range(store, records):
    t = records.start_s
    store.write(records.entries([records.revision(t, t + 60, 1, [records.second(t, MOVING)], [])]))
    store.write(records.entries(records.seconds(t - 10, t + 70)))
    store.write(records.entries([records.bout(t + 5, t + 50), records.bout(t + 60, t + 70)]))
    totals = totals_of(store, records, t - 10, t + 70)
    assert (totals.seconds[SITTING], totals.seconds[MOVING]) == (20, 1)
    assert [b.start_ms for b in store.bouts(records.wearer, "lumbar", (t - 10, t + 70))] == [
        (t + 60) * 1000
    ]


def test_shuffled_and_doubled_revisions_give_the_newest_totals(new_store, records):
    t = records.start_s
    states = [SITTING, STANDING, MOVING, PostureState.LYING]
    documents = [
        records.revision(
            t + from_s,
            t + to_s,
            rev,
            records.seconds(t + from_s, t + to_s, state=states[rev - 1]),
            [records.bout(t + from_s, t + to_s, states[rev - 1])],
        )
        for rev, (from_s, to_s) in enumerate([(0, 300), (50, 130), (100, 200), (20, 70)], start=1)
    ]
    originals = records.seconds(t - 60, t + 360)
    newest = {
        s: max((d for d in documents if d.from_s <= s < d.to_s), key=lambda d: d.rev, default=None)
        for s in range(t - 60, t + 360)
    }
    expected = {s: SITTING if d is None else states[d.rev - 1] for s, d in newest.items()}
    pieces = [*records.entries(documents), *records.entries(documents[1:3])]
    pieces += records.entries(originals)
    for seed in range(3):
        shuffled = random.Random(seed).sample(pieces, len(pieces))
        store = new_store()
        wearer = f"w{seed}"
        for chunk in (shuffled[i : i + 150] for i in range(0, len(shuffled), 150)):
            store.write([Entry(wearer, entry.item) for entry in chunk])
        read = store.seconds(wearer, "lumbar", (t - 60, t + 360))
        assert {s.t_s: s.state for s in read} == expected
        [totals] = store.totals(wearer, "lumbar", [(t - 60, t + 360)])
        assert totals.seconds[STANDING] == sum(v is STANDING for v in expected.values())
        bouts = store.bouts(wearer, "lumbar", (t - 60, t + 360))
        assert [(b.start_ms // 1000 - t, b.state) for b in bouts] == [
            (0, SITTING),
            (20, PostureState.LYING),
            (100, MOVING),
        ]


def test_many_windows_give_the_same_answers_as_one_at_a_time(store, records):
    t = records.start_s
    store.write(records.entries(records.seconds(t, t + 1000)))
    windows = [(t - 300 + i * 300, t + i * 300) for i in range(8)]
    together = store.totals(records.wearer, "lumbar", windows)
    apart = [store.totals(records.wearer, "lumbar", [w])[0] for w in windows]
    assert together == apart


def test_wearers_and_positions_are_kept_apart(store, records):
    t = records.start_s
    store.write([Entry("ben", s) for s in records.seconds(t, t + 5)])
    store.write(records.entries(records.seconds(t, t + 7, position="thoracic")))
    assert store.wearers() == sorted(["ben", records.wearer])
    assert totals_of(store, records, t, t + 60).seconds[NO_DATA] == 60
    [other] = store.totals(records.wearer, "thoracic", [(t, t + 60)])
    assert other.seconds[SITTING] == 7
    assert store.events("ben", (t, t + 60)) == []


def test_events_are_narrowed_by_kind_and_ordered_by_time(store, records):
    store.write([records.event(9, "break"), records.event(2), records.event(5, "mark")])
    window = (records.start_s, records.start_s + 1)
    read = store.events(records.wearer, window)
    assert [e.event.kind for e in read] == ["nudge", "mark", "break"]
    read = store.events(records.wearer, window, ("break", "mark"))
    assert [e.event.kind for e in read] == ["mark", "break"]


def test_bouts_that_overlap_a_window_are_found_from_either_side(store, records):
    t = records.start_s
    bouts = [records.bout(t, t + 100), records.bout(t + 100, t + 5000, STANDING)]
    store.write(records.entries(bouts))
    assert store.bouts(records.wearer, "lumbar", (t + 3000, t + 3001)) == [bouts[1]]
    assert store.bouts(records.wearer, "lumbar", (t + 99, t + 101)) == bouts
    assert store.bouts(records.wearer, "lumbar", (t + 5000, t + 6000)) == []


def test_what_one_process_wrote_another_reads(new_store, records):
    writer, reader = new_store(), new_store()
    t = records.start_s
    writer.write(records.entries(records.seconds(t, t + 3)))
    assert len(reader.seconds(records.wearer, "lumbar", (t, t + 10))) == 3
    writer.write(records.entries(records.seconds(t + 3, t + 5)))
    assert len(reader.seconds(records.wearer, "lumbar", (t, t + 10))) == 5


def test_sealed_minutes_count_in_parts_and_close_to_late_seconds(store, records):
    t = records.start_s
    minutes = [
        Minute(
            wearer=records.wearer,
            t_s=t + i * 60,
            sitting=30,
            moving=20,
            sagittal_sum_deg=300.0,
            sagittal_n=30,
        )
        for i in range(120)
    ]
    store.load_minutes(minutes)
    store.load_minutes(minutes[3:5])
    store.write(records.entries(records.seconds(t + 60, t + 120, state=STANDING)))
    whole = totals_of(store, records, t, t + 7200)
    assert (whole.seconds[SITTING], whole.seconds[MOVING], whole.seconds[NO_DATA]) == (
        3600,
        2400,
        1200,
    )
    assert whole.sagittal_mean_deg == pytest.approx(10.0)
    parts = [totals_of(store, records, t + 45 + a, t + 45 + b) for a, b in [(0, 40), (40, 99)]]
    both = totals_of(store, records, t + 45, t + 144)
    for key in TOTAL_KEYS:
        assert sum(part.seconds[key] for part in parts) == both.seconds[key]
    assert sum(both.seconds.values()) == 99
    assert store.sealed_minutes(records.wearer, "lumbar", (t, t + 7200)) == minutes
    assert store.wearers() == [records.wearer]
    assert store.positions(records.wearer) == ["lumbar"]


def test_minutes_that_are_loaded_again_replace_themselves_whatever_came_late(store, records):
    t = records.start_s
    store.load_minutes([Minute(wearer=records.wearer, t_s=t, standing=60)])
    store.write(records.entries(records.seconds(t, t + 60)))
    store.load_minutes([Minute(wearer=records.wearer, t_s=t, moving=30)])
    totals = totals_of(store, records, t, t + 60)
    assert (totals.seconds[MOVING], totals.seconds[NO_DATA]) == (30, 30)


def test_the_span_reaches_over_everything_that_a_copy_must_hold(store, records):
    t = records.start_s
    assert store.span(records.wearer) is None
    store.write(records.entries([records.bout(t + 100, t + 200)]))
    store.write(records.entries([records.revision(t + 7000, t + 9000, 1, [], [])]))
    store.write(records.entries([records.second(t + 3600)]))
    from_s, to_s = store.span(records.wearer)
    assert from_s <= t + 100
    assert to_s >= t + 9000


def test_a_part_of_a_sealed_minute_weighs_its_part_in_the_mean(store, records):
    t = records.start_s
    store.load_minutes(
        [
            Minute(
                wearer=records.wearer, t_s=at, sitting=60, sagittal_sum_deg=deg * 30, sagittal_n=30
            )
            for at, deg in [(t, 10.0), (t + 60, 40.0)]
        ]
    )
    assert totals_of(store, records, t + 30, t + 120).sagittal_mean_deg == pytest.approx(30.0)


def test_a_minute_that_has_seconds_keeps_them_when_minutes_are_loaded(store, records):
    t = records.start_s
    store.write(records.entries(records.seconds(t, t + 45)))
    store.load_minutes(
        [Minute(wearer=records.wearer, t_s=t + i * 60, standing=60) for i in range(3)]
    )
    totals = totals_of(store, records, t, t + 180)
    assert (totals.seconds[SITTING], totals.seconds[STANDING]) == (45, 120)
    assert len(store.seconds(records.wearer, "lumbar", (t, t + 180))) == 45


def test_a_minute_stays_sealed_where_a_revision_covers_a_part_of_it(store, records):
    t = records.start_s
    store.load_minutes(
        [Minute(wearer=records.wearer, t_s=t + i * 60, standing=60) for i in range(4)]
    )
    seconds = records.seconds(t + 30, t + 130)
    store.write(records.entries([records.revision(t + 30, t + 130, 4, seconds, [])]))
    totals = totals_of(store, records, t, t + 240)
    assert (totals.seconds[SITTING], totals.seconds[STANDING]) == (60, 180)
    assert store.seconds(records.wearer, "lumbar", (t, t + 240)) == seconds[30:90]


def test_a_revision_of_whole_sealed_minutes_opens_them(store, records):
    t = records.start_s
    store.load_minutes(
        [Minute(wearer=records.wearer, t_s=t + i * 60, standing=60) for i in range(5)]
    )
    seconds = records.seconds(t + 60, t + 170)
    store.write(records.entries([records.revision(t + 60, t + 180, 4, seconds, [])]))
    totals = totals_of(store, records, t, t + 300)
    assert (totals.seconds[SITTING], totals.seconds[STANDING]) == (110, 180)
    assert store.seconds(records.wearer, "lumbar", (t, t + 300)) == seconds
    assert store.revised(records.wearer, "lumbar", (t, t + 100)) == [(t + 60, t + 100, 4)]
