"""``sco-flat certify``: what convex programming and balls say of a loss."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(parser)
    _options.of_a_run(parser, readers=("request", "blocks", "loss"), without=("method", "allow_outside"))


def _run(args: argparse.Namespace) -> int:
    from sco_flat.digits import BALLS, SOLVERS, digits_from
    from sco_flat.inspection import certify
    from sco_flat.results import overall

    claims = certify.certify(args.instance, **_options.given(args))
    if args.json:
        data = {"instance": args.instance, "claims": [c.as_dict() for c in claims]}
        print(json.dumps(data | {"digits_from": digits_from(*SOLVERS, *BALLS)}, indent=1))
    else:
        from sco_flat import terminal

        print(terminal.certify_text(args.instance, claims))
    return 1 if overall(claims) == "fails" else 0


COMMAND = Command(
    name="certify",
    help="convexity, smoothness and minima of an instance, by cvxpy and in balls",
    options=_add,
    run=_run,
)
