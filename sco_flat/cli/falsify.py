"""``sco-flat falsify``: disturb the counterexamples and see what is left of them."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.errors import InputError


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(parser, nargs="?", help="the loss; default: all that a work has a counterexample on")
    parser.add_argument("--out", metavar="DIR", help="folder for falsify.png, .pdf and .json; default: none is written")
    parser.add_argument("--style", metavar="S", default="paper", help=_options.STYLES)
    _options.add(parser, "seed")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat._files import writable_folder
    from sco_flat.comparisons.falsify import suite

    examples = suite.chosen(args.instance)
    if args.out is not None:
        from sco_flat.comparisons.falsify import figure
        from sco_flat.plots import style

        style.settings(args.style)  # refuses another name before anything is run
        if not os.path.isdir(args.out):
            raise InputError("out", args.out, "is not a folder", "make it, or choose another")
        writable_folder("out", Path(args.out))
    rows = suite.suite(examples, **_options.given(args))
    data = suite.as_data(rows)
    if args.json:
        print(json.dumps(data, indent=1))
    else:
        from sco_flat.terminal import comparisons as terminal

        print(terminal.falsify_text(rows))
    if args.out is not None:
        figure.save(Path(args.out), rows, args.style)
        (Path(args.out) / f"{figure.NAME}.json").write_text(json.dumps(data, indent=1) + "\n")
        if not args.json:
            files = (str(Path(args.out) / f"{figure.NAME}.{kind}") for kind in ("png", "pdf", "json"))
            print("written: " + ", ".join(files))
    return 0


COMMAND = Command(
    name="falsify",
    help="disturb the counterexamples: noise, epsilon, batches, schedules ...; what is left of each",
    options=_add,
    run=_run,
)
