"""Every Flux text that the InfluxDB store sends; values reach them as `params` only.

The client turns `params` into typed literals beside the text, so nothing that a wearer or a
message chose is ever part of a query. Each text is checked by the Flux language server in tests.
"""

from __future__ import annotations

from typing import Final

SUM_FIELDS: Final = (
    "sitting",
    "standing",
    "moving",
    "lying",
    "off_body",
    "unknown",
    "sagittal_sum_deg",
    "sagittal_n",
)
"""Fields of `second` and `minute` that totals are sums of; in the order of `Tally.add`."""

_ANY_SUM_FIELD = " or ".join(f'r._field == "{name}"' for name in SUM_FIELDS)
_STRAP = "r.wearer == wearer and r.position == position"

RANGES: Final = f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "range" and {_STRAP})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> keep(columns: ["_time", "kind", "rev", "to_s", "reason"])
"""

SESSION_SPANS: Final = f"""
originals = from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "second" and {_STRAP})
  |> filter(fn: (r) => r.rev == "0" and r._field == "coverage")

union(tables: [originals |> first(), originals |> last()])
  |> group()
  |> keep(columns: ["_time", "session"])
"""

SUMS: Final = f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == measurement and {_STRAP} and r.rev == rev)
  |> filter(fn: (r) => {_ANY_SUM_FIELD})
  |> aggregateWindow(every: every, fn: sum, timeSrc: "_start", createEmpty: false)
  |> group(columns: ["_time", "_field"])
  |> sum()
  |> group()
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
"""

SECONDS: Final = f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "second" and {_STRAP} and r.rev == rev)
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> drop(columns: ["_start", "_stop", "_measurement", "wearer", "position"])
"""

MINUTES: Final = f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "minute" and {_STRAP})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> drop(columns: ["_start", "_stop", "_measurement", "wearer", "position"])
"""

FIRST_REACHING_BOUT: Final = f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "bout" and {_STRAP} and r._field == "end_ms")
  |> filter(fn: (r) => r._value > from_ms)
  |> group()
  |> sort(columns: ["_time"])
  |> limit(n: 1)
  |> keep(columns: ["_time"])
"""

BOUTS: Final = f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "bout" and {_STRAP})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> drop(columns: ["_start", "_stop", "_measurement", "wearer", "position"])
"""

_EVENTS: Final = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "event" and r.wearer == wearer){narrowing}
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> drop(columns: ["_start", "_stop", "_measurement", "wearer"])
"""
EVENTS: Final = _EVENTS.format(narrowing="")
EVENTS_OF_KINDS: Final = _EVENTS.format(
    narrowing="\n  |> filter(fn: (r) => contains(value: r.kind, set: kinds))"
)

WEARERS: Final = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => exists r.wearer)
  |> keep(columns: ["wearer"])
  |> group()
  |> distinct(column: "wearer")
"""

POSITIONS: Final = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement != "event" and r.wearer == wearer)
  |> keep(columns: ["position"])
  |> group()
  |> distinct(column: "position")
"""

SPAN: Final = """
points = from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r.wearer == wearer)

union(tables: [points |> first() |> keep(columns: ["_time"]),
               points |> last() |> keep(columns: ["_time"])])
  |> group()
  |> sort(columns: ["_time"])
"""

PROBE: Final = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "lumbar_check" and r._field == "value")
  |> aggregateWindow(every: every, fn: sum, timeSrc: "_start", createEmpty: false)
  |> group()
  |> keep(columns: ["_time", "_value"])
"""

ALL: Final = {
    "RANGES": RANGES,
    "SESSION_SPANS": SESSION_SPANS,
    "SUMS": SUMS,
    "SECONDS": SECONDS,
    "MINUTES": MINUTES,
    "FIRST_REACHING_BOUT": FIRST_REACHING_BOUT,
    "BOUTS": BOUTS,
    "EVENTS": EVENTS,
    "EVENTS_OF_KINDS": EVENTS_OF_KINDS,
    "WEARERS": WEARERS,
    "POSITIONS": POSITIONS,
    "SPAN": SPAN,
    "PROBE": PROBE,
}
