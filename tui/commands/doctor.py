"""`lumbar doctor`: what keeps Lumbar from working here, and what to do about it."""

from __future__ import annotations

import argparse

HELP = "check radio, broker, store, configuration and disk"
EXAMPLES = (
    "lumbar doctor                 exits with 1 if something has to be done",
    "lumbar doctor --no-radio      without listening for straps",
    "lumbar doctor --privacy       every file and every socket of Lumbar on this machine",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--no-radio", action="store_true", help="do not listen for straps")
    parser.add_argument("--privacy", action="store_true", help="list every file and socket instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the findings; advice stands below what needs it."""
    import json

    from tui.exits import Exit

    if args.privacy:
        return _privacy(args)
    from tui.wiring.checkup import examine_household

    findings = examine_household(args.config, radio=not args.no_radio)
    failed = any(finding.verdict == "fail" for finding in findings)
    if args.json:
        rows = [
            {"check": f.check, "verdict": f.verdict, "found": f.what, "advice": f.advice}
            for f in findings
        ]
        print(json.dumps({"ok": not failed, "findings": rows}, indent=2))
        return Exit.FAILED if failed else Exit.OK
    for finding in findings:
        print(f"{finding.verdict.upper():<5} {finding.check:<14} {finding.what}")
        if finding.advice:
            print(f"{'':<20} → {finding.advice}")
    return Exit.FAILED if failed else Exit.OK


def _privacy(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from tui.wiring.privacy import ledger, words

    found = ledger(args.config)
    print(json.dumps(asdict(found), indent=2) if args.json else "\n".join(words(found)))
    return 0
