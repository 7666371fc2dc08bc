"""What amqtt needs to be our embedded broker; imported only where one is started."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from dataclasses import dataclass
from typing import Final

from amqtt.broker import Broker
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from ingest.connection import EMBEDDED_USER

HANG_UP_S: Final = 1.0


class LoopbackBroker(Broker):  # type: ignore[misc]  # amqtt ships no types
    """amqtt's broker, which can say its port and leaves no connection open."""

    def __init__(self, *, bind: str, token: str, keep_alive_grace_s: int) -> None:
        listener = {"type": "tcp", "bind": bind}
        plugin = f"{TokenAuthPlugin.__module__}.{TokenAuthPlugin.__qualname__}"
        super().__init__(
            {
                "listeners": {"default": listener},
                "timeout_disconnect_delay": keep_alive_grace_s,
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
