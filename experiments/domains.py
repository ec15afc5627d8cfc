"""Domain generalisation on rotated digits: six targets, two seeds, ERM and SAM, with what averages pick, in kind.

Every run is written down as soon as it is done, so that the same command goes on where it was stopped. ``calm`` is the
case where nothing overfits. Needs the extra ``data``.
Run: python experiments/domains.py [--data generated] [--case calm] [--out FILE] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import joblib

from sco_flat.works.swad.domains import CASES, DOMAINS, MAIN, PARTS, Row, Table, plan, row


def kept(file: Path) -> dict[tuple[str, int, int], Row]:
    """The runs that are done; a line that was cut short is none."""
    found = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            one = Row(**json.loads(line))
        except json.JSONDecodeError:
            continue
        found[one.way, one.target, one.seed] = one
    return found


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits", choices=("digits", "generated"))
    parser.add_argument("--case", default="overfits", choices=tuple(CASES))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, help="file of the runs; domains-DATA-CASE.jsonl if left out")
    parser.add_argument("--json", action="store_true", help="print the runs as JSON")
    args = parser.parse_args()
    file = args.out or Path(f"domains-{args.data}-{args.case}.jsonl")
    done, asked, began = kept(file), plan(DOMAINS, range(args.seeds)), time.perf_counter()
    missing = [run for run in asked if run not in done]
    calls = (joblib.delayed(row)(args.data, args.case, *run) for run in missing)
    with file.open("a") as log:
        for one in joblib.Parallel(n_jobs=2, return_as="generator_unordered")(calls):
            done[one.way, one.target, one.seed] = one
            log.write("\n" + json.dumps(asdict(one)))  # a line that was cut short stays alone
            log.flush()
    table = Table([done[run] for run in asked])
    if args.json:
        print(json.dumps([asdict(one) for one in table.rows]))
        return
    print(f"{len(missing)} of {len(asked)} runs in {time.perf_counter() - began:.0f} s")
    print("accuracy on the target (F_2 on the sources / F_5 on the target)")
    for way in ("ERM", "SAM"):
        print(table.line(way, MAIN))
        print(table.line(way, PARTS))
    for claim in CASES[args.case](table):
        print(f"{claim.verdict:8} {claim.name}: {claim.value:.4g} {claim.relation} {claim.bound:.4g}")


if __name__ == "__main__":
    main()
