"""Counts in the sample of SAM's valley: distinct examples, sets that miss them, overlaps with the others."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat.instances.families import Family
from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.question import Question
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.valley.drawn import sets


def overlaps(found: Family, examples: np.ndarray) -> np.ndarray:
    """``|A_i n S|`` for every set, examples counted as often as they were drawn."""
    total = np.zeros(found.count, dtype=np.int64)
    for z in examples.tolist():
        total += found.holding(z)
    return total


def counted(question: Question, drawn: Sample, source: str) -> list[Claim]:
    """What the event asks, counted: distinct examples, one set that misses them, half of all points in it."""
    own, shared = sets(question), overlaps(sets(question), drawn.codes)
    distinct, bad = len(set(drawn.codes.tolist())), np.flatnonzero(shared == 0)
    counts = [
        ("number of distinct examples, less n", distinct - question.n, 0),
        ("number of sets that hold no example", len(bad), 1),
    ]
    if len(bad) == 1:
        words = own.words[int(bad[0]) * own.row : (int(bad[0]) + 1) * own.row]
        inside = sum(int(word & (2**64 - 1)).bit_count() for word in words.tolist())
        counts.append(("points of the missed set, less half of all", inside - question.n**2 // 2, 0))
    return [
        decide_exactly(name, "hypothesis", (Fraction(value),) * 2, "==", bound, source, question.evidence)
        for name, value, bound in counts
    ]
