"""The programs that show a prompt: a line of tmux, and a notice where no bus takes one; pure."""

from __future__ import annotations

from typing import Final

from ingest.messages import NudgeMessage

ACTIONS: Final = (
    ("snooze 5", "5 min"),
    ("snooze 10", "10 min"),
    ("snooze 15", "15 min"),
    ("in_call 30", "In a call"),
    ("skip", "Skip"),
)


def tmux_line(text: str) -> list[str]:
    """Return the command that shows a text on the line of tmux."""
    # In a message, # starts a format, and #(…) even a command.
    return ["tmux", "display-message", "-d", "8000", text.replace("#", "##")]


def notice(nudge: NudgeMessage, lifetime_s: float, platform: str) -> list[str]:
    """Return the command that shows a desktop notice, with buttons where the desktop has them."""
    if platform == "darwin":
        quoted = text_of(nudge).replace("\\", "\\\\").replace('"', '\\"')
        return ["osascript", "-e", f'display notification "{quoted}" with title "Lumbar"']
    urgency = {"hint": "low", "nudge": "normal", "firm": "normal"}[nudge.rung]
    buttons = [f"--action={action}={label}" for action, label in ACTIONS]
    expires = f"--expire-time={round(lifetime_s * 1000)}"
    head = ["notify-send", "--app-name=Lumbar", f"--urgency={urgency}", expires]
    return [*head, *buttons, "Lumbar", text_of(nudge)]


def text_of(nudge: NudgeMessage) -> str:
    """Return the prompt as one line: the reason, the last break, and how often it was put off."""
    parts = [nudge.reason]
    if nudge.since_break_s is not None:
        parts.append(f"Last break {nudge.since_break_s / 60:.0f} min ago.")
    if nudge.snoozed:
        parts.append("Put off once." if nudge.snoozed == 1 else f"Put off {nudge.snoozed} times.")
    return " ".join(parts)
