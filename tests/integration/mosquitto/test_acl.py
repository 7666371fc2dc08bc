"""The access list, enforced by a real mosquitto: everybody gets their part and nothing else."""

import asyncio
import subprocess
from contextlib import AsyncExitStack

import pytest
from patience import eventually

from ingest.acl import Account, Role, mosquitto_acl
from ingest.delivery.mqtt import MqttClient
from ingest.homeassistant import config_topic
from ingest.messages import Availability, encode
from ingest.retained import availability_of, forget_retained
from ingest.topics import ANY_WEARER

ACCOUNTS = (
    Account("gw1", Role.GATEWAY, "w1"),
    Account("gw2", Role.GATEWAY, "w2"),
    Account("mon1", Role.MONITOR, "w1"),
    Account("scr1", Role.SCREEN, "w1"),
    Account("rec", Role.RECORDER, ANY_WEARER),
    Account("ha1", Role.HOME_ASSISTANT, "w1"),
)
PROBES = (
    *("seconds", "bout", "event", "revision", "stored", "nudge", "status", "posture", "timeline"),
    *("link", "calibration", "angle", "availability/ingest", "availability/monitor"),
    *("cmd/calibrate", "cmd/snooze", "cmd/vibrate", "reply/r1", "screen/s1"),
)
MAY_WRITE = {
    "gw1": {
        *("seconds", "bout", "event", "revision", "posture", "timeline", "link", "calibration"),
        *("angle", "availability/ingest", "reply/r1"),
    },
    "mon1": {"event", "nudge", "status", "availability/monitor", "reply/r1", "cmd/vibrate"},
    "scr1": {"cmd/calibrate", "cmd/snooze", "cmd/vibrate", "screen/s1"},
    "rec": {"stored"},
    "ha1": {"cmd/calibrate", "cmd/snooze", "cmd/vibrate"},
    "gw2": set(),
}
MAY_READ = {
    "gw1": {"stored", "status", "cmd/calibrate", "cmd/vibrate"},
    "mon1": set(PROBES) - {"revision"},
    "scr1": set(PROBES) - {"revision", "stored", "cmd/calibrate", "cmd/snooze", "cmd/vibrate"},
    "rec": {"seconds", "bout", "event", "revision"},
    "ha1": set(PROBES)
    - {"revision", "stored", "cmd/calibrate", "cmd/snooze", "cmd/vibrate", "screen/s1", "reply/r1"},
    "gw2": set(),
}


@pytest.fixture
def guarded(start_mosquitto, system_program, tmp_path):
    passwords = tmp_path / "passwords"
    tool = system_program("mosquitto_passwd")
    passwords.touch(mode=0o600)
    for user in ("root", *(account.user for account in ACCOUNTS)):
        subprocess.run([tool, "-b", str(passwords), user, f"secret-{user}"], check=True)
    rules = tmp_path / "acl"
    # Only the test's own observer may see everything.
    everything = "user root\ntopic readwrite #\n\n"
    rules.write_text(everything + mosquitto_acl(ACCOUNTS))
    rules.chmod(0o600)
    return start_mosquitto(f"allow_anonymous false\npassword_file {passwords}\nacl_file {rules}")


def login(broker, user):
    return broker.connection(username=user, password=f"secret-{user}", version="3.1.1")


async def collect(client, until, seen):
    """Note who said what on which topic until `until` arrives."""
    async with asyncio.timeout(60):
        async for incoming in client.messages():
            if incoming.payload == until:
                return
            seen.add((incoming.payload.decode(), incoming.topic.removeprefix("lumbar/w1/")))


async def test_everybody_may_write_their_own_topics_and_no_others(guarded):
    seen = set()
    async with AsyncExitStack() as stack:
        observer = MqttClient(login(guarded, "root"), client_id="observer")
        await stack.enter_async_context(observer)
        observer.subscribe("lumbar/#", 1)
        assert await observer.wait_connected(60)
        for user in MAY_WRITE:
            writer = MqttClient(login(guarded, user), client_id=f"writer-{user}")
            await stack.enter_async_context(writer)
            assert await writer.wait_connected(60), writer.trouble
            for probe in PROBES:
                writer.publish(f"lumbar/w1/{probe}", user.encode(), qos=1)
            await settled(writer)
        observer.publish("lumbar/w1/end", b"end", qos=1)
        await collect(observer, b"end", seen)
    assert {user: {t for u, t in seen if u == user} for user in MAY_WRITE} == MAY_WRITE


async def settled(client):
    """Wait until the broker has acknowledged everything."""
    pending = client._session._client._out_messages
    async with asyncio.timeout(60):
        while pending:  # noqa: ASYNC110 - paho signals nothing
            await asyncio.sleep(0.01)


async def test_everybody_may_read_their_own_topics_and_no_others(guarded):
    seen = {user: set() for user in MAY_READ}
    async with AsyncExitStack() as stack:
        readers = []
        for user in MAY_READ:
            reader = MqttClient(login(guarded, user), client_id=f"reader-{user}")
            await stack.enter_async_context(reader)
            reader.subscribe("lumbar/w1/#", 1)
            for probe in PROBES:
                reader.subscribe(f"lumbar/w1/{probe}", 1)
            assert await reader.wait_connected(60)
            readers.append((user, reader))
        writer = MqttClient(login(guarded, "root"), client_id="writer")
        await stack.enter_async_context(writer)
        assert await writer.wait_connected(60)
        for probe in PROBES:
            writer.publish(f"lumbar/w1/{probe}", b"x", qos=1)
        await settled(writer)
        for user, reader in readers:
            await heard(reader, seen[user], MAY_READ[user])
        await asyncio.sleep(0.2)  # whatever else the broker lets through would be here by now
        for user, reader in readers:
            await heard(reader, seen[user], set())
    assert seen == MAY_READ


async def heard(reader, seen, least):
    """Note what a reader was sent, until that is as much as it may read."""
    async with asyncio.timeout(60):
        while True:
            while (incoming := reader._inbox.take()) is not None:
                seen.add(incoming.topic.removeprefix("lumbar/w1/"))
            if seen >= least:
                return
            await asyncio.sleep(0.01)


async def test_home_assistant_hears_of_a_device_from_its_own_gateway_only(guarded):
    async with AsyncExitStack() as stack:
        clients = {}
        for user in ("ha1", "gw1", "gw2", "scr1"):
            clients[user] = MqttClient(login(guarded, user), client_id=user)
            await stack.enter_async_context(clients[user])
            assert await clients[user].wait_connected(60)
        clients["ha1"].subscribe("homeassistant/device/+/config", 1)
        assert await clients["ha1"].wait_connected(60)
        for user in ("scr1", "gw2", "gw1"):
            clients[user].publish(config_topic("w1"), user.encode(), qos=1)
            await settled(clients[user])
        assert (await anext(clients["ha1"].messages())).payload == b"gw1"


async def test_a_gateway_clears_what_it_wrote_and_may_not_read(guarded):
    written = ("lumbar/w1/link", "lumbar/w1/availability/ingest", config_topic("w1"))
    async with MqttClient(login(guarded, "gw1"), client_id="gw1") as writer:
        assert await writer.wait_connected(60)
        for topic in written:
            writer.publish(topic, b"x", qos=1, retain=True)
        await settled(writer)
    assert await forget_retained(login(guarded, "gw1"), "w1") == []
    async with MqttClient(login(guarded, "root"), client_id="observer") as observer:
        observer.subscribe("#", 1)
        assert await observer.wait_connected(60)
        observer.publish("end", b"end", qos=1)
        assert [incoming.payload async for incoming in until_end(observer)] == []


async def until_end(client):
    """Yield what arrives before `end`."""
    async for incoming in client.messages():
        if incoming.topic == "end":
            return
        yield incoming


async def test_who_has_no_name_or_a_wrong_password_gets_nothing(guarded):
    for connection in (
        guarded.connection(version="3.1.1"),
        guarded.connection(username="gw1", password="wrong", version="5"),
    ):
        async with MqttClient(connection, client_id="stranger") as stranger:
            await eventually(lambda: "refused us" in stranger.trouble)
            assert not stranger.connected
            assert stranger._session.version == connection.version


def test_only_a_recorder_serves_everybody():
    with pytest.raises(ValueError, match="recorder"):
        Account("gw", Role.GATEWAY, ANY_WEARER)
    for user, wearer in (("a b", "w1"), ("gw\ntopic write #", "w1"), ("gw", "w1/#")):
        with pytest.raises(ValueError, match="cannot be"):
            Account(user, Role.GATEWAY, wearer)


async def test_everybody_with_a_screen_hears_whether_the_recorder_of_all_is_there(guarded):
    topic = "lumbar/@all/availability/recorder"
    message = encode(Availability(state="online"))
    async with MqttClient(login(guarded, "rec"), client_id="r", will=(topic, message)) as recorder:
        recorder.publish(topic, message, qos=1, retain=True)
        assert await recorder.wait_connected(60), recorder.trouble
        for user in ("mon1", "scr1", "ha1", "rec"):
            said = await availability_of(login(guarded, user), "w1", "recorder")
            assert said == Availability(state="online"), user
