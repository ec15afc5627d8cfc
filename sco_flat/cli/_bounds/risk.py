"""``sco-flat bounds risk``: population risk against the bounds in three strengths."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli._bounds._source import source
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(parser)
    parser.add_argument("--samples", metavar="K", default="16", help="samples to average over, default 16")
    _options.of_a_run(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.results import overall

    found = source(args).strengths()
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat.terminal import comparisons as terminal

        print(terminal.strengths_text(found))
    return 1 if overall(found.claims) == "fails" else 0


KIND = Command(
    name="risk",
    help="population risk over samples against the bounds in three strengths",
    options=_add,
    run=_run,
)
