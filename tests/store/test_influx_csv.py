"""Annotated CSV as InfluxDB's documentation shows it, read into rows."""

from __future__ import annotations

import io

import pytest

from ingest.errors import StoreRefusedError
from ingest.store.influx_csv import rows_of, time_ns

# https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
TWO_SCHEMAS = """\
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,string,string,double\r
#group,false,false,true,true,false,true,true,false\r
#default,_result,,,,,,,\r
,result,table,_start,_stop,_time,region,host,_value\r
,,0,2022-12-31T05:41:24Z,2023-01-31T05:41:24.001Z,2023-01-01T00:52:00Z,east,A,15.43\r
,,0,2022-12-31T05:41:24Z,2023-01-31T05:41:24.001Z,2023-01-01T00:52:30.000000001Z,east,B,59.25\r
,,1,2022-12-31T05:41:24Z,2023-01-31T05:41:24.001Z,2023-01-01T00:53:00Z,west,"a, ""b""\nc",-1\r
\r
#datatype,string,long,string,long,boolean,unsignedLong\r
#group,false,false,true,false,false,false\r
#default,_result,,fallback,,,\r
,result,table,device,count,on,big\r
,,0,,7,true,18446744073709551615\r
,,0,other,,false,\r
\r
"""
ERROR = """\
#datatype,string,string\r
#group,true,true\r
#default,,\r
,error,reference\r
,Failed to parse query,897\r
"""


def rows(text):
    return list(rows_of(io.StringIO(text, newline="")))


def test_sections_with_different_columns_are_read_one_after_the_other():
    found = rows(TWO_SCHEMAS)
    assert [row.get("region") for row in found] == ["east", "east", "west", None, None]
    assert [row.get("_value") for row in found[:3]] == [15.43, 59.25, -1.0]
    assert found[2]["host"] == 'a, "b"\nc'
    assert found[1]["_time"] - found[0]["_time"] == 30_000_000_001
    assert found[0]["_stop"] - found[0]["_start"] == 31 * 86_400 * 10**9 + 10**6


def test_empty_cells_take_the_default_or_are_none():
    *_, first, second = rows(TWO_SCHEMAS)
    assert (first["result"], first["device"], first["count"]) == ("_result", "fallback", 7)
    assert (second["device"], second["count"], second["big"]) == ("other", None, None)
    assert (first["on"], second["on"], first["big"]) == (True, False, 2**64 - 1)


def test_an_error_inside_the_answer_is_raised():
    with pytest.raises(StoreRefusedError, match="Failed to parse query"):
        rows(ERROR)
    with pytest.raises(StoreRefusedError, match="Failed to parse query"):
        rows(TWO_SCHEMAS + ERROR)


def test_no_answer_is_no_rows():
    assert rows("") == rows("\r\n") == []


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-05T08:00:00Z", 1_767_600_000_000_000_000),
        ("2026-01-05T08:00:00.5Z", 1_767_600_000_500_000_000),
        ("2026-01-05T08:00:00.000000001Z", 1_767_600_000_000_000_001),
    ],
)
def test_times_are_exact_to_the_nanosecond(text, ns):
    assert time_ns(text) == ns
