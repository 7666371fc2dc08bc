"""`lumbar completion`: completion of commands and options in the shell."""

from __future__ import annotations

import argparse

HELP = "print what makes your shell complete lumbar's commands"
EXAMPLES = (
    "lumbar completion bash > ~/.local/share/bash-completion/completions/lumbar",
    'lumbar completion zsh > "${fpath[1]}/_lumbar"',
    "lumbar completion fish > ~/.config/fish/completions/lumbar.fish",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from tui.completion import script

    print(script(args.shell), end="")
    return 0
