"""``sco-flat plot``: the figure of a sweep."""

from __future__ import annotations

import argparse

from sco_flat._registry import names
from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", metavar="DIR", nargs="+", help="folder of the sweep, running or not; of several: --by study")
    add("--kind", metavar="KIND", help=f"{', '.join(names('plots'))}; default: the file's [plot]")
    add("--x", metavar="COLUMN", help="horizontal axis")
    add("--y", metavar="COLUMN", help="vertical axis of a heatmap or phase diagram")
    add("--value", metavar="COLUMN", help="what is drawn, default average.population_risk")
    add("--unit", metavar="FORMULA", help="divide by it, for example eta**2*r**2*T")
    add("--by", metavar="COLUMN", help="lines: one for each value; none: not as the file says")
    add("--facet", metavar="COLUMN", help="small multiples: one panel for each value, or none")
    scale = parser.add_mutually_exclusive_group().add_argument
    scale("--log", dest="scale", action="store_const", const="log", help="logarithmic values; default: if far apart")
    scale("--linear", dest="scale", action="store_const", const="linear", help="values on a linear axis")
    add("--title", metavar="TEXT", help="first line above the figure")
    _options.only(parser, "draw these rows alone")
    add("--bounds", action="store_true", help='lines: overlay bounds (record = [..., "bounds"])')
    add("--style", metavar="S", help=_options.STYLES)
    add(
        "--out",
        metavar="FILE",
        help="default DIR/plot.pdf; .pdf, .svg or .png; its numbers beside it, .csv",
    )


def _run(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import draw

    texts = ("kind", "x", "y", "value", "unit", "by", "facet", "scale", "title", "style")
    given = {k: getattr(args, k) for k in texts if getattr(args, k) is not None}
    given |= {"only": args.only} if args.only else {}
    given |= {"bounds": True} if args.bounds else {}
    print(draw.draw(args.folder, args.out, given))
    return 0


COMMAND = Command(name="plot", help="draw a sweep: line, heatmap or phase diagram", options=_add, run=_run)
