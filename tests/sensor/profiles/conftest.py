import asyncio

import pytest

from sensor.gatt import StreamWant
from sensor.profiles.exchange import Exchange


class ScriptedGatt:
    """A strap that answers from a script and writes down everything asked of it.

    Args:
        answers: what each written value (hex) makes it notify: (characteristic, hex) pairs. A list
            of such lists is used up one per write, its last element for ever.
        reads: value of each readable characteristic; a written value replaces it.
        chars: what else it offers; None offers everything.
    """

    def __init__(self, *, answers=None, reads=None, mtu=247, lacks=()):
        self.answers = answers or {}
        self.reads = reads or {}
        self.lacks = frozenset(lacks)
        self._mtu = mtu
        self.log = []
        self.subscribed = {}

    @property
    def mtu(self):
        return self._mtu

    def has(self, char):
        return char not in self.lacks and (char in self.reads or "0000-1000-8000" not in char.uuid)

    async def read(self, char):
        await asyncio.sleep(0)
        return self.reads[char]

    async def write(self, char, data, *, response):
        await asyncio.sleep(0)
        self.log.append((char, bytes(data).hex(), response))
        if char in self.reads:
            self.reads[char] = bytes(data)
        for answer_char, value in self._script(bytes(data).hex()):
            if answer_char in self.subscribed:
                self.subscribed[answer_char](bytes.fromhex(value))

    def _script(self, written):
        script = self.answers.get(written, [])
        if script and isinstance(script[0], list):
            return script.pop(0) if len(script) > 1 else script[0]
        return script

    async def notify(self, char, callback):
        assert char not in self.subscribed, "subscribed twice"
        self.subscribed[char] = callback
        self.log.append((char, "subscribe", None))

    async def stop_notify(self, char):
        del self.subscribed[char]
        self.log.append((char, "unsubscribe", None))

    def written(self):
        return [data for _, data, response in self.log if response is not None]

    def written_chars(self):
        return {char for char, _, response in self.log if response is not None}


@pytest.fixture
def scripted():
    return ScriptedGatt


@pytest.fixture
def impatient(monkeypatch):
    """Let the profiles lose their patience with a silent strap soon."""
    monkeypatch.setattr(Exchange.ask, "__kwdefaults__", {"timeout_s": 0.25, "response": True})


@pytest.fixture
def want():
    return StreamWant()


@pytest.fixture
def stream():
    """Set up, subscribe and start a profile as the link does; return decoder, spec and info."""

    async def run(profile, gatt, want):
        decoder, spec, info = await profile.setup(gatt, want)
        for char in profile.streams:
            await gatt.notify(char, lambda data: None)
        await profile.start(gatt)
        return decoder, spec, info

    return run
