"""``sco-flat run``: one run and every risk of it."""

from __future__ import annotations

import argparse
import json

from sco_flat._registry import names
from sco_flat.averages.options import ALL
from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.vocabulary import word


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(parser)
    parser.add_argument(
        "--save", metavar="FILE.npz", help="write codes, start, last, average (dense) and the parameters"
    )
    parser.add_argument("--average", metavar="A", help="one more average: swa, swad or one of yours; it runs again")
    _options.declared(parser, ALL)
    parser.add_argument("--curvature", action="store_true", help="take lambda_max and trace, too (networks: always)")
    _options.of_a_run(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat import export, requests, runs
    from sco_flat.works.base import build

    average = None if args.average is None else word("average", args.average, names("averages"))
    picks, numbers = runs.watched(average, _options.of(args, ALL) | _options.given(args))
    request = requests.request_from(args.instance, **numbers)
    if args.save:
        export.check_target(args.save, build(request))
    run, simulation = runs.execute(request, args.curvature, average, picks)
    if args.save:
        export.save(args.save, run, simulation)
    if args.json:
        print(json.dumps(run.as_dict(), indent=1))
    else:
        from sco_flat.terminal import texts as terminal

        print(terminal.run_text(run))
        if args.save:
            print(f"written: {args.save}")
    return 1 if any(c.verdict == "fails" and c.kind == "conclusion" for c in run.claims) else 0


COMMAND = Command(
    name="run",
    help="run a method on an instance and print every risk",
    options=_add,
    run=_run,
    epilog=_options.WORDS,
)
