"""Deep matrix factorisation: certified and float eigenvalues, and escapes, inside one process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks._base import Benchmark, Row, growth, median, seconds
from sco_flat.proofs import files
from sco_flat.requests import request_from
from sco_flat.works.base import prove, verify
from sco_flat.works.factorisation import common, departure
from sco_flat.works.factorisation.edges import EDGES

BESIDE = 1e-3
"""Every coordinate of the point: the loss knows its lambda_max at 0 from then on."""


def certify(factors: str, path: str) -> None:
    """Prove, write, which re-checks, and read again."""
    files.write(path, prove("factorisation.lambda", "every sample", factors=factors))
    assert verify(path).valid


def escapes(steps: int) -> None:
    """One run for each step size, with its end."""
    for c in EDGES:
        departure.leave(request_from("factorisation", steps=steps, edge=c), 1.0)


def measure(rounds: int, wide: str, most: float, steps: int, widths: tuple[int, ...]) -> Iterator[Row]:
    """One row for each number, then growth of the float eigenvalue in d."""
    loss = common.factorisation(request_from("factorisation", factors=wide).build())
    point = np.full(loss.dimension, BESIDE)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "certificate.json")
        for case, call, limit in (
            ("lambda_max, depth 3, proved", lambda: prove("factorisation.lambda", "every sample"), 1.0),
            ("lambda_max, depth 3, written and verified", lambda: certify("depth-3", path), 1.0),
            (f"lambda_max, {wide}, floats", lambda: loss.lambda_max(point), 1.0),
            (f"lambda_max, {wide}, proved", lambda: prove("factorisation.lambda", "every sample", factors=wide), most),
            (f"lambda_max, {wide}, written and verified", lambda: certify(wide, path), most),
            (f"{len(EDGES)} escapes of depth 3, T = {steps}", lambda: escapes(steps), 5.0),
        ):
            yield Row(case, "ours", median(lambda call=call: seconds(call), rounds), "s", most=limit)
    losses = [common.factorisation(request_from("factorisation", factors=f"random:4:{w}:0").build()) for w in widths]
    calls = [lambda one=one: one.lambda_max(np.full(one.dimension, BESIDE)) for one in losses]
    times = [median(lambda call=call: seconds(call, 20), rounds) for call in calls]
    case = f"lambda_max in floats, depth 4, width {widths[0]} to {widths[-1]}"
    yield growth(case, "d", [one.dimension for one in losses], times)


BENCHMARK = Benchmark(
    title="Deep matrix factorisation",
    measure=measure,
    sizes={
        "full": {"wide": "random:4:20:0", "most": 60.0, "steps": 4000, "widths": (5, 10, 20)},
        "quick": {"wide": "random:4:8:0", "most": 60.0, "steps": 4000, "widths": (5, 10, 20)},
        "smallest": {"wide": "random:2:2:0", "most": 60.0, "steps": 16, "widths": (2, 3), "rounds": 1},
    },
)
