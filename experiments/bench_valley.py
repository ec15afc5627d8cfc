"""SAM's valley with n = 20, T = 10^4: N = 400 atoms, a dimension of about 1.7e6, and the growth in T and in n.

Each size runs in a fresh process, a small run first to load the compiled code; what is timed is `sco_flat.run`, so that
the sample, the measures and the claims are in it.
Run: python experiments/bench_valley.py [--quick] [--json]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from _bench import arguments, exponent, peak_mebibytes, show

import sco_flat


def child(n: int, steps: int) -> dict[str, float]:
    """Run one size in a process of its own."""
    command = [sys.executable, __file__, "--child", f"{n},{steps}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def as_child(text: str) -> None:
    """Print seconds, peak memory and the dimension."""
    n, steps = map(int, text.split(","))
    sco_flat.run("sam-valley", n=4, steps=400)
    began = time.perf_counter()
    found = sco_flat.run("sam-valley", n=n, steps=steps)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "mebibytes": peak_mebibytes(), "dimension": found.dimension}))


if __name__ == "__main__":
    if "--child" in sys.argv:
        as_child(sys.argv[-1])
        raise SystemExit
    args = arguments(__doc__)
    main = child(20, 10_000)
    rows = [
        ("n=20 T=1e4: dimension", main["dimension"], "", None, ""),
        ("n=20 T=1e4: seconds", main["seconds"], "s", 10.0, "<"),
        ("n=20 T=1e4: peak memory", main["mebibytes"], "MiB", 500.0, "<"),
    ]
    lengths = [1000, 4000, 16_000] if args.quick else [1000, 4000, 16_000, 64_000]
    times = [child(12, t)["seconds"] for t in lengths]
    rows += [(f"n=12 T={t}: seconds", s, "s", None, "") for t, s in zip(lengths, times, strict=True)]
    rows.append(("exponent in T (n=12)", exponent([float(t) for t in lengths], times), "", None, ""))
    sizes = [8, 12, 16, 20]
    found = [child(n, 1000) for n in sizes]
    rows += [(f"n={n} T=1000: seconds", f["seconds"], "s", None, "") for n, f in zip(sizes, found, strict=True)]
    rows.append(
        (
            "exponent in the dimension (T=1000)",
            exponent(*([f[k] for f in found] for k in ("dimension", "seconds"))),
            "",
            None,
            "",
        )
    )
    show(rows, args.json)
