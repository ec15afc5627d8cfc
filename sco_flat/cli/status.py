"""``sco-flat status``: how far a sweep is, and why cells failed."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.terminal.reasons import merged

LINES = 10
"""Reasons that are listed of each kind."""


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", nargs="+", help="folder of the sweep, running or not, or of several")
    _options.json(parser)


def _listed(title: str, reasons: dict[str, int]) -> list[str]:
    """Reasons, the most frequent first."""
    if not reasons:
        return []
    reasons = merged(reasons)
    shown = list(reasons.items())[:LINES]
    more = [f"  and {len(reasons) - len(shown)} other reason(s)"] if len(reasons) > len(shown) else []
    return ["", title, *(f"  {count:>8,}  {reason}" for reason, count in shown), *more]


def _text(found: dict[str, Any]) -> str:
    from sco_flat.sweeps.progress import elapsed

    cells = found["cells"]
    parts = [f"{found['done']:,} of {cells:,} cells done"]
    parts += [f"{found[key]:,} {key}" for key in ("failed", "waiting", "missing") if found[key]]
    lines = [f"{found['folder']}: {', '.join(parts)}"]
    lines += [f"{found['name']}"] * bool(found["name"]) + [f"{found['notes']}"] * bool(found["notes"])
    if found["running"]:
        lines.append("a run fills it now")
    if found["verdicts"]:
        lines.append(", ".join(f"{count:,} {verdict}" for verdict, count in found["verdicts"].items()))
    if found["seconds_per_cell"] is not None:
        seconds = found["seconds_per_cell"]
        pace = f"{seconds:.3g} s a cell" if seconds >= 1.0 else f"{1e3 * seconds:.3g} ms a cell"
        left = f"; what waits takes one worker about {elapsed(found['seconds_left'])}" if found["waiting"] else ""
        lines.append(pace + left)
    if found["beside"]:
        lines.append(f"{found['beside']:,} rows of other files or sources are kept beside them")
    if found["stale"]:
        lines.append("the rows come from other sources, or from files of --plugin that are not given now")
    lines += _listed("failed:", found["failures"])
    lines += _listed("no statement speaks of:", found["outside_theorem"])
    return "\n".join(lines)


def _run(args: argparse.Namespace) -> int:
    from sco_flat.sweeps import status
    from sco_flat.terminal.tables import folded

    found = [status.status(folder) for folder in args.folder]
    if args.json:
        print(json.dumps(found if len(found) > 1 else found[0], indent=1))
    else:
        print(folded("\n\n".join(map(_text, found))))
    return 0


COMMAND = Command(
    name="status",
    help="how far a sweep is, and why cells failed",
    options=_add,
    run=_run,
    description="Count the cells of a sweep by state, group failures by their message, and say what no statement "
    "speaks of and why. It may run while the sweep does. Checksums are not looked at: collect and plot do that.",
)
