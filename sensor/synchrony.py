"""Whether the system's clock is right, as far as the system knows."""

from __future__ import annotations

import ctypes
import sys

TIMEX_BYTES = 256  # struct timex is 208 bytes on 64-bit Linux
TIME_ERROR = 5  # the kernel's word for a clock that nobody keeps right (adjtimex(2))


def clock_synchronised() -> bool | None:
    """Return whether a time service keeps the clock right; None where the system does not tell.

    Asks the kernel, not a particular service; only Linux tells.
    """
    if sys.platform != "linux":
        return None
    # All bytes 0 is a question: nothing is set.
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if state < 0 else bool(state != TIME_ERROR)
