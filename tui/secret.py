"""Secrets: from the environment, or from a file that nobody else can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from tui.exits import ConfigError
from tui.tables import Config

MQTT_PASSWORD_VARIABLE = "LUMBAR_MQTT_PASSWORD"  # noqa: S105  # the name, not the password
INFLUX_TOKEN_VARIABLE = "LUMBAR_INFLUX_TOKEN"  # noqa: S105  # the name, not the token
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def mqtt_password(config: Config, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the broker's password, or None where none is set."""
    return secret(environ, MQTT_PASSWORD_VARIABLE, config.mqtt.password_file)


def influx_token(config: Config, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the token of InfluxDB, or None where none is set."""
    return secret(environ, INFLUX_TOKEN_VARIABLE, config.store.token_file)


def secrets_set(config: Config, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return where each secret that is set comes from, by the name of its variable."""
    files = {
        MQTT_PASSWORD_VARIABLE: config.mqtt.password_file,
        INFLUX_TOKEN_VARIABLE: config.store.token_file,
    }
    return {
        variable: variable if variable in environ else file
        for variable, file in files.items()
        if variable in environ or file
    }


def secret(environ: Mapping[str, str], variable: str, file: str) -> str | None:
    """Return a secret from its variable or else its file; raise ConfigError on an open file."""
    if variable in environ:
        return environ[variable]
    if not file:
        return None
    path = Path(file).expanduser()
    try:
        mode = path.stat().st_mode
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not text") from error
    if os.name == "posix" and mode & OTHERS:
        raise ConfigError(f"{path} can be read by others: run `chmod 600 {path}`")
    return content.strip()
