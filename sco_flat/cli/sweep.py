"""``sco-flat sweep``: every cell of a file of parameter axes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from sco_flat import numbers
from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.errors import InputError
from sco_flat.vocabulary import word

if TYPE_CHECKING:
    from sco_flat.sweeps.rows import Counts

LINES = 10
"""Reasons that are listed."""
MOST = 1024
"""Workers, at most."""
SWEEP_FILE = """the file:
  name = "staircase"                         # and notes = "...": shown by status and collect
  instance = "sam-chain"                     # or a list; so method and oracle
  method = ["gd", "sam"]
  record = ["average", "last"]               # lowest_suffix, bounds, stability, trajectory
  allow_outside = true                       # also cells beyond the theorem
  [let]                                      # names that only formulas read
  k = [1, 2]
  [axes]                                     # n, T, eta, radius, flatness, width, any option of run
  n = [6, 8]
  T = { logspace = [16, 512, 6] }            # or linspace; from, to, count
  eta = 0.0625
  radius = "flatness + k/(eta*sqrt(T))"      # a formula of other axes, or "auto"
  flatness = 0
  [random]
  repeat = 8                                 # seed = 0, by = [] (axes that draw anew)
  [plot]
  x = "T"                                    # options of sco-flat plot"""
CHECKS_FILE = """of checks:
  statement = "factorisation.escape"         # or a list; work = "factorisation": all its statements
  evidence = "float"                         # bracket, every-sample, or a list
  [axes]                                     # what the statements read, and seed
  edge = [0.9, 1.1]"""


def _add(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE.toml", help="instances, methods, oracles, axes; see README, Sweeps")
    add("changes", metavar="KEY=VALUE", nargs="*", help="changes of the file: T=64 eta=1/8 method=gd,sam repeat=3")
    _options.only(parser, "run these cells alone, the others wait")
    add("--out", metavar="DIR", help="folder of the store, default: FILE without .toml, here")
    add("--dry-run", action="store_true", help="print cells, time and memory to expect; change nothing")
    add("--workers", metavar="K", help="processes, default: as many as the machine has cores")
    add("--backend", metavar="B", default="joblib", help="joblib (default) or dask, a cluster of its own")
    add("--scheduler", metavar="tcp://HOST:PORT", help="a running Dask scheduler")
    add("--extend", action="store_true", help="the file changed: keep what is there, add the rest")
    add("--new", action="store_true", help="set the store aside, start again")
    add("--retry", action="store_true", help="run failed and damaged cells again")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import claims, sweep
    from sco_flat.sweeps.damage import refuse_damaged
    from sco_flat.sweeps.store import Store
    from sco_flat.sweeps.work import CLAIMS

    if args.extend and args.new:
        raise InputError("new", "with --extend", "they exclude each other", "choose one")
    backend = word("backend", args.backend, ("joblib", "dask"))
    workers = os.cpu_count() or 1 if args.workers is None else numbers.whole("workers", args.workers, 1, MOST)
    folder = Path(args.out) if args.out else Path(Path(args.file).stem)
    if args.dry_run:
        return _dry_run(args, folder, workers)
    mode = "extend" if args.extend else "new" if args.new else None
    try:
        counts = sweep.run(
            args.file, folder, workers=workers, backend=backend, scheduler=args.scheduler, mode=mode, retry=args.retry,
            only=args.only, changes=args.changes,
        )  # fmt: skip
    except KeyboardInterrupt:
        again = "the same command without --new" if args.new else "the same command"
        print(f"sco-flat: interrupted; rows so far are in {folder}, {again} goes on", file=sys.stderr)
        return 130
    with Store(folder) as store:
        reasons = store.reasons()
        verdicts = claims.verdicts(store) if store.record() == (CLAIMS,) else {}
        _report(args, folder, counts, reasons, verdicts)
        refuse_damaged(store, "the others are sound")
    return 2 if counts.failed else 0


def _report(
    args: argparse.Namespace, folder: Path, counts: Counts, reasons: dict[str, int], verdicts: dict[str, Counter[str]]
) -> None:
    """Print what there is at the end; of checks, what they say."""
    from sco_flat.sweeps.work import UNEXPECTED

    if args.json:
        said = {verdict: found.total() for verdict, found in verdicts.items()}
        data = vars(counts) | {"folder": str(folder), "failures": reasons} | ({"verdicts": said} if said else {})
        print(json.dumps(data, indent=1))
    else:
        wait = f", {counts.waiting} wait" if counts.waiting else ""
        text = f"{counts.done} of {counts.total} cells done, {counts.failed} failed{wait}, in {folder}"
        beside = f"; {counts.beside} rows of other files or sources are kept beside them" if counts.beside else ""
        print("\n".join([text + beside, *_said(verdicts), *_why(reasons, "failed")]))
        if any(reason.startswith(UNEXPECTED) for reason in reasons):
            print("--retry runs failed cells again; refused ones are refused again until the file changes")
        elif reasons:
            print("these cells are refused again until the file changes")


def _said(verdicts: dict[str, Counter[str]]) -> list[str]:
    """A line for each verdict, with its most frequent reason."""
    lines = []
    for verdict, found in verdicts.items():
        (reason, _), rest = found.most_common(1)[0], len(found) - 1
        more = f"; and {rest} other reason(s), in the column reason of sco-flat collect" if rest else ""
        lines.append(f"  {found.total()} {verdict}{reason and f': {reason}'}{more}")
    return lines


def _why(reasons: dict[str, int], what: str) -> list[str]:
    """Lines with the reasons, the most frequent first."""
    shown = list(reasons.items())[:LINES]
    rest = len(reasons) - len(shown)
    more = [f"  and {rest} other reason(s), in failures.csv of sco-flat collect"] if rest else []
    return [f"  {number} {what}: {reason}" for reason, number in shown] + more


def _dry_run(args: argparse.Namespace, folder: Path, workers: int) -> int:
    from sco_flat.sweeps import plan, sweep
    from sco_flat.sweeps.progress import elapsed

    found = sweep.dry_run(plan.read(args.file, args.changes), folder, workers, fresh=args.new, only=args.only)
    if args.json:
        print(json.dumps(vars(found), indent=1))
    else:
        print(
            f"{found.cells} cells, {found.waiting} to run: about {elapsed(found.seconds)} and "
            f"{found.megabytes:.0f} MB on {workers} worker(s), from {found.probes} cells that were timed"
        )
        if found.refused:
            print("\n".join(_why(found.refused, "will be refused")))
            if found.looked < found.waiting:
                print(f"of the {found.looked} cells that were looked at, of {found.waiting}")
    return 0


COMMAND = Command(
    name="sweep",
    help="run a file of parameter axes; resumable",
    options=_add,
    run=_run,
    description="Run every cell that a TOML file declares. Kill it when you like: the same command goes on.",
    epilog=f"{SWEEP_FILE}\n{CHECKS_FILE}",
)
