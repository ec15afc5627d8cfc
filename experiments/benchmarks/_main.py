"""All benchmarks: what the package takes, beside NumPy, the triad, and optax, PyTorch and PEPit where installed.

Every number is the median of five runs (three for long commands with --quick), of which contenders take turns; seconds
are CPU seconds unless they are said to be wall. A rival that is not installed is named so. Limits are shown; missing
one is no error.

    python experiments/bench.py                          # all, at full size: hours
    python experiments/bench.py dense frontier --quick   # two, at sizes that take a minute or two each
    python experiments/bench.py commands --compare       # beside the last saved run of this machine, in percent
    python experiments/bench.py dense --save             # and append a line to experiments/benchmarks.jsonl
    python experiments/readme_benchmarks.py              # the README's table, from the full runs saved
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime

import benchmarks
from benchmarks import _history, _machine, _show
from benchmarks._base import Row, Unmeasured
from sco_flat.errors import InputError, unknown_name


def measured(name: str, size: str) -> tuple[_history.Run, list[Row]]:
    """Run one benchmark."""
    benchmark = benchmarks.get(name)
    now, load, commit = datetime.now(UTC), os.getloadavg()[0], _machine.commit()  # before it runs
    rows = benchmark.run(size)
    run = _history.Run(
        name=name,
        size=size,
        rounds=benchmark.rounds(size),
        date=f"{now:%Y-%m-%d %H:%M}",
        commit=commit,
        machine=_machine.machine(),
        versions=_machine.versions(),
        load=round(load, 2),
        numbers=_history.gathered(rows),
    )
    return run, rows


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "name", metavar="NAME", nargs="*", help=f"{', '.join(benchmarks.names())}; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and smaller sizes")
    parser.add_argument("--save", action="store_true", help="append to the history, experiments/benchmarks.jsonl")
    parser.add_argument("--compare", action="store_true", help="show the last saved run of this machine beside it")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0, or 2 for what cannot be used or measured."""
    try:
        bench(arguments(words))
    except (InputError, Unmeasured) as error:
        print(f"bench.py: {error}", file=sys.stderr)
        return 2
    return 0


def bench(args: argparse.Namespace) -> None:
    """Run, show, compare, save: each benchmark as soon as it is done."""
    known = benchmarks.names()
    for name in args.name:
        if name not in known:
            raise unknown_name("benchmark", name, known)
    history = _history.read(_history.PATH) if args.save or args.compare else []
    for name in args.name or known:
        run, rows = measured(name, "quick" if args.quick else "full")
        before = _history.last(history, run) if args.compare else None
        print(_show.heading(benchmarks.get(name).title, run))
        if args.compare:
            print(_show.since(before, run))
        print(_show.table(rows, before), end="\n\n", flush=True)
        if args.save:
            _history.append([run], _history.PATH)
