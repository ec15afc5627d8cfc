"""Deep matrix factorisation: seconds of certified and of float eigenvalues, and of escapes, in one process.

Run: python experiments/bench_factorisation.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from _bench import best

from sco_flat.proofs import files
from sco_flat.requests import request_from
from sco_flat.works.base import prove, verify
from sco_flat.works.factorisation import common, departure
from sco_flat.works.factorisation.edges import EDGES

WIDE = "random:4:20:0"


def certify(factors: str, path: str) -> None:
    """Prove, write, which re-checks, and read again."""
    files.write(path, prove("factorisation.lambda", "every sample", factors=factors))
    assert verify(path).valid


def escapes() -> None:
    """One run for each step size, with its end."""
    for c in EDGES:
        assert departure.leave(request_from("factorisation", steps=4000, edge=c), 1.0).end is not None


def main() -> None:
    wide = common.factorisation(request_from("factorisation", factors=WIDE).build())
    origin = np.zeros(wide.dimension)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "certificate.json")
        for name, call, limit in (
            ("lambda_max, depth 3, width 3, proved", lambda: prove("factorisation.lambda", "every sample"), 1.0),
            ("the same, written and verified", lambda: certify("depth-3", path), 1.0),
            ("lambda_max, depth 4, width 20, floats", lambda: wide.lambda_max(origin), 1.0),
            ("the same, proved", lambda: prove("factorisation.lambda", "every sample", factors=WIDE), 60.0),
            ("the same, written and verified", lambda: certify(WIDE, path), 60.0),
            ("five escapes of depth 3, T = 4000", escapes, 5.0),
        ):
            seconds = best(call, 3)
            print(f"{name:<45} {seconds:8.3f} s  {limit:g} s {'reached' if seconds < limit else 'MISSED'}")


if __name__ == "__main__":
    main()
