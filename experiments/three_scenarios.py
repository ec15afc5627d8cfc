"""Three scenarios on xor, as runs: flat and right, flat and wrong, right without being flattest.

Reading: without a bias single SAM ends flat and right, with a bias it ends flatter and wrong, and weight decay is right
far from the floor. LayerNorm's flattest interpolators can be wrong, and SAM ends at a right one.
Run: python experiments/three_scenarios.py [--all] [--seeds 3]
"""

from __future__ import annotations

import argparse

from sco_flat import patience
from sco_flat.networks import scenarios
from sco_flat.terminal import number, table

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="also those of d = 30 and the normalised networks: minutes")
    parser.add_argument("--seeds", type=int, default=3, help="seeds from 0")
    args = parser.parse_args()
    rows = []
    with patience.unlimited(silent=True):
        for name in scenarios.SCENARIOS if args.all else ("bias", "no-bias"):
            for seed in range(args.seeds):
                end = scenarios.run(name, seed)
                numbers = (end.accuracy, end.trace, end.floor, end.risk)
                rows.append((name, str(seed), *map(number, numbers)))
    print(table(rows, ("scenario", "seed", "accuracy", "trace", "floor at this point", "empirical risk")))
