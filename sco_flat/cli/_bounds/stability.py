"""``sco-flat bounds stability``: leave-one-out stability beside its bounds."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from sco_flat.cli import _options
from sco_flat.cli._bounds._source import ordinary as ordinary_problem
from sco_flat.cli.base import Command

if TYPE_CHECKING:
    from sco_flat.comparisons.spread import Spread


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(parser, ordinary=True)
    _options.of_a_run(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat import requests
    from sco_flat.comparisons import ordinary, spread, stability
    from sco_flat.results import overall

    found: Spread
    chosen = ordinary_problem(args)
    if chosen is None:
        found, claims = stability.claims(requests.request_from(args.instance, **_options.given(args)))
    else:
        method, given = chosen
        problem = ordinary.get(args.instance)
        found = ordinary.leave_one_out(problem, method, **given).spread
        claims = spread.claims(found, ordinary.facts(problem, method), ordinary.bound_numbers(method, given))
    if args.json:
        print(json.dumps(found.as_dict() | {"claims": [c.as_dict() for c in claims]}, indent=1))
    else:
        from sco_flat import terminal

        print(terminal.stability_text(found, claims))
    return 1 if overall(claims) == "fails" else 0


KIND = Command(name="stability", help="leave-one-out stability, measured, beside its bounds", options=_add, run=_run)
