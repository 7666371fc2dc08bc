"""What amqtt needs to be our embedded broker; imported only where one is started."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from dataclasses import dataclass
from typing import Final

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session
from amqtt.utils import gen_client_id

from ingest.delivery.connection import EMBEDDED_USER

HANG_UP_S: Final = 1.0
# amqtt hangs up exactly at the keep-alive; the standard allows one and a half times as much.
KEEP_ALIVE_GRACE_S: Final = 5


class LoopbackBroker(Broker):  # type: ignore[misc]  # amqtt ships no types
    """amqtt's broker, which can say its port and leaves no connection open."""

    def __init__(self, *, bind: str, token: str) -> None:
        listener = {"type": "tcp", "bind": bind}
        plugin = f"{TokenAuthPlugin.__module__}.{TokenAuthPlugin.__qualname__}"
        super().__init__(
            {
                "listeners": {"default": listener},
                "plugins": {plugin: {"token": token}},
            }
        )
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def _server(self) -> asyncio.Server:
        server: asyncio.Server = self._servers["default"].instance
        return server

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve one connection and close it whatever happens."""
        self._writers.add(writer)
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _initialize_client_session(
        self,
        reader: ReaderAdapter,
        writer: WriterAdapter,
        remote_address: str,
        remote_port: int,
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Read CONNECT and let the client in, or not.

        amqtt itself asks for the password only after it has dropped the session of that name, or
        given it the newcomer's will: anybody on this machine could silence a service or speak in
        its name. Every session is a clean one here: nothing of an absent client is kept.
        """
        handler, session = await BrokerProtocolHandler.init_from_connect(
            reader, writer, self.plugins_manager
        )
        if not await self._authenticate(session, self.listeners_config["default"]):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            raise MQTTError(f"{remote_address}:{remote_port} does not know the token")
        session.clean_session = True
        session.parent = 0
        session.client_id = session.client_id or gen_client_id()
        await self._displace(session.client_id)
        if session.keep_alive > 0:
            session.keep_alive += KEEP_ALIVE_GRACE_S
        return handler, session

    async def _displace(self, client_id: str) -> None:
        """Hang up on an earlier connection of this name, so that its reader ends by itself."""
        _, handler = self._sessions.get(client_id, (None, None))
        if handler is not None and handler.writer is not None:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(HANG_UP_S):
                    await handler.writer.close()
        await self._cleanup_session(client_id)

    async def close(self) -> None:
        """Stop listening, hang up and shut down.

        The connections go first: amqtt's own shutdown cancels their readers, and a reader that
        swallows its cancellation makes it wait for ever.
        """
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANG_UP_S):
                while self._writers:  # noqa: ASYNC110 - amqtt tells nobody
                    await asyncio.sleep(0.005)
        await self.shutdown()


class TokenAuthPlugin(BaseAuthPlugin):  # type: ignore[misc]  # amqtt ships no types
    """Lets in whoever shows the token, compared in constant time."""

    @dataclass
    class Config:
        """Settings of the plugin."""

        token: str = ""

    async def authenticate(self, *, session: Session) -> bool:
        """Return whether the session's user and password are ours."""
        token = self.config.token
        user = (session.username or "").encode()
        password = (session.password or "").encode()
        right_user = hmac.compare_digest(user, EMBEDDED_USER.encode())
        return hmac.compare_digest(password, token.encode()) and right_user and bool(token)
