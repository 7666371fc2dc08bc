"""Minutes and hours inside the SQLite store: derived from seconds, read for totals.

A minute counts the newest session of each of its seconds. A *sealed* minute has no seconds any
more (retention) or never had (imported history): it is left alone when others are derived again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from ingest.store.minutes import MINUTE_S, STATES, Tally
from ingest.store.ranges import Range, merged, narrowed, widened

HOUR_S: Final = 3600

_STATE_SUMS = ", ".join(f"total(state = '{state}')" for state in STATES)
_COLUMN_SUMS = ", ".join(f"total({state})" for state in STATES)
_SAGITTAL_SUMS = "total(sagittal_sum_deg), total(sagittal_n)"

# The bare columns beside max() are those of the row that has the maximum: documented by SQLite.
_NEWEST = """
  SELECT t_s, max(session), state, sagittal_deg FROM second
  WHERE strap = ?1 AND t_s >= ?2 AND t_s < ?3 GROUP BY t_s"""
_CAST_STATE_SUMS = ", ".join(f"CAST(total(state = '{state}') AS INTEGER)" for state in STATES)
_CAST_COLUMN_SUMS = ", ".join(f"CAST(total({state}) AS INTEGER)" for state in STATES)

_FORGET_MINUTES = "DELETE FROM minute WHERE strap = ?1 AND t_s >= ?2 AND t_s < ?3 AND sealed = 0"
_DERIVE_MINUTES = f"""
  INSERT INTO minute
  SELECT ?1, t_s / {MINUTE_S} * {MINUTE_S}, {_CAST_STATE_SUMS},
         total(sagittal_deg), count(sagittal_deg), 0
  FROM ({_NEWEST}) GROUP BY 2"""
_FORGET_HOURS = "DELETE FROM hour WHERE strap = ?1 AND t_s >= ?2 AND t_s < ?3"
_DERIVE_HOURS = f"""
  INSERT INTO hour
  SELECT ?1, t_s / {HOUR_S} * {HOUR_S}, {_CAST_COLUMN_SUMS},
         total(sagittal_sum_deg), CAST(total(sagittal_n) AS INTEGER)
  FROM minute WHERE strap = ?1 AND t_s >= ?2 AND t_s < ?3 GROUP BY 2"""

_SUM_SECONDS = f"SELECT {_STATE_SUMS}, total(sagittal_deg), count(sagittal_deg) FROM ({_NEWEST})"
_SUM_OF = f"""
  SELECT {_COLUMN_SUMS}, {_SAGITTAL_SUMS} FROM {{table}}
  WHERE strap = ?1 AND t_s >= ?2 AND t_s < ?3"""
_SUM_MINUTES = _SUM_OF.format(table="minute")
_SUM_HOURS = _SUM_OF.format(table="hour")
_SEALED_MINUTE = f"""
  SELECT {", ".join(STATES)}, sagittal_sum_deg, sagittal_n FROM minute
  WHERE strap = ?1 AND t_s = ?2 AND sealed = 1"""


def derive(connection: sqlite3.Connection, strap: int, changed: Iterable[Range]) -> None:
    """Derive every minute that a changed range touches, and then its hours, again."""
    pieces = [widened(piece, MINUTE_S) for piece in changed]
    for piece in pieces:
        connection.execute(_FORGET_MINUTES, (strap, *piece))
        connection.execute(_DERIVE_MINUTES, (strap, *piece))
    derive_hours(connection, strap, pieces)


def derive_hours(connection: sqlite3.Connection, strap: int, changed: Iterable[Range]) -> None:
    """Derive every hour that a changed range touches from its minutes."""
    for hours in merged(widened(piece, HOUR_S) for piece in changed):
        connection.execute(_FORGET_HOURS, (strap, *hours))
        connection.execute(_DERIVE_HOURS, (strap, *hours))


def tally(connection: sqlite3.Connection, strap: int, window: Range) -> Tally:
    """Return the sums of a window: whole hours from `hour`, the rest finer and finer."""
    result = Tally()
    _add_hours(connection, strap, window, result)
    return result


def _add_hours(connection: sqlite3.Connection, strap: int, window: Range, result: Tally) -> None:
    hours = narrowed(window, HOUR_S)
    if hours.from_s == hours.to_s:
        _add_minutes(connection, strap, window, result)
        return
    result.add(connection.execute(_SUM_HOURS, (strap, *hours)).fetchone())
    _add_minutes(connection, strap, Range(window.from_s, hours.from_s), result)
    _add_minutes(connection, strap, Range(hours.to_s, window.to_s), result)


def _add_minutes(connection: sqlite3.Connection, strap: int, window: Range, result: Tally) -> None:
    minutes = narrowed(window, MINUTE_S)
    if minutes.from_s < minutes.to_s:
        result.add(connection.execute(_SUM_MINUTES, (strap, *minutes)).fetchone())
        _add_seconds(connection, strap, Range(window.from_s, minutes.from_s), result)
        _add_seconds(connection, strap, Range(minutes.to_s, window.to_s), result)
        return
    # A window of under two minutes may cross a minute's start without holding a whole minute.
    middle = min(max(window.from_s, minutes.from_s), window.to_s)
    _add_seconds(connection, strap, Range(window.from_s, middle), result)
    _add_seconds(connection, strap, Range(middle, window.to_s), result)


def _add_seconds(connection: sqlite3.Connection, strap: int, part: Range, result: Tally) -> None:
    """Add a part of one minute."""
    if part.from_s >= part.to_s:
        return
    start = part.from_s // MINUTE_S * MINUTE_S
    sealed = connection.execute(_SEALED_MINUTE, (strap, start)).fetchone()
    if sealed is None:
        result.add(connection.execute(_SUM_SECONDS, (strap, *part)).fetchone())
    else:
        result.add_part(sealed, part.from_s - start, part.to_s - start)
