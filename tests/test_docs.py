"""The manual is current and complete: commands, keys, settings, topics, links."""

from __future__ import annotations

import html
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import topics
from tui import cli
from tui.config import variable_of
from tui.exits import Exit
from tui.manual import pages
from tui.tables import keys, tables

ALIKE = 0.7  # of the words on the screen; a picture need not follow every change
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MARKDOWN = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def links() -> Iterator[tuple[Path, str]]:
    for page in MARKDOWN:
        for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
            if not target.startswith(("http://", "https://", "mailto:")):
                yield page, target


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_current(name: str):
    committed = (DOCS / name).read_text("utf-8")
    assert committed == pages()[name], "run `./run docs` and commit docs/"


def test_every_command_of_the_help_is_documented():
    page = (DOCS / "commands.md").read_text("utf-8")
    for command in cli.listed():
        assert f"\n## lumbar {command.name}\n" in page


def test_every_exit_code_is_documented():
    page = (DOCS / "commands.md").read_text("utf-8")
    assert all(f"| {code.value} |" in page for code in Exit)


def test_every_setting_is_documented_with_its_variable():
    page = (DOCS / "configuration.md").read_text("utf-8")
    assert all(f"\n## [{table}]\n" in page for table in tables())
    assert all(f"`{variable_of(key)}`" in page for key in keys())


def test_every_topic_is_documented():
    page = (DOCS / "mqtt.md").read_text("utf-8")
    for topic in topics.ALL:
        assert f"`{topic.name.replace('+', '')}" in page, topic.name


def test_links_between_pages_resolve():
    broken = []
    for page, target in links():
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and aim.suffix == ".md" and anchor not in anchors(aim)):
            broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_the_commands_in_the_pages_exist():
    known = {command.name for command in cli.listed()}
    for page in MARKDOWN:
        for name in re.findall(r"`lumbar ([a-z]+)", page.read_text("utf-8")):
            assert name in known, f"{page.relative_to(ROOT)}: lumbar {name}"


def test_the_benchmarks_in_the_pages_can_be_started():
    pages = "".join(page.read_text("utf-8") for page in MARKDOWN)
    names = sorted(set(re.findall(r"python -m benchmarks\.([a-z]+)", pages)))
    main = [f"{n}.__main__" if (ROOT / "benchmarks" / n).is_dir() else n for n in names]
    imports = "\n".join(f"import benchmarks.{name}" for name in main)
    subprocess.run([sys.executable, "-c", imports], cwd=ROOT, check=True)
    assert len(names) > 10


def test_make_and_run_know_the_same_targets():
    made = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = subprocess.run(["./run", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made is not None
    for target in set(made[1].split()) - {"help"}:
        assert f"\n  {target} " in shown.stdout


def test_an_unknown_target_is_a_usage_error():
    done = subprocess.run(
        ["./run", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage: ./run" in done.stderr


def words_of_picture(svg: str) -> set[str]:
    """Return the words that a picture of the dashboard shows."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return set(re.findall(r"[A-Za-z]{3,}", html.unescape(" ".join(texts)).replace("\xa0", " ")))


async def test_the_picture_in_the_readme_is_of_todays_dashboard():
    path = ROOT / "tests" / "tui" / "scenes.py"
    spec = importlib.util.spec_from_file_location("lumbar_docs_scenes", path)
    assert spec is not None and spec.loader is not None
    scenes = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = scenes
    spec.loader.exec_module(scenes)
    app = scenes.app("nudge")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        drawn = app.export_screenshot(title="lumbar")
    picture = DOCS / "images" / "dashboard.svg"
    if os.environ.get("LUMBAR_UPDATE_PICTURES"):
        picture.write_text(drawn, encoding="utf-8")
    today, shown = words_of_picture(drawn), words_of_picture(picture.read_text("utf-8"))
    alike = len(today & shown) / len(today | shown)
    assert alike >= ALIKE, "run LUMBAR_UPDATE_PICTURES=1 ./run test tests/test_docs.py"


def test_the_changelog_has_an_unreleased_section():
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_dependency_has_its_reason_in_a_decision():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.match(r"[\w-]+", line)[0] for line in wanted}
    page = (DOCS / "adr" / "0009-dependencies.md").read_text("utf-8")
    assert names - set(re.findall(r"`([\w-]+)`", page)) == set()


def test_the_list_of_decisions_names_every_page():
    folder = DOCS / "adr"
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert [path.name for path in sorted(folder.glob("0*.md"))] == listed
