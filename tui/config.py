"""One configuration: defaults, then the TOML file, then the environment.

`load` knows where each value came from, so that an error names the place and `lumbar config` can
show it. Secrets are never in the file: see `tui.secret`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from monitor.errors import ScheduleError
from monitor.schedule import Hours
from tui import paths
from tui.exits import ConfigError
from tui.tables import Config, Key, keys, tables

__all__ = ["Config", "Loaded", "check_text", "load", "path_of"]

PREFIX = "LUMBAR_"
DEFAULT = "default"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECRET_VARIABLES = ("LUMBAR_MQTT_PASSWORD", "LUMBAR_INFLUX_TOKEN")
WORDS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)
Place = tuple[str, str]
"""A table and a key."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The effective configuration.

    Attributes:
        config: all values.
        sources: where each key's value came from: "default", "FILE:LINE" or a variable.
        path: the file that was read, or would be if it existed.
    """

    config: Config
    sources: Mapping[Place, str]
    path: Path


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Loaded:
    """Return the effective configuration; raise ConfigError naming place, key and nearest key.

    Without `path` the platform's file is read if it exists; a path given on purpose must exist.
    """
    chosen = path_of(path, environ)
    text = _read(chosen, required=path is not None or paths.CONFIG_VARIABLE in environ)
    values: dict[Place, object] = {}
    sources: dict[Place, str] = {}
    for (place, value), line in _from_file(chosen, text):
        values[place] = value
        sources[place] = _source(chosen, line)
    for variable, key, raw in _from_environment(environ):
        values[key.table, key.name] = _parsed(key, raw)
        sources[key.table, key.name] = variable
    config = _built(values, sources)
    _check_meaning(config, sources)
    every = {(key.table, key.name): DEFAULT for key in keys()} | sources
    return Loaded(config=config, sources=every, path=chosen)


def path_of(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file that `load` would read; it need not exist."""
    return path or paths.config_file(environ)


def check_text(text: str, path: Path) -> None:
    """Raise ConfigError if `text` would not be a valid configuration file."""
    found = list(_from_file(path, text))
    sources = {place: _source(path, line) for (place, _), line in found}
    _check_meaning(_built({place: value for (place, value), _ in found}, sources), sources)


def _read(path: Path, *, required: bool) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise ConfigError(f"{path}: there is no such file") from None
        return ""
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from error


def _from_file(path: Path, text: str) -> Iterable[tuple[tuple[Place, object], int | None]]:
    """Yield every key of the file with its line; refuse what is not a known table and key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    known = {(key.table, key.name) for key in keys()}
    for table, content in document.items():
        if table not in tables() or not isinstance(content, dict):
            line = line_of(text, table, None) or line_of(text, "", table)
            what = f"[{table}] is not a table"
            raise _unknown((path, line), what, name=table, names=tables(), form="[{}]")
        for name, value in content.items():
            line = line_of(text, table, name)
            if (table, name) not in known:
                names = [known_name for known_table, known_name in known if known_table == table]
                what = f"{name} is not a key of [{table}]"
                raise _unknown((path, line), what, name=name, names=names, form="{}")
            yield ((table, name), value), line


def _unknown(
    where: tuple[Path, int | None], what: str, *, name: str, names: Iterable[str], form: str
) -> ConfigError:
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    hint = f"did you mean {form.format(near[0])}?" if near else "see docs/configuration.md"
    return ConfigError(f"{_source(*where)}: {what}; {hint}")


def _source(path: Path, line: int | None) -> str:
    return f"{path}:{line}" if line else str(path)


def line_of(text: str, table: str, key: str | None) -> int | None:
    """Return the 1-based line of a key, or of its table's header when `key` is None.

    Understands headers, dotted keys and sub-tables, which is all that TOML allows here.
    """
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            current = header[1].replace('"', "").replace(" ", "")
            wanted = table if key is None else f"{table}.{key}"
            if current == wanted or current.startswith(f"{wanted}."):
                return number
        elif assignment := re.match(r"\s*([A-Za-z0-9_\"'. -]+?)\s*=", line):
            dotted = re.sub(r"[\"' ]", "", assignment[1])
            full = f"{current}.{dotted}" if current else dotted
            wanted = ".".join(part for part in (table, key) if part)
            if full == wanted or full.startswith(f"{wanted}."):
                return number
    return None


def variable_of(key: Key) -> str:
    """Return the environment variable that overrides a key."""
    return f"{PREFIX}{key.table}_{key.name}".upper()


def _from_environment(environ: Mapping[str, str]) -> Iterable[tuple[str, Key, str]]:
    """Yield the overrides; refuse a variable of one of our tables that names no key."""
    by_variable = {variable_of(key): key for key in keys()}
    heads = tuple(f"{PREFIX}{table}_".upper() for table in tables())
    for variable, raw in sorted(environ.items()):
        if key := by_variable.get(variable):
            yield variable, key, raw
        elif variable.startswith(heads) and variable not in SECRET_VARIABLES:
            near = difflib.get_close_matches(variable, by_variable, n=1)
            hint = f"did you mean {near[0]}?" if near else "see docs/configuration.md"
            raise ConfigError(f"{variable}: no setting has this variable; {hint}")


def _parsed(key: Key, raw: str) -> object:
    """Return a variable's text as a value of its key: text as it is, the rest as TOML."""
    if isinstance(key.default, str):
        return raw
    if isinstance(key.default, bool):
        return WORDS.get(raw.lower(), raw)
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def _built(values: Mapping[Place, object], sources: Mapping[Place, str]) -> Config:
    built: dict[str, Any] = {}
    for table, struct in tables().items():
        checked = {
            key.name: _checked(key, values[table, key.name], sources[table, key.name])
            for key in keys()
            if key.table == table and (table, key.name) in values
        }
        try:
            built[table] = struct(**checked)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"[{table}]: {error}") from error
    return Config(**built)


def _checked(key: Key, value: object, source: str) -> object:
    try:
        return msgspec.convert(value, type=key.type)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source}: {key.table}.{key.name}: {error}") from error


def _check_meaning(config: Config, sources: Mapping[Place, str]) -> None:
    """Refuse what has the right type and still means nothing: a zone, a range, a date."""
    _check_zone(config, sources)
    for key in (*WEEKDAYS, "quiet"):
        for hours in getattr(config.schedule, key):
            try:
                Hours.parse(hours)
            except ScheduleError as error:
                raise ConfigError(f"{sources['schedule', key]}: schedule.{key}: {error}") from error
    for day in config.schedule.days_off:
        try:
            date.fromisoformat(day)
        except ValueError as error:
            where = sources["schedule", "days_off"]
            raise ConfigError(f"{where}: schedule.days_off: {error}") from error


def _check_zone(config: Config, sources: Mapping[Place, str]) -> None:
    zone = config.wearer.timezone
    if not zone:
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        near = difflib.get_close_matches(zone, available_timezones(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        where = sources["wearer", "timezone"]
        raise ConfigError(f"{where}: wearer.timezone: no zone {zone!r}{hint}") from error
