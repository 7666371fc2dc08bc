"""Records as InfluxDB line protocol: the schema of the InfluxDB store (docs/storage.md).

Numbers that may be fractional are always written as floats and counts always with `i`, because
the first value fixes a field's type for ever. A value of None is a field left out. Every point has
a timestamp in nanoseconds made from the record alone, so writing it again overwrites itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.messages import RevisionMessage
from ingest.records import Bout, Event, Second
from ingest.store.base import Entry
from ingest.store.influx_plan import Pointer
from ingest.store.minutes import STATES, Minute

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
LOG_ODDS_FIELDS: Final = tuple(f"log_odds_{state}" for state in STATES[:4])

_TAG_ESCAPES: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_TEXT_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})


def lines_of(entry: Entry) -> Iterator[str]:
    """Yield the points of an entry, without the pointer of a revision."""
    item, wearer = entry.item, entry.wearer
    if isinstance(item, Second):
        yield second_line(wearer, item, rev=0)
    elif isinstance(item, Bout):
        yield bout_line(wearer, item, rev=0)
    elif isinstance(item, Event):
        if entry.event_id is None:
            raise ValueError("an event is stored under its event_id, and this entry has none")
        yield event_line(wearer, entry.event_id, item)
    else:
        yield from _content(wearer, item)


def second_line(wearer: str, second: Second, *, rev: int) -> str:
    """Return the point of one second of revision `rev` (0: as first measured)."""
    sagittal = second.sagittal_deg
    fields: dict[str, float | None] = {
        **{state: float(state == second.state.value) for state in STATES},
        "sagittal_sum_deg": 0.0 if sagittal is None else sagittal,
        "sagittal_n": float(sagittal is not None),
        "confidence": second.confidence,
        "sagittal_deg": sagittal,
        "frontal_deg": second.frontal_deg,
        "up_x": second.up[0],
        "up_y": second.up[1],
        "up_z": second.up[2],
        "acc_sd_ms2": second.acc_sd_ms2,
        "gyro_rms_rads": second.gyro_rms_rads,
        "travel_m": second.travel_m,
        **dict(zip(LOG_ODDS_FIELDS, second.log_odds, strict=True)),
        "coverage": second.coverage,
    }
    texts = {"state": second.state.value, "rule": second.rule, "calibration": second.calibration}
    tags = {**_strap(wearer, second.position), "rev": str(rev), "session": str(second.session)}
    return _line("second", tags, [*_floats(fields), *_texts(texts)], second.t_s * NS_PER_S)


def bout_line(wearer: str, bout: Bout, *, rev: int) -> str:
    """Return the point of one bout of revision `rev`; its time is its start."""
    tags = {**_strap(wearer, bout.position), "rev": str(rev), "session": str(bout.session)}
    fields = [
        f"end_ms={bout.end_ms}i",
        f"interruptions={bout.interruptions}i",
        *_floats(
            {
                "interrupted_s": bout.interrupted_s,
                "mean_sagittal_deg": bout.mean_sagittal_deg,
            }
        ),
        *_texts({"state": bout.state.value, "rule": bout.rule}),
    ]
    return _line("bout", tags, fields, bout.start_ms * NS_PER_MS)


def event_line(wearer: str, identity: str, event: Event) -> str:
    """Return the point of one event.

    The nanoseconds below its millisecond come from its identity: two events of one kind in one
    millisecond stay two points without a tag that would make every event a series.
    """
    tags = {"wearer": wearer, "kind": event.kind, "position": event.position}
    data = msgspec.json.encode(event.data, order="sorted").decode()
    below_ms = int(identity[:8], 16) % NS_PER_MS
    fields = [f"t_ms={event.t_ms}i", *_texts({"id": identity, "data": data})]
    return _line("event", tags, fields, event.t_ms * NS_PER_MS + below_ms)


def minute_line(minute: Minute) -> str:
    """Return the point of one sealed minute."""
    tags = {**_strap(minute.wearer, minute.position), "rev": "0"}
    fields: dict[str, float | None] = {
        **dict(zip(STATES, minute.counts, strict=True)),
        "sagittal_sum_deg": minute.sagittal_sum_deg,
        "sagittal_n": minute.sagittal_n,
    }
    return _line("minute", tags, _floats(fields), minute.t_s * NS_PER_S)


def revised_line(wearer: str, revision: RevisionMessage) -> str:
    """Return the pointer that makes readers follow a revision; written after its content."""
    return _pointer(
        _strap(wearer, revision.position),
        "revised",
        Pointer(revision.rev, False, revision.from_s, revision.to_s),
        revision.reason,
    )


def sealed_line(wearer: str, position: str, seal: Pointer) -> str:
    """Return the pointer that makes readers take the minutes of a range, not its seconds."""
    return _pointer(_strap(wearer, position), "sealed", seal, "")


def _pointer(strap: dict[str, str], kind: str, pointer: Pointer, reason: str) -> str:
    # The end is a tag so that a shorter range from the same start is another point.
    tags = {**strap, "kind": kind, "rev": str(pointer.rev), "to_s": str(pointer.to_s)}
    return _line("range", tags, _texts({"reason": reason}), pointer.from_s * NS_PER_S)


def _content(wearer: str, revision: RevisionMessage) -> Iterator[str]:
    """Yield what a revision says of its own range; anything outside it is ignored.

    Of several sessions only the newest second is written, so that the server may sum a revision.
    """
    newest: dict[int, Second] = {}
    for second in sorted(revision.seconds, key=lambda second: second.session):
        if revision.from_s <= second.t_s < revision.to_s:
            newest[second.t_s] = second
    for second in newest.values():
        yield second_line(wearer, second, rev=revision.rev)
    for bout in revision.bouts:
        if revision.from_s <= bout.start_ms // 1000 < revision.to_s:
            yield bout_line(wearer, bout, rev=revision.rev)


def _strap(wearer: str, position: str) -> dict[str, str]:
    return {"wearer": wearer, "position": position}


def _floats(fields: dict[str, float | None]) -> list[str]:
    return [f"{name}={float(value)!r}" for name, value in fields.items() if value is not None]


def _texts(fields: dict[str, str | None]) -> list[str]:
    return [
        f'{name}="{value.translate(_TEXT_ESCAPES)}"'
        for name, value in fields.items()
        if value is not None
    ]


def _line(measurement: str, tags: dict[str, str], fields: list[str], time_ns: int) -> str:
    # Sorted tags spare the server the sorting; a newline would end the point, so none may pass.
    pairs = (f"{key}={tags[key].translate(_TAG_ESCAPES)}" for key in sorted(tags))
    head = ",".join((measurement, *pairs)).replace("\n", "")
    return f"{head} {','.join(fields)} {time_ns}"
