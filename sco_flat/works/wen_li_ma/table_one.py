"""Table 1 of the paper, computed: whether the flattest networks generalise, and those that SAM finds.

The first column is decided by constructions and programs, the second by runs. Both are errors on points that are not in
the training set, and "yes" is an error of at most 0 and of at most 1/20.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sco_flat.results import Claim, claim
from sco_flat.works.wen_li_ma import batch_norm, complete_sets, constructions, nets
from sco_flat.works.wen_li_ma.common import exact
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.flattest import find
from sco_flat.works.wen_li_ma.training import Moment, points, request

SOURCE = "Wen, Li and Ma, Table 1"
SEEDS = 3
SIZES = {"no bias": 13, "bias": 20, "LayerNorm": 20}
"""Training points of the exact column."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    scenario, column : str
        Its row, and ``flattest`` or ``SAM``.
    printed : {"yes", "no"}
        What the paper has.
    measure : str
        Of what the error is.
    error, limit : Fraction or float
        Share of wrong points, and the largest that is a "yes".
    note : str
        How it was found.
    """

    scenario: str
    column: str
    printed: str
    measure: str
    error: Fraction | float
    limit: Fraction | float
    note: str = ""

    @property
    def computed(self) -> str:
        """The answer."""
        return "yes" if self.error <= self.limit else "no"

    def claim(self) -> Claim:
        """It is what the paper has."""
        name = f"{self.scenario}: {self.column} generalise{'s' * (self.column == 'SAM')}, {self.printed}: "
        name += f"error of {self.measure}"
        relation = "<=" if self.printed == "yes" else ">"
        if isinstance(self.error, Fraction):
            return exact(name, self.error, relation, Fraction(self.limit), SOURCE, self.note)  # type: ignore[arg-type]
        return claim(name, "conclusion", self.error, relation, self.limit, SOURCE, note=self.note)  # type: ignore[arg-type]


def flattest(seed: int) -> list[Cell]:
    """The first column: without a bias by mixed integer programs, which are floats; the others in fractions."""
    free = find(xor(4, SIZES["no bias"], seed=0, bias=False), "all", seed=0)
    lowest = float(np.mean([v <= 0 for v in free.lowest])) if free.verdict in ("holds", "proved") else float("nan")
    known = xor(6, SIZES["bias"], seed)
    error = Fraction(nets.wrong(constructions.memoriser(known), known), len(known.rest))
    d = 5
    whole = next(r for r in (batch_norm.chosen(d, 5, seed + k) for k in range(100)) if not complete_sets.left(r))
    return [
        Cell("no bias", "flattest", "yes", "the worst, d = 4, n = 13", lowest, 0.0, "mixed integer programs, floats"),
        Cell("bias", "flattest", "no", "a memoriser, Tr = 4 sqrt(d + 1)", error, Fraction(0), "wen-li-ma.memoriser"),
        Cell(
            "BatchNorm", "flattest", "yes", "the worst, a complete set of full rank",
            Fraction(complete_sets.worst(whole, d)[2], 2**d), Fraction(0), "wen-li-ma.complete-sets",
        ),
        Cell("LayerNorm", "flattest", "no", "a memoriser, Tr = 2", error, Fraction(0), "wen-li-ma.layer-norm"),
    ]  # fmt: skip


def trained(seed: int, seeds: int = SEEDS) -> dict[str, list[list[Moment]]]:
    """The runs of the second column, each as its moments: several seeds where draws differ much."""
    names = {"no bias": ("no-bias", seeds), "bias": ("bias", seeds), "BatchNorm": ("batch-norm", 1)}
    names |= {"LayerNorm": ("layer-norm", 1), "bias, d = 10": ("bias-10", 1)}
    return {row: [points(request(name, seed + k)) for k in range(count)] for row, (name, count) in names.items()}


def errors(runs: Sequence[Sequence[Moment]]) -> list[float]:
    """Of the ends of some runs."""
    ends = [found[-1].accuracy for found in runs]
    return [math.nan if a is None else 1.0 - a for a in ends]


def cells(seed: int, runs: dict[str, list[list[Moment]]]) -> list[Cell]:
    """The table, row by row: what the flattest networks do, and what SAM does."""
    notes = {
        "LayerNorm": "d = 10; at d = 30 it is almost: see experiments/three_scenarios.py",
        "BatchNorm": "d = 10, r <= 0.2",
    }
    found = []
    for cell in flattest(seed):
        row = runs[cell.scenario]
        printed = "no" if cell.scenario == "bias" else "yes"
        measure = f"the mean of {len(row)} seeds" if len(row) > 1 else "the run"
        mean = float(np.mean(errors(row)))
        found += [cell, Cell(cell.scenario, "SAM", printed, measure, mean, 0.05, notes.get(cell.scenario, "d = 20"))]
    return found


def markdown(found: Sequence[Cell]) -> str:
    """The table with its numbers, in Markdown."""
    lines = ["| | flattest networks generalise | SAM generalises |", "|---|---|---|"]
    for first, second in zip(found[::2], found[1::2], strict=True):
        told = (f"{c.computed} (error of {c.measure}: {float(c.error):.3g})" for c in (first, second))
        lines.append(f"| {first.scenario} | {' | '.join(told)} |")
    return "\n".join(lines)
