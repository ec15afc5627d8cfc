"""Write the README's table of benchmarks from the last full runs that are saved.

Run: python experiments/bench.py --save && python experiments/readme_benchmarks.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import benchmarks
from benchmarks import _history

README = Path(__file__).parent.parent / "README.md"
MARKS = re.compile(r"(?<=<!-- benchmarks -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEAD = ("benchmark", "ours", "memory", "the others take, to ours", "ours, to the triad", "grows like")
Numbers = dict[str, tuple[float | None, str]]
OURS = ("ours", "speed", "start", "update", "wall")
"""What stands in the column of ours: the first of these that a case has."""


def latest(history: Iterable[_history.Run]) -> list[_history.Run]:
    """The last full run of every benchmark, on the machine of the last full run of all."""
    full = [run for run in history if run.size == "full"]
    found = {run.name: run for run in full if run.machine == full[-1].machine}
    return [found[name] for name in sorted(found)]


def number(value: float) -> str:
    """Three digits, as the machines of benchmarks allow."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _ratios(numbers: Numbers, pattern: str) -> str:
    """``NumPy 8×; optax, PyTorch not installed``: what is known, then what is not, and why."""
    found = [(m[1], pair) for what, pair in numbers.items() if (m := re.fullmatch(pattern, what))]
    known = ", ".join(f"{name} {number(value)}×" for name, (value, _) in found if value is not None)
    absent: dict[str, list[str]] = {}
    for name, (value, unit) in found:
        if value is None:
            absent.setdefault(unit, []).append(name)
    return "; ".join([*([known] if known else []), *(f"{', '.join(names)} {why}" for why, names in absent.items())])


def _shown(numbers: Numbers, *names: str) -> str:
    value, unit = next((numbers[name] for name in names if name in numbers), (None, ""))
    return "" if value is None else f"{number(value)} {unit}"


def lines(run: _history.Run) -> list[tuple[str, ...]]:
    """A row for each of the first cases of a benchmark, as many as it wants; growth stands in the first one."""
    powers: dict[str, float] = {}
    for numbers in run.numbers.values():
        for what, pair in numbers.items():
            if what.startswith("exponent in ") and pair[0] is not None:
                powers.setdefault(what.removeprefix("exponent in "), pair[0])  # the first is that of plain runs
    grows = ", ".join(f"{f'({name})' if '^' in name else name}^{power:.2f}" for name, power in powers.items())
    cells: list[tuple[str, ...]] = []
    for case, numbers in run.numbers.items():
        values = (_shown(numbers, *OURS), _shown(numbers, "peak memory"))
        if any(values) and len(cells) < benchmarks.get(run.name).shown:
            ratios = (_ratios(numbers, r"(.+) / ours"), _ratios(numbers, r"ours / triad, (.+)"))
            cells.append((f"{run.name}: {case}", *values, *ratios, "" if cells else grows))
    return cells


def markdown(history: Iterable[_history.Run]) -> str:
    """The table, below it where and when its numbers are from."""
    runs = latest(history)
    table = [HEAD, ("---",) * len(HEAD), *(line for run in runs for line in lines(run))]
    text = "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in table)
    missing = sorted({*benchmarks.names()} - {run.name for run in runs})
    m, days = runs[-1].machine, sorted(run.date for run in runs)
    words = [
        f"{m['processor']}, {m['cores']} cores, {m['vectors']}",
        f"{days[0][:10]} to {days[-1][:10]}" if days[0][:10] != days[-1][:10] else days[0][:10],
        f"when they began, {min(r.load for r in runs):.0f} to {max(r.load for r in runs):.0f} processes were at work",
        *([f"not in it: {', '.join(missing)}"] if missing else []),
    ]
    return f"{text}\n*{'; '.join(words)}.*\n"


if __name__ == "__main__":
    found = markdown(_history.read(_history.PATH))
    README.write_text(MARKS.sub(lambda old: found, README.read_text()))
