"""`lumbar plan`: what to practise."""

from __future__ import annotations

import argparse

HELP = "print today's drills"
EXAMPLES = ("lumbar plan", "lumbar plan --week")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--week", action="store_true", help="seven days instead of one")
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def run(args: argparse.Namespace) -> int:
    """Print the plan; it follows from the settings and the journal."""
    import json

    from tui.doses import dose_words
    from tui.drill_cards import plan_lines
    from tui.wiring.drills import own_plan

    plans = own_plan(args.config, days=7 if args.week else 1)
    if not args.json:
        print("\n".join(line for plan in plans for line in plan_lines(plan)))
        return 0
    rows = [
        {
            "date": plan.day.isoformat(),
            "drills": [
                {"id": s.drill.id, "name": s.drill.name, "dose": dose_words(s.dose), "role": s.role}
                for s in plan.steps
            ],
        }
        for plan in plans
    ]
    print(json.dumps(rows, ensure_ascii=False))
    return 0
