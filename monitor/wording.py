"""Every sentence that a prompt says: factual, positive, without guilt."""

from __future__ import annotations

from typing import Final

from monitor.nudge import Rung, Topic

SITTING: Final[dict[Rung, tuple[str, ...]]] = {
    "hint": (
        "{minutes} min of sitting; a good moment to stand up soon.",
        "{minutes} min seated. A change soon is welcome.",
    ),
    "nudge": (
        "{minutes} min of sitting. A minute on your feet pays back half, five pay back all.",
        "You have been sitting for {minutes} min; many people feel stiffer after long sitting.",
        "{minutes} min seated. Time for a break: stand up, walk a few steps.",
    ),
    "firm": (
        "{minutes} min of sitting. Stand up when you can; the clock starts afresh.",
        "Still seated after {minutes} min. A short walk makes a change.",
    ),
}

STANDING: Final = "{minutes} min on your feet. Sit down or walk a little: a change helps."


def reason(topic: Topic, rung: Rung, load_s: float, *, variant: int = 0) -> str:
    """Return why a prompt is shown, in one sentence; `variant` chooses among equal sentences."""
    minutes = int(load_s // 60)  # whole minutes that have passed, like the bar beside it
    if topic == "standing":
        return STANDING.format(minutes=minutes)
    sentences = SITTING[rung]
    return sentences[variant % len(sentences)].format(minutes=minutes)
