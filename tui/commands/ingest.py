"""`lumbar ingest`: the strap and nothing else, for a gateway."""

from __future__ import annotations

import argparse

HELP = "read the strap and publish what it measures"
EXAMPLES = (
    "LUMBAR_MQTT_HOST=broker.lan lumbar ingest",
    "lumbar ingest --replay morning.lumbar --speed 10     a recording instead of a strap",
    "lumbar ingest --capture monday.lumbar                keep the raw samples too",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from tui.wiring.arguments import add_source

    add_source(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped, or until the recording ends."""
    from tui.wiring.stages import run_ingest

    return run_ingest(args)
