"""Every sentence that a prompt says: factual, positive, without guilt."""

from __future__ import annotations

from typing import Final

from monitor.nudge import Rung, Topic

SITTING: Final[dict[Rung, tuple[str, ...]]] = {
    "hint": (
        "{minutes} min of sitting; a good moment to stand up soon.",
        "{minutes} min seated. Standing up soon is a welcome change.",
    ),
    "nudge": (
        "{minutes} min of sitting: 1 min up pays back half, 5 min all.",
        "{minutes} min seated, when many people feel stiffer. Stand up?",
        "{minutes} min seated. Stand up and walk a few steps.",
    ),
    "firm": (
        "{minutes} min of sitting. Stand up, and it starts afresh.",
        "Still seated after {minutes} min. A short walk makes a change.",
    ),
}

SEATED: Final[dict[Rung, tuple[str, ...]]] = {
    "hint": (
        "{minutes} min seated; a good moment for a weight shift soon.",
        "{minutes} min seated. Shifting your weight is a welcome change.",
    ),
    "nudge": (
        "{minutes} min seated. Lean to each side, or forward, for a while.",
        "{minutes} min seated, when many feel stiffer. Shift your weight?",
        "{minutes} min seated. Lift or shift your weight for a minute.",
    ),
    "firm": (
        "{minutes} min seated. Lift or shift your weight when you can.",
        "Still seated after {minutes} min. A long lean makes a change.",
    ),
}
"""For who never stands: the same turns as SITTING, and a weight shift instead of a rise."""

STANDING: Final = "{minutes} min on your feet. Sit down or walk a little."


def reason(
    topic: Topic, rung: Rung, load_s: float, *, variant: int = 0, stands: bool = True
) -> str:
    """Return why a prompt is shown and what the body may do; `variant` chooses among equals.

    Each fits beside its headline into one line of 80 columns.
    """
    minutes = int(load_s // 60)  # whole minutes that have passed, like the bar beside it
    if topic == "standing":
        return STANDING.format(minutes=minutes)
    sentences = (SITTING if stands else SEATED)[rung]
    return sentences[variant % len(sentences)].format(minutes=minutes)
