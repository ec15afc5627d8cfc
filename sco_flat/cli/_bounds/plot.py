"""``sco-flat bounds plot``: the figure of all bounds."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from sco_flat.cli import _options
from sco_flat.cli._bounds._source import source
from sco_flat.cli.base import Command
from sco_flat.errors import InputError

SAMPLES = "8"


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(
        parser, nargs="?",
        help="as for risk, T up to --steps and r around --radius; default: all methods, as in the report",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="DIR", default=".", help="folder for bounds.png, .pdf, .json; default: this one"
    )
    parser.add_argument("--samples", metavar="K", default=SAMPLES, help="samples to average over, default 8")
    parser.add_argument("--style", metavar="S", default="paper", help=_options.STYLES)
    _options.of_a_run(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat._files import writable_folder
    from sco_flat.comparisons import figure, overview
    from sco_flat.plots import style

    style.settings(args.style)  # refuses another name before anything is run
    folder = Path(args.out)
    if not os.path.isdir(folder):
        raise InputError("out", args.out, "is not a folder", "make it, or choose another")
    writable_folder("out", folder)
    if args.instance is None:
        unread = _options.given(args) | ({"samples": args.samples} if args.samples != SAMPLES else {})
        for key, value in unread.items():
            raise InputError(key, value, "needs a NAME", "see sco-flat bounds plot --help")
        data = overview.data(False)
    else:
        data = figure.of_source(source(args))
    figure.save(folder, data, args.style)
    (folder / "bounds.json").write_text(json.dumps(data, indent=1) + "\n")
    if args.json:
        print(json.dumps(data, indent=1))
    else:
        from sco_flat.terminal import comparisons as terminal

        print(terminal.curves_text(data, figure.notes(data)))
        print("written: " + ", ".join(str(folder / f"bounds.{kind}") for kind in ("png", "pdf", "json")))
    return 1 if data["failures"] else 0


KIND = Command(
    name="plot",
    help="figure: lower bound, measured risk, three strengths and the paper's bound, over T and over r",
    options=_add,
    run=_run,
)
