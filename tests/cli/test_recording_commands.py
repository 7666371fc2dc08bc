import json

import numpy as np
import pytest

from tui.cli import main


@pytest.fixture(name="made")
def _made(tmp_path):
    path = tmp_path / "day.lumbar"
    assert main(["capture", str(path), "--simulated", "--for", "3m"]) == 0
    return path


def test_info_says_what_is_inside_as_words_and_as_json(made, capsys):
    capsys.readouterr()
    assert main(["recording", "info", str(made)]) == 0
    assert "9000" in capsys.readouterr().out
    assert main(["recording", "info", str(made), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["samples"], told["complete"], told["simulated"]) == (9000, True, True)


def test_a_part_can_be_cut_out_and_written_as_a_table(made, tmp_path, capsys):
    part, table = tmp_path / "part.lumbar", tmp_path / "part.csv"
    assert main(["recording", "cut", str(made), str(part), "--from", "1m", "--for", "20s"]) == 0
    assert main(["recording", "export", str(part), str(table)]) == 0
    assert len(np.loadtxt(table, delimiter=",", skiprows=1)) == 1000
    assert "1000 rows" in capsys.readouterr().out


def test_verify_names_the_place_of_damage_in_one_line_and_fails(made, capsys):
    assert main(["recording", "verify", str(made)]) == 0
    whole = made.read_bytes()
    made.write_bytes(whole[:-7])
    assert main(["recording", "verify", str(made)]) == 1
    error = capsys.readouterr().err
    assert f"is cut off at byte {len(whole) - 7}" in error
    assert error.count("\n") == 1


def test_a_capture_never_overwrites(made, capsys):
    before = made.read_bytes()
    assert main(["capture", str(made), "--simulated", "--for", "1m"]) == 1
    assert "choose another name" in capsys.readouterr().err
    assert made.read_bytes() == before


def test_a_table_of_an_unknown_kind_is_a_usage_error(made, tmp_path, capsys):
    assert main(["recording", "export", str(made), str(tmp_path / "day.xlsx")]) == 2
    assert ".csv or .parquet" in capsys.readouterr().err


def test_parquet_holds_the_same_numbers(made, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    table = tmp_path / "day.parquet"
    assert main(["recording", "export", str(made), str(table)]) == 0
    count, last = (
        duckdb.connect().execute(f"SELECT count(*), max(t_s) - min(t_s) FROM '{table}'").fetchone()
    )
    assert (count, round(last, 2)) == (9000, 179.98)
