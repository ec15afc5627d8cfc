"""``sco-flat animate``: a run as a film."""

from __future__ import annotations

import argparse

from sco_flat._registry import names
from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=", ".join(names("animations")))
    parser.add_argument(
        "--out", metavar="FILE", help="default NAME.html; the ending chooses html, gif or mp4 (mp4 needs ffmpeg)"
    )
    _options.add(parser, "n", help="sample size n; each animation has its own default")
    _options.add(parser, "steps", help="number of iterates T, one frame each, default 64")
    _options.add(parser, "step_size", help="eta")
    _options.add(parser, "flatness_radius", "seed")
    parser.add_argument("--style", metavar="LOOK", default="slide", help="paper, slide (default) or poster")


def _run(args: argparse.Namespace) -> int:
    from sco_flat.animations import animate

    print(animate(args.name, args.out, style=args.style, **_options.given(args)))
    return 0


COMMAND = Command(
    name="animate",
    help="a run as a page with a player, a GIF or an MP4",
    options=_add,
    run=_run,
    description="staircase: SAM on the chain. walk: SA-GD on the blocks under four oracles. landscape: its paths over "
    "both risks. valley: SAM and GD in a valley that widens. escape: GD leaves a sharp minimum. window: SWAD on "
    "SA-GD's walk. The title says which theorem it is, if any. One frame for each iterate.",
)
