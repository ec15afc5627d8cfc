"""``sco-flat check``: a statement on a run, or its proof."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.errors import InputError


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a statement, for example flat-minima.7 or 7")
    parser.add_argument(
        "--evidence", metavar="E", default="float",
        help="float (default: a run suggests), bracket (proved for the sample), every-sample (for all of the event)",
    )  # fmt: skip
    parser.add_argument("--precision", metavar="BITS", help="bits of the balls of a proof, default 200")
    parser.add_argument("--certificate", metavar="FILE.json", help="write the proof as a certificate")
    _options.of_a_run(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat import checks

    if args.evidence.lower() != "float":
        return _prove(args)
    for key in ("precision", "certificate"):
        if getattr(args, key) is not None:
            raise InputError(key, getattr(args, key), "a float check proves nothing", "add --evidence every-sample")
    found = checks.check(args.key, **_options.given(args))
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat.terminal import texts as terminal

        print(terminal.check_text(found))
    return 1 if found.verdict == "fails" else 0


def _prove(args: argparse.Namespace) -> int:
    from sco_flat.works.base import prove

    if args.certificate:
        from sco_flat._files import check_target

        check_target("certificate", Path(args.certificate))
    given = _options.given(args, exact=True) | ({} if args.precision is None else {"precision": args.precision})
    found = prove(args.key, args.evidence.replace("-", " ").lower(), **given)
    if args.certificate:
        from sco_flat.proofs import files

        files.write(args.certificate, found)
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat.terminal import texts as terminal

        print(terminal.proof_text(found))
        if args.certificate:
            print(f"written: {args.certificate}")
    return 1 if found.verdict == "fails" else 0


COMMAND = Command(
    name="check",
    help="check a statement of a work item by item, on a run or by a proof",
    options=_add,
    run=_run,
    epilog=_options.WORDS,
)
