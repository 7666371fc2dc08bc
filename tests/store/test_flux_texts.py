"""Every Flux text passes InfluxData's own language server, which runs in node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.store import influx_flux

PACKAGE = "@influxdata/flux-lsp-node@0.8.40"
PRELUDE = """
option bucket = "b"
option wearer = "w"
option position = "p"
option measurement = "second"
option rev = "0"
option kinds = ["nudge", "break"]
option from_ms = 5
option every = 60000000us
option start = 2026-01-05T00:00:00.000000000Z
option stop = 2026-01-06T00:00:00.000000000Z
option v = {timeRangeStart: -1d, timeRangeStop: now(), windowPeriod: 10s}
"""
SCRIPT = """
const { Flux } = require("@influxdata/flux-lsp-node");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const valid = {};
for (const [name, text] of Object.entries(texts)) valid[name] = new Flux(text).is_valid();
console.log(JSON.stringify(valid));
"""


def with_options(text: str) -> str:
    """Put the values that come from outside behind the imports, which must be first."""
    lines = text.strip().splitlines(keepends=True)
    imports = [line for line in lines if line.startswith("import ")]
    return "".join([*imports, PRELUDE, *(line for line in lines if line not in imports)])


@pytest.fixture(scope="module")
def validity():
    """Return for each text, by name, whether syntax, functions, arguments and types are right."""
    required = os.environ.get("LUMBAR_REQUIRE_SYSTEM") == "1"
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        if required:
            pytest.fail("node and npm are required")
        pytest.skip("node and npm are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lumbar-tests"
    folder = cache / PACKAGE.rpartition("@")[2]
    if not (folder / "node_modules" / "@influxdata").exists():
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-audit", "--no-fund", "--prefix", str(folder)]
        installed = subprocess.run(
            [npm, "install", *options, PACKAGE], check=False, capture_output=True
        )
        if installed.returncode and not required:
            pytest.skip("npm could not install the language server")
        assert installed.returncode == 0, installed.stderr.decode()

    def check(texts: dict[str, str]) -> dict[str, str]:
        answer = subprocess.run(
            [node, "-e", SCRIPT],
            input=json.dumps({name: with_options(text) for name, text in texts.items()}),
            env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(answer.stdout)

    return check


def test_every_text_passes_the_language_server(validity):
    assert validity(influx_flux.ALL) == dict.fromkeys(influx_flux.ALL, True)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("|> limit(n: 1)", "|> limit(count: 1)"),
        ("|> group()", "|> groupp()"),
        ("== wearer", "== waerer"),
        ("|> sort(columns:", "|> sort columns:"),
        ('columns: ["_time"]', 'columns: "_time"'),
    ],
)
def test_the_language_server_would_notice(validity, right, wrong):
    text = influx_flux.FIRST_REACHING_BOUT
    assert right in text
    answer = validity({"whole": text, "broken": text.replace(right, wrong)})
    assert answer == {"whole": True, "broken": False}


def test_no_text_is_left_out():
    texts = {
        value
        for name, value in vars(influx_flux).items()
        if isinstance(value, str) and "from(bucket" in value and not name.startswith("_")
    }
    assert texts == set(influx_flux.ALL.values())


def test_every_query_of_the_grafana_dashboard_passes(validity):
    folder = Path(__file__).parents[2] / "deploy/grafana/dashboards"
    dashboard = json.loads((folder / "lumbar.json").read_text())
    queries = {panel["title"]: panel["targets"][0]["query"] for panel in dashboard["panels"]}
    queries["variable"] = dashboard["templating"]["list"][0]["query"]
    texts = {
        title: query.replace("${wearer}", "me").replace("${timezone}", "Europe/Berlin")
        for title, query in queries.items()
    }
    assert len(texts) == 8
    assert validity(texts) == dict.fromkeys(texts, True)
