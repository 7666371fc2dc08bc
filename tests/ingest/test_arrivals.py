"""Messages between two threads: in order, in batches, and never more than memory can bear."""

from threading import Thread

from ingest.delivery import arrivals
from ingest.delivery.arrivals import MAX_BATCH, Arrivals
from ingest.delivery.paho_session import Arrival


def message(n=0, size=1):
    return Arrival("lumbar/w1/event", b"x" * size, False, 1, n, 1)


def test_messages_are_taken_in_order_and_at_most_a_batch_at_a_time():
    waiting = Arrivals()
    sent = [message(n) for n in range(MAX_BATCH + 3)]
    for one in sent:
        assert waiting.put(one, patience_s=0)
    assert [*waiting.take(), *waiting.take()] == sent


def test_memory_is_bounded_but_a_message_of_any_size_finds_an_empty_queue(monkeypatch):
    monkeypatch.setattr(arrivals, "MAX_WAITING_BYTES", 10)
    waiting = Arrivals()
    assert waiting.put(message(size=50), patience_s=0)
    assert not waiting.put(message(), patience_s=0)
    assert len(waiting.take()) == 1
    assert waiting.put(message(size=9), patience_s=0)
    assert waiting.put(message(size=1), patience_s=0)


def test_the_network_waits_for_room_while_there_is_hope(monkeypatch):
    monkeypatch.setattr(arrivals, "MAX_WAITING", 1)
    waiting = Arrivals()
    assert waiting.put(message(1), patience_s=0)
    network = Thread(target=waiting.put, args=(message(2),), kwargs={"patience_s": 60})
    network.start()
    taken = [*waiting.take(), *waiting.take()]
    network.join()
    assert [one.mid for one in taken] == [1, 2]


def test_what_waits_at_the_end_is_still_taken():
    waiting = Arrivals()
    waiting.put(message(), patience_s=0)
    waiting.stop()
    assert not waiting.pause(60)
    assert [len(waiting.take() or ()), waiting.take()] == [1, None]


def test_after_a_crowd_the_taker_waits_until_no_more_come(monkeypatch):
    waiting = Arrivals()
    coming = iter([6, 5, 0])
    monkeypatch.setattr(arrivals.time, "sleep", lambda _: put(next(coming)))

    def put(count):
        for n in range(count):
            waiting.put(message(n), patience_s=0)

    put(10)
    assert len(waiting.take()) == 10
    put(4)
    assert len(waiting.take()) == 4 + 6 + 5
