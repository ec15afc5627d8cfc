"""``sco-flat collect``: the table of a sweep."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="folder of the sweep, running or not")
    parser.add_argument("--parquet", action="store_true", help='table.parquet, too (pip install "sco_flat[parquet]")')
    parser.add_argument("--out", metavar="DIR", help="where to write, default: the folder of the sweep")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import collect

    found = collect.collect(args.folder, parquet=args.parquet, out=args.out)
    if args.json:
        print(json.dumps(found, indent=1))
        return 0
    table = f"table.csv with {found['done']} rows and {len(found['columns'])} columns"
    files = [table, *["table.parquet"] * args.parquet, *["failures.csv"] * bool(found["failed"]), "metadata.json"]
    print(f"{args.out or args.folder}: {', '.join(files)}")
    for key, text in (("waiting", "are not run yet"), ("failed", "failed: see failures.csv")):
        if found[key]:
            print(f"{found[key]} of {found['cells']} cells {text}")
    if found["stale"]:
        print("the rows come from other sources, or from files of --plugin that are not given now;")
        print("sco-flat sweep computes them again")
    return 0


COMMAND = Command(name="collect", help="write the table of a sweep: CSV, metadata, Parquet", options=_add, run=_run)
