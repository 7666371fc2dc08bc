"""Who may look at the dashboard in a browser; pure, knows no web server.

Loopback alone keeps nobody out of a browser: any page on the web may let it open a socket to this
machine, and a name of that page may resolve to it. So the names that the request gives count too.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from typing import Final

COOKIE: Final = "lumbar"
LOCAL_NAMES: Final = frozenset({"localhost"})


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine and nobody else."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in LOCAL_NAMES


@dataclass(frozen=True, slots=True)
class Door:
    """Lets a request in or says why not.

    Attributes:
        token: what a visitor must show; empty for a door that opens to this machine only.
    """

    token: str = ""

    def refusal(self, *, host: str, origin: str | None, shown: str) -> str:
        """Return why a request is refused, or "" when it is let in.

        `host` and `origin` are the request's headers, `shown` is the token it carries.
        """
        if not self.token and not is_loopback(_name(host)):
            return f"this dashboard is not called {host!r}"
        if origin is not None and origin.partition("://")[2] != host:
            return "another page may not use this dashboard"
        if self.token and not hmac.compare_digest(shown.encode(), self.token.encode()):
            return "open the address with the token that `lumbar serve` printed"
        return ""


def _name(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] or host
