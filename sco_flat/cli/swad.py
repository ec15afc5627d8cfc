"""``sco-flat swad``: SWAD's window on the losses of anybody's log."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="LOSSES.csv", help="validation losses, one checkpoint a line")
    parser.add_argument("--column", metavar="NAME", help="the column with the losses, where there are several")
    parser.add_argument("--n-start", metavar="NS", help="losses that begin a window, default 3")
    parser.add_argument("--n-end", metavar="NE", help="losses that end it, default 6")
    parser.add_argument("--tolerance", metavar="R", help="it ends above R times the loss at its start, default 1.3")
    parser.add_argument("--mode", metavar="MODE", help="algorithm (default), text or released")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.averages.losses import read
    from sco_flat.averages.window import swad_window

    chosen = {key: getattr(args, key) for key in ("n_start", "n_end", "tolerance", "mode")}
    losses = read(args.file, args.column)
    found = swad_window(losses, **{key: value for key, value in chosen.items() if value is not None})
    if args.json:
        print(json.dumps({"checkpoints": len(losses)} | found.as_dict(), indent=1))
    else:
        from sco_flat import terminal

        print(terminal.window_text(found, losses))
    return 0


COMMAND = Command(
    name="swad",
    help="the window over which SWAD averages, on a trace of validation losses",
    options=_add,
    run=_run,
)
