"""The command line: one file a command, found by its name. Only the chosen one loads the numerical packages."""

from sco_flat.cli.base import Command
from sco_flat.cli.main import main, parser

__all__ = ["Command", "main", "parser"]
