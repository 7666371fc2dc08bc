"""How to reach a broker, and the refusal to do so carelessly."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

from ingest.errors import BrokerError
from ingest.settings import MqttSettings

MqttVersion = Literal["auto", "3.1.1", "5"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where a broker listens and who we are to it; raises BrokerError for a careless one.

    Attributes:
        host: name or address.
        port: TCP port.
        username: user at the broker, "" for none.
        password: its password or token; never shown by `repr`.
        version: "auto" tries 5 and falls back to 3.1.1.
        tls: encrypt, trusting `ca_file` or else the system's authorities.
        ca_file: PEM of the authority, "" for the system's.
        certificate_file: PEM of the client certificate, "" for none.
        key_file: PEM of its key, "" when the certificate's file holds it.
        allow_plain: permit an unencrypted connection to another host.
        durable: whether a session of this broker is worth keeping while its client is away; the
            embedded broker would hold every repetition in memory.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)
    version: MqttVersion = "auto"
    tls: bool = False
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    allow_plain: bool = False
    durable: bool = True

    def __post_init__(self) -> None:
        if not (self.tls or self.allow_plain or is_loopback(self.host)):
            raise BrokerError(
                f"the broker {self.host} is another host and the connection is not encrypted: "
                "set mqtt.tls = true (or mqtt.allow_plain = true if you accept that)"
            )

    @classmethod
    def of(cls, settings: MqttSettings, *, password: str = "") -> Connection:
        """Return the connection that `[mqtt]` describes; its host must be set."""
        if not settings.host:
            raise BrokerError("no broker is configured: set mqtt.host, or use `lumbar up`")
        return cls(
            host=settings.host,
            port=settings.port,
            username=settings.username,
            password=password,
            version=settings.version,
            tls=settings.tls,
            ca_file=settings.ca_file,
            certificate_file=settings.certificate_file,
            key_file=settings.key_file,
            allow_plain=settings.allow_plain,
        )

    @classmethod
    def embedded(cls, *, port: int, token: str, host: str = "127.0.0.1") -> Connection:
        """Return the connection to an EmbeddedBroker, which speaks 3.1.1 only."""
        return cls(
            host=host,
            port=port,
            username=EMBEDDED_USER,
            password=token,
            version="3.1.1",
            durable=False,
        )

    @property
    def address(self) -> str:
        """Return host and port for messages to the wearer."""
        return f"{self.host}:{self.port}"


EMBEDDED_USER = "lumbar"


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine, without asking any name server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
