"""Parses line protocol strictly, as its reference describes it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_KEY = re.compile(r"((?:[^,= \\\n]|\\.)+)")
_FIELD_VALUE = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)"'
    r"|(?P<integer>-?\d+)i"
    r"|(?P<unsigned>\d+)u"
    r"|(?P<boolean>t|T|true|True|TRUE|f|F|false|False|FALSE)(?=[, ]|$)"
    r"|(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)",
    re.DOTALL,
)
_TIME = re.compile(r"-?\d+$")


class LineError(Exception):
    """Not line protocol."""


class Point(NamedTuple):
    """One parsed line."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: dict[str, Any]
    time_ns: int | None


def points_of(body: str) -> list[Point]:
    return [_point(line) for line in _lines(body) if line and not line.startswith("#")]


def _lines(body: str) -> list[str]:
    """Split at newlines outside quoted strings."""
    lines: list[str] = []
    open_quote = False
    for part in body.split("\n"):
        if open_quote:
            lines[-1] += "\n" + part
        else:
            lines.append(part)
        open_quote ^= bool(re.sub(r"\\.", "", part).count('"') % 2)
    return lines


def _point(line: str) -> Point:
    measurement, at = _key(line, 0)
    tags = {}
    while line[at : at + 1] == ",":
        name, at = _key(line, at + 1)
        if line[at : at + 1] != "=":
            raise LineError(f"unable to parse '{line[:80]}': missing tag value")
        tags[name], at = _key(line, at + 1)
    if line[at : at + 1] != " ":
        raise LineError(f"unable to parse '{line[:80]}': missing fields")
    fields, at = _fields(line, at + 1)
    rest = line[at:].strip()
    if rest and not _TIME.match(rest):
        raise LineError(f"unable to parse '{line[:80]}': bad timestamp")
    if len(measurement) + sum(len(k) + len(v) for k, v in tags.items()) > 65_535:
        raise LineError("max key length exceeded")
    return Point(measurement, tuple(sorted(tags.items())), fields, int(rest) if rest else None)


def _fields(line: str, at: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    while True:
        name, at = _key(line, at)
        if line[at : at + 1] != "=":
            raise LineError(f"unable to parse '{line[:80]}': missing field value")
        match = _FIELD_VALUE.match(line, at + 1)
        if match is None or line[match.end() : match.end() + 1] not in {"", ",", " "}:
            raise LineError(f"unable to parse '{line[:80]}': invalid field value")
        fields[name] = _value(match)
        at = match.end()
        if line[at : at + 1] != ",":
            return fields, at
        at += 1


def _value(match: re.Match[str]) -> Any:
    if match["text"] is not None:
        if len(match["text"]) > 65_536:
            raise LineError("string field too long")
        return re.sub(r'\\(["\\])', r"\1", match["text"])
    if match["integer"] is not None or match["unsigned"] is not None:
        return int(match["integer"] or match["unsigned"])
    if match["boolean"] is not None:
        return match["boolean"][0] in "tT"
    return float(match["number"])


def _key(line: str, at: int) -> tuple[str, int]:
    match = _KEY.match(line, at)
    if match is None:
        raise LineError(f"unable to parse '{line[:80]}': missing name")
    return re.sub(r"\\([,= ])", r"\1", match[1]), match.end()
