"""``sco-flat compile``: fill the cache of compiled code, ahead of runs."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from sco_flat._registry import names
from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.vocabulary import word


def _add(parser: argparse.ArgumentParser) -> None:
    known = ", ".join(names("instances"))
    parser.add_argument("instance", metavar="INSTANCE", nargs="*", help=f"losses, all if none is named: {known}")
    parser.add_argument(
        "--method", metavar="METHOD", action="append", help=f"one of {', '.join(names('methods'))}; repeatable (all)"
    )
    parser.add_argument("--jobs", metavar="N", default=None, help="processes side by side (one for each core)")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    import time

    from sco_flat import compilation, numbers, patience
    from sco_flat.cores import cores

    losses = [word("instance", name, names("instances")) for name in args.instance] or names("instances")
    methods = [word("method", name, names("methods")) for name in args.method or ()] or names("methods")
    jobs = cores() if args.jobs is None else numbers.whole("jobs", args.jobs, 1, 1024)
    files = compilation.wanted(losses, methods)
    began, found = time.monotonic(), []
    for file in patience.track(compilation.side_by_side(files, jobs), len(files), "files of kernels"):
        found.append(file)
        if not args.json:
            text = f"{file.anew} of {len(file.kernels)} kernels compiled in {patience.duration(file.seconds)}"
            print(f"{file.file:<40}{text if file.anew else 'there already'}", flush=True)
    seconds = time.monotonic() - began
    if args.json:
        print(json.dumps({"files": [asdict(file) for file in found], "seconds": seconds}, indent=1))
    else:
        count, whole = (sum(x) for x in zip(*[(f.anew, len(f.kernels)) for f in found], strict=True))
        print(f"{count} of {whole} kernels compiled in {patience.duration(seconds)}, {jobs} at once")
    return 0


COMMAND = Command(
    name="compile",
    help="compile ahead of runs, for a machine image or a cluster's hosts",
    options=_add,
    run=_run,
    epilog="examples:\n  sco-flat compile\n  sco-flat compile sam-chain --method sam --jobs 2",
)
