"""Scripted moments as fixtures; the module itself is `scenes.py` beside this file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load() -> ModuleType:
    path = Path(__file__).with_name("scenes.py")
    spec = importlib.util.spec_from_file_location("lumbar_tui_scenes", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_SCENES = _load()


@pytest.fixture
def scenes() -> ModuleType:
    """Return the scripted moments."""
    return _SCENES
