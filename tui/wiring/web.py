"""The web server of `lumbar serve`: textual-serve behind a door, one process per visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import WSCloseCode, web
from textual_serve.app_service import AppService
from textual_serve.server import Server

from tui.exits import CommandError, Exit
from tui.wiring.web_door import COOKIE, Door

PAGES: Final = Path(__file__).parent.parent / "web"
GOODBYE_S: Final = 5.0  # a dashboard that is asked to quit needs well under one
POLL_S: Final = 0.05
FONT_SIZES: Final = range(6, 41)
POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Visits(Server):
    """Serves a dashboard to every visitor and ends them all with itself.

    Args:
        command: starts a visitor's dashboard; it draws through textual-serve's driver.
        door: lets requests in.
    """

    def __init__(self, command: str, door: Door) -> None:
        super().__init__(command, title="lumbar")
        self._door = door
        self._open: dict[AppService, web.WebSocketResponse] = {}

    async def run(self, host: str, port: int, announce: Callable[[int], None]) -> None:
        """Serve until cancelled; `announce` is told the port once it listens.

        Raises CommandError when nothing can listen there.
        """
        runner = web.AppRunner(self._application(), shutdown_timeout=GOODBYE_S)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            try:
                await site.start()
            except OSError as error:
                raise CommandError(
                    f"cannot serve on {host} port {port}: {error.strerror}; try another --port",
                    code=Exit.UNAVAILABLE,
                ) from error
            announce(runner.addresses[0][1])
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard])
        aiohttp_jinja2.setup(application, loader=jinja2.FileSystemLoader(PAGES), autoescape=True)
        application.add_routes(
            [
                web.get("/", self.handle_index),
                web.get("/ws", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.static("/static", self.statics_path),
                web.static("/page", PAGES),
            ]
        )
        application.on_shutdown.append(self._say_goodbye)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        offered = request.query.get("token", "")
        refusal = self._door.refusal(
            host=request.host,
            origin=request.headers.get("Origin"),
            shown=offered or request.cookies.get(COOKIE, ""),
        )
        if refusal:
            raise web.HTTPForbidden(text=refusal)
        if offered:
            # The token leaves the address line, so that no history or screenshot keeps it.
            answer = web.HTTPSeeOther("/")
            answer.set_cookie(COOKIE, offered, httponly=True, samesite="Strict")
            raise answer
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        """Answer with the page; it asks nobody but this server for anything."""
        size = request.query.get("fontsize", "")
        scheme = "wss" if request.secure else "ws"
        context: dict[str, Any] = {
            "title": self.title,
            "socket": f"{scheme}://{request.host}/ws",
            "font_size": size if size.isdecimal() and int(size) in FONT_SIZES else "16",
        }
        response = aiohttp_jinja2.render_template("page.html", request, context)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    async def _process_messages(
        self, websocket: web.WebSocketResponse, app_service: AppService
    ) -> None:
        self._open[app_service] = websocket
        try:
            await super()._process_messages(websocket, app_service)
        finally:
            await app_service.stop()
            del self._open[app_service]

    async def _say_goodbye(self, _application: web.Application) -> None:
        """Close every visit; what does not end when asked is killed."""
        for websocket in list(self._open.values()):
            await websocket.close(code=WSCloseCode.GOING_AWAY)
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while self._open:  # noqa: ASYNC110 - the services tell no event
                    await asyncio.sleep(POLL_S)
        for service in self._open:
            if service._process is not None:
                service._process.kill()
