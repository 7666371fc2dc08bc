"""What most straps share: the standard battery and device information, questions at setup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sensor.errors import SetupRefusedError
from sensor.gatt import Char, Gatt, StreamInfo
from sensor.profiles.exchange import Exchange

_BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"
_DEVICE_INFORMATION = "0000180a-0000-1000-8000-00805f9b34fb"

BATTERY_LEVEL = Char(_BATTERY, "00002a19-0000-1000-8000-00805f9b34fb")
SERIAL_NUMBER = Char(_DEVICE_INFORMATION, "00002a25-0000-1000-8000-00805f9b34fb")
FIRMWARE_REVISION = Char(_DEVICE_INFORMATION, "00002a26-0000-1000-8000-00805f9b34fb")


async def answered(
    exchange: Exchange,
    question: bytes,
    accept: Callable[[bytes], bool],
    *,
    step: str,
    response: bool = True,
) -> bytes:
    """Return the answer to a setup question; silence is a refusal to do `step`."""
    try:
        return await exchange.ask(question, accept, response=response)
    except TimeoutError as error:
        advice = "it did not answer; switch it off and on and try again"
        raise SetupRefusedError(step, None, advice) from error


async def answered_or_empty(
    exchange: Exchange, question: bytes, accept: Callable[[bytes], bool], *, response: bool = True
) -> bytes:
    """Return the answer to a question that a strap may leave unanswered, or b""."""
    try:
        return await exchange.ask(question, accept, response=response)
    except TimeoutError:
        return b""


def enough(offered: Iterable[int], wanted: float) -> int:
    """Return the smallest rate or range that is `wanted` or more, or the largest there is."""
    offers = sorted(offered)
    return next((offer for offer in offers if offer >= wanted), offers[-1])


async def stream_info(
    gatt: Gatt,
    profile: str,
    rate_hz: float,
    *,
    has_gyro: bool = True,
    details: Mapping[str, str] | None = None,
) -> StreamInfo:
    """Return what was agreed, with serial and firmware as the standard service tells them."""
    serial = await read_text(gatt, SERIAL_NUMBER)
    firmware = await read_text(gatt, FIRMWARE_REVISION)
    return StreamInfo(profile, serial, firmware or None, rate_hz, has_gyro, details or {})


async def read_text(gatt: Gatt, char: Char) -> str:
    """Return a text such as the serial number, or "" where the strap has none."""
    if not gatt.has(char):
        return ""
    return (await gatt.read(char)).split(b"\0")[0].decode("utf-8", "replace").strip()


async def read_battery(gatt: Gatt) -> int | None:
    """Return the charge of the standard battery service in per cent, or None without it."""
    if not gatt.has(BATTERY_LEVEL):
        return None
    value = await gatt.read(BATTERY_LEVEL)
    return value[0] if value and value[0] <= 100 else None
