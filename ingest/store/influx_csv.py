"""Reads the annotated CSV in which InfluxDB answers a Flux query.

https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/ : an answer is a series of
sections, each with three annotation rows, a header and rows; an error comes as a section too.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ingest.errors import StoreRefusedError

Row = dict[str, Any]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND_LENGTH: Final = len("2026-01-05T08:00:00")


def time_ns(text: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 time in UTC, exactly."""
    whole = dt.datetime.fromisoformat(text[:_SECOND_LENGTH] + "+00:00")
    fraction = text[_SECOND_LENGTH:].strip(".Z")
    seconds = (whole - _EPOCH) // dt.timedelta(seconds=1)
    return seconds * 1_000_000_000 + (int(fraction.ljust(9, "0")) if fraction else 0)


_CONVERTERS: Final[dict[str, Callable[[str], Any]]] = {
    "string": str,
    "double": float,
    "long": int,
    "unsignedLong": int,
    "boolean": "true".__eq__,
    "dateTime:RFC3339": time_ns,
    "dateTime:RFC3339Nano": time_ns,
}


def rows_of(lines: Iterable[str]) -> Iterator[Row]:
    """Yield each row as {column: value}; an empty cell of a column without default is None.

    Times become integer nanoseconds. Raises StoreRefusedError when the answer is an error,
    ValueError or KeyError when it is no annotated CSV.
    """
    names: list[str] = []
    types: list[str] = []
    defaults: list[str] = []
    header_next = False
    for cells in csv.reader(lines):
        if not cells or cells == [""]:
            header_next = True
        elif cells[0] == "#datatype":
            types, header_next = cells[1:], True
        elif cells[0] == "#default":
            defaults = cells[1:]
        elif cells[0].startswith("#"):
            continue
        elif header_next:
            names, header_next = cells[1:], False
        elif not names:
            raise ValueError("a row without a header")
        else:
            yield _row(names, types, defaults, cells[1:])


def _row(names: list[str], types: list[str], defaults: list[str], cells: list[str]) -> Row:
    row = {
        name: _value(kind, cell or default)
        for name, kind, default, cell in zip(names, types, defaults, cells, strict=True)
    }
    if "error" in row:
        raise StoreRefusedError(f"InfluxDB could not answer: {row['error']}")
    return row


def _value(kind: str, text: str) -> Any:
    return None if text == "" else _CONVERTERS[kind](text)
