"""``sco-flat flattest``: the flattest networks that meet the labels of a training set, and the worst of them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sco_flat import numbers, vocabulary
from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.errors import InputError

DATA = ("xor",)
FLOAT = "patterns"
DIRECTIONS = ("ternary", FLOAT, "all")
RANDOM = 10_000
"""Most random directions."""


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="xor: points of the cube {-1, 1}^d with the label x_1 x_2")
    parser.add_argument("--d", metavar="D", default="6", help="dimension, 2 to 10, default 6")
    _options.add(parser, "n", help="size of the training set, default 24")
    _options.add(parser, "seed", help="of the training set, default 0")
    parser.add_argument("--bias", action="store_true", help="neurons have a bias")
    parser.add_argument(
        "--directions", metavar="U", default="ternary",
        help="ternary (default): entries -1, 0, 1; patterns: the infimum where f is differentiable; all",
    )  # fmt: skip
    parser.add_argument(
        "--certificate", metavar="FILE.json", help="write it for verify, which re-checks it in fractions"
    )
    parser.add_argument(
        "--seconds", metavar="SECONDS", default=None,
        help="time for --directions all, default 50; what is undecided then is listed with its interval",
    )  # fmt: skip
    parser.add_argument(
        "--random",
        metavar="K",
        default=None,
        help="random directions beside the ternary ones, default 0",
    )
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    vocabulary.word("data", args.data, DATA)
    directions = vocabulary.word("directions", args.directions, DIRECTIONS)
    if args.certificate:
        from sco_flat._files import check_target

        if directions == FLOAT:
            limit = "ends in floats: there is nothing for fractions to confirm"
            raise InputError("directions", directions, limit, "leave --certificate out, or use ternary or all")
        check_target("certificate", Path(args.certificate))
    seconds = None if args.seconds is None else numbers.real("seconds", args.seconds)
    if seconds is not None and directions != "all":
        limit = "is a limit of the programs over all directions alone"
        raise InputError("seconds", args.seconds, limit, "leave it out, or say --directions all")
    if seconds is not None and seconds <= 0:
        raise InputError("seconds", args.seconds, "must be above 0", "give more")
    random = 0 if args.random is None else numbers.whole("random", args.random, 0, RANDOM)
    if random and (args.certificate or directions != "ternary"):
        limit = "adds to the ternary dictionary, and a certificate speaks of that alone"
        raise InputError("random", random, limit, "leave it out, or use --directions ternary without --certificate")
    given = {"n": 24, "seed": 0} | _options.given(args)
    d = numbers.whole("d", args.d, 2, 10)
    from sco_flat.works.wen_li_ma.data import xor
    from sco_flat.works.wen_li_ma.flattest import SECONDS, find

    data = xor(d, given["n"], given["seed"], args.bias)
    found = find(data, directions, given["seed"], SECONDS if seconds is None else seconds, random)
    outcome = None
    if args.certificate:
        from sco_flat.works.wen_li_ma.flattest import certificate

        outcome = certificate.write(args.certificate, found)
    if args.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        from sco_flat.terminal import texts as terminal

        print(terminal.flattest_text(found))
        if outcome is not None:
            print(f"\n{outcome.text()}")
    return 1 if found.verdict == "fails" else 0


COMMAND = Command(
    name="flattest",
    help="the flattest networks that meet a training set, and the worst of them on all other points",
    options=_add,
    run=_run,
)
