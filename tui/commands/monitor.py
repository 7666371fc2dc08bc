"""`lumbar monitor`: decides when to propose a break."""

from __future__ import annotations

import argparse

HELP = "decide when to propose a break, and publish that"
EXAMPLES = ("LUMBAR_MQTT_HOST=broker.lan lumbar monitor",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: there are none."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    from tui.wiring.stages import run_monitor

    return run_monitor(args)
