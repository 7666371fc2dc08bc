"""An HTTP server that behaves as InfluxDB 2 documents: a double for what cannot be installed.

It stores what is written to it and computes every answer from that by evaluating the Flux it is
sent. It enforces tokens, buckets, gzip, line protocol, the size of a batch, and types of fields
(the rest of a batch with a type conflict is stored: a partial write, 422).
"""

from __future__ import annotations

import gzip
import json
import re
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import flux_run
from annotated_csv import annotated_csv
from flux_parser import FluxError
from flux_tables import StoredTable, Stream
from flux_values import Time, type_name
from line_protocol import LineError, Point, points_of

Series = tuple[str, tuple[tuple[str, str], ...]]


class RefusalError(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = json.dumps({"code": code, "message": message}).encode()


@dataclass
class Bucket:
    """Points of one bucket and the types that its fields got from their first value."""

    points: dict[Series, dict[int, dict[str, Any]]] = field(default_factory=dict)
    types: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[Series, set[str]] = field(default_factory=dict)

    def accept(self, body: str) -> None:
        """Take a body of line protocol as a whole, or all but what conflicts, or nothing."""
        try:
            points = points_of(body)
        except LineError as error:
            raise RefusalError(400, "invalid", str(error)) from error
        if not points:
            raise RefusalError(400, "invalid", "writing requires points")
        conflicts = []
        for point in points:
            clash = self._conflict(point)
            if clash:
                conflicts.append(clash)
                continue
            self.names.setdefault((point.measurement, point.tags), set()).update(point.fields)
            series = self.points.setdefault((point.measurement, point.tags), {})
            series.setdefault(point.time_ns or 0, {}).update(point.fields)
        if conflicts:
            raise RefusalError(
                422,
                "unprocessable entity",
                f"failure writing points to database: partial write: {conflicts[0]} "
                f"dropped={len(conflicts)}",
            )

    def _conflict(self, point: Point) -> str | None:
        for name, value in point.fields.items():
            known = self.types.setdefault((point.measurement, name), type_name(value))
            if known != type_name(value):
                return (
                    f'field type conflict: input field "{name}" on measurement '
                    f'"{point.measurement}" is type {type_name(value)}, already exists as {known}'
                )
        return None

    def stream(self) -> Stream:
        """Return one table per series and field, newest written first: order is no promise."""
        tables: Stream = []
        for (measurement, tags), times in reversed(self.points.items()):
            for name in self.names[measurement, tags]:
                key = {"_measurement": measurement, "_field": name, **dict(tags)}
                tables.append(StoredTable(key, times, None))
        return tables

    def delete(self, start: int, stop: int, predicate: str) -> None:
        wanted = dict(re.findall(r'([\w]+)="([^"]*)"', predicate))
        for (measurement, tags), times in self.points.items():
            labels = {"_measurement": measurement, **dict(tags)}
            if all(labels.get(name) == value for name, value in wanted.items()):
                for at in [at for at in times if start <= at <= stop]:
                    del times[at]

    def rows(self) -> int:
        """Return how many points are held."""
        return sum(len(times) for times in self.points.values())


class InfluxDouble:
    """The server; use it as a context manager.

    `fail_next` holds statuses that the next requests get instead of an answer, or (status, body)
    as something else would say it; `requests` logs (method, path, encoding, bytes) of each.
    """

    org = "lumbar"

    def __init__(
        self,
        *,
        max_body_bytes: int = 25_000_000,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._certificate = certificate
        self.max_body_bytes = max_body_bytes
        self.buckets = {"history": Bucket()}
        self.tokens = {"all-access": {"read", "write"}, "reader": {"read"}, "writer": {"write"}}
        self.version = "v2.7.12"
        self.fail_next: list[int | tuple[int, bytes]] = []
        self.requests: list[tuple[str, str, str, int]] = []
        self.port = 0

    def __enter__(self) -> InfluxDouble:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http{'s' if self._certificate else ''}://127.0.0.1:{self.port}"

    @property
    def bucket(self) -> Bucket:
        return self.buckets["history"]

    def start(self) -> None:
        double = self

        class Handler(_Handler):
            influx = double

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def permitted(self, header: str | None, what: str) -> None:
        scheme, _, token = (header or "").partition(" ")
        if scheme not in {"Token", "Bearer"} or token not in self.tokens:
            raise RefusalError(401, "unauthorized", "unauthorized access")
        if what not in self.tokens[token]:
            raise RefusalError(403, "forbidden", f"insufficient permissions for {what}")

    def found(self, query: dict[str, list[str]]) -> Bucket:
        if query["org"] != [self.org]:
            raise RefusalError(404, "not found", "organization not found")
        return self.named(query["bucket"][0])

    def named(self, bucket: str) -> Bucket:
        if bucket not in self.buckets:
            raise RefusalError(404, "not found", f'could not find bucket "{bucket}"')
        return self.buckets[bucket]


class _Handler(BaseHTTPRequestHandler):
    influx: InfluxDouble
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536  # one segment for head and body

    def do_GET(self) -> None:
        if self.path != "/health":
            self.answer(404, b"{}")
            return
        body = {"name": "influxdb", "message": "ready", "status": "pass"}
        body["version"] = self.influx.version
        self.answer(200, json.dumps(body).encode())

    def do_POST(self) -> None:
        url = urlparse(self.path)
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding", "identity")
        self.influx.requests.append(("POST", url.path, encoding, len(raw)))
        body = gzip.decompress(raw) if encoding == "gzip" else raw
        try:
            if self.influx.fail_next:
                told = self.influx.fail_next.pop(0)
                if isinstance(told, tuple):
                    self.answer(*told)
                    return
                raise RefusalError(told, "forced", "as told")
            handle = {
                "/api/v2/write": self.write,
                "/api/v2/query": self.query,
                "/api/v2/delete": self.delete,
            }[url.path]
            status, answer = handle(parse_qs(url.query), body)
        except RefusalError as refusal:
            self.answer(refusal.status, refusal.body)
        except FluxError as error:
            self.answer(400, json.dumps({"code": "invalid", "message": str(error)}).encode())
        else:
            self.answer(status, answer)

    def write(self, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        self.influx.permitted(self.headers.get("Authorization"), "write")
        bucket = self.influx.found(query)
        if len(body) > self.influx.max_body_bytes:
            raise RefusalError(413, "request too large", "points batch is too large")
        if query.get("precision", ["ns"]) != ["ns"]:
            raise RefusalError(400, "invalid", "this double takes nanoseconds only")
        try:
            bucket.accept(body.decode())
        except UnicodeDecodeError as error:
            raise RefusalError(400, "invalid", str(error)) from error
        return 204, b""

    def query(self, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        self.influx.permitted(self.headers.get("Authorization"), "read")
        if query["org"] != [self.influx.org]:
            raise RefusalError(404, "not found", "organization not found")
        asked = json.loads(body)
        stream = flux_run.run(
            asked["query"], asked.get("extern"), lambda name: self.influx.named(name).stream()
        )
        return 200, annotated_csv(stream).encode()

    def delete(self, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        self.influx.permitted(self.headers.get("Authorization"), "write")
        asked = json.loads(body)
        times = [Time.parsed(re.sub(r"\+00:00$", "Z", asked[key])) for key in ("start", "stop")]
        self.influx.found(query).delete(*times, asked.get("predicate", ""))
        return 204, b""

    def answer(self, status: int, body: bytes) -> None:
        zipped = "gzip" in self.headers.get("Accept-Encoding", "") and status == 200
        if zipped:
            body = gzip.compress(body)
        self.send_response(status)
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", "text/csv" if status == 200 else "application/json")
        if self.path == "/health":
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
