"""What the pipeline says: the one type between the pure core of this stage and its shells."""

from __future__ import annotations

from msgspec import Struct

from ingest.messages import AngleMessage, CalibrationMessage, PostureMessage
from ingest.records import Record


class Output(Struct, frozen=True):
    """What one `feed` or `advance` of the pipeline produced.

    Attributes:
        records: to be kept, in the order in which they were decided.
        posture: the newest live view, or None when nothing changed.
        angle: the newest point of the live trace, or None.
        calibration: the calibration in force, when it changed.
    """

    records: tuple[Record, ...] = ()
    posture: PostureMessage | None = None
    angle: AngleMessage | None = None
    calibration: CalibrationMessage | None = None
