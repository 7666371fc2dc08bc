"""The transformations of Flux on streams of tables, as InfluxDB 2 documents them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flux_parser import FluxError
from flux_values import Duration, Time, type_name

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows that share the values of a group key."""

    key: dict[str, Any]
    rows: list[Row]


class StoredTable(Table):
    """One field of one series; its rows are made when somebody looks at them."""

    def __init__(
        self, key: dict[str, Any], times: dict[int, dict[str, Any]], bounds: tuple[int, int] | None
    ) -> None:
        object.__setattr__(self, "key", key)
        self.__dict__["times"] = times
        self.__dict__["bounds"] = bounds

    @cached_property
    def rows(self) -> list[Row]:  # type: ignore[override]
        name, times = self.key["_field"], self.__dict__["times"]
        from_, to = self.__dict__["bounds"]
        return [
            {**self.key, "_time": Time(at), "_value": times[at][name]}
            for at in sorted(times)
            if from_ <= at < to and name in times[at]
        ]

    def bounded(self, bounds: dict[str, Time]) -> StoredTable:
        times = self.__dict__["times"]
        return StoredTable({**self.key, **bounds}, times, (bounds["_start"], bounds["_stop"]))


Stream = list[Table]


def range_(tables: Stream, start: Any, stop: Any) -> Stream:
    from_, to = _time(start), _time(stop)
    if from_ >= to:
        raise FluxError("cannot query an empty range")
    bounds = {"_start": from_, "_stop": to}
    if not all(isinstance(table, StoredTable) for table in tables):
        raise FluxError("this double wants range directly behind from")
    return [table.bounded(bounds) for table in tables if isinstance(table, StoredTable)]


def filter_(tables: Stream, fn: Callable[[Row], Any], columns: set[str]) -> Stream:
    kept = []
    for table in tables:
        if columns <= table.key.keys():
            if fn(table.key) is True:
                kept.append(table)
        else:
            kept.append(Table(table.key, [row for row in table.rows if fn(row) is True]))
    return kept


def aggregate_window(
    tables: Stream,
    every: Duration,
    fn: Callable[[Stream], Stream],
    time_src: str,
    create_empty: bool,
) -> Stream:
    if create_empty:
        raise FluxError("this double makes no empty windows: say createEmpty: false")
    result = []
    for table in tables:
        start, stop = table.key["_start"], table.key["_stop"]
        windows: dict[int, list[Row]] = {}
        for row in table.rows:
            windows.setdefault(row["_time"] // every * every, []).append(row)
        rows = []
        for window, inside in sorted(windows.items()):
            [summed] = fn([Table(table.key, inside)])
            at = max(window, start) if time_src == "_start" else min(window + every, stop)
            rows += [{**row, "_time": Time(at)} for row in summed.rows]
        result.append(Table(table.key, rows))
    return result


def sum_(tables: Stream) -> Stream:
    return [_aggregated(table, sum, "sum") for table in tables]


def count(tables: Stream) -> Stream:
    return [_aggregated(table, len, "count") for table in tables]


def _aggregated(table: Table, fn: Callable[[list[Any]], Any], name: str) -> Table:
    if "_value" in table.key:
        raise FluxError("cannot aggregate columns that are part of the group key")
    values = [row["_value"] for row in table.rows if row.get("_value") is not None]
    if name == "sum" and any(isinstance(value, str | bool) for value in values):
        raise FluxError("unsupported input type for sum aggregate: string")
    return Table(table.key, [{**table.key, "_value": fn(values)}])


def first(tables: Stream) -> Stream:
    return [Table(table.key, table.rows[:1]) for table in tables]


def last(tables: Stream) -> Stream:
    return [Table(table.key, table.rows[-1:]) for table in tables]


def group(tables: Stream, columns: list[str]) -> Stream:
    groups: dict[tuple[Any, ...], Table] = {}
    for row in _rows(tables):
        identity = tuple((name, row[name]) for name in columns if name in row)
        if identity not in groups:
            groups[identity] = Table(dict(identity), [])
        groups[identity].rows.append(row)
    for table in groups.values():
        _check_types(table.rows)
    return list(groups.values())


def pivot(tables: Stream, row_key: list[str], column_key: list[str], value_column: str) -> Stream:
    if len(column_key) != 1:
        raise FluxError("this double pivots one column")
    gone = {*column_key, value_column}
    merged: dict[tuple[Any, ...], dict[tuple[Any, ...], Row]] = {}
    keys: dict[tuple[Any, ...], Row] = {}
    for table in tables:
        key = {name: value for name, value in table.key.items() if name not in gone}
        identity = tuple(sorted(key.items()))
        keys[identity] = key
        by_row = merged.setdefault(identity, {})
        for row in table.rows:
            at = tuple(row[name] for name in row_key)
            line = by_row.setdefault(at, {**key, **{name: row[name] for name in row_key}})
            line[row[column_key[0]]] = row[value_column]
    result = [Table(keys[identity], list(rows.values())) for identity, rows in merged.items()]
    for table in result:
        _check_types(table.rows)
    return result


def keep(tables: Stream, columns: list[str]) -> Stream:
    return _projected(tables, lambda name: name in columns)


def drop(tables: Stream, columns: list[str]) -> Stream:
    return _projected(tables, lambda name: name not in columns)


def distinct(tables: Stream, column: str) -> Stream:
    result = []
    for table in tables:
        values = dict.fromkeys(row[column] for row in table.rows if column in row)
        result.append(Table(table.key, [{**table.key, "_value": value} for value in values]))
    return result


def sort(tables: Stream, columns: list[str], desc: bool) -> Stream:
    return [
        Table(t.key, sorted(t.rows, key=lambda r: [r[name] for name in columns], reverse=desc))
        for t in tables
    ]


def limit(tables: Stream, n: int) -> Stream:
    return [Table(table.key, table.rows[:n]) for table in tables]


def union(streams: list[Stream]) -> Stream:
    merged: dict[tuple[Any, ...], Table] = {}
    for table in (table for stream in streams for table in stream):
        identity = tuple(sorted(table.key.items()))
        merged.setdefault(identity, Table(table.key, [])).rows.extend(table.rows)
    return list(merged.values())


def _projected(tables: Stream, wanted: Callable[[str], bool]) -> Stream:
    merged: dict[tuple[Any, ...], Table] = {}
    for table in tables:
        key = {name: value for name, value in table.key.items() if wanted(name)}
        rows = [{name: v for name, v in row.items() if wanted(name)} for row in table.rows]
        merged.setdefault(tuple(sorted(key.items())), Table(key, [])).rows.extend(rows)
    return list(merged.values())


def _rows(tables: Stream) -> Iterable[Row]:
    return (row for table in tables for row in table.rows)


def _check_types(rows: list[Row]) -> None:
    types: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if types.setdefault(name, type_name(value)) != type_name(value):
                raise FluxError(
                    f"schema collision: cannot group {types[name]} and {type_name(value)} types "
                    f"together in column {name}"
                )


def _time(value: Any) -> Time:
    if isinstance(value, Time):
        return value
    if type(value) is int:
        return Time(value * 10**9)
    raise FluxError("range needs times")
