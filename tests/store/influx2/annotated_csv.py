"""Tables as the annotated CSV in which InfluxDB answers."""

from __future__ import annotations

import re
from typing import Any

from flux_tables import Stream
from flux_values import Time, type_name


def annotated_csv(stream: Stream) -> str:
    """Return tables as the server prints them: a section for each schema, blank line between."""
    sections = []
    for number, table in enumerate(stream):
        columns = list(dict.fromkeys(name for row in table.rows for name in row))
        types = {
            name: next(type_name(row[name]) for row in table.rows if name in row)
            for name in columns
        }
        lines = [
            ["#datatype", "string", "long", *(types[name] for name in columns)],
            ["#group", "false", "false", *(_bool(name in table.key) for name in columns)],
            ["#default", "_result", "", *("" for _ in columns)],
            ["", "result", "table", *columns],
        ]
        lines += [
            ["", "", str(number), *(_cell(row.get(name)) for name in columns)] for row in table.rows
        ]
        if table.rows:
            sections.append("".join(",".join(line) + "\r\n" for line in lines))
    return "\r\n".join(sections) + "\r\n"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Time):
        return value.text()
    if isinstance(value, bool):
        return _bool(value)
    text = repr(value) if isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text
