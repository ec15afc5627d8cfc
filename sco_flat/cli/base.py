"""What a command declares."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


def no_options(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def nothing(args: argparse.Namespace) -> int:
    """Do nothing: a command of several kinds leaves the work to them."""
    return 0


@dataclass(frozen=True)
class Command:
    """A command: ``sco-flat NAME``.

    Attributes
    ----------
    name : str
        The word on the command line; the package's own are in a file of this name.
    help : str
        One line.
    options : callable
        Adds the options to its parser; see `sco_flat.cli._options` for those of a run. It is called for every
        ``--help``, so it loads nothing numerical.
    run : callable
        Does the work; returns the exit code: 0 if all is fine, 1 only if a claim fails. An `InputError` is printed as
        one line, and the code is 2.
    description, epilog : str
        Of its help text, if there is more to say.
    kinds : tuple of Command
        Its own subcommands; one of them has to be named.
    """

    name: str
    help: str
    options: Callable[[argparse.ArgumentParser], None] = no_options
    run: Callable[[argparse.Namespace], int] = nothing
    description: str = ""
    epilog: str = ""
    kinds: tuple[Command, ...] = ()
