"""The order of the suite."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that processes that share the suite end together."""
    items.sort(key=lambda item: "integration" not in item.path.parts)
