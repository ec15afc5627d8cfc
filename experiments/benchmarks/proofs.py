"""Proofs of SAM's chain with corrected constants, and their re-check: as commands, and inside one process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks._base import Benchmark, Row, growth, median, seconds
from benchmarks._commands import SCO_FLAT, cost
from sco_flat.works.base import prove, verify

OPTIONS = {"n": "--n", "steps": "--steps", "step_size": "--step-size"}
EVERY, BRACKET = "every-sample", "bracket"
Case = tuple[str, Mapping[str, object], float | None]


def measure(rounds: int, cases: tuple[Case, ...], lengths: tuple[int, ...]) -> Iterator[Row]:
    """Each case as commands and in this process, then growth of the proof in T."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "certificate.json")
        for evidence, numbers, most in cases:
            name = f"{evidence}, " + ", ".join(f"{k} = {v}" for k, v in numbers.items())
            words = [w for k, v in numbers.items() for w in (OPTIONS[k], str(v))]
            line = (*SCO_FLAT, "check", "7", "--evidence", evidence, *words, "--certificate", path)
            yield from cost(f"check, {name}", line, rounds, most=most)
            inside = median(lambda e=evidence, k=numbers: seconds(lambda: prove(7, e.replace("-", " "), **k)), rounds)
            yield Row(f"check, {name}", "inside a process", inside, "s")
            yield from cost(f"verify, {name}", (*SCO_FLAT, "verify", path), rounds)
            again = median(lambda: seconds(lambda: verify(path)), rounds)
            yield Row(f"verify, {name}", "inside a process", again, "s")
    times = [median(lambda t=t: seconds(lambda: prove(7, "bracket", n=20, steps=t)), rounds) for t in lengths]
    yield growth(f"bracket, n = 20, T = {lengths[0]:,} to {lengths[-1]:,}", "T", lengths, times)


BENCHMARK = Benchmark(
    title="Proofs and their re-check",
    measure=measure,
    sizes={
        "full": {
            "cases": (
                (EVERY, {"n": 20, "steps": 1000, "step_size": "1/4"}, 5.0),
                (EVERY, {"n": 1000, "steps": 1000, "step_size": "1/4"}, 10.0),
                (EVERY, {"n": 20, "steps": 1000, "step_size": "1/24..4"}, None),
                (BRACKET, {"n": 20, "steps": 10_000, "step_size": "1/4"}, 10.0),
            ),
            "lengths": (100, 1000, 10_000),
        },
        "quick": {"cases": ((EVERY, {"n": 20, "steps": 1000, "step_size": "1/4"}, 5.0),), "lengths": (100, 1000)},
        "smallest": {"cases": ((BRACKET, {"n": 6, "steps": 16}, None),), "lengths": (16, 32), "rounds": 1},
    },
)
