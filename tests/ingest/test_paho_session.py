"""A connection that comes and goes is told once, and in the end with its likely cause."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from ingest.delivery import paho_session
from ingest.delivery.connection import Connection
from ingest.delivery.paho_client import SessionOptions
from ingest.delivery.paho_session import BRIEF_ONES, BRIEF_S, PahoSession, SessionEvents

CONNECTED = ReasonCode(PacketTypes.CONNACK, "Success")
GONE = ReasonCode(PacketTypes.DISCONNECT, "Unspecified error")


@pytest.fixture
def session():
    events = SessionEvents(
        connected=lambda: None, disconnected=lambda: None, arrived=lambda arrival: None
    )
    return PahoSession(Connection(), SessionOptions(client_id="recorder-1"), events)


@pytest.fixture
def connect_for(session, monkeypatch, wall):
    monkeypatch.setattr(paho_session.time, "monotonic", wall)

    def connect(seconds):
        session._on_connect(session._client, None, None, CONNECTED, None)
        assert (session.connected, session.trouble) == (True, "")
        wall.now_s += seconds
        session._on_disconnect(session._client, None, None, GONE, None)

    return connect


def test_a_name_that_is_used_twice_is_suspected_and_does_not_fill_the_log(
    session, connect_for, caplog
):
    for _ in range(BRIEF_ONES - 1):
        connect_for(0.3)
        assert "was lost" in session.trouble
    for _ in range(50):
        connect_for(0.3)
        assert "call itself recorder-1" in session.trouble
    assert len(caplog.records) == 2


def test_good_connections_that_end_are_each_told(session, connect_for, caplog):
    for _ in range(2 * BRIEF_ONES):
        connect_for(BRIEF_S)
        assert "was lost" in session.trouble
    assert len(caplog.records) == 2 * BRIEF_ONES


def test_a_connection_that_comes_up_while_it_is_closed_is_not_announced():
    said = []
    events = SessionEvents(
        connected=lambda: said.append("connected"),
        disconnected=lambda: said.append("disconnected"),
        arrived=lambda arrival: None,
    )
    session = PahoSession(Connection(), SessionOptions(client_id="recorder-1"), events)
    session.close()
    session._on_connect(session._client, None, None, CONNECTED, None)
    assert (session.connected, said) == (False, [])
