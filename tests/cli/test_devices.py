"""`lumbar devices` says what each kind of strap can do."""

from __future__ import annotations

import json

from tui.cli import main


def test_each_kind_of_strap_is_listed_with_what_it_can_do(capsys):
    assert main(["devices", "--json"]) == 0
    able = {row.pop("profile"): row for row in json.loads(capsys.readouterr().out)}

    assert len(able) >= 8
    assert able["lumbar_imu"]["buffer"] and able["lumbar_imu"]["vibration"]
    assert able["polar_h10"] | {"gyroscope": False, "clock": True} == able["polar_h10"]
    assert not able["witmotion"]["clock"]


def test_the_table_names_only_what_a_strap_has(capsys):
    assert main(["devices"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}

    assert lines["polar_h10"].endswith("accelerometer, clock")
    assert lines["lumbar_imu"].endswith("accelerometer, gyroscope, clock, buffer, vibration")
