"""``sco-flat works``: one table of all works."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _run(args: argparse.Namespace) -> int:
    from sco_flat.reports import works
    from sco_flat.works.row import HEAD

    lines = works.table()
    if args.json:
        print(json.dumps([line.as_dict() for line in lines], indent=1))
    else:
        from sco_flat.terminal.tables import table

        print(table([line.cells for line in lines], HEAD))
    return 1 if any(line.fails for line in lines) else 0


COMMAND = Command(
    name="works",
    help="one table of all works: loss, flat in which sense, does flat generalise, does the method find it, proved how",
    options=_options.json,
    run=_run,
)
