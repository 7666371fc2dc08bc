"""Refused messages are kept in a bounded file."""

import base64

import msgspec

from ingest.delivery import dead_letters
from ingest.delivery.dead_letters import DeadLetters


def test_a_refused_message_is_kept_with_its_reason(tmp_path):
    letters = DeadLetters(tmp_path / "dead.jsonl")
    assert letters.add(topic="lumbar/w1/bout", payload=b"\xff{", why="no JSON", at_ms=7)
    line = msgspec.json.decode((tmp_path / "dead.jsonl").read_bytes())
    assert (line["topic"], line["why"], line["at_ms"]) == ("lumbar/w1/bout", "no JSON", 7)
    assert base64.b64decode(line["payload_base64"]) == b"\xff{"
    assert (tmp_path / "dead.jsonl").stat().st_mode & 0o077 == 0


def test_the_file_stays_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(dead_letters, "MAX_BYTES", 1500)
    letters = DeadLetters(tmp_path / "dead.jsonl")
    for n in range(60):
        letters.add(topic="t", payload=b"x" * 100, why="bad", at_ms=n)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * 1500
    newest = (tmp_path / "dead.jsonl").read_bytes().splitlines()[-1]
    assert msgspec.json.decode(newest)["at_ms"] == 59
    assert letters.count == 60


def test_messages_that_cannot_be_kept_are_reported_as_not_kept_and_logged_once(tmp_path, caplog):
    place = tmp_path / "folder"
    place.write_text("")
    letters = DeadLetters(place / "dead.jsonl")
    for n in range(5):
        assert not letters.add(topic="t", payload=b"", why="bad", at_ms=n)
    assert (letters.count, caplog.text.count("cannot keep")) == (5, 1)
    place.unlink()
    place.mkdir()
    assert letters.add(topic="t", payload=b"", why="bad", at_ms=5)


def test_a_flood_is_logged_once_in_a_while(tmp_path, caplog):
    letters = DeadLetters(None)
    for n in range(1000):
        letters.add(topic="t", payload=b"", why="bad", at_ms=n)
    assert len(caplog.records) == 11
