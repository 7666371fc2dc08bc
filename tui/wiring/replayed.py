"""A recording through pipeline, broker, recorder and store."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from ingest.records import DEFAULT_POSITION
from sensor.replay import NpzSource, RecordingSource, open_source
from sensor.timeline import Timeline, TimelineOrigin
from tui.exits import CommandError, ConfigError, Exit
from tui.figure_lines import figure_lines
from tui.phrases import duration
from tui.tables import Config, WearerSettings
from tui.wiring.measured import Counted, clean_up_when_told_to_end, stored_figures
from tui.wiring.patience import stored_in_time
from tui.wiring.services import Household, ingest_service, recording, run_with
from tui.wiring.simulated import demo_zone
from tui.wiring.temporary import own_folder

THROWAWAY_WEARER: Final = "replay"
ORIGIN: Final = "replay"
CLOCKS_DIFFER_S: Final = 1.0  # by so much, a recording that has just ended may lie ahead


def run_replay(
    file: Path,
    *,
    start_s: float | None,
    default_start_s: float,
    speed: float | None,
    into: str | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Replay `file` and print the figures."""
    clean_up_when_told_to_end()
    source = _opened(file, start_s, default_start_s, stepped=not speed)
    if into is not None:
        refuse_future(_first_s(source), source.info.duration_s, speed=speed, now_s=time.time())
        if source.info.header.simulated:
            warn_of_simulated(f"{file} is")
    with own_folder("lumbar-replay-") as temporary:
        home = _throwaway(temporary) if into is None else _configured(into, config)
        figures = asyncio.run(_replayed(home, source, speed=speed, outbox_dir=temporary))
    figures = {"file": str(file), **figures}
    if as_json:
        print(json.dumps(figures))
    else:
        print("\n".join(figure_lines(figures)))
    return Exit.OK if figures["lost"] == figures["duplicates"] == 0 else Exit.FAILED


def _opened(
    file: Path, start_s: float | None, default_start_s: float, *, stepped: bool
) -> RecordingSource | NpzSource:
    from sensor.npz import BATCH_S, UNPACED_BATCH_S, is_npz

    if not file.exists():
        raise CommandError(f"{file}: there is no such file")
    if start_s is None and file.is_file() and is_npz(file):
        start_s = default_start_s
    # stepped, nobody waits for the next batch
    return open_source(file, start_s=start_s, batch_s=UNPACED_BATCH_S if stepped else BATCH_S)


def refuse_future(start_s: float, length_s: float, *, speed: float | None, now_s: float) -> None:
    """Raise CommandError if a history would hold seconds that lie in the future when it is done.

    `speed` is in times life, None for as fast as possible.
    """
    done_s = now_s + (length_s / speed if speed else 0.0)
    ahead_s = start_s + length_s - done_s
    if ahead_s > CLOCKS_DIFFER_S:
        raise CommandError(
            f"it would end {duration(ahead_s)} in the future, and until then the history would "
            "count what has not been: choose an earlier --start, or leave --into out",
            code=Exit.USAGE,
        )


def warn_of_simulated(which: str) -> None:
    """Say on standard error that in a history what nobody lived counts as lived."""
    print(
        f"lumbar: {which} simulated, and the history counts it like days that were lived: "
        "`--into SOMEBODY` keeps it apart",
        file=sys.stderr,
    )


def _throwaway(folder: Path) -> Household:
    wearer = WearerSettings(id=THROWAWAY_WEARER, timezone=demo_zone().key)
    return Household(config=Config(wearer=wearer), data_dir=folder)


def _configured(into: str, config: Path | None) -> Household:
    from ingest.topics import check_wearer
    from tui.config import load
    from tui.paths import make_data_dir

    try:
        check_wearer(into)
    except ValueError as error:
        raise CommandError(str(error), code=Exit.USAGE) from error
    loaded = load(config).config
    wearer = msgspec.structs.replace(loaded.wearer, id=into)
    home = Household(
        config=msgspec.structs.replace(loaded, wearer=wearer), data_dir=make_data_dir()
    )
    if not home.recorded:
        raise ConfigError("store.kind is none: there is no history to replay into")
    return home


async def _replayed(
    home: Household,
    source: RecordingSource | NpzSource,
    *,
    speed: float | None,
    outbox_dir: Path,
) -> dict[str, Any]:
    from ingest.delivery.broker import EmbeddedBroker
    from ingest.delivery.outbox import Outbox

    counted = Counted(source)
    from_s = _first_s(source)
    outbox = Outbox(
        outbox_dir / "replay.sqlite",
        origin=ORIGIN,
        settings=home.config.outbox,
        epoch=_epoch(source.info.path, from_s),
    )
    began = time.monotonic()
    with closing(outbox):
        async with (
            EmbeddedBroker(token=secrets.token_hex(32)) as broker,
            recording(home, broker.connection),
        ):
            timeline = Timeline(TimelineOrigin.REPLAY, from_s, rate=speed or 0.0)
            ingest = ingest_service(
                home,
                broker.connection,
                outbox,
                source=counted,
                timeline=timeline,
                restore=False,
            )
            await run_with(ingest.run(), stored_in_time(outbox))
        published = outbox.last_seq
    return _figures(home, counted, from_s, published, time.monotonic() - began)


def _figures(
    home: Household, counted: Counted, from_s: float, published: int, wall_s: float
) -> dict[str, Any]:
    to_s = from_s if counted.last_s is None else counted.last_s
    with closing(home.open_store(read_only=True)) as store:
        figures = stored_figures(
            store, home, truth=(), heard=counted.heard(), from_s=from_s, to_s=to_s
        )
        digest = _digest(home, from_s, to_s)
    for unknown in ("truth_seconds_by_state", "agreement", "nudges", "breaks_credited"):
        del figures[unknown]
    return {
        "wearer": home.wearer,
        "recorded_s": round(to_s - from_s, 3),
        "wall_s": round(wall_s, 2),
        "samples": counted.samples,
        "records_published": published,
        **figures,
        "records_digest": digest,
    }


def _first_s(source: RecordingSource | NpzSource) -> float:
    if isinstance(source, NpzSource):
        return source.start_s
    return source.first_s + source.shift_s


def _epoch(path: Path, from_s: float) -> str:
    """Name the numbering after what is replayed, so that a second replay adds nothing."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "blake2b").hexdigest()
    return hashlib.blake2b(f"{content}/{from_s!r}".encode(), digest_size=8).hexdigest()


def _digest(home: Household, from_s: float, to_s: float) -> str:
    """Return a digest of every record of the stretch as the store gives it back."""
    window = (int(from_s), int(to_s) + 1)
    digest = hashlib.blake2b(digest_size=16)
    with closing(home.open_store(read_only=True)) as store:
        for second in store.seconds(home.wearer, DEFAULT_POSITION, window):
            digest.update(msgspec.json.encode(second))
        for bout in store.bouts(home.wearer, DEFAULT_POSITION, window):
            digest.update(msgspec.json.encode(bout))
        for stored in store.events(home.wearer, window):
            digest.update(f"{stored.id}".encode() + msgspec.json.encode(stored.event))
    return digest.hexdigest()
