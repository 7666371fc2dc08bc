"""`lumbar record`: what is published goes into the store."""

from __future__ import annotations

import argparse

HELP = "keep what is published in the store"
EXAMPLES = (
    "LUMBAR_MQTT_HOST=broker.lan lumbar record",
    "lumbar record --all --name archive        every wearer of the broker",
    "lumbar record --all --share clinic        one of several recorders that share the work",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--name", default="recorder", help="name of this recorder in its confirmations"
    )
    parser.add_argument("--all", action="store_true", help="record every wearer, not only one")
    parser.add_argument(
        "--share", default="", metavar="GROUP", help="share the messages with this group (MQTT 5)"
    )


def run(args: argparse.Namespace) -> int:
    """Record until stopped."""
    from tui.wiring.stages import run_record

    return run_record(args)
