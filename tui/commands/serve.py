"""`lumbar serve`: the dashboard in a browser."""

from __future__ import annotations

import argparse
from typing import Final

HELP = "show the dashboard in a browser"
EXAMPLES = (
    "lumbar serve                      for browsers on this machine; prints the address",
    "lumbar serve --port 0             on any free port",
    "lumbar serve --host 192.168.1.5   for others too, who need the token that is printed",
)
LOOPBACK: Final = "127.0.0.1"
PORT: Final = 8722


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        metavar="ADDRESS",
        help=f"listen on this address (default {LOOPBACK}); another than this machine's own needs "
        "a token: LUMBAR_SERVE_TOKEN, or one is made up and printed",
    )
    parser.add_argument(
        "--port", type=_port, default=PORT, help=f"listen on this port (default {PORT}; 0: any)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: give 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; each visitor has a dashboard of their own."""
    from tui.wiring.serve import serve

    return serve(args)
