"""A real Chromium, driven over its own debugging protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from drawing import Drawing
from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
    "--remote-debugging-port=0",
)
START_S = 60.0


class Page:
    """The one page of a browser.

    Attributes:
        shown: what the terminal in the page showed, after each time that it was told to draw.
        asked: the addresses that the page has asked for.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._terminal = Drawing()
        self.shown = [""]
        self.asked: list[str] = []
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")
        # A headless window is never in front; the dashboard asks whether it is looked at.
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            message = self._read(START_S)
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def wait_for(self, text: str, *, timeout_s: float = 90.0) -> None:
        """Read until the page has shown `text`, if only for a moment."""
        until = time.monotonic() + timeout_s
        looked_at = 0
        while not any(text in screen for screen in self.shown[looked_at:]):
            looked_at = len(self.shown)
            left_s = until - time.monotonic()
            assert left_s > 0, f"{text!r} was not seen within {timeout_s} s:\n{self.shown[-1]}"
            with suppress(TimeoutError):
                self._read(left_s)

    def wait_until(self, true: str, *, timeout_s: float = 60.0) -> None:
        """Wait until an expression of the page's script is true."""
        until = time.monotonic() + timeout_s
        while not self.call("Runtime.evaluate", expression=true)["result"].get("value"):
            assert time.monotonic() < until, f"not true within {timeout_s} s: {true}"
            time.sleep(0.1)

    def press(self, key: str) -> None:
        """Press and release a key that prints itself."""
        code = f"Key{key.upper()}" if key.isalpha() else f"Digit{key}"
        number = ord(key.upper())
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=key, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def screenshot(self, path: Path) -> None:
        """Write what is seen as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _read(self, timeout_s: float) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=timeout_s))
        told = message.get("params", {})
        match message.get("method"):
            case "Network.webSocketFrameReceived":
                frame = told["response"]
                if frame["opcode"] == 2:
                    self._terminal.draw(base64.b64decode(frame["payloadData"]))
                    self.shown.append(self._terminal.text)
            case "Network.requestWillBeSent":
                self.asked.append(told["request"]["url"])
            case "Network.webSocketCreated":
                self.asked.append(told["url"])
        return message


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Open a browser with an empty profile below `folder`; skip where there is none."""
    binary = shutil.which("chromium")
    if binary is None:
        if os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1":
            pytest.fail("chromium is required here and not installed")
        pytest.skip("chromium is not installed")
    profile = folder / "profile"
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            with connect(_page_address(profile, process), max_size=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _page_address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the debugging address of the first page once the browser has written its port."""
    import urllib.request

    written = profile / "DevToolsActivePort"
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert process.poll() is None, "the browser ended at once: see chromium.log"
        lines = written.read_text().splitlines() if written.exists() else []
        if len(lines) == 2:
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                pages = [row for row in json.load(answer) if row["type"] == "page"]
            if pages:
                address: str = pages[0]["webSocketDebuggerUrl"]
                return address
        time.sleep(0.1)
    raise AssertionError(f"the browser did not open within {START_S:.0f} s")
