"""Times and durations of Flux, in nanoseconds."""

from __future__ import annotations

import datetime as dt
import re

_NS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 7 * 86_400 * 10**9,
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Duration(int):
    """Nanoseconds."""


class Time(int):
    """Nanoseconds since 1970."""

    @classmethod
    def parsed(cls, text: str) -> Time:
        whole, _, fraction = text.rstrip("Z").partition(".")
        moment = dt.datetime.fromisoformat(whole + "+00:00")
        seconds = (moment - _EPOCH) // dt.timedelta(seconds=1)
        return cls(seconds * 10**9 + int(fraction.ljust(9, "0") or 0))

    def text(self) -> str:
        seconds, ns = divmod(int(self), 10**9)
        whole = (_EPOCH + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
        return whole + (f".{ns:09d}".rstrip("0") if ns else "") + "Z"


def duration_of(text: str) -> Duration:
    parts = re.findall(r"(\d+)(ns|us|ms|[smhdw])", text)
    return Duration(sum(int(n) * _NS[unit] for n, unit in parts))


def type_name(value: object) -> str:
    """Return the annotated CSV's name of a value's type."""
    names = {Time: "dateTime:RFC3339", bool: "boolean", int: "long", float: "double", str: "string"}
    return names[type(value)]
