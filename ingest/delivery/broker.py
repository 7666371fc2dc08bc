"""A small broker inside the process, for one person on one machine.

It is amqtt on the loopback, in a thread with a loop of its own so that a busy service cannot delay
its acknowledgements. It speaks MQTT 3.1.1, keeps nothing on disk and is trusted with nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from typing import TYPE_CHECKING, Any, Final, Self

from ingest.delivery.connection import Connection
from ingest.errors import BrokerError

if TYPE_CHECKING:
    from ingest.delivery.broker_amqtt import LoopbackBroker

logger = logging.getLogger(__name__)

STOP_TIMEOUT_S: Final = 8.0
LOGGERS: Final = ("amqtt", "transitions")


class EmbeddedBroker:
    """The broker as an async context manager; only clients that know `token` get in.

    Entering raises BrokerError when the port is taken. `port` 0 takes a free one.
    """

    def __init__(self, *, token: str, port: int = 0, host: str = "127.0.0.1") -> None:
        if not token:
            raise ValueError("the embedded broker needs a token")
        self._token = token
        self._host = host
        self._port = port
        self._serving = False
        self._ready: asyncio.Future[int] | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def port(self) -> int:
        """Return the port in use."""
        return self._port

    @property
    def connection(self) -> Connection:
        """Return how a client connects."""
        return Connection.embedded(port=self._port, token=self._token, host=self._host)

    async def __aenter__(self) -> Self:
        caller = asyncio.get_running_loop()
        self._ready = caller.create_future()
        self._thread = threading.Thread(
            target=self._run, args=(caller,), name="embedded-broker", daemon=True
        )
        self._thread.start()
        try:
            self._port = await self._ready
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_TIMEOUT_S)

    def _run(self, caller: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.set_exception_handler(_ignore)
            try:
                runner.run(self._serve(caller))
            except Exception as error:
                reason = BrokerError(self._why(error))
                if self._serving:
                    logger.error("%s: restart Lumbar", reason)
                else:
                    caller.call_soon_threadsafe(_fail, self._ready, reason)

    async def _serve(self, caller: asyncio.AbstractEventLoop) -> None:
        self._stop = asyncio.Event()
        broker = _make_broker(self._token, f"{self._host}:{self._port}")
        await broker.start()
        self._serving = True
        try:
            caller.call_soon_threadsafe(_succeed, self._ready, broker.port)
            await self._stop.wait()
        finally:
            await _shut_down(broker)

    def _why(self, error: Exception) -> str:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno is not None:
            return (
                f"cannot listen on {self._host}:{self._port} ({os.strerror(cause.errno)}): "
                "is another Lumbar or broker running there?"
            )
        return f"the embedded broker failed: {error}"


def _make_broker(token: str, bind: str) -> LoopbackBroker:
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # A third of a second that screens need not spend.
    from ingest.delivery.broker_amqtt import LoopbackBroker  # noqa: PLC0415

    return LoopbackBroker(bind=bind, token=token)


async def _shut_down(broker: LoopbackBroker) -> None:
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S / 2):
            await broker.close()
    except TimeoutError:
        logger.debug("the embedded broker did not stop in time")


def _succeed(ready: asyncio.Future[int] | None, port: int) -> None:
    if ready is not None and not ready.done():
        ready.set_result(port)


def _fail(ready: asyncio.Future[int] | None, reason: BrokerError) -> None:
    if ready is not None and not ready.done():
        ready.set_exception(reason)


def _ignore(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """Swallow what amqtt's background tasks raise: a dropped delivery is what the outbox is for."""
