"""Files that only their owner may read: what a strap measures is nobody else's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MODE: Final = 0o600


def owner_only(path: str, flags: int) -> int:
    """Open a file as `opener` of `open`, for its owner only, whatever the umask says."""
    descriptor = os.open(path, flags, MODE)
    if os.name == "posix":
        os.fchmod(descriptor, MODE)  # one that an older Lumbar made was open to others
    return descriptor


def make_owned(path: Path) -> None:
    """Make an empty file where there is none; it is its owner's only, also when it is not new."""
    os.close(owner_only(str(path), os.O_CREAT | os.O_WRONLY))
