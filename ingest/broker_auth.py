"""Who may talk to the embedded broker; loaded by amqtt, by name."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from ingest.connection import EMBEDDED_USER


class TokenAuthPlugin(BaseAuthPlugin):  # type: ignore[misc]  # amqtt ships no types
    """Lets in whoever shows the token, compared in constant time."""

    @dataclass
    class Config:
        """Settings of the plugin."""

        token: str = ""

    async def authenticate(self, *, session: Session) -> bool:
        """Return whether the session's user and password are ours."""
        token = self.config.token
        user = (session.username or "").encode()
        password = (session.password or "").encode()
        right_user = hmac.compare_digest(user, EMBEDDED_USER.encode())
        return hmac.compare_digest(password, token.encode()) and right_user and bool(token)
