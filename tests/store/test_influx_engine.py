"""What the InfluxDB store writes, taken and given back by a real engine (InfluxDB 1, if there)."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ingest.records import PostureState
from ingest.store.base import Entry
from ingest.store.influx import InfluxStore
from ingest.store.influx_lines import second_line
from ingest.store.influx_server import Address
from ingest.store.sqlite import SqliteStore

AWKWARD = 'a "quoted" \\ back\\slash\\\\, comma=equals space\nline\ttab ☂ \' ; {} $x # end\\'


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    program = shutil.which("influxd")
    if program is None:
        pytest.skip("no influxd is installed")
    told = subprocess.run([program, "version"], capture_output=True, text=True, check=False)
    if "v1." not in told.stdout:
        pytest.skip("the installed influxd is not version 1")
    from influx_engine import Engine

    running = Engine(program, tmp_path_factory.mktemp("influxd"))
    yield running
    running.stop()


@pytest.fixture
def influx_store(engine, influx, dead_letters, request):
    from influx_engine import EngineBucket

    influx.buckets["history"] = EngineBucket(engine, request.node.name)
    address = Address(influx.url, influx.org, "history", "all-access")
    store = InfluxStore(address, dead_letter=dead_letters.take)
    yield store
    store.close()


def everything(store, records):
    t = records.start_s
    windows = [(t - 3600, t + 7200), (t + 33, t + 333), (t, t + 300)]
    return (
        store.totals(records.wearer, "lumbar", windows),
        store.seconds(records.wearer, "lumbar", windows[0]),
        store.bouts(records.wearer, "lumbar", windows[0]),
        store.events(records.wearer, windows[0]),
        store.wearers(),
    )


def test_a_real_engine_gives_back_what_was_written_once_however_often(
    influx_store, records, dead_letters, tmp_path
):
    t = records.start_s
    stands = records.seconds(t + 200, t + 260, state=PostureState.STANDING)
    entries = [
        *records.entries(records.seconds(t, t + 600)),
        *records.entries(records.seconds(t + 50, t + 90, session=records.session + 1)),
        *records.entries([records.bout(t, t + 600), records.bout(t + 900.125, t + 1000.5)]),
        records.event(1, note=AWKWARD, x=1e-7, big=2**53, yes=True, none=None),
        records.event(2, "mark", note=""),
        Entry(records.wearer, records.revision(t + 200, t + 300, 2, stands, [])),
    ]
    expected = SqliteStore(tmp_path / "history.sqlite")
    expected.write(entries)
    for _ in range(2):
        influx_store.write(entries)
        assert everything(influx_store, records) == everything(expected, records)
    expected.close()
    assert dead_letters == []


def test_names_with_every_separator_survive_a_real_engine(influx_store, records):
    wearer = 'a, b=c "d" \\e f'
    influx_store.write([Entry(wearer, records.second(records.start_s))])
    assert influx_store.wearers() == [wearer]
    window = (records.start_s, records.start_s + 1)
    assert len(influx_store.seconds(wearer, "lumbar", window)) == 1


def test_a_real_engine_s_refusals_are_cornered(influx_store, records, dead_letters):
    t = records.start_s
    influx_store.write(records.entries([records.second(t)]))
    good = [second_line(records.wearer, records.second(t + i), rev=0) for i in range(1, 9)]
    conflict = good[3].replace("coverage=1.0", "coverage=1i")
    broken = "second,wearer=ada poison=1.2.3 7"
    influx_store.server.write([*good[:3], conflict, *good[4:6], broken, *good[6:]])
    assert {line for line, _ in dead_letters} == {conflict, broken}
    read = influx_store.seconds(records.wearer, "lumbar", (t, t + 100))
    assert [second.t_s - t for second in read] == [0, 1, 2, 3, 5, 6, 7, 8]
