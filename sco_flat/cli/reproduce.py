"""``sco-flat reproduce``: the report on all works."""

from __future__ import annotations

import argparse

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", default="sco-flat-report", help="folder, default sco-flat-report")
    parser.add_argument("--style", metavar="S", default="paper", help=_options.STYLES)
    parser.add_argument("--quick", action="store_true", help="a smaller grid")


def _run(args: argparse.Namespace) -> int:
    from sco_flat.reports.main import reproduce

    found = reproduce(args.out, quick=args.quick, style=args.style)
    print(found)
    return 1 if found.surprises else 0


COMMAND = Command(
    name="reproduce",
    help="all statements of the works over a grid: table, figures, report.html",
    options=_add,
    run=_run,
)
