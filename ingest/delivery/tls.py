"""TLS for the connection to a broker, with reasons a person understands when it fails."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from ingest.delivery.connection import Connection
from ingest.errors import BrokerError


def context_for(connection: Connection, on_failure: Callable[[str], None]) -> ssl.SSLContext:
    """Return a context that checks the broker's certificate and name.

    `on_failure` hears why a handshake failed. Raises BrokerError when a file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=connection.ca_file or None)
        if connection.certificate_file:
            context.load_cert_chain(connection.certificate_file, connection.key_file or None)
    except (OSError, ValueError) as error:
        names = [connection.ca_file, connection.certificate_file, connection.key_file]
        files = ", ".join(name for name in names if name) or "the system's certificates"
        raise BrokerError(f"cannot use {files} for TLS: {error}") from error

    class Socket(ssl.SSLSocket):
        """Closes itself when the handshake fails, which paho leaves to chance."""

        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
            except OSError as error:
                self.close()
                on_failure(_why(error))
                raise

    context.sslsocket_class = Socket
    return context


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return f"no encrypted connection is possible ({error})"
