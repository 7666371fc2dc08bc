"""The virtual radio where its optional packages are not installed."""

from __future__ import annotations

import sys

import pytest

from sensor.virtual.radio import VirtualRadio, VirtualRadioMissingError


async def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "bumble"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("air", "airscan", "backend", "server"):
        monkeypatch.delitem(sys.modules, f"sensor.virtual.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "bumble", None)

    with pytest.raises(VirtualRadioMissingError, match=r"lumbar\[radio\]"):
        async with VirtualRadio():
            pass


def test_the_strap_and_its_radio_are_imported_without_the_extra() -> None:
    import subprocess

    code = (
        "import sys, sensor.virtual.strap, sensor.virtual.radio, sensor.link\n"
        "assert not any(m.split('.')[0] == 'bumble' for m in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
