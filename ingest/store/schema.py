"""Tables of the SQLite store and the steps that bring an older file up to date.

Each entry of MIGRATIONS is one step; `user_version` counts the steps a file has had. A step is
never edited once released: a change is a new step.

The SQL of the store keeps to SQLite 3.26 (2018): a Python 3.11 may sit on a system that old.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ingest.errors import StoreRefusedError

APPLICATION_ID: Final = 0x4C554D42  # "LUMB": tells a Lumbar history from any other SQLite file

_COUNTS = """
  sitting   INTEGER NOT NULL,
  standing  INTEGER NOT NULL,
  moving    INTEGER NOT NULL,
  lying     INTEGER NOT NULL,
  off_body  INTEGER NOT NULL,
  unknown   INTEGER NOT NULL,
  sagittal_sum_deg REAL NOT NULL,
  sagittal_n       INTEGER NOT NULL"""

_FIRST = (
    """
CREATE TABLE strap (
  id       INTEGER PRIMARY KEY,
  wearer   TEXT NOT NULL,
  position TEXT NOT NULL,
  UNIQUE (wearer, position)
)""",
    """
CREATE TABLE second (
  strap         INTEGER NOT NULL REFERENCES strap,
  t_s           INTEGER NOT NULL,
  session       INTEGER NOT NULL,
  state         TEXT NOT NULL,
  confidence    REAL NOT NULL,
  sagittal_deg  REAL,
  frontal_deg   REAL,
  up_x          REAL NOT NULL,
  up_y          REAL NOT NULL,
  up_z          REAL NOT NULL,
  acc_sd_ms2    REAL NOT NULL,
  gyro_rms_rads REAL,
  travel_m      REAL NOT NULL,
  log_odds_sitting  REAL NOT NULL,
  log_odds_standing REAL NOT NULL,
  log_odds_moving   REAL NOT NULL,
  log_odds_lying    REAL NOT NULL,
  coverage      REAL NOT NULL,
  rule          TEXT NOT NULL,
  calibration   TEXT,
  PRIMARY KEY (strap, t_s, session)
) WITHOUT ROWID""",
    f"""
CREATE TABLE minute (
  strap INTEGER NOT NULL REFERENCES strap,
  t_s   INTEGER NOT NULL,{_COUNTS},
  sealed INTEGER NOT NULL,
  PRIMARY KEY (strap, t_s)
) WITHOUT ROWID""",
    f"""
CREATE TABLE hour (
  strap INTEGER NOT NULL REFERENCES strap,
  t_s   INTEGER NOT NULL,{_COUNTS},
  PRIMARY KEY (strap, t_s)
) WITHOUT ROWID""",
    """
CREATE TABLE bout (
  strap    INTEGER NOT NULL REFERENCES strap,
  start_ms INTEGER NOT NULL,
  end_ms   INTEGER NOT NULL,
  session  INTEGER NOT NULL,
  state    TEXT NOT NULL,
  interruptions     INTEGER NOT NULL,
  interrupted_s     REAL NOT NULL,
  mean_sagittal_deg REAL,
  rule     TEXT NOT NULL,
  PRIMARY KEY (strap, start_ms)
) WITHOUT ROWID""",
    "CREATE INDEX bout_end ON bout (strap, end_ms)",
    """
CREATE TABLE event (
  wearer   TEXT NOT NULL,
  id       TEXT NOT NULL,
  t_ms     INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  position TEXT NOT NULL,
  data     TEXT NOT NULL,
  PRIMARY KEY (wearer, id)
) WITHOUT ROWID""",
    "CREATE INDEX event_time ON event (wearer, t_ms)",
    """
CREATE TABLE revised (
  strap  INTEGER NOT NULL REFERENCES strap,
  from_s INTEGER NOT NULL,
  to_s   INTEGER NOT NULL,
  rev    INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (strap, from_s)
) WITHOUT ROWID""",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST,)


def prepare(connection: sqlite3.Connection, name: str) -> None:
    """Bring a file to the newest schema, in one transaction; a new file gets all of it.

    Raises StoreRefusedError when the file is not a history or a newer Lumbar wrote it.
    """
    version = check(connection, name, newest_needed=False)
    if version == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        version = check(connection, name, newest_needed=False)
        for step in MIGRATIONS[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def check(connection: sqlite3.Connection, name: str, *, newest_needed: bool) -> int:
    """Return how many steps a file has had; raise StoreRefusedError when it cannot be used."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if application != APPLICATION_ID and (tables or version):
        raise StoreRefusedError(f"{name} is a database of another program: set another store.path")
    if version > len(MIGRATIONS):
        raise StoreRefusedError(f"{name} was written by a newer Lumbar: update Lumbar to read it")
    if newest_needed and version < len(MIGRATIONS):
        raise StoreRefusedError(
            f"{name} is from an older Lumbar: run `lumbar store migrate` or start the recorder"
        )
    return version
