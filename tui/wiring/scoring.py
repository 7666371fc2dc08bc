"""Who computes: this process, local processes of Dask, or a cluster that somebody else runs."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ingest.past.rescoring import Scored, scored
from sensor.errors import RecordingError
from sensor.recording_reader import read_header, read_recording
from sensor.sample import ImuBatch
from tui.exits import CommandError, Exit
from tui.wiring.cohort import Recorded, digest_of

if TYPE_CHECKING:
    from distributed import Client

Scorer = Callable[[Iterable[Recorded]], Iterator[tuple[Recorded, Scored]]]
"""Turns recordings into what they say, in the same order."""

AHEAD: Final = 3  # recordings handed out for each worker: one in hand, one waiting, one in the post
CONNECT_S: Final = 3.0


def score(path: str, digest: str) -> bytes:
    """Return a `Scored` as msgpack; runs where the file is, which may be another machine."""
    try:
        told = _scored(Path(path), digest)
    except OSError as error:
        told = Scored(trouble=f"{path}: cannot be read: {error.strerror}")
    except RecordingError as error:
        told = Scored(trouble=str(error))
    return msgspec.msgpack.encode(told)


def _scored(path: Path, digest: str) -> Scored:
    if digest_of(path) != digest:
        raise RecordingError(f"{path}: is not the same file here as where it was asked for")
    header = read_header(path)
    try:
        told = scored(_in_order(path), position=header.position)
    except _LateError:
        batches = sorted(_batches(path), key=lambda batch: float(batch.t[0]))
        told = scored(batches, position=header.position)
    return msgspec.structs.replace(told, simulated=header.simulated)


class _LateError(Exception):
    """What a strap kept during a link loss was recorded late."""


def _in_order(path: Path) -> Iterator[ImuBatch]:
    newest_s = -inf
    for batch in _batches(path):
        if batch.t[0] < newest_s:
            raise _LateError
        newest_s = float(batch.t[-1])
        yield batch


def _batches(path: Path) -> Iterator[ImuBatch]:
    return (event for event in read_recording(path) if isinstance(event, ImuBatch))


def _told(answer: bytes) -> Scored:
    return msgspec.msgpack.decode(answer, type=Scored)


def here(recordings: Iterable[Recorded]) -> Iterator[tuple[Recorded, Scored]]:
    """Score in this process, one after the other."""
    for recorded in recordings:
        yield recorded, _told(score(str(recorded.path), recorded.digest))


@contextmanager
def local_processes(count: int) -> Iterator[Scorer]:
    """Give the block a scorer of `count` processes on this machine."""
    distributed = _distributed()
    with (
        # Whoever reaches a scheduler can run code: certificates of this run only, on loopback.
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            security=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield _scorer(client, count)


@contextmanager
def cluster_at(address: str) -> Iterator[Scorer]:
    """Give the block a scorer on the cluster of a scheduler's address."""
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise CommandError(
            f"the scheduler {address} does not answer: {error}", code=Exit.UNAVAILABLE
        ) from error
    with client:
        count = sum(client.nthreads().values())
        if not count:
            raise CommandError(f"the scheduler {address} has no workers", code=Exit.UNAVAILABLE)
        yield _scorer(client, count)


def _scorer(client: Client, count: int) -> Scorer:
    """Return what keeps every worker busy and holds few results: the order is that of the asking.

    Results are taken in order, so that the store is written as by one process.
    """

    def ask(recorded: Recorded) -> tuple[Recorded, Any]:
        # Not pure: a file may be put right between two runs on one cluster.
        return recorded, client.submit(score, str(recorded.path), recorded.digest, pure=False)

    def scorer(recordings: Iterable[Recorded]) -> Iterator[tuple[Recorded, Scored]]:
        left = iter(recordings)
        asked = deque(ask(recorded) for recorded in islice(left, AHEAD * count))
        while asked:
            recorded, future = asked.popleft()
            yield recorded, _result(future, recorded)
            future.release()
            asked.extend(ask(following) for following in islice(left, 1))

    return scorer


def _result(future: Any, recorded: Recorded) -> Scored:
    from distributed import KilledWorker

    try:
        return _told(future.result())
    except KilledWorker:
        return Scored(trouble=f"{recorded.path}: every worker that tried it died")
    except ImportError as error:
        raise CommandError(
            f"the workers need the same Lumbar as here: {error}", code=Exit.UNAVAILABLE
        ) from error


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise CommandError(
            f"several workers need one more package ({error.name}): pip install 'lumbar[cluster]'"
        ) from error
    return distributed
