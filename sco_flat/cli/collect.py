"""``sco-flat collect``: the table of a sweep."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", nargs="+", help="folder of a sweep, running or not, or several")
    _options.only(parser, "write these rows alone")
    parser.add_argument("--parquet", action="store_true", help='table.parquet, too (pip install "sco_flat[parquet]")')
    parser.add_argument("--out", metavar="DIR", help="where to write, default: the folder of the sweep")
    _options.json(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import collect
    from sco_flat.sweeps.work import TRAJECTORY

    found = collect.collect(*args.folder, parquet=args.parquet, out=args.out, only=args.only)
    if args.json:
        print(json.dumps(found, indent=1))
        return 0
    studies = found.get("studies", {"": found})
    table = f"table.csv with {found['rows']} rows and {len(found['columns'])} columns"
    failed = any(study["failed"] for study in studies.values())
    thinned = any(TRAJECTORY in study["file"].get("record", ()) for study in studies.values())
    table += ", trajectory.csv" * thinned
    files = [table, *["table.parquet"] * args.parquet, *["failures.csv"] * failed, "metadata.json"]
    print(f"{args.out or args.folder[0]}: {', '.join(files)}")
    for name, study in studies.items():
        _say(name, study)
    return 0


def _say(name: str, found: dict[str, Any]) -> None:
    """Print what a study is, and what of it is not in the table."""
    lines = [text for text in (found["name"], found["notes"]) if text and text != name]
    for key, text in (("waiting", "are not run yet"), ("failed", "failed: see failures.csv")):
        if found[key]:
            lines.append(f"{found[key]} of {found['cells']} cells {text}")
    if found["stale"]:
        lines.append("the rows come from other sources, or from files of --plugin that are not given now;")
        lines.append("sco-flat sweep computes them again")
    for line in lines:
        print(f"{name}: {line}" if name else line)


COMMAND = Command(name="collect", help="write the table of a sweep: CSV, metadata, Parquet", options=_add, run=_run)
