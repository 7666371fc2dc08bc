"""Settings of the ingest stage: the tables `[mqtt]`, `[outbox]` and `[store]`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class MqttSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker. Without a host, `lumbar up` and `lumbar demo` start one on 127.0.0.1."""

    host: Annotated[
        str, Meta(description="Broker to use; empty: the embedded broker of `lumbar up`.")
    ] = ""
    port: Annotated[int, Meta(ge=1, le=65535, description="Port of the broker.")] = 1883
    username: Annotated[str, Meta(description="User name at the broker.")] = ""
    password_file: Annotated[
        str,
        Meta(description="File (mode 0600) that holds the password; LUMBAR_MQTT_PASSWORD wins."),
    ] = ""
    version: Annotated[
        Literal["auto", "3.1.1", "5"],
        Meta(description="MQTT version; 'auto' tries 5 and falls back to 3.1.1."),
    ] = "auto"
    tls: Annotated[bool, Meta(description="Encrypt the connection.")] = False
    ca_file: Annotated[str, Meta(description="Certificate authority to trust, PEM.")] = ""
    certificate_file: Annotated[str, Meta(description="Client certificate, PEM.")] = ""
    key_file: Annotated[str, Meta(description="Key of the client certificate, PEM.")] = ""
    allow_plain: Annotated[
        bool,
        Meta(description="Allow an unencrypted connection to another host (not advised)."),
    ] = False
    home_assistant: Annotated[
        bool, Meta(description="Announce the strap to Home Assistant on this broker.")
    ] = False


class OutboxSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records wait here until every required recorder has confirmed that it stored them."""

    required: Annotated[
        list[str],
        Meta(description="Recorders that must confirm; empty: any one recorder is enough."),
    ] = []
    max_records: Annotated[
        int,
        Meta(ge=1000, description="Fullest the outbox gets; then seconds go first, events last."),
    ] = 5_000_000


class StoreSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the history is kept."""

    kind: Annotated[
        Literal["sqlite", "influx", "none"],
        Meta(description="sqlite (a file), influx (InfluxDB 2) or none (live view only)."),
    ] = "sqlite"
    path: Annotated[
        str, Meta(description="SQLite file; empty: history.sqlite in the data folder.")
    ] = ""
    keep_seconds_days: Annotated[
        int,
        Meta(
            ge=1,
            description="Days after which minutes are kept instead of seconds: by `lumbar up` "
            "once a day (SQLite), by `lumbar store compact` at once.",
        ),
    ] = 400
    url: Annotated[str, Meta(description="InfluxDB 2 address, such as http://host:8086.")] = ""
    org: Annotated[str, Meta(description="InfluxDB organisation.")] = ""
    bucket: Annotated[str, Meta(description="InfluxDB bucket.")] = "lumbar"
    token_file: Annotated[
        str,
        Meta(description="File (mode 0600) that holds the token; LUMBAR_INFLUX_TOKEN wins."),
    ] = ""
    ca_file: Annotated[
        str, Meta(description="Certificate authority to trust for https, PEM; empty: the usual.")
    ] = ""
    allow_plain: Annotated[
        bool, Meta(description="Allow http to another host, which shows it the token in clear.")
    ] = False
