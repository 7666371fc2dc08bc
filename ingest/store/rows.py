"""Records as rows of the SQLite store and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ingest.records import Bout, Event, PostureState, Second
from ingest.store.base import StoredEvent
from ingest.store.minutes import STATES, Minute

SECOND_COLUMNS: Final = (
    "t_s, session, state, confidence, sagittal_deg, frontal_deg, up_x, up_y, up_z, acc_sd_ms2, "
    "gyro_rms_rads, travel_m, log_odds_sitting, log_odds_standing, log_odds_moving, "
    "log_odds_lying, coverage, rule, calibration"
)
BOUT_COLUMNS: Final = (
    "start_ms, end_ms, session, state, interruptions, interrupted_s, mean_sagittal_deg, rule"
)
EVENT_COLUMNS: Final = "id, t_ms, kind, position, data"
MINUTE_COLUMNS: Final = f"t_s, {', '.join(STATES)}, sagittal_sum_deg, sagittal_n"

Row = tuple[Any, ...]


def second_row(second: Second) -> Row:
    """Return the values of SECOND_COLUMNS."""
    return (
        second.t_s,
        second.session,
        second.state.value,
        second.confidence,
        second.sagittal_deg,
        second.frontal_deg,
        *second.up,
        second.acc_sd_ms2,
        second.gyro_rms_rads,
        second.travel_m,
        *second.log_odds,
        second.coverage,
        second.rule,
        second.calibration,
    )


def second_of(row: Row, position: str) -> Second:
    """Return the second of a row of SECOND_COLUMNS."""
    return Second(
        t_s=row[0],
        session=row[1],
        position=position,
        state=PostureState(row[2]),
        confidence=row[3],
        sagittal_deg=row[4],
        frontal_deg=row[5],
        up=row[6:9],
        acc_sd_ms2=row[9],
        gyro_rms_rads=row[10],
        travel_m=row[11],
        log_odds=row[12:16],
        coverage=row[16],
        rule=row[17],
        calibration=row[18],
    )


def bout_row(bout: Bout) -> Row:
    """Return the values of BOUT_COLUMNS."""
    return (
        bout.start_ms,
        bout.end_ms,
        bout.session,
        bout.state.value,
        bout.interruptions,
        bout.interrupted_s,
        bout.mean_sagittal_deg,
        bout.rule,
    )


def bout_of(row: Row, position: str) -> Bout:
    """Return the bout of a row of BOUT_COLUMNS."""
    return Bout(
        start_ms=row[0],
        end_ms=row[1],
        session=row[2],
        position=position,
        state=PostureState(row[3]),
        interruptions=row[4],
        interrupted_s=row[5],
        mean_sagittal_deg=row[6],
        rule=row[7],
    )


def event_row(identity: str, event: Event) -> Row:
    """Return the values of EVENT_COLUMNS."""
    data = msgspec.json.encode(event.data, order="sorted").decode()
    return (identity, event.t_ms, event.kind, event.position, data)


def event_of(row: Row) -> StoredEvent:
    """Return the event of a row of EVENT_COLUMNS."""
    identity, t_ms, kind, position, data = row
    event = Event(kind=kind, t_ms=t_ms, position=position, data=msgspec.json.decode(data))
    return StoredEvent(identity, event)


def minute_row(minute: Minute) -> Row:
    """Return the values of MINUTE_COLUMNS."""
    return (minute.t_s, *minute.counts, minute.sagittal_sum_deg, minute.sagittal_n)


def minute_of(row: Sequence[Any], wearer: str, position: str) -> Minute:
    """Return the minute of a row of MINUTE_COLUMNS."""
    counts = dict(zip(STATES, row[1:-2], strict=True))
    return Minute(
        wearer=wearer,
        position=position,
        t_s=row[0],
        sagittal_sum_deg=row[-2],
        sagittal_n=row[-1],
        **counts,
    )
