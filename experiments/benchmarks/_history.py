"""The history: a file with one line of JSON for each run of a benchmark, which only ever grows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks._base import Row
from sco_flat.errors import InputError

PATH = Path(__file__).parent.parent / "benchmarks.jsonl"
MEND = "delete the line, or take the file from git again"


@dataclass(frozen=True)
class Run:
    """One run of one benchmark.

    Attributes
    ----------
    name, size : str
        Which benchmark, and ``full``, ``quick`` or ``smallest``.
    rounds : int
        Each number is the median of so many.
    date, commit : str
        Day and minute (UTC), and what ran.
    machine, versions : dict
        See `_machine`.
    load : float
        How many processes wanted a core when it began: well above 0, others were at work.
    numbers : dict
        Case to quantity to (value, unit); a value is None where it could not be measured.
    """

    name: str
    size: str
    rounds: int
    date: str
    commit: str
    machine: dict[str, Any]
    versions: dict[str, str]
    load: float
    numbers: dict[str, dict[str, tuple[float | None, str]]]

    def kin(self, other: Run) -> bool:
        """Whether both measure the same on the same machine."""
        return (self.name, self.size, self.machine) == (other.name, other.size, other.machine)


def gathered(rows: Iterable[Row]) -> dict[str, dict[str, tuple[float | None, str]]]:
    """Rows as the numbers of a run.

    Raises
    ------
    ValueError
        If two rows have one name, or a value is no finite number.
    """
    found: dict[str, dict[str, tuple[float | None, str]]] = {}
    for row in rows:
        case = found.setdefault(row.case, {})
        if row.what in case:
            raise ValueError(f"{row.case}: {row.what} is there twice")
        if row.value is not None and not math.isfinite(row.value):
            raise ValueError(f"{row.case}: {row.what} is {row.value}")
        case[row.what] = (row.value, row.unit)
    return found


def read(path: Path) -> list[Run]:
    """All runs, the oldest first; none if there is no file.

    Raises
    ------
    InputError
        For a line that is no run, with its number.
    """
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    return [_run(line, f"{path.name} line {k}") for k, line in enumerate(text.splitlines(), 1)]


def _run(line: str, where: str) -> Run:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(where, line, f"is no JSON ({error})", MEND) from None
    kinds = {
        "name": str, "size": str, "rounds": int, "date": str, "commit": str, "machine": dict, "versions": dict,
        "load": float, "numbers": dict,
    }  # fmt: skip
    if not isinstance(data, dict) or set(data) != set(kinds):
        raise InputError(where, line, f"is no run: a run has the keys {', '.join(kinds)}", MEND)
    for key, kind in kinds.items():
        if not isinstance(data[key], kind):
            raise InputError(f"{where}, {key}", data[key], f"is of type {kind.__name__}", MEND)
    for case, found in data["numbers"].items():
        if not isinstance(found, dict):
            raise InputError(f"{where}, {case}", found, "is a mapping from quantities to [value, unit]", MEND)
        for what, pair in found.items():
            if not _number(pair):
                raise InputError(f"{where}, {case}, {what}", pair, "is [value, unit], the value finite or null", MEND)
            found[what] = tuple(pair)
    return Run(**data)


def _number(pair: Any) -> bool:
    if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], str)):
        return False
    value = pair[0]
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value is None or (known and math.isfinite(value))


def append(runs: Iterable[Run], path: Path) -> None:
    """Add a line for each run; a file that cannot be read is left alone.

    Raises
    ------
    InputError
        See `read`.
    """
    read(path)
    lines = [json.dumps(asdict(run), ensure_ascii=False, allow_nan=False) + "\n" for run in runs]
    with path.open("a", encoding="utf-8") as file:
        if path.stat().st_size and not path.read_text(encoding="utf-8").endswith("\n"):
            file.write("\n")
        file.write("".join(lines))


def last(runs: Iterable[Run], like: Run) -> Run | None:
    """The newest run that measured the same on the same machine."""
    return next((run for run in reversed([*runs]) if run.kin(like)), None)
