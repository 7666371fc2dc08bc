"""`lumbar serve`: the dashboard in a browser, for as long as this process runs."""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import sys
from functools import partial
from typing import Final

from tui.exits import CommandError, Exit
from tui.wiring.live import broker_of, own_household
from tui.wiring.services import run_until_told
from tui.wiring.web_door import Door, is_loopback

TOKEN_VARIABLE: Final = "LUMBAR_SERVE_TOKEN"  # noqa: S105 - the name, not the token
LEAST_TOKEN: Final = 16  # characters


def serve(args: argparse.Namespace) -> int:
    """Serve until told to stop; raise NothingRunningError when there is nothing to show."""
    broker_of(own_household(args.config))
    token = "" if is_loopback(args.host) else _token()
    try:
        from tui.wiring.web import Visits
    except ImportError as error:
        raise CommandError(
            f"the browser needs one more package ({error.name}): pip install 'lumbar[web]'"
        ) from error
    visits = Visits(_visitor_command(args), Door(token))
    run_until_told(partial(visits.run, args.host, args.port, partial(_announce, args.host, token)))
    return Exit.OK


def _token() -> str:
    """Return the token of the environment, or a new one."""
    token = os.environ.get(TOKEN_VARIABLE, "") or secrets.token_urlsafe(32)
    if len(token) < LEAST_TOKEN or not token.isascii():
        raise CommandError(
            f"{TOKEN_VARIABLE} must have at least {LEAST_TOKEN} plain characters", code=Exit.USAGE
        )
    return token


def _visitor_command(args: argparse.Namespace) -> str:
    """Return what the shell runs for a visitor: in its own place, so that it can be ended."""
    words = [sys.executable, "-m", "tui.cli", "tui"]
    if args.config is not None:
        words += ["--config", str(args.config.absolute())]
    return "exec " + shlex.join(words)


def _announce(host: str, token: str, port: int) -> None:
    name = f"[{host}]" if ":" in host else host
    print(f"http://{name}:{port}/" + (f"?token={token}" if token else ""), flush=True)
    if token:
        print(
            "Whoever has this address can read and answer; it is sent unencrypted. Ctrl-C ends it.",
            file=sys.stderr,
        )
    else:
        print("For browsers on this machine. Ctrl-C ends it.", file=sys.stderr)
