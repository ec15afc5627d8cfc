"""``sco-flat completion``: what a shell needs to complete words."""

from __future__ import annotations

import argparse

from sco_flat.cli import _completion
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", help=", ".join(_completion.SCRIPTS))


def _run(args: argparse.Namespace) -> int:
    from sco_flat.cli.main import parser
    from sco_flat.vocabulary import word

    shell = word("shell", args.shell, _completion.SCRIPTS)
    print(_completion.SCRIPTS[shell](_completion.places(parser())), end="")
    return 0


COMMAND = Command(
    name="completion",
    help="print a script that lets bash, zsh or fish complete commands, options and names",
    options=_add,
    run=_run,
    epilog="""where it goes:
  sco-flat completion bash > ~/.local/share/bash-completion/completions/sco-flat
  sco-flat completion zsh > ~/.sco-flat.zsh
  sco-flat completion fish > ~/.config/fish/completions/sco-flat.fish
and for zsh a line in ~/.zshrc: source ~/.sco-flat.zsh
print it anew after an update; it is a list of words, and starts nothing while you type""",
)
