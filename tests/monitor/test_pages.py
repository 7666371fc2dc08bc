"""The pages name everything that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.drills.catalogue import Check, Dose, Drill, parse_pack
from monitor.experiment import ADVISED_DAYS
from monitor.kinds import EVENT_KINDS

DOCS = Path(__file__).parents[2] / "docs"


def named(page: str) -> set[str]:
    """Return what stands in code type in the first column or the cells of a page's tables."""
    rows = [line for line in (DOCS / page).read_text("utf-8").splitlines() if line.startswith("|")]
    return set(re.findall(r"`(\w+)`", "\n".join(rows)))


def test_every_kind_of_event_is_documented():
    assert set(EVENT_KINDS) <= named("monitor.md")


def test_every_key_of_a_drill_is_documented():
    keys = {name for kind in (Drill, Dose, Check) for name in kind.__struct_fields__}
    assert keys <= named("drills.md")


def test_the_pack_on_the_page_can_be_read():
    [pack] = re.findall(r"```toml\n(.*?)```", (DOCS / "drills.md").read_text("utf-8"), re.DOTALL)
    [drill] = parse_pack(pack, "drills.md")
    assert f"lumbar drill {drill.id} --card" in (DOCS / "drills.md").read_text("utf-8")


def test_every_rule_of_the_drills_names_a_test_that_exists():
    rows = re.findall(r"^\| (\d+) \|(.*)$", (DOCS / "drills.md").read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 35))
    there = "\n".join(path.read_text("utf-8") for path in DOCS.parent.glob("tests/*/test_*.py"))
    for _, row in rows:
        names = re.findall(r"`(test_\w+)`", row)
        assert names
        assert [name for name in names if f"def {name}(" not in there] == []


def test_the_advised_length_of_an_experiment_is_documented():
    assert f"| {ADVISED_DAYS} (default)" in (DOCS / "experiments.md").read_text("utf-8")
