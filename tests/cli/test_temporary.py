"""Folders of killed processes are removed by the next start, and no others."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tui.wiring.temporary import LOCK, own_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is swept there")
OWNER = """
from tui.wiring.temporary import own_folder
with own_folder("lumbar-demo-") as folder:
    print(folder, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_the_folder_of_a_killed_process_goes_at_the_next_start(temporary: Path):
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        with own_folder("lumbar-demo-"):
            assert folder.exists()  # its owner lives
        owner.kill()
    with own_folder("lumbar-demo-") as ours:
        assert list(temporary.iterdir()) == [ours]
    assert list(temporary.iterdir()) == []


def test_folders_without_a_lock_of_other_names_and_behind_links_stay(temporary: Path):
    foreign = temporary / "lumbar-demo-notes"
    foreign.mkdir()
    other = temporary / "elsewhere"
    other.mkdir()
    (other / LOCK).touch()
    (temporary / "lumbar-demo-link").symlink_to(other)
    with own_folder("lumbar-demo-"):
        assert (foreign.exists(), (other / LOCK).exists()) == (True, True)
