"""Profiles of other packages are found by their entry point, and a broken one is left out."""

import shutil
from pathlib import Path

import pytest

from sensor.gatt import Advertisement
from sensor.profiles.registry import best_match, profiles

TEMPLATE = Path(__file__).parents[3] / "docs" / "device_template.py"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package with one entry point on the path."""

    def run(value):
        shutil.copy(TEMPLATE, tmp_path / "mystrap_profile.py")
        told = tmp_path / "mystrap-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: mystrap\nVersion: 1.0\n")
        (told / "entry_points.txt").write_text(f"[lumbar.profiles]\nmystrap = {value}\n")
        monkeypatch.syspath_prepend(tmp_path)

    return run


def test_a_profile_of_another_package_is_one_of_all(install):
    built_in = [profile.key for profile in profiles()]
    install("mystrap_profile:MyStrap")
    known = profiles()
    assert [profile.key for profile in known] == [*built_in, "mystrap"]
    service = "12345678-0000-4000-8000-000000000001"
    profile, certainty = best_match(Advertisement("a", None, frozenset({service})), known)
    assert (profile.key, certainty) == ("mystrap", 100)


@pytest.mark.parametrize("value", ["mystrap_profile:Nothing", "nowhere:MyStrap", "json:loads"])
def test_a_profile_that_cannot_be_loaded_is_logged_and_left_out(install, caplog, value):
    built_in = [profile.key for profile in profiles()]
    install(value)
    assert [profile.key for profile in profiles()] == built_in
    assert "profile mystrap could not be loaded" in caplog.text


def test_no_two_built_in_profiles_share_a_key_and_each_is_new():
    first, second = profiles(), profiles()
    assert len({profile.key for profile in first}) == len(first) == 8
    assert not {id(profile) for profile in first} & {id(profile) for profile in second}


def test_a_device_that_nobody_knows_has_no_profile():
    assert best_match(Advertisement("a", None), profiles()) == (None, 0)
