"""What has to stand beside every drill and every report: when to see somebody, and what this is."""

from __future__ import annotations

from typing import Final

RED_FLAGS_TITLE: Final = "When to get medical care at once"
RED_FLAGS: Final = (
    "numbness between the legs or around the seat",
    "a change in bladder or bowel control",
    "weakness in both legs, or weakness that is new",
    "back pain after a fall or an accident",
    "fever together with back pain",
    "weight loss that you cannot explain",
)
RED_FLAGS_ACTION: Final = "With any of these, stop and seek urgent medical care."
CARE: Final = (
    "During pregnancy, with osteoporosis or after recent surgery, ask your doctor or "
    "physiotherapist before you start."
)
ABOUT: Final = "Lumbar is not a medical device and makes no diagnosis."
LIMITS: Final = (
    "One sensor measures how the lower back is inclined to gravity, not how far the spine is bent.",
    "Angles are good to a few degrees; they are shown in whole degrees.",
    "Standing quietly and sitting upright can look alike for a while; the share of known time says "
    "how much was told apart.",
    "Time without data, off the body or undecided counts neither as sitting nor as a break.",
)


def red_flag_notice() -> str:
    """Return the red-flag notice as plain text, one line per flag."""
    flags = "\n".join(f"- {flag}" for flag in RED_FLAGS)
    return f"{RED_FLAGS_TITLE}:\n{flags}\n{RED_FLAGS_ACTION}\n{CARE}"
