"""The control point of Polar's measurement service (PMD): settings offered, chosen and refused."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum

from sensor.errors import DecodeError
from sensor.profiles.standard import enough

GET_SETTINGS, START, STOP = 1, 2, 3
REPLY = 0xF0


class Setting(IntEnum):
    """What a stream may be asked for."""

    RATE_HZ = 0
    RESOLUTION_BITS = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5


_WIDTHS = {
    Setting.RATE_HZ: 2,
    Setting.RESOLUTION_BITS: 2,
    Setting.RANGE: 2,
    Setting.RANGE_MILLI: 4,
    Setting.CHANNELS: 1,
    Setting.FACTOR: 4,
}


class Status(IntEnum):
    """The answers of the control point that call for different advice."""

    OK = 0
    ALREADY = 6
    BAD_RATE = 8
    BAD_MTU = 10
    BAD_STATE = 12
    CHARGING = 13


ADVICE = {
    Status.BAD_RATE: "it does not offer that rate; leave strap.rate_hz at its default",
    Status.BAD_MTU: "the connection's packets are too short; use another Bluetooth adapter",
    Status.BAD_STATE: "it is busy recording; end that in Polar's app first",
    Status.CHARGING: "it lies in its charger; take it out",
}


def parse_settings(data: bytes) -> dict[Setting, tuple[int, ...]]:
    """Return the values offered per setting (a factor as the bits of its float).

    Raises DecodeError where the list is cut short or names an unknown setting.
    """
    offered: dict[Setting, tuple[int, ...]] = {}
    at = 0
    while at < len(data):
        if len(data) - at < 2:
            raise DecodeError("a setting is cut short")
        kind, count = data[at], data[at + 1]
        if kind not in _WIDTHS:
            raise DecodeError(f"setting {kind} is unknown")
        setting = Setting(kind)
        width = _WIDTHS[setting]
        values = data[at + 2 : at + 2 + width * count]
        if len(values) < width * count:
            raise DecodeError("a setting is cut short")
        offered[setting] = tuple(
            int.from_bytes(values[i : i + width], "little") for i in range(0, len(values), width)
        )
        at += 2 + width * count
    return offered


def factor_of(settings: Mapping[Setting, Sequence[int]]) -> float:
    """Return the scale that a start reply carries; 1 where it carries none."""
    bits = settings.get(Setting.FACTOR)
    if not bits:
        return 1.0
    (factor,) = struct.unpack("<f", struct.pack("<I", bits[0]))
    return float(factor)


def chosen(
    offered: Mapping[Setting, Sequence[int]], *, rate_hz: float, full_range: int
) -> dict[Setting, int]:
    """Return the smallest offered rate and range that suffice, or the largest there are."""
    wanted = {Setting.RATE_HZ: rate_hz, Setting.RANGE: full_range}
    out: dict[Setting, int] = {}
    for setting, values in sorted(offered.items()):
        if setting in (Setting.FACTOR, Setting.RANGE_MILLI) or not values:
            continue
        out[setting] = enough(values, wanted[setting]) if setting in wanted else max(values)
    return out


def start_command(measurement: int, settings: Mapping[Setting, int]) -> bytes:
    """Return the command that starts a stream with one value per setting."""
    command = bytearray([START, measurement])
    for setting, value in sorted(settings.items()):
        command += bytes([setting, 1]) + value.to_bytes(_WIDTHS[setting], "little")
    return bytes(command)
