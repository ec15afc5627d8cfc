"""``sco-flat errata``: slips of the works."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", nargs="?", help="for example 7a, or 7 for 7a, 7b ...; default: all")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.works import errata

    found = errata.evaluate(args.key)
    if args.json:
        print(json.dumps([e.as_dict() for e in found], indent=1))
    else:
        from sco_flat.terminal import texts as terminal

        print(terminal.errata_text(found))
    return 0 if all(e.as_expected for e in found) else 1


COMMAND = Command(
    name="errata", help="slips of the works, each with the evaluation that shows it", options=_add, run=_run
)
