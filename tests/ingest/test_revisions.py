"""Long revisions in parts say what the whole said, and each part fits through any broker."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from ingest.delivery.revisions import MOST_SECONDS, parts_of
from ingest.messages import MAX_PAYLOAD_BYTES, RevisionMessage, encode
from ingest.records import BODY_STATES, Bout, PostureState, Revision, Second
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore

FROM_S = 1_700_000_000
LONG = 3 * MOST_SECONDS + 17


@pytest.fixture
def whole(second, bout) -> Revision:
    seconds = [second(n, state=BODY_STATES[n // 700 % 4]) for n in range(LONG) if n % 100]
    bouts = [bout(n, length_s=690) for n in range(0, LONG, 700)]
    return Revision(from_s=FROM_S - 9, to_s=FROM_S + LONG, rev=7, seconds=seconds, bouts=bouts)


def message(revision: Revision, seq: int) -> RevisionMessage:
    fields = {name: getattr(revision, name) for name in revision.__struct_fields__}
    return RevisionMessage(origin="o", epoch="e", seq=seq, **fields)


def stored(folder: Path, revisions: list[Revision]) -> tuple[list[Second], list[Bout]]:
    window = (FROM_S - 60, FROM_S + LONG + 60)
    with closing(SqliteStore(folder / "history.sqlite")) as store:
        for n, revision in enumerate(revisions):
            store.write([Entry("w1", message(revision, n))])
        return store.seconds("w1", "lumbar", window), store.bouts("w1", "lumbar", window)


def test_parts_in_any_order_are_stored_as_the_whole(whole, tmp_path: Path) -> None:
    parts = parts_of(whole)
    assert len(parts) == 4
    shuffled = random.Random(3).sample(parts * 2, 8)
    (tmp_path / "parts").mkdir()
    assert stored(tmp_path / "parts", shuffled) == stored(tmp_path, [whole])


def test_a_bout_goes_with_the_part_in_which_it_begins_and_with_no_other(whole, bout) -> None:
    cuts = [part.from_s - FROM_S for part in parts_of(whole)[1:]]
    bouts = [bout(n + more) for n in cuts for more in (-1, 0)]
    parts = parts_of(msgspec.structs.replace(whole, bouts=bouts))
    assert [b for part in parts for b in part.bouts] == bouts
    assert all(p.from_s <= b.start_ms / 1000 < p.to_s for p in parts for b in p.bouts)


def test_a_part_of_the_longest_seconds_is_no_larger_than_any_message(second) -> None:
    longest = second(
        0,
        rule="r" * 16,
        calibration="c-" + "9" * 24,
        state=PostureState.STANDING,
        sagittal_deg=-123.45,
        frontal_deg=-123.45,
        confidence=0.123,
        up=(-0.123456, -0.123456, -0.123456),
        acc_sd_ms2=123.4567,
        gyro_rms_rads=12.34567,
        travel_m=-1.234,
        log_odds=(-12.3456, -12.3456, -12.3456, -12.3456),
        coverage=0.987,
    )
    seconds = [msgspec.structs.replace(longest, t_s=FROM_S + n) for n in range(MOST_SECONDS)]
    part = Revision(from_s=FROM_S, to_s=FROM_S + 600, rev=2**50, seconds=seconds, bouts=[])
    assert parts_of(part) == [part]
    assert len(encode(message(part, 2**50))) < MAX_PAYLOAD_BYTES


def test_the_outbox_keeps_a_long_revision_in_parts(whole, open_outbox, second) -> None:
    outbox = open_outbox()
    outbox.append([second(0), whole])
    kept = [item for _, item in outbox.read(after=0, limit=10)]
    assert kept == [second(0), *parts_of(whole)]
