"""Commands are carried out at most once and always answered."""

import asyncio

import pytest

from ingest.commands import MAX_LIFE_MS, REMEMBERED, CommandDesk, accepted, refused
from ingest.messages import Command, Reply, decode, encode

NOW_MS = 1_000_000


@pytest.fixture
def done():
    return []


@pytest.fixture
def desk(sender, done):
    def calibrate(command):
        done.append(command)
        step = command.args.get("step")
        return accepted(command, "taken") if step == "upright" else refused(command, "no such step")

    return CommandDesk(sender, {"calibrate": calibrate}, wearer="w1", wall=lambda: NOW_MS)


def ask(sender, *, name="c1", expires_ms=NOW_MS + 5000, **args):
    command = Command(id=name, issued_ms=NOW_MS, expires_ms=expires_ms, args=args)
    sender.deliver("lumbar/w1/cmd/calibrate", encode(command))
    (payload,) = sender.taken(f"reply/{name}")
    return decode(Reply, payload, topic="t")


def test_a_command_is_carried_out_and_answered(desk, sender, done):
    reply = ask(sender, step="upright")
    assert (reply.accepted, reply.reason, len(done)) == (True, "taken", 1)


def test_a_refusal_says_why(desk, sender):
    reply = ask(sender, step="sideways")
    assert (reply.accepted, reply.reason) == (False, "no such step")


def test_a_command_that_arrives_twice_is_carried_out_once_and_answered_twice(desk, sender, done):
    assert ask(sender, step="upright") == ask(sender, step="upright")
    assert len(done) == 1


@pytest.mark.parametrize("expires_ms", [NOW_MS - 1, NOW_MS + MAX_LIFE_MS + 1])
def test_a_command_of_another_time_is_refused(desk, sender, done, expires_ms):
    assert not ask(sender, expires_ms=expires_ms, step="upright").accepted
    assert done == []


async def test_a_command_that_takes_time_is_answered_when_it_is_done_and_carried_out_once(sender):
    go, done = asyncio.Event(), []

    async def vibrate(command):
        done.append(command)
        await go.wait()
        return accepted(command)

    CommandDesk(sender, {"vibrate": vibrate}, wearer="w1", wall=lambda: NOW_MS)
    command = Command(id="c1", issued_ms=NOW_MS, expires_ms=NOW_MS + 5000)
    for _ in range(2):
        sender.deliver("lumbar/w1/cmd/vibrate", encode(command))
        await asyncio.sleep(0)
    assert sender.taken("reply/c1") == []
    go.set()
    await asyncio.sleep(0.01)
    assert (len(sender.taken("reply/c1")), len(done)) == (1, 1)
    sender.deliver("lumbar/w1/cmd/vibrate", encode(command))
    assert (len(sender.taken("reply/c1")), len(done)) == (1, 1)


def test_a_command_that_the_broker_had_retained_is_ignored(desk, sender, done):
    command = Command(id="c1", issued_ms=NOW_MS, expires_ms=NOW_MS + 5000, args={"step": "upright"})
    sender.deliver("lumbar/w1/cmd/calibrate", encode(command), retain=True)
    assert (done, sender.published) == ([], [])


def test_answers_are_remembered_for_the_newest_commands_only(desk, sender, done):
    for n in range(REMEMBERED + 1):
        ask(sender, name=f"c{n}", step="upright")
    ask(sender, name="c1", step="upright")
    ask(sender, name="c0", step="upright")
    assert len(done) == REMEMBERED + 2


def test_what_is_no_command_is_ignored(desk, sender, done):
    for payload in (b"", b"[]", b'{"v":1,"id":"../../x"}', b"\x00"):
        sender.deliver("lumbar/w1/cmd/calibrate", payload)
    assert (done, sender.published) == ([], [])
