"""Long revisions travel in parts: each is a revision of its own range under the same number.

Brokers bound what they take: ours at 256 KiB, others at 1 MiB. A store that has some parts already
shows the newest view of those ranges and the older one of the rest; parts never overlap, so their
order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import msgspec

from ingest.records import Record, Revision

MOST_SECONDS: Final = 500  # of at most 420 bytes each, so that a part stays below 256 KiB


def parted(items: Iterable[Record | Revision]) -> Iterator[Record | Revision]:
    """Yield the items, each longer revision as several that together say the same."""
    for item in items:
        if isinstance(item, Revision):
            yield from parts_of(item)
        else:
            yield item


def parts_of(revision: Revision, most: int = MOST_SECONDS) -> list[Revision]:
    """Return revisions of at most `most` seconds; a bout goes with the part in which it begins."""
    cuts = [second.t_s for second in revision.seconds[most::most]]
    if not cuts:
        return [revision]
    return [_part(revision, *ends) for ends in pairwise([revision.from_s, *cuts, revision.to_s])]


def _part(whole: Revision, from_s: int, to_s: int) -> Revision:
    return msgspec.structs.replace(
        whole,
        from_s=from_s,
        to_s=to_s,
        seconds=[s for s in whole.seconds if from_s <= s.t_s < to_s],
        bouts=[b for b in whole.bouts if from_s <= b.start_ms // 1000 < to_s],
    )
