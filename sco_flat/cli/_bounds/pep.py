"""``sco-flat bounds pep``: exact worst cases over all losses."""

from __future__ import annotations

import argparse
import json
import sys

from sco_flat import numbers
from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.errors import InputError

SHARED = (
    ("steps", "8", "number of iterates T"), ("step_size", "1/4", "eta"),
    ("perturbation_radius", "1", "perturbation radius r"), ("flatness_radius", "0", "flatness radius rho of the loss"),
)  # fmt: skip
OWN = (("smoothness", "1", "beta"), ("distance", "1", "D = |w_1 - w*|"))


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "key", metavar="KEY", nargs="?", default="lemma",
        help="a statement, for example flat-minima.5 or 5; another one is answered with those that have a worst case; "
        "default lemma: mean F(w_t + v_t)",
    )  # fmt: skip
    parser.add_argument("--theorem", nargs="?", const="KEY", help=argparse.SUPPRESS)  # its name until a key took over
    for name, default, text in SHARED:
        _options.add(parser, name, metavar="X", default=default, help=f"{text}, default {default}")
    for name, default, text in OWN:
        parser.add_argument(f"--{name}", metavar="X", default=default, help=f"{text}, default {default}")
    _options.json(parser, ", with the multipliers of the proof")


def _run(args: argparse.Namespace) -> int:
    if args.theorem is not None:
        limit = "is no option any more: a worst case is named by the key of its statement"
        raise InputError("theorem", args.theorem, limit, f"write sco-flat bounds pep {args.theorem}")
    from sco_flat.bounds import pep
    from sco_flat.works import worst_cases

    keys = ("step_size", "perturbation_radius", "flatness_radius", "smoothness", "distance")
    read = {key: numbers.exact(key, getattr(args, key)) for key in keys}
    for key in ("smoothness", "distance"):
        if read[key] <= 0:
            raise InputError(key, read[key], "must be positive", f"choose {key} > 0")
    case = worst_cases.get(args.key)
    steps = numbers.whole("steps", args.steps, 1, pep.LARGEST[case.of])
    if steps > pep.SLOW:
        print(f"sco-flat: {pep.size(case.of, steps)}", file=sys.stderr)
    radii = (read[key] / read["distance"] for key in ("perturbation_radius", "flatness_radius"))
    found = worst_cases.worst_case(args.key, steps, read["step_size"] * read["smoothness"], *radii)
    unit = float(read["smoothness"] * read["distance"] ** 2)
    if args.json:
        print(json.dumps(found.as_dict() | {"unit": unit}, indent=1))
    else:
        from sco_flat.terminal import comparisons as terminal

        print(terminal.worst_case_text(found, unit))
    return 0


KIND = Command(name="pep", help="the exact worst case over all losses, bracketed and verified", options=_add, run=_run)
