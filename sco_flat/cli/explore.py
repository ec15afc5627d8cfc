"""``sco-flat explore``: a page to play with."""

from __future__ import annotations

import argparse

from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--page", metavar="PAGE", default="counterexamples", help="counterexamples (default) or window")
    parser.add_argument("--out", metavar="FILE.html", default="explore.html", help="default explore.html")


def _run(args: argparse.Namespace) -> int:
    from sco_flat.explore import page

    print(page.write(args.out, args.page))
    return 0


COMMAND = Command(
    name="explore",
    help="write a page to play with: one HTML file that simulates by itself",
    options=_add,
    run=_run,
    description="Write one HTML file for any browser, without network or server. It begins with a flat and a sharp "
    "minimum; sliders drive SAM on the chain, SA-GD on the blocks and SAM in the valley, which run in the page and "
    "give the package's numbers; a link holds the settings. The page window shows SWAD's rule on losses that one "
    "draws, chooses or pastes.",
)
