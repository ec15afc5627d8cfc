"""Proofs and their re-check: seconds as commands in fresh processes, and inside one process.

Run: python experiments/bench_proofs.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from _bench import best

from sco_flat.works.base import prove, verify

CASES = (
    ("every-sample", {"n": 20, "steps": 1000, "step_size": "1/4"}, 5.0),
    ("every-sample", {"n": 1000, "steps": 1000, "step_size": "1/4"}, 10.0),
    ("every-sample", {"n": 20, "steps": 1000, "step_size": "1/24..4"}, None),
    ("bracket", {"n": 20, "steps": 10_000, "step_size": "1/4"}, 10.0),
)
OPTIONS = {"n": "--n", "steps": "--steps", "step_size": "--step-size"}


def command(*words: str) -> float:
    """Seconds of ``sco-flat`` with these words, best of three."""
    line = [sys.executable, "-m", "sco_flat", *words]
    return best(lambda: subprocess.run(line, check=True, stdout=subprocess.DEVNULL), 3)


def main() -> None:
    title = "Theorem 7, corrected constants"
    print(f"{title:<60} {'check':>8} {'verify':>8} {'in process: prove':>20} {'verify':>8}  limit")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "certificate.json")
        for evidence, numbers, limit in CASES:
            words = [w for k, v in numbers.items() for w in (OPTIONS[k], str(v))]
            checked = command("check", "7", "--evidence", evidence, *words, "--certificate", path)
            verified = command("verify", path)
            inside = best(lambda e=evidence, k=numbers: prove(7, e.replace("-", " "), **k), 3)
            again = best(lambda: verify(path), 3)
            verdict = "" if limit is None else f"{limit:g} s {'reached' if checked < limit else 'MISSED'}"
            faster = "" if verified <= checked else "  verify is SLOWER"
            name = f"{evidence}, " + ", ".join(f"{k} = {v}" for k, v in numbers.items())
            print(f"{name:<60} {checked:6.2f} s {verified:6.2f} s {inside:18.4f} s {again:6.4f} s  {verdict}{faster}")
    print(
        f"bits left, bracket, n = 20, T = 10,000: {prove(7, 'bracket', **CASES[3][1]).bits_left} of 200 (150 asked for)"
    )


if __name__ == "__main__":
    main()
