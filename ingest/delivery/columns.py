"""Up to a minute of seconds as one message, in columns: less than half of what single ones take."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Final

from msgspec import Meta

from ingest.messages import FromOutbox, Seq
from ingest.records import (
    Degrees,
    Finite,
    Name,
    PostureState,
    Second,
    Share,
    UtcMilliseconds,
    UtcSeconds,
)

MAX_BLOCK_SECONDS: Final = 60


class SecondsBlock(FromOutbox, frozen=True, kw_only=True):
    """Up to 60 seconds, one column per field of `Second`; all columns have equal length."""

    seq: list[Seq]
    position: Name
    session: UtcMilliseconds
    rule: Name
    calibration: Name | None
    t_s: list[UtcSeconds]
    state: list[PostureState]
    confidence: list[Share]
    sagittal_deg: list[Degrees | None]
    frontal_deg: list[Degrees | None]
    up_x: list[Finite]
    up_y: list[Finite]
    up_z: list[Finite]
    acc_sd_ms2: list[Annotated[float, Meta(ge=0, le=1000)]]
    gyro_rms_rads: list[Annotated[float, Meta(ge=0, le=1000)] | None]
    travel_m: list[Annotated[float, Meta(ge=-10, le=10)]]
    log_odds: list[tuple[Finite, Finite, Finite, Finite]]
    coverage: list[Share]

    def __post_init__(self) -> None:
        """Raise ValueError for columns of unequal length; a reader is told of a bad payload."""
        n = len(self.t_s)
        if not 1 <= n <= MAX_BLOCK_SECONDS:
            raise ValueError(f"a block holds 1 to {MAX_BLOCK_SECONDS} seconds, not {n}")
        for name, column in zip(_COLUMNS, _columns_of(self), strict=True):
            if len(column) != n:
                raise ValueError(f"{name} has {len(column)} values for {n} seconds")


_SHARED = frozenset({"v", "origin", "epoch", "position", "session", "rule", "calibration"})
_COLUMNS = tuple(name for name in SecondsBlock.__struct_fields__ if name not in _SHARED)
_columns_of = attrgetter(*_COLUMNS)


def block_of(numbered: list[tuple[int, Second]], *, origin: str, epoch: str) -> SecondsBlock:
    """Return one block of seconds that share position, session, rule and calibration."""
    first = numbered[0][1]
    seconds = [second for _, second in numbered]
    return SecondsBlock(
        origin=origin,
        epoch=epoch,
        seq=[seq for seq, _ in numbered],
        position=first.position,
        session=first.session,
        rule=first.rule,
        calibration=first.calibration,
        t_s=[s.t_s for s in seconds],
        state=[s.state for s in seconds],
        confidence=[s.confidence for s in seconds],
        sagittal_deg=[s.sagittal_deg for s in seconds],
        frontal_deg=[s.frontal_deg for s in seconds],
        up_x=[s.up[0] for s in seconds],
        up_y=[s.up[1] for s in seconds],
        up_z=[s.up[2] for s in seconds],
        acc_sd_ms2=[s.acc_sd_ms2 for s in seconds],
        gyro_rms_rads=[s.gyro_rms_rads for s in seconds],
        travel_m=[s.travel_m for s in seconds],
        log_odds=[s.log_odds for s in seconds],
        coverage=[s.coverage for s in seconds],
    )


def seconds_of(block: SecondsBlock) -> list[Second]:
    """Return the seconds of a block."""
    return [
        Second(
            t_s=block.t_s[i],
            session=block.session,
            position=block.position,
            rule=block.rule,
            calibration=block.calibration,
            state=block.state[i],
            confidence=block.confidence[i],
            sagittal_deg=block.sagittal_deg[i],
            frontal_deg=block.frontal_deg[i],
            up=(block.up_x[i], block.up_y[i], block.up_z[i]),
            acc_sd_ms2=block.acc_sd_ms2[i],
            gyro_rms_rads=block.gyro_rms_rads[i],
            travel_m=block.travel_m[i],
            log_odds=block.log_odds[i],
            coverage=block.coverage[i],
        )
        for i in range(len(block.t_s))
    ]
