"""``sco-flat verify``: a certificate again, from its data alone; exit code 1 if the re-check says otherwise."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options, _output
from sco_flat.cli.base import Command
from sco_flat.errors import one_line


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.json", help="a certificate that --certificate of check or flattest wrote")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.terminal.tables import folded
    from sco_flat.works import base

    outcome = base.verify(args.file)
    if not outcome.valid and not outcome.refuted:
        _output.complain(f"{one_line(args.file, 1000)}: {outcome.reason}")
        return 2
    print(json.dumps(outcome.as_dict(), indent=1) if args.json else folded(outcome.text()))
    return 0 if outcome.valid else 1


COMMAND = Command(name="verify", help="check a certificate again, from its data alone", options=_add, run=_run)
