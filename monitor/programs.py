"""Running other programs: with a time limit, never through a shell, and scriptable in tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

TIMEOUT_S: Final = 10.0  # wall seconds; a hook that hangs must not hold up the next look
NOT_THERE: Final = 127  # what a shell says of a command that does not exist


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code (127 when it is not there) and what it printed."""

    code: int
    output: str


class Runner(Protocol):
    """Runs one program."""

    async def __call__(
        self, command: Sequence[str], *, stdin: bytes = b"", timeout_s: float = TIMEOUT_S
    ) -> Finished:
        """Return how `command` ended; a program that takes too long is killed."""


async def run_program(
    command: Sequence[str], *, stdin: bytes = b"", timeout_s: float = TIMEOUT_S
) -> Finished:
    """Run a program and return how it ended."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return Finished(NOT_THERE, "")
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate(stdin)
    except TimeoutError:
        return Finished(-1, "")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return Finished(process.returncode or 0, output.decode(errors="replace"))
