"""``sco-flat swad``: SWAD's window on the losses of anybody's log."""

from __future__ import annotations

import argparse
import json

from sco_flat.averages.options import WINDOW
from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="LOSSES.csv", help="validation losses, one checkpoint a line")
    parser.add_argument("--column", metavar="NAME", help="the column with the losses, where there are several")
    _options.declared(parser, WINDOW)
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.averages.losses import read
    from sco_flat.averages.window import swad_window

    losses = read(args.file, args.column)
    found = swad_window(losses, **_options.of(args, WINDOW))
    if args.json:
        print(json.dumps({"checkpoints": len(losses)} | found.as_dict(), indent=1))
    else:
        from sco_flat.terminal import texts as terminal

        print(terminal.window_text(found, losses))
    return 0


COMMAND = Command(
    name="swad",
    help="the window over which SWAD averages, on a trace of validation losses",
    options=_add,
    run=_run,
)
