"""What became of a try of every sink, in words."""

from __future__ import annotations

from typing import Final

from ingest.messages import Reply
from monitor.settings import SinkSettings

NOBODY: Final = "nobody answered: is the monitor running?"
OLDER: Final = "not set when the monitor started"


def named(settings: SinkSettings) -> list[str]:
    """Return the sinks that any rung shows prompts on, each once, in their order."""
    return list(dict.fromkeys([*settings.hint, *settings.nudge, *settings.firm]))


def outcomes(sinks: list[str], monitor: Reply | None, strap: Reply | None) -> list[str]:
    """Return a line per sink; `monitor` and `strap` are their answers, or None for silence."""
    return [f"{sink}: {_outcome(sink, monitor, strap)}" for sink in sinks]


def _outcome(sink: str, monitor: Reply | None, strap: Reply | None) -> str:
    match sink:
        case "screen":
            return "shown, as you see"
        case "bell":
            return "rung"
        case "strap" if strap is not None:
            return "it vibrated" if strap.accepted else strap.reason
        case "strap":
            return "nobody answered: is the strap read?"
    return NOBODY if monitor is None else str(monitor.data.get(sink, OLDER))
