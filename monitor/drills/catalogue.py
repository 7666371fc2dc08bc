"""The drills: TOML packs that ship with Lumbar, and the wearer's own.

A pack is a TOML file of `[[drill]]` tables. `docs/drills.md` describes every key. A violation is
reported with the file and the line of the table it is in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from ingest.records import Name
from monitor.errors import DrillPackError

Place = Literal["chair", "stand", "wall", "floor", "bar", "gym", "walk"]
Clothes = Literal["yes", "partly", "no"]
Body = Literal["standing", "seated", "supine", "prone", "side", "all_fours", "kneeling", "hanging"]
Phase = Literal["reconnect", "isometric", "range", "compression", "functional", "recovery"]
Region = Literal["back", "front", "sides", "hips", "whole"]
Pillar = Literal["strength", "flexibility", "neuromuscular"]
Category = Literal[
    "reconnect",
    "neuromuscular",
    "isometric",
    "range_of_motion",
    "flexibility",
    "strength",
    "functional",
    "balance",
    "compression",
    "decompression",
    "recovery",
    "nerve",
    "warm_up",
    "breathing",
]
Audience = Literal["general", "sciatica", "older", "advanced"]
Text = Annotated[str, Meta(min_length=1, max_length=400)]


class Dose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much, at the lowest level; 0 where a measure does not apply.

    Attributes:
        reps: repetitions, per side where there are sides.
        hold_s: seconds of one hold.
        seconds: seconds of a flow without counted repetitions.
        sides: 1, or 2 where each side is done.
        sets: how often.
        reps_max, hold_max_s, seconds_max: how far the sources go; 0 where they name no end.
        ours: whether the sources state no dose and this is the product's.
    """

    reps: Annotated[int, Meta(ge=0, le=100)] = 0
    hold_s: Annotated[float, Meta(ge=0, le=600)] = 0.0
    seconds: Annotated[float, Meta(ge=0, le=1800)] = 0.0
    sides: Literal[1, 2] = 1
    sets: Annotated[int, Meta(ge=1, le=10)] = 1
    reps_max: Annotated[int, Meta(ge=0, le=100)] = 0
    hold_max_s: Annotated[float, Meta(ge=0, le=600)] = 0.0
    seconds_max: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    ours: bool = False


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the strap can see of a drill.

    Attributes:
        sees: "good" (reps, hold and angle), "some" (position, stillness or reps) or "no".
        counts: what is followed: "reps", "hold", "sway", "position" or "nothing".
        axis: the angle that moves or is held.
        band_deg: the range of a repetition or a hold for the first level, from neutral.
    """

    sees: Literal["good", "some", "no"] = "no"
    counts: Literal["reps", "hold", "sway", "steps", "position", "nothing"] = "nothing"
    axis: Literal["sagittal", "frontal"] = "sagittal"
    band_deg: tuple[float, float] | None = None


class Drill(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One drill.

    Attributes:
        id: names it for ever.
        name, aim: for the wearer.
        position: of the body.
        place: where it is done.
        clothes: whether office clothes allow it.
        equipment: what must be owned.
        dose: at the lowest level.
        tempo_s: fewest seconds of one repetition; faster ones are counted as fast.
        categories: what it trains, the main one first.
        phase: rung of the phase ladder (this product's assignment).
        region: part of the trunk (this product's assignment).
        pillars: of the three pillars (this product's assignment).
        audience: profiles it is for.
        advanced: only after the wearer opted in.
        dynamic: moves rather than holds still.
        end_range: goes to the end of the range, so never right after long slumping.
        steps: what to do, one sentence each.
        caution: always shown with it.
        easier: id of an easier drill, or "" when it is the lowest rung itself.
        easier_how: how to make it easier.
        harder: id of a harder drill, or "".
        figure, figure_ascii: drawing of it.
        check: what the strap can see.
    """

    id: Name
    name: Text
    aim: Text
    position: Body
    place: Place
    clothes: Clothes
    equipment: list[Name] = []
    dose: Dose
    tempo_s: Annotated[float, Meta(ge=0, le=60)] = 3.0
    categories: Annotated[list[Category], Meta(min_length=1)]
    phase: Phase
    region: Region
    pillars: Annotated[list[Pillar], Meta(min_length=1)]
    audience: Annotated[list[Audience], Meta(min_length=1)]
    advanced: bool = False
    dynamic: bool = True
    end_range: bool = False
    steps: Annotated[list[Text], Meta(min_length=1, max_length=8)]
    caution: Text
    easier: str = ""
    easier_how: Text
    harder: str = ""
    figure: Text
    figure_ascii: Text
    check: Check = Check()

    @property
    def category(self) -> Category:
        """Return what it mainly trains."""
        return self.categories[0]

    @property
    def stands_up(self) -> bool:
        """Return whether doing it means standing up, as every break should."""
        return self.position == "standing"


class _Pack(Struct, kw_only=True, forbid_unknown_fields=True):
    """A pack as its file holds it."""

    title: str = ""
    language: str = "en"
    drill: list[Drill]


_AT_DRILL: Final = re.compile(r"\$\.drill\[(\d+)\](?:\.(\w+))?")


def load_catalogue(
    packs: Iterable[Path] = (), *, disabled: Iterable[str] = ()
) -> tuple[Drill, ...]:
    """Return the shipped drills, then those of `packs`; a later id replaces an earlier one.

    Raises DrillPackError for a pack that cannot be read.
    """
    drills: dict[str, Drill] = {}
    shipped = resources.files("monitor.drills") / "packs"
    files = sorted(
        (file for file in shipped.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name
    )
    for file in files:
        drills |= {drill.id: drill for drill in parse_pack(file.read_text("utf-8"), file.name)}
    for path in packs:
        drills |= {drill.id: drill for drill in parse_pack(_read(path), str(path))}
    for drill_id in disabled:
        drills.pop(drill_id, None)
    return tuple(drills.values())


def parse_pack(text: str, path: str) -> tuple[Drill, ...]:
    """Return the drills of a pack; raise DrillPackError naming the line of a violation."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise DrillPackError(path, int(line[1]) if line else None, str(error)) from error
    try:
        pack = msgspec.convert(table, _Pack)
    except msgspec.ValidationError as error:
        raise DrillPackError(path, _line_of(text, str(error)), str(error)) from error
    return tuple(pack.drill)


def _read(path: Path) -> str:
    try:
        return path.expanduser().read_text("utf-8")
    except OSError as error:
        raise DrillPackError(str(path), None, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DrillPackError(str(path), None, "is no text in UTF-8") from error


def _line_of(text: str, violation: str) -> int | None:
    """Return the line of the key that a violation is about, or of its table."""
    at = _AT_DRILL.search(violation)
    if at is None:
        return None
    lines = text.splitlines()
    tables = [i for i, line in enumerate(lines) if line.strip() == "[[drill]]"]
    start = tables[int(at[1])]
    end = tables[int(at[1]) + 1] if int(at[1]) + 1 < len(tables) else len(lines)
    key = at[2] or (re.findall(r"field `(\w+)`", violation) or [""])[0]
    for i in range(start, end):
        if key and re.match(rf"\s*{key}\b\s*[=.]", lines[i]):
            return i + 1
    return start + 1
