"""Times what must be quick, without blaming it for what else the machine has to do."""

from __future__ import annotations

import time
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")


class Stopwatch:
    """Counts the seconds since it was made in which nobody waited for a processor.

    On a quiet machine these are all of them, and on one that is short of processors few: there
    nothing can be learnt about how quick something is. Where the kernel does not tell, all count.
    """

    def __init__(self) -> None:
        self._began_s, self._pressed_s = time.monotonic(), _pressed_s()

    @property
    def elapsed_s(self) -> float:
        """Every second since it was made."""
        return time.monotonic() - self._began_s

    @property
    def free_s(self) -> float:
        """The seconds in which nobody waited."""
        return max(0.0, self.elapsed_s - (_pressed_s() - self._pressed_s))


def _pressed_s() -> float:
    """Return the seconds for which something has waited for a processor since the machine began."""
    try:
        some = PRESSURE.read_text().splitlines()[0]
    except OSError:
        return 0.0
    return int(some.rpartition("=")[2]) / 1e6
