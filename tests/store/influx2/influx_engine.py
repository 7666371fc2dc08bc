"""The double's front on a real InfluxDB 1 engine: what is written goes through the real thing.

InfluxDB 2 keeps the engine and the line protocol of version 1. Debian carries version 1.6, which
has no Flux: answers are computed by the double's evaluator from what the engine gives back.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from flux_tables import StoredTable, Stream
from influx_double import Bucket, RefusalError

_TYPES = {"float": float, "integer": int, "string": str, "boolean": bool}


class Engine:
    """An influxd of version 1 on private ports, its data in `folder`."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port, rpc = _free_port(), _free_port()
        configuration = folder / "influxdb.conf"
        configuration.write_text(
            f"""
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
log-enabled = false
[monitor]
store-enabled = false
"""
        )
        self._child = subprocess.Popen(
            [program, "-config", str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("influxd did not start")

    def post(self, path: str, parameters: dict[str, str], body: bytes = b"") -> bytes:
        url = f"http://127.0.0.1:{self.port}{path}?{urlencode(parameters)}"
        with urlopen(Request(url, data=body, method="POST")) as answer:
            return bytes(answer.read())

    def ask(self, database: str, query: str) -> list[dict[str, Any]]:
        body = self.post("/query", {"db": database, "q": query, "epoch": "ns"})
        [result] = json.loads(body)["results"]
        return list(result.get("series", []))

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait()


class EngineBucket(Bucket):
    """A bucket whose points are in a database of the engine."""

    def __init__(self, engine: Engine, database: str) -> None:
        super().__init__()
        self._engine, self._database = engine, database
        engine.post("/query", {"q": f'CREATE DATABASE "{database}"'})

    def accept(self, body: str) -> None:
        parameters = {"db": self._database, "precision": "n"}
        try:
            self._engine.post("/write", parameters, body.encode())
        except HTTPError as error:
            message = json.loads(error.read())["error"]
            # Version 1 answers a partial write with 400, version 2 with 422.
            status = 422 if message.startswith("partial write: field type") else 400
            raise RefusalError(status, "invalid", message) from error

    def stream(self) -> Stream:
        types = {
            (series["name"], name): _TYPES[kind]
            for series in self._engine.ask(self._database, "SHOW FIELD KEYS")
            for name, kind in series["values"]
        }
        tables: Stream = []
        for series in self._engine.ask(self._database, "SELECT * FROM /.*/ GROUP BY *"):
            measurement, tags = series["name"], series.get("tags", {})
            names = series["columns"][1:]
            times = {
                row[0]: {
                    name: types[measurement, name](value)
                    for name, value in zip(names, row[1:], strict=True)
                    if value is not None
                }
                for row in series["values"]
            }
            present = {key: value for key, value in tags.items() if value != ""}
            for name in names:
                key = {"_measurement": measurement, "_field": name, **present}
                tables.append(StoredTable(key, times, None))
        return tables


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
