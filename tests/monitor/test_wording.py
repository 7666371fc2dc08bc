"""Everything the wearer may read keeps to the words of the product: no blame, no claims."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import monitor
import tui

FORBIDDEN = (
    r"\b(?:bad|poor|correct|perfect|wrong|good|proper) posture\b",
    r"\bdamag\w*",
    r"\bfragile\b",
    r"\bcures?\b",
    r"\bprevents? (?:back )?pain\b",
    r"\b(?:un)?safe\b(?!-)",  # not the words of a content security policy
    r"\bpush through\b",
    r"\bno pain,? no gain\b",
    r"\byou (?:failed|should have|forgot)\b",
    r"\blazy\b",
)
CLAIMS = (
    r"\b68 ?%",
    r"\b82 ?%",
    r"inflammation",
    r"realign",
    r"proper alignment",
    r"adhesion",
    r"fascia",
    r"disc pump",
    r"discs? (?:settle|re-?hydrat)",
    r"reduces? nerve tension",
    r"athletics institute",
    r"systemic failure",
    r"after 40\b",
    r"pain signals",
    r"clinically (?:proven|we)",
    r"studies show",
    r"causes? back pain",
    r"\bhydrat\w*",  # rule 34: recovery is at most a note of the wearer's own
    r"\bnutrition\b",
    r"\b(?:drink|sleep|eat) (?:more|better|enough)\b",
)
OF_FILES = re.compile(
    r"\bdamag\w*(?=.*\b(?:SQLite|file|database|recording|outbox)\b)", re.IGNORECASE
)
EVERYTHING = re.compile("|".join(FORBIDDEN + CLAIMS), re.IGNORECASE)
ROOTS = [Path(package.__file__).parent for package in (monitor, tui)]
SOURCES = sorted(path for root in ROOTS for path in root.rglob("*.py"))
PACKS = sorted(ROOTS[0].rglob("*.toml"))


def user_texts(source: str, *, docstrings: bool) -> list[tuple[int, str]]:
    """Return (line, text) of every string constant; docstrings only where they are the manual."""
    tree = ast.parse(source)
    inner = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (docstrings or id(node) not in inner)
    ]


def test_no_text_blames_or_claims():
    found = [
        (path.name, line, text)
        for path in SOURCES
        for line, text in user_texts(path.read_text("utf-8"), docstrings=path.name == "settings.py")
        if EVERYTHING.search(OF_FILES.sub("", text))
    ]
    assert len(SOURCES) > 60
    assert found == []


def test_no_drill_blames_or_claims():
    assert len(PACKS) >= 4
    assert [path.name for path in PACKS if EVERYTHING.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "This is bad posture.",
        "Sitting damages discs.",
        "Walking prevents pain.",
        "That is unsafe.",
        "82 % less pain",
        "studies show it works",
    ],
)
def test_the_lint_finds_what_it_must(text):
    assert EVERYTHING.search(text)
    assert user_texts(f"x = {text!r}", docstrings=False) == [(1, text)]
