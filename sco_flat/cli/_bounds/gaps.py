"""``sco-flat bounds gaps``: the table of upper against lower bounds."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _run(args: argparse.Namespace) -> int:
    from sco_flat.works.base import works

    rows = [row for work in works() for row in work.gaps()]
    if args.json:
        print(json.dumps([row.as_dict() for row in rows], indent=1))
    else:
        from sco_flat.terminal import comparisons as terminal

        print(terminal.gaps_text(rows))
    return 0


KIND = Command(
    name="gaps",
    help="upper against lower bounds, theorem by theorem, and which gaps are open",
    options=_options.json,
    run=_run,
)
