"""The arithmetic of ranges, against sets of seconds."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.store.influx_plan import Pointer, every_s, in_steps, joined, overlaps, painted
from ingest.store.minutes import STATES, Tally
from ingest.store.ranges import (
    Range,
    RevisedRange,
    merged,
    narrowed,
    overlaid,
    steps_holding,
    widened,
    without,
)

bounds = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(sorted)
ranges = bounds.map(lambda pair: Range(*pair))
pointers = st.builds(
    lambda rev, sealed, pair: Pointer(rev, sealed, *(b // 60 * 60 if sealed else b for b in pair)),
    st.integers(1, 4),
    st.booleans(),
    bounds,
)


def seconds_of(pieces):
    return {second for piece in pieces for second in range(piece.from_s, piece.to_s)}


@given(st.lists(ranges))
def test_merging_keeps_every_second_in_pieces_that_do_not_touch(pieces):
    result = merged(pieces)
    assert seconds_of(result) == seconds_of(pieces)
    assert all(a.to_s < b.from_s for a, b in itertools.pairwise(result))


@given(ranges, st.lists(ranges))
def test_taking_away_is_the_difference_of_sets(whole, holes):
    result = without(whole, holes)
    assert seconds_of(result) == seconds_of([whole]) - seconds_of(holes)
    assert result == merged(result)


@given(ranges, st.sampled_from([60, 3600]))
def test_narrowed_and_widened_are_whole_steps_around_a_range(piece, step_s):
    small, large = narrowed(piece, step_s), widened(piece, step_s)
    assert seconds_of([small]) <= seconds_of([piece]) <= seconds_of([large])
    assert not any(bound % step_s for bound in (*small, *large))


@given(st.lists(st.integers(0, 400)))
def test_steps_hold_every_second(seconds):
    held = seconds_of(steps_holding(seconds, 60))
    assert set(seconds) <= held
    assert len(held) == 60 * len({second // 60 for second in seconds})


@given(st.lists(st.builds(lambda p, r: RevisedRange(*p, r), bounds, st.integers(1, 4))), ranges)
def test_a_revision_wins_where_nothing_is_as_new(old, new):
    won = seconds_of(overlaid(old, RevisedRange(*new, 3)))
    assert won == seconds_of([new]) - seconds_of(o for o in old if o.rev >= 3)


@given(st.lists(pointers))
def test_for_each_second_the_newest_pointer_counts(given_pointers):
    result = painted(given_pointers)
    assert len(seconds_of(result)) == sum(p.to_s - p.from_s for p in result)
    for second in range(0, 400, 7):
        [found] = [p[:2] for p in result if p.from_s <= second < p.to_s] or [None]
        assert found == newest_at(second, joined(given_pointers))


def newest_at(second, given_pointers):
    """Return (rev, sealed): each pointer in its turn, but a sealed minute opens as a whole."""
    newest = None
    start = second // 60 * 60
    for pointer in sorted(given_pointers):
        whole = pointer.from_s <= start and start + 60 <= pointer.to_s
        keeps = newest is not None and newest[1] and not pointer.sealed and not whole
        if pointer.from_s <= second < pointer.to_s and not keeps:
            newest = pointer[:2]
    return newest


@given(st.lists(ranges, max_size=5))
def test_overlaps_are_the_seconds_of_two(spans):
    counts = [sum(s.from_s <= second < s.to_s for s in spans) for second in range(400)]
    assert seconds_of(overlaps(spans)) == {i for i, n in enumerate(counts) if n > 1}


@given(st.integers(0, 10_000), st.integers(0, 20_000))
def test_steps_cover_a_piece_once_with_the_largest_that_fit(from_s, length):
    piece = Range(from_s, from_s + length)
    steps = in_steps(piece)
    assert [second for _, part in steps for second in range(*part)] == list(range(*piece))
    for step_s, part in steps:
        assert part.from_s % step_s == part.to_s % step_s == 0
        assert every_s([part], step_s) % step_s == 0
    assert sum(part.to_s - part.from_s for step, part in steps if step == 1) < 120


@given(st.lists(st.integers(0, 10), min_size=6, max_size=6), st.integers(0, 60), st.integers(0, 60))
def test_parts_of_a_sealed_minute_add_up_to_it(counts, a, b):
    cuts = [0, *sorted((a, b)), 60]
    row = (*counts, 30.0, 10)
    parts = []
    for from_s, to_s in itertools.pairwise(cuts):
        tally = Tally()
        tally.add_part(row, from_s, to_s)
        totals = tally.totals(from_s, to_s)
        assert sum(totals.seconds.values()) == to_s - from_s
        assert min(totals.seconds.values()) >= 0
        parts.append(totals)
    for state, count in zip(STATES, counts, strict=True):
        assert sum(part.seconds[state] for part in parts) == count
