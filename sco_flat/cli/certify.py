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
    from sco_flat.inspection import certify

    found = certify.certify(args.instance, **_options.given(args))
    print(json.dumps(found.as_dict(), indent=1) if args.json else found)
    return 1 if found.verdict == "fails" else 0


COMMAND = Command(
    name="certify",
    help="convexity, smoothness and minima of an instance, by cvxpy and in balls",
    options=_add,
    run=_run,
)
