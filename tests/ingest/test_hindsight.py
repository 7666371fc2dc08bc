"""Looking back, it is known up to where all is stored, and revisions are numbered upwards."""

import pytest

from ingest.messages import Command, StoredMessage
from ingest.past.correction import SETTLED_S
from ingest.past.hindsight import Hindsight
from ingest.records import PostureState, Revision
from ingest.store.base import Entry
from ingest.store.sqlite import SqliteStore
from sensor.timeline import Timeline, TimelineOrigin


@pytest.fixture
def outbox(open_outbox):
    return open_outbox()


@pytest.fixture
def hindsight(outbox, second, tmp_path):
    return Hindsight(
        wearer="w1",
        position="lumbar",
        timeline=Timeline(TimelineOrigin.REPLAY, second(1000).t_s, rate=0.0),
        outbox=outbox,
        open_history=lambda: SqliteStore(tmp_path / "history.sqlite"),
        timezone=None,
        learn=lambda params: None,
    )


def test_all_is_stored_up_to_the_oldest_record_that_waits(hindsight, outbox, second):
    now_s = second(1000).t_s
    assert hindsight.stored_until_s(now_s) == now_s - SETTLED_S
    outbox.append([second(7), second(8)])
    assert hindsight.stored_until_s(now_s) == second(7).t_s
    stored = StoredMessage(recorder="r", origin=outbox.origin, epoch=outbox.epoch, ranges=[(1, 1)])
    outbox.confirm(stored)
    assert hindsight.stored_until_s(now_s) == second(8).t_s


def test_a_correction_outranks_revisions_made_before_the_clock_was_set_back(
    hindsight, outbox, second, tmp_path
):
    store = SqliteStore(tmp_path / "history.sqlite")
    store.write([Entry("w1", second(n)) for n in range(60)])
    store.close()
    future_ms = 4_000_000_000_000
    outbox.append([Revision(from_s=1, to_s=2, rev=future_ms, seconds=[], bouts=[])])
    outbox.forget([1])
    args = {"from_s": second(10).t_s, "to_s": second(20).t_s, "state": "standing"}
    command = Command(id="c1", issued_ms=1, expires_ms=2, args=args)
    assert hindsight.correct(command).accepted
    made = next(item for _, item in outbox.read(after=0, limit=9) if isinstance(item, Revision))
    assert made.rev == future_ms + 1
    assert made.seconds[0].state is PostureState.STANDING
