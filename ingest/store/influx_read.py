"""Questions to InfluxDB about one strap, each one Flux text, answered as records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.records import Bout, Event, PostureState, Second
from ingest.store import influx_flux as flux
from ingest.store.base import StoredEvent, Window
from ingest.store.influx_csv import Row
from ingest.store.influx_lines import LOG_ODDS_FIELDS, NS_PER_MS, NS_PER_S
from ingest.store.influx_plan import Pointer
from ingest.store.influx_server import InfluxServer
from ingest.store.minutes import STATES, Minute
from ingest.store.ranges import Range

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FAR_S: Final = 4_102_444_800  # 2100: beyond every record

SumRow = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StrapReader:
    """Reads the points of one wearer and position.

    Attributes:
        server: where they are.
        wearer: whose.
        position: where the strap is worn.
    """

    server: InfluxServer
    wearer: str
    position: str

    def pointers(self, window: Range) -> list[Pointer]:
        """Return the revised and sealed ranges that reach into a window."""
        found = (
            Pointer(
                int(row["rev"]),
                row["kind"] == "sealed",
                row["_time"] // NS_PER_S,
                int(row["to_s"]),
            )
            for row in self._ask(flux.RANGES, Range(0, window.to_s))
        )
        return [pointer for pointer in found if pointer.to_s > window.from_s]

    def session_spans(self, window: Range) -> list[Range]:
        """Return from where to where each session has seconds as first measured."""
        times: dict[str, list[int]] = {}
        for row in self._ask(flux.SESSION_SPANS, window):
            times.setdefault(row["session"], []).append(row["_time"] // NS_PER_S)
        return [Range(min(seconds), max(seconds) + 1) for seconds in times.values()]

    def sums(
        self, measurement: str, window: Range, step_s: int, *, rev: int = 0
    ) -> dict[int, SumRow]:
        """Return the sums of `flux.SUM_FIELDS` for each step that has any, by its start."""
        rows = self._ask(
            flux.SUMS,
            window,
            measurement=measurement,
            rev=str(rev),
            every=dt.timedelta(seconds=step_s),
        )
        return {
            row["_time"] // NS_PER_S: tuple(row.get(name) or 0.0 for name in flux.SUM_FIELDS)
            for row in rows
        }

    def seconds(self, window: Range, *, rev: int) -> Iterator[Second]:
        """Yield the seconds of one revision (0: as first measured), of every session."""
        for row in self._ask(flux.SECONDS, window, rev=str(rev)):
            yield _second(row, self.position)

    def minutes(self, window: Range) -> Iterator[Minute]:
        """Yield the minutes of a window."""
        for row in self._ask(flux.MINUTES, window):
            yield Minute(
                wearer=self.wearer,
                position=self.position,
                t_s=row["_time"] // NS_PER_S,
                sagittal_sum_deg=row["sagittal_sum_deg"],
                sagittal_n=int(row["sagittal_n"]),
                **{state: int(row[state]) for state in STATES},
            )

    def bouts(self, window: Range) -> Iterator[tuple[int, Bout]]:
        """Yield (revision, bout) of all that begin before the window's end and reach into it."""
        from_ms = window.from_s * 1000
        before = self._ask(flux.FIRST_REACHING_BOUT, Range(0, window.from_s), from_ms=from_ms)
        first_s = min((row["_time"] // NS_PER_S for row in before), default=window.from_s)
        for row in self._ask(flux.BOUTS, Range(first_s, window.to_s)):
            if row["end_ms"] > from_ms:
                yield int(row["rev"]), _bout(row, self.position)

    def _ask(self, text: str, window: Range, **params: object) -> Iterable[Row]:
        if window.from_s >= window.to_s:
            return ()
        return self.server.query(
            text,
            wearer=self.wearer,
            position=self.position,
            start=utc(window.from_s),
            stop=utc(window.to_s),
            **params,
        )


def events(
    server: InfluxServer, wearer: str, window: Window, kinds: Iterable[str]
) -> list[StoredEvent]:
    """Return the events of a window in order."""
    wanted = list(kinds)
    narrowing = {"kinds": wanted} if wanted else {}
    rows = server.query(
        flux.EVENTS_OF_KINDS if wanted else flux.EVENTS,
        wearer=wearer,
        start=utc(window[0]),
        stop=utc(window[1]),
        **narrowing,
    )
    found = [StoredEvent(row["id"], _event(row)) for row in rows]
    return sorted(found, key=lambda stored: (stored.event.t_ms, stored.id))


def names(server: InfluxServer, text: str, **params: object) -> list[str]:
    """Return the sorted answers of WEARERS or POSITIONS."""
    rows = server.query(text, start=EPOCH, stop=utc(FAR_S), **params)
    return sorted({row["_value"] for row in rows})


def utc(t_s: int) -> dt.datetime:
    """Return the UTC time of a second, as the client makes time literals of."""
    return EPOCH + dt.timedelta(seconds=t_s)


def _second(row: Row, position: str) -> Second:
    return Second(
        t_s=row["_time"] // NS_PER_S,
        session=int(row["session"]),
        position=position,
        rule=row["rule"],
        calibration=row.get("calibration"),
        state=PostureState(row["state"]),
        confidence=row["confidence"],
        sagittal_deg=row.get("sagittal_deg"),
        frontal_deg=row.get("frontal_deg"),
        up=(row["up_x"], row["up_y"], row["up_z"]),
        acc_sd_ms2=row["acc_sd_ms2"],
        gyro_rms_rads=row.get("gyro_rms_rads"),
        travel_m=row["travel_m"],
        log_odds=_four(row[name] for name in LOG_ODDS_FIELDS),
        coverage=row["coverage"],
    )


def _four(values: Iterable[float]) -> tuple[float, float, float, float]:
    a, b, c, d = values
    return a, b, c, d


def _bout(row: Row, position: str) -> Bout:
    return Bout(
        start_ms=row["_time"] // NS_PER_MS,
        end_ms=row["end_ms"],
        session=int(row["session"]),
        position=position,
        state=PostureState(row["state"]),
        interruptions=row["interruptions"],
        interrupted_s=row["interrupted_s"],
        mean_sagittal_deg=row.get("mean_sagittal_deg"),
        rule=row["rule"],
    )


def _event(row: Row) -> Event:
    return Event(
        kind=row["kind"],
        t_ms=row["t_ms"],
        position=row["position"],
        data=msgspec.json.decode(row["data"]),
    )
