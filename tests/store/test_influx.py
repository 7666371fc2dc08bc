"""What the InfluxDB store does with a server that refuses, and what it sends."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess

import pytest

from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.settings import StoreSettings
from ingest.store.base import Entry
from ingest.store.influx import InfluxStore
from ingest.store.influx_lines import second_line
from ingest.store.influx_server import Address
from ingest.store.open import open_store


@pytest.fixture
def opened(influx, dead_letters):
    stores = []

    def opener(*, token="all-access", bucket="history", url=None):
        address = Address(url or influx.url, influx.org, bucket, token)
        stores.append(InfluxStore(address, dead_letter=dead_letters.take))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


def test_writes_are_gzipped_and_in_batches(influx, opened, records):
    opened().write(records.entries(records.seconds(records.start_s, records.start_s + 4500)))
    writes = [r for r in influx.requests if r[1] == "/api/v2/write"]
    assert [encoding for _, _, encoding, _ in writes] == ["gzip"] * 3
    assert influx.bucket.rows() == 4500


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (408, StoreUnavailableError),
        (429, StoreUnavailableError),
        (500, StoreUnavailableError),
        (503, StoreUnavailableError),
        (401, StoreRefusedError),
        (403, StoreRefusedError),
        (404, StoreRefusedError),
    ],
)
def test_each_status_keeps_the_records_and_says_who_can_help(
    influx, opened, records, dead_letters, status, error
):
    store = opened()
    entries = records.entries([records.second(records.start_s)])
    influx.fail_next = [status]
    with pytest.raises(error):
        store.write(entries)
    influx.fail_next = [status]
    with pytest.raises(error):
        store.wearers()
    store.write(entries)
    assert influx.bucket.rows() == 1
    assert dead_letters == []


@pytest.mark.parametrize(
    "answer",
    [
        (400, b"Client sent an HTTP request to an HTTPS server.\n"),  # Go's, on a port with TLS
        (422, b"<html>"),
        (200, b"<html>log in to the network</html>"),
        (201, b'{"code": "created"}'),
    ],
)
def test_what_is_not_influxdb_takes_no_record_and_makes_no_dead_letter(
    influx, opened, records, dead_letters, answer
):
    store = opened()
    entries = records.entries(records.seconds(records.start_s, records.start_s + 9))
    influx.fail_next = [answer]
    with pytest.raises(StoreRefusedError, match="is not InfluxDB 2"):
        store.write(entries)
    assert (len(influx.requests), dead_letters) == (1, [])
    store.write(entries)
    assert influx.bucket.rows() == 9


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>\n<p>a,b,c</p>\n",
        b"#datatype,string,long\r\n#group,false,false\r\n#default,_r,\r\n,result,_value\r\n,a",
        b"#datatype,string,quark\r\n#default,,\r\n,result,_value\r\n,a,1\r\n",
    ],
)
def test_an_answer_that_is_cut_off_or_none_is_refused_in_words(influx, opened, answer):
    influx.fail_next = [(200, answer)]
    with pytest.raises(StoreRefusedError, match="is not InfluxDB 2"):
        opened().wearers()


@pytest.mark.parametrize("token", ["two\nlines", "“quoted”"])
def test_a_token_that_cannot_be_sent_keeps_the_records_and_is_not_shown(opened, records, token):
    store = opened(token=token)
    for attempt in (store.wearers, lambda: store.write([records.event(1)])):
        with pytest.raises(StoreRefusedError, match="one line") as refused:
            attempt()
        assert token not in str(refused.value)


def test_wrong_token_missing_rights_and_missing_bucket_are_refused_with_advice(opened, records):
    entries = records.entries([records.second(records.start_s)])
    with pytest.raises(StoreRefusedError, match=r"store\.token_file"):
        opened(token="guess").write(entries)
    with pytest.raises(StoreRefusedError, match="read and write"):
        opened(token="reader").write(entries)
    with pytest.raises(StoreRefusedError, match="read and write"):
        opened(token="writer").wearers()
    with pytest.raises(StoreRefusedError, match=r"store\.bucket"):
        opened(bucket="elsewhere").write(entries)
    with pytest.raises(StoreRefusedError, match=r"store\.bucket"):
        opened(bucket="elsewhere").wearers()


def test_no_message_shows_the_token(opened):
    store = opened(token="very-secret")
    with pytest.raises(StoreRefusedError) as refused:
        store.wearers()
    assert "very-secret" not in str(refused.value) + repr(store.server.address)


def test_a_server_that_is_down_is_unavailable_until_it_is_back(influx, opened, records):
    store = opened()
    entries = records.entries([records.second(records.start_s)])
    influx.stop()
    with pytest.raises(StoreUnavailableError, match="check that it runs"):
        store.write(entries)
    influx.start()
    store.write(entries)
    assert influx.bucket.rows() == 1


def test_nothing_listening_is_unavailable(opened):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(StoreUnavailableError):
        opened(url=url).wearers()


def test_a_line_with_another_type_is_cornered_and_the_rest_is_stored(
    influx, opened, records, dead_letters
):
    t = records.start_s
    store = opened()
    store.write(records.entries([records.second(t)]))
    influx.bucket.types["second", "coverage"] = "long"  # another program wrote there first
    odd = second_line(records.wearer, records.second(t + 3), rev=0)
    good = second_line(records.wearer, records.second(t + 4), rev=0).replace("coverage=1.0,", "")
    store.server.write([good, odd, good.replace(f"{t + 4}", f"{t + 5}")])
    assert [line for line, _ in dead_letters] == [odd]
    assert "field type conflict" in dead_letters[0][1]
    assert influx.bucket.rows() == 3


def test_a_line_that_is_no_line_protocol_is_bisected_out_of_its_batch(
    influx, opened, records, dead_letters
):
    lines = [
        second_line(records.wearer, second, rev=0)
        for second in records.seconds(records.start_s, records.start_s + 100)
    ]
    lines[37] = "second,wearer=ada poison=1.2.3 7"
    opened().server.write(lines)
    assert [line for line, _ in dead_letters] == [lines[37]]
    assert influx.bucket.rows() == 99
    assert len(influx.requests) < 20


def test_a_batch_that_is_too_large_is_halved(influx, opened, records, dead_letters):
    influx.max_body_bytes = 60_000
    opened().write(records.entries(records.seconds(records.start_s, records.start_s + 1000)))
    assert influx.bucket.rows() == 1000
    assert dead_letters == []


def test_points_of_one_millisecond_and_kind_stay_apart(influx, opened, records):
    first, second = records.event(1), records.event(2)
    same = Entry(records.wearer, first.item, second.event_id)
    opened().write([first, same])
    assert influx.bucket.rows() == 2


def test_names_from_outside_never_become_part_of_a_query(influx, opened, records):
    evil = '") |> drop(columns: ["x"]) //'
    store = opened()
    store.write([Entry(evil, records.second(records.start_s))])
    assert store.wearers() == [evil]
    assert len(store.seconds(evil, "lumbar", (records.start_s, records.start_s + 1))) == 1


def test_settings_open_it_and_refused_lines_land_in_a_private_file(
    influx, records, tmp_path, monkeypatch
):
    monkeypatch.delenv("LUMBAR_INFLUX_TOKEN", raising=False)
    token = tmp_path / "token"
    token.write_text("all-access\n")
    token.chmod(0o600)
    settings = StoreSettings(
        kind="influx", url=influx.url + "/", org=influx.org, bucket="history", token_file=str(token)
    )
    store = open_store(settings, data_dir=tmp_path)
    influx.bucket.types["second", "coverage"] = "long"
    store.write(records.entries([records.second(records.start_s)]))
    store.close()
    rejected = tmp_path / "influx-rejected.jsonl"
    assert json.loads(rejected.read_text())["reason"].startswith("422")
    assert rejected.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["url", "org", "token"])
def test_missing_settings_are_named(missing, tmp_path, monkeypatch):
    monkeypatch.delenv("LUMBAR_INFLUX_TOKEN", raising=False)
    values = {"url": "http://localhost:1", "org": "o"}
    values.pop(missing, None)
    with pytest.raises(StoreRefusedError, match=missing):
        open_store(StoreSettings(kind="influx", **values), data_dir=tmp_path)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [(b"\xef\xbb\xbfall-access\r\n", None), (b"one\ntwo\n", "one line"), (b"\xff\xfe", "one line")],
)
def test_a_token_file_holds_one_token_with_or_without_a_byte_order_mark(
    content, refusal, tmp_path, monkeypatch
):
    monkeypatch.delenv("LUMBAR_INFLUX_TOKEN", raising=False)
    token = tmp_path / "token"
    token.write_bytes(content)
    token.chmod(0o600)
    url = "http://127.0.0.1:1"
    settings = StoreSettings(kind="influx", url=url, org="o", token_file=str(token))
    if refusal is None:
        store = open_store(settings, data_dir=tmp_path)
        assert store.server.address.token == "all-access"
        store.close()
        return
    with pytest.raises(StoreRefusedError, match=refusal):
        open_store(settings, data_dir=tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_token_file_that_others_can_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("LUMBAR_INFLUX_TOKEN", raising=False)
    token = tmp_path / "token"
    token.write_text("t")
    token.chmod(0o644)
    url = "http://127.0.0.1:1"
    settings = StoreSettings(kind="influx", url=url, org="o", token_file=str(token))
    with pytest.raises(StoreRefusedError, match="chmod 600"):
        open_store(settings, data_dir=tmp_path)


@pytest.mark.parametrize(
    ("url", "allow_plain", "refusal"),
    [
        ("http://influx.lan:8086", False, "https"),
        ("http://influx.lan:8086", True, None),
        ("https://influx.lan:8086", False, None),
        ("http://localhost:8086", False, None),
        ("http://[::1]:8086", False, None),
        ("influx.lan:8086", False, "address"),
        ("http://[::1", False, "address"),
        ("file:///etc/passwd", True, "address"),
    ],
)
def test_a_token_goes_in_clear_to_another_host_only_when_told(
    url, allow_plain, refusal, tmp_path, monkeypatch
):
    monkeypatch.setenv("LUMBAR_INFLUX_TOKEN", "t")
    settings = StoreSettings(kind="influx", url=url, org="o", allow_plain=allow_plain)
    if refusal is None:
        open_store(settings, data_dir=tmp_path).close()
        return
    with pytest.raises(StoreRefusedError, match=refusal):
        open_store(settings, data_dir=tmp_path)


def test_a_certificate_that_nobody_vouches_for_is_refused_not_retried(records, tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", *subject]
    files = ["-keyout", str(key), "-out", str(certificate)]
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run([*made, *files], check=True, capture_output=True)
    from influx_double import InfluxDouble

    with InfluxDouble(certificate=(certificate, key)) as double:
        entries = records.entries([records.second(records.start_s)])
        for ca_file in ("", str(certificate)):
            address = Address(double.url, double.org, "history", "all-access", ca_file)
            store = InfluxStore(address, dead_letter=pytest.fail)
            if ca_file:
                store.write(entries)
            else:
                with pytest.raises(StoreRefusedError, match=r"certificate.*store\.ca_file"):
                    store.write(entries)
            store.close()
        assert double.bucket.rows() == 1
