"""Messages between two threads: in order, in batches, and never more than memory can bear."""

from ingest import arrivals
from ingest.arrivals import MAX_BATCH, Arrivals
from ingest.paho_session import Arrival


def message(n=0, size=1):
    return Arrival("lumbar/w1/event", b"x" * size, False, 1, n, 1)


def test_messages_are_taken_in_order_and_at_most_a_batch_at_a_time():
    waiting = Arrivals()
    sent = [message(n) for n in range(MAX_BATCH + 3)]
    assert all(map(waiting.put, sent))
    assert [*waiting.take(), *waiting.take()] == sent


def test_memory_is_bounded_but_a_message_of_any_size_finds_an_empty_queue(monkeypatch):
    monkeypatch.setattr(arrivals, "MAX_WAITING_BYTES", 10)
    waiting = Arrivals()
    assert waiting.put(message(size=50))
    assert not waiting.put(message())
    assert len(waiting.take()) == 1
    assert waiting.put(message(size=9))


def test_what_waits_at_the_end_is_still_taken():
    waiting = Arrivals()
    waiting.put(message())
    waiting.stop()
    assert not waiting.pause(60)
    assert [len(waiting.take() or ()), waiting.take()] == [1, None]


def test_after_a_crowd_the_taker_waits_until_no_more_come(monkeypatch):
    waiting = Arrivals()
    coming = iter([6, 5, 0])
    monkeypatch.setattr(arrivals.time, "sleep", lambda _: put(next(coming)))

    def put(count):
        for n in range(count):
            waiting.put(message(n))

    put(10)
    assert len(waiting.take()) == 10
    put(4)
    assert len(waiting.take()) == 4 + 6 + 5
