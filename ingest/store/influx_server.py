"""One InfluxDB 2 server: prepared lines in, rows out, and what each status code means.

Writes are synchronous: the batching API of the client drops what it could not send for three
minutes and everything that a dying process still holds. Nothing is retried here; the recorder's
back-off decides, so that the wearer's outbox stays the only queue.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from influxdb_client import InfluxDBClient
from influxdb_client.domain.dialect import Dialect
from influxdb_client.rest import ApiException
from influxdb_client.service.health_service import HealthService
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError

from ingest.errors import StoreError, StoreRefusedError, StoreUnavailableError
from ingest.store.influx_csv import Row, rows_of

log = logging.getLogger(__name__)

BATCH_LINES: Final = 2000  # about 1 MB before compression; InfluxData advises 5 000 short lines
TIMEOUT_MS: Final = 20_000

_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_POISONED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_SETTINGS: Final = {
    HTTPStatus.UNAUTHORIZED: "the token is wrong or missing: set store.token_file",
    HTTPStatus.FORBIDDEN: "the token may not do that: give it read and write on the bucket",
    HTTPStatus.NOT_FOUND: "there is no such bucket or organisation: create it or set store.bucket",
}
_ANNOTATED: Final = Dialect(
    header=True, delimiter=",", comment_prefix="#", annotations=["datatype", "group", "default"]
)

DeadLetter = Callable[[str, str], None]
"""Takes a line that the server will never take, and its reason; durable when it returns."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the bucket is and what opens it; `token` never appears in a message or a log.

    `ca_file` is a certificate authority (PEM) to trust instead of the usual ones, or "".
    """

    url: str
    org: str
    bucket: str
    token: str
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"Address({self.url}, {self.org}/{self.bucket})"


class InfluxServer:
    """Sends lines and questions; every failure is a StoreError with advice."""

    def __init__(self, address: Address, *, dead_letter: DeadLetter) -> None:
        self.address = address
        self._dead_letter = dead_letter
        self._client = InfluxDBClient(
            url=address.url,
            token=address.token,
            org=address.org,
            timeout=TIMEOUT_MS,
            enable_gzip=True,
            ssl_ca_cert=address.ca_file or None,
        )
        self._writes = WriteService(self._client.api_client)
        self._query_api = self._client.query_api()

    def write(self, lines: Sequence[str]) -> None:
        """Write every line that the server will ever take; the others become dead letters.

        Raises StoreUnavailableError or StoreRefusedError when lines are left; writing all of them
        again is harmless.
        """
        for start in range(0, len(lines), BATCH_LINES):
            self._write_batch(lines[start : start + BATCH_LINES])

    def query(self, flux: str, **params: Any) -> Iterator[Row]:
        """Yield the rows of an answer; `bucket` is added to the parameters."""
        with self._explaining():
            response = self._query_api.query_raw(
                flux, dialect=_ANNOTATED, params={"bucket": self.address.bucket, **params}
            )
            # urllib3 would close the response at its end, which a text wrapper takes for an error.
            response.auto_close = False
            try:
                yield from rows_of(io.TextIOWrapper(response, encoding="utf-8", newline=""))
            except (ValueError, KeyError) as error:
                raise self._stranger() from error
            finally:
                response.close()
                response.release_conn()

    def delete(self, predicate: str, *, start: Any, stop: Any) -> None:
        """Delete the points of [start, stop) that a constant predicate names."""
        with self._explaining():
            self._client.delete_api().delete(
                start, stop, predicate, bucket=self.address.bucket, org=self.address.org
            )

    def health(self) -> Mapping[str, str]:
        """Return what the server says of itself: name, status, version."""
        with self._explaining():
            health = HealthService(self._client.api_client).get_health()
        return {
            "name": str(health.name),
            "status": str(health.status),
            "version": str(health.version),
        }

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _write_batch(self, lines: Sequence[str]) -> None:
        try:
            with self._reaching():
                _, status, _ = self._writes.post_write_with_http_info(
                    self.address.org,
                    self.address.bucket,
                    "\n".join(lines).encode(),
                    precision="ns",
                    content_type="text/plain; charset=utf-8",
                )
        except ApiException as error:
            self._after_refusal(lines, error)
        else:
            if status != HTTPStatus.NO_CONTENT:  # the only answer that promises anything
                raise self._stranger()

    def _after_refusal(self, lines: Sequence[str], error: ApiException) -> None:
        """Corner what the server refused: halve the batch until it is one line.

        After a 422 the rest of the batch is stored already; halving writes it again, harmlessly.
        """
        poisoned = error.status in _POISONED
        if poisoned and not _is_influx(error):
            raise self._stranger() from error
        if not poisoned and error.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise self._refusal(error) from error
        if len(lines) > 1:
            middle = len(lines) // 2
            self._write_batch(lines[:middle])
            self._write_batch(lines[middle:])
            return
        log.warning("InfluxDB refused a point for good (%s): %s", error.status, _reason(error))
        self._dead_letter(lines[0], f"{error.status}: {_reason(error)}")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            with self._reaching():
                yield
        except ApiException as error:
            raise self._refusal(error) from error

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (HTTPError, OSError) as error:
            raise self._unreachable(error) from error
        except ValueError:  # its text may hold the token
            raise StoreRefusedError(
                f"InfluxDB at {self.address.url} cannot be asked: "
                "check store.url and that the token is one line of plain letters"
            ) from None

    def _stranger(self) -> StoreError:
        return StoreRefusedError(
            f"what answers at {self.address.url} is not InfluxDB 2: "
            "check the address and port of store.url, and whether it needs https"
        )

    def _refusal(self, error: ApiException) -> StoreError:
        status = error.status or 0
        where = f"InfluxDB at {self.address.url}"
        if not status:  # how the client tells of TLS; a certificate never heals by itself
            why = _reason(error).splitlines()[-1]
            return StoreRefusedError(
                f"{where}: no encrypted connection is possible ({why}): check store.ca_file"
            )
        if status in _SETTINGS:
            return StoreRefusedError(f"{where} refused ({status}): {_SETTINGS[HTTPStatus(status)]}")
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return StoreUnavailableError(
                f"{where} is overloaded or failing ({status})", "it is tried again, nothing is lost"
            )
        return StoreRefusedError(f"{where} refused ({status}): {_reason(error)}")

    def _unreachable(self, error: Exception) -> StoreError:
        return StoreUnavailableError(
            f"InfluxDB at {self.address.url} cannot be reached ({type(error).__name__})",
            "check that it runs and that store.url is right; nothing is lost meanwhile",
        )


def _is_influx(error: ApiException) -> bool:
    """Return whether a refusal is InfluxDB's own; a proxy or a TLS port answers 400 to anything."""
    try:
        said = json.loads(error.body or "")
    except ValueError:
        return False
    return isinstance(said, dict) and "code" in said


def _reason(error: ApiException) -> str:
    body = error.body or error.reason or ""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    return text[:300]
