"""Writes a stretch of history as CSV, JSON lines or Parquet, day by day.

Values are written exactly (the shortest text that reads back as the same number), an unknown value
is an empty cell in CSV and null elsewhere. A file appears under its name only when it is complete.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from ingest.errors import IngestError
from ingest.past.export_tables import TABLES, ExportTable, Row
from ingest.records import DEFAULT_POSITION
from ingest.store.base import Store, Window
from ingest.store.copying import CompleteStore

DAY_S: Final = 86_400
FORMATS: Final = ("csv", "jsonl", "parquet")
_DUCKDB_TYPES: Final = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "real": "DOUBLE",
    "json": "VARCHAR",
}

Progress = Callable[[int, int], None]


class ExportError(IngestError):
    """An export that cannot be made; the message says what to do."""


def export_rows(
    store: Store,
    table: ExportTable,
    *,
    wearer: str,
    position: str,
    window: Window,
    progress: Progress = lambda done, of: None,
) -> Iterator[Row]:
    """Yield the rows of a window, asking for a day at a time; `progress` counts days."""
    from_s, to_s = window
    starts = range(from_s, to_s, DAY_S)
    for number, start in enumerate(starts, start=1):
        yield from table.rows(store, wearer, position, (start, min(start + DAY_S, to_s)))
        progress(number, len(starts))


def write_file(path: Path, kind: str, table: ExportTable, rows: Iterable[Row]) -> int:
    """Write rows to a new file of its owner's only and return how many; replaces an older one.

    Raises ExportError naming `path` when it cannot be written.
    """
    try:
        return _write_whole(path, kind, table, rows)
    except OSError as error:  # it would name a partial file that nobody asked for
        raise ExportError(
            f"{path} cannot be written ({error.strerror or error}): "
            "name a place that exists, is yours and has room"
        ) from error


def _write_whole(path: Path, kind: str, table: ExportTable, rows: Iterable[Row]) -> int:
    handle, partial_name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    partial = Path(partial_name)
    try:
        count = _write_partial(partial, kind, table, rows)
        partial.chmod(0o600)  # DuckDB puts a file of its own in the place of ours
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return count


def write_everything(
    store: CompleteStore,
    folder: Path,
    kind: str,
    *,
    wearer: str,
    progress: Progress = lambda done, of: None,
) -> dict[str, int]:
    """Write all there is of a wearer, a file per table and position; return rows by file name."""
    span = store.span(wearer)
    if span is None:
        return {}
    # Events may belong to a position that has no seconds: the monitor's, before the first strap.
    positions = list(dict.fromkeys([*store.positions(wearer), DEFAULT_POSITION]))
    jobs = [(position, table) for position in positions for table in TABLES.values()]
    window = (span[0] // DAY_S * DAY_S, span[1])
    counts: dict[str, int] = {}
    for number, (position, table) in enumerate(jobs, start=1):
        name = f"{table.name}-{position}.{kind}"
        rows = export_rows(store, table, wearer=wearer, position=position, window=window)
        counts[name] = write_file(folder / name, kind, table, rows)
        progress(number, len(jobs))
    return counts


def write_text(file: IO[str], kind: str, table: ExportTable, rows: Iterable[Row]) -> int:
    """Write rows as "csv" or "jsonl" and return how many."""
    return _write_csv(file, table, rows) if kind == "csv" else _write_jsonl(file, table, rows)


def check_format(kind: str) -> None:
    """Raise ExportError when a format needs something that is not installed."""
    if kind == "parquet" and importlib.util.find_spec("duckdb") is None:
        raise ExportError('Parquet needs one more package: pip install "lumbar[export]"')


def _write_partial(partial: Path, kind: str, table: ExportTable, rows: Iterable[Row]) -> int:
    if kind == "parquet":
        return _write_parquet(partial, table, rows)
    with partial.open("w", encoding="utf-8", newline="") as file:
        return write_text(file, kind, table, rows)


def _write_csv(file: IO[str], table: ExportTable, rows: Iterable[Row]) -> int:
    writer = csv.writer(file)
    writer.writerow(table.names)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return count


def _write_jsonl(file: IO[str], table: ExportTable, rows: Iterable[Row]) -> int:
    names = table.names
    nested = [i for i, (_, kind) in enumerate(table.columns) if kind == "json"]
    count = 0
    for row in rows:
        values = list(row)
        for i in nested:
            values[i] = json.loads(values[i])
        file.write(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_parquet(path: Path, table: ExportTable, rows: Iterable[Row]) -> int:
    """Write through a CSV file beside it: DuckDB reads that in parallel and in bounded memory."""
    check_format("parquet")
    import duckdb  # noqa: PLC0415 - 65 MB that only this format needs

    between = path.with_name(path.name + ".csv")
    columns = ", ".join(f"'{name}': '{_DUCKDB_TYPES[kind]}'" for name, kind in table.columns)
    try:
        with between.open("w", encoding="utf-8", newline="") as file:
            between.chmod(0o600)
            count = _write_csv(file, table, rows)
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_csv({_quoted(between)}, header = true, "  # noqa: S608
                f"quote = '\"', escape = '\"', columns = {{{columns}}})) "
                f"TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd)"
            )
    finally:
        between.unlink(missing_ok=True)
    return count


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
