"""Blocks engine: sam-chain with n = 20, T = 10^4, so d = 1.05e10, in seconds and megabytes.

Each size runs twice in a fresh process, the first time to load the compiled code; growth in T and in 2^n follow.
Run: python experiments/bench_blocks.py [--quick] [--json]
"""

from __future__ import annotations

import json
import subprocess
import sys

from _bench import Ours, arguments, best, exponent, peak_mebibytes, show

from sco_flat.engines.simulation import simulate
from sco_flat.settings import Settings

LENGTHS = [1000, 3000, 10_000, 30_000]
"""T of the growth."""
GROWING = {"seconds": "the run", "projected": "with projections", "suffixes": "with the risks of all suffixes"}
"""What grows, by the key of a child's answer."""


def child(n: int, steps: int, engine: str) -> dict[str, float]:
    """Run one size in a process of its own; warm up on a small one first."""
    command = [sys.executable, __file__.replace("bench_frontier", "bench_blocks"), "--child", f"{n},{steps},{engine}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def as_child(text: str) -> None:
    """Print seconds (set-up of the arrays and the whole run with its average) and peak memory.

    For the growth of the blocks engine also seconds of the run with projections, and of the run with all its suffixes.
    """
    n, steps, engine = text.split(",")
    Ours(6, 16, engine).run(True)
    ours = Ours(int(n), int(steps), engine)
    found = {"seconds": min(ours.run(True) for _ in range(1 if int(steps) > 10**6 else 3))}
    found["mebibytes"] = peak_mebibytes()
    if engine == "blocks" and int(steps) in LENGTHS and int(n) <= 12:

        def projected() -> None:
            simulate(ours.instance, ours.sample, Settings("sam", engine=engine, project=True), 0)

        def suffixes() -> None:
            _ = simulate(ours.instance, ours.sample, Settings("sam", engine=engine), 0).suffix_risks

        found |= {"projected": best(projected, 3), "suffixes": best(suffixes, 3)}
    print(json.dumps(found))


if __name__ == "__main__":
    if "--child" in sys.argv:
        as_child(sys.argv[-1])
        raise SystemExit
    args = arguments(__doc__)
    main = child(20, 10_000, "blocks")
    rows = [
        ("n=20 T=1e4: seconds", main["seconds"], "s", 2.0, "<"),
        ("n=20 T=1e4: peak memory", main["mebibytes"], "MiB", 300.0, "<"),
    ]
    runs = [child(12, t, "blocks") for t in LENGTHS]
    for key, words in GROWING.items():
        times = [run[key] for run in runs]
        rows += [(f"n=12 T={t}: {words}", s, "s", None, "") for t, s in zip(LENGTHS, times, strict=True)]
        rows.append((f"exponent in T (n=12): {words}", exponent([float(t) for t in LENGTHS], times), "", 1.2, "<"))
    sizes = [12, 16, 20] if args.quick else [12, 14, 16, 18, 20]
    times = [child(n, 64, "blocks")["seconds"] for n in sizes]
    rows += [(f"n={n} T=64: seconds", s, "s", None, "") for n, s in zip(sizes, times, strict=True)]
    rows.append(("exponent in 2^n (T=64)", exponent([2.0**n for n in sizes], times), "", None, ""))
    show(rows, args.json)
