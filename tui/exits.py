"""How a command ends: the documented exit codes and the errors that choose them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command; docs/commands.md explains them to scripts."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    NO_TERMINAL = 4
    UNAVAILABLE = 5
    REFUSED = 6
    INTERRUPTED = 130


MEANING: dict[Exit, str] = {
    Exit.OK: "It worked.",
    Exit.FAILED: "It was tried and failed; the line on standard error says why and what to do.",
    Exit.USAGE: "The command line or the configuration is wrong; nothing was tried.",
    Exit.NOT_RUNNING: "Nothing is running: start it with `lumbar up`.",
    Exit.NO_TERMINAL: "The command draws on a terminal and there is none.",
    Exit.UNAVAILABLE: "Something outside cannot be reached: strap, broker or store.",
    Exit.REFUSED: "The running service answered, and the answer was no.",
    Exit.INTERRUPTED: "Ended with Ctrl-C.",
}


class CommandError(Exception):
    """Root of the errors of this stage: one line for the wearer and the exit code.

    Attributes:
        code: what the process exits with.
    """

    code: Exit = Exit.FAILED

    def __init__(self, message: str, *, code: Exit | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class ConfigError(CommandError):
    """The configuration is wrong; the message names the file or variable, and the key."""

    code = Exit.USAGE


class NothingRunningError(CommandError):
    """No service of this wearer runs on this machine."""

    code = Exit.NOT_RUNNING

    def __init__(self, why: str = "") -> None:
        super().__init__("nothing is running: lumbar up" + (f" ({why})" if why else ""))


class NoTerminalError(CommandError):
    """The command draws on a terminal and standard output or input is none."""

    code = Exit.NO_TERMINAL
