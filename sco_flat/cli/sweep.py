"""``sco-flat sweep``: every cell of a file of parameter axes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.errors import InputError

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
    from sco_flat.sweeps import swept
    from sco_flat.sweeps.damage import refuse_damaged
    from sco_flat.sweeps.store import Store

    if args.extend and args.new:
        raise InputError("new", "with --extend", "they exclude each other", "choose one")
    folder = Path(args.out) if args.out else Path(Path(args.file).stem)
    if args.dry_run:
        return _dry_run(args, folder)
    try:
        found = swept.sweep(
            args.file, folder, workers=args.workers, backend=args.backend, scheduler=args.scheduler,
            extend=args.extend, new=args.new, retry=args.retry, only=args.only,
            changes=args.changes,
        )  # fmt: skip
    except KeyboardInterrupt:
        again = "the same command without --new" if args.new else "the same command"
        print(f"sco-flat: interrupted; rows so far are in {folder}, {again} goes on", file=sys.stderr)
        return 130
    print(json.dumps(found.as_dict(), indent=1) if args.json else found)
    with Store(folder) as store:
        refuse_damaged(store, "the others are sound")
    return 2 if found.counts.failed else 0


def _dry_run(args: argparse.Namespace, folder: Path) -> int:
    from sco_flat.sweeps import plan, sweep, swept
    from sco_flat.sweeps.progress import elapsed
    from sco_flat.terminal.sweeps import why
    from sco_flat.terminal.tables import folded

    workers = swept.crew(args.workers)
    mode = "extend" if args.extend else "new" if args.new else None
    found = sweep.dry_run(plan.read(args.file, args.changes), folder, workers, mode=mode, only=args.only)
    if args.json:
        print(json.dumps(vars(found), indent=1))
    else:
        lines = [
            f"{found.cells} cells, {found.waiting} to run: about {elapsed(found.seconds)} in all and "
            f"{found.megabytes:.0f} MB on {workers} worker(s), from {found.probes} cells that were timed",
            *why(found.refused, "will be refused"),
        ]
        if found.refused and found.looked < found.waiting:
            lines.append(f"of the {found.looked} cells that were looked at, of {found.waiting}")
        print(folded("\n".join(lines)))
    return 0


COMMAND = Command(
    name="sweep",
    help="run a file of parameter axes; resumable",
    options=_add,
    run=_run,
    description="Run every cell that a TOML file declares. Kill it when you like: the same command goes on.",
    epilog=f"{SWEEP_FILE}\n{CHECKS_FILE}",
)
