"""What is shipped: the generic package names are ours, versions are pinned, imports stay light."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib import import_module
from importlib.metadata import entry_points, packages_distributions, version
from pathlib import Path

import pytest

from tui.version import __version__

ROOT = Path(__file__).parent.parent
STAGES = ("sensor", "ingest", "monitor", "tui")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", STAGES)
def test_a_generic_package_name_belongs_to_nobody_else(name: str):
    # An editable installation lists no packages; a foreign one of that name would be listed.
    assert set(packages_distributions().get(name, ["lumbar"])) == {"lumbar"}
    source = import_module(name).__file__
    assert source is not None
    assert Path(source).parent.parent in (ROOT, Path(sysconfig.get_path("purelib")))


def test_the_installed_version_is_that_of_the_source():
    assert version("lumbar") == __version__


def test_the_command_starts_the_command_line():
    (command,) = (entry for entry in entry_points(group="console_scripts", name="lumbar"))
    assert command.value == "tui.cli:main"


def test_the_wheel_holds_the_four_stages():
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(STAGES)


def test_a_built_wheel_holds_the_stages_with_their_data_and_nothing_else(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    extra = [name for name in names if name.partition("/")[0] not in STAGES]
    assert {name.partition("/")[0] for name in extra} == {
        f"lumbar-{__version__}.dist-info",
        f"lumbar-{__version__}.data",
    }
    assert [name for name in extra if ".data/" in name] == [
        f"lumbar-{__version__}.data/data/share/man/man1/lumbar.1"
    ]
    listed = subprocess.run(
        ["git", "ls-files", *STAGES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert set(listed.stdout.split()) <= set(names)


@pytest.mark.parametrize("name", STAGES)
def test_every_folder_with_python_is_a_package_with_a_docstring(name: str):
    for folder in {path.parent for path in (ROOT / name).rglob("*.py")}:
        marker = folder / "__init__.py"
        assert marker.read_text("utf-8").startswith('"""'), folder


def test_constraints_pin_every_dependency_and_name_no_registry():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    needed = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", line)[0]).lower() for line in needed}
    assert names <= pinned


def test_a_shim_that_exists_and_fails_is_not_taken_for_a_python(tmp_path: Path):
    shims = {
        "python3.13": "exit 127",  # a version manager's, without the version
        "python3.12": "exit 1",  # too old behind its name
        "python3.11": f'exec "{sys.executable}" "$@"',
    }
    for name, line in shims.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.defpath}"
    done = subprocess.run(
        ["./run", "python"],
        cwd=ROOT,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "python3.11\n"


LIGHT = {
    "ingest.delivery.recorder": ("textual", "bleak", "influxdb_client", "amqtt", "bumble"),
    "ingest.delivery.publisher": ("textual", "bleak", "influxdb_client", "amqtt", "sensor.virtual"),
    "ingest.measurement.pipeline": (
        "textual",
        "bleak",
        "paho",
        "amqtt",
        "influxdb_client",
        "asyncio",
    ),
    "monitor.core": ("textual", "bleak", "paho", "amqtt", "influxdb_client", "asyncio"),
    "tui.config": ("textual", "bleak", "paho", "amqtt", "numpy"),
    "tui.commands.record": ("textual", "bleak", "paho", "numpy"),
}


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_module_loads_nothing_it_does_not_need(module: str):
    script = f"import sys, {module}\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not {name for name in LIGHT[module] if name in loaded}


def test_no_tracked_file_is_a_recording_or_names_a_registry():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    names = listed.stdout.split()
    assert not [name for name in names if name.endswith((".npz", ".lumbar"))]
    for name in ("pyproject.toml", "constraints.txt", "run", "Makefile", ".ci/run"):
        assert not re.search(r"index-url|--hash|find-links|pypi\.", (ROOT / name).read_text())
