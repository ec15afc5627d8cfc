"""Measurements: ``sum_k <S_k, W - M>²`` has the Jacobian ``S J``, and so ``lambda_max = 2 lambda_max(S K S^T)``."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances import factors as exact
from sco_flat.instances.factorisation import masks
from sco_flat.instances.factors import Minimiser
from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.base import Constant, Provable
from sco_flat.proofs.question import Question
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.factorisation.proofs import points
from sco_flat.works.factorisation.proofs.eigenvalues import Symmetric, largest
from sco_flat.works.factorisation.proofs.hessian import lambda_max, twice_gram
from sco_flat.works.factorisation.rechecks import sensing as rechecks

SOURCE = "this package"
MOST = 64
SAME = "largest entry of 2 J J^T - 2 S K S^T, J from derivatives of <S_k, W>"
BELOW = "lambda_max - |S|² lambda_max of the loss that sees every entry"


def count(question: Question) -> Fraction:
    """Number of measurements."""
    return Fraction(question.options.get("measurements", 5))


def rows(found: Minimiser, number: int) -> NDArray[np.int64]:
    """The measurements as rows, column-major."""
    drawn = masks(number, len(found.target), len(found.target[0]))
    return drawn.transpose(0, 2, 1).reshape(number, -1)


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """A whole number of measurements."""
    part, e = count(question) % 1, question.evidence
    found = decide_exactly("measurements mod 1", "hypothesis", (part, part), "==", 0, SOURCE, e)
    return [(found, "measurements")]


def from_derivatives(found: Minimiser, number: int) -> Symmetric:
    """``2 J J^T``: row k of J has the blocks ``A_i^T S_k B_i^T``, the derivatives of ``<S_k, W>``."""
    after, before = exact.sides(found.factors)
    listed = []
    for mask in masks(number, len(found.target), len(found.target[0])).tolist():
        s = tuple(tuple(map(Fraction, row)) for row in mask)
        blocks = [
            exact.multiply(exact.multiply(exact.transposed(a), s), exact.transposed(b))
            for a, b in zip(after, before, strict=True)
        ]
        listed.append(tuple(x for block in blocks for row in block for x in row))
    twice = exact.scaled(exact.multiply(tuple(listed), exact.transposed(tuple(listed))), Fraction(2))
    scale = twice_gram(found).scale
    return Symmetric(tuple(tuple(int(x * scale) for x in row) for row in twice), scale)


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """The two matrices are one; both ends of lambda_max; what measuring can add."""
    found, number = points.minimum(question), int(count(question))
    ledger = points.started(question, found)
    ledger.found += [c for c, _ in hypotheses(question)]
    signs = rows(found, number)
    k, j = twice_gram(found, signs), from_derivatives(found, number)
    off = max(abs(x - y) for r, q in zip(k.rows, j.rows, strict=True) for x, y in zip(r, q, strict=True))
    ledger.say("dynamics", SAME, Fraction(off, k.scale), "==", 0, SOURCE)
    ends = lambda_max(found, signs)
    ledger.say("conclusion", points.POSITIVE, ends, ">", 0, SOURCE, points.written(ends))
    gram = (signs @ signs.T).tolist()
    norm, whole = largest(Symmetric(tuple(map(tuple, gram)), 1)), lambda_max(found)
    most = (norm[0] * whole[0], norm[1] * whole[1])
    ledger.say("conclusion", BELOW, points.apart(ends, most), "<=", 0, SOURCE)
    return ledger.found


SENSING = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=rechecks.sensing,
    constants={"measurements": Constant(MOST)},
    texts={"factors": exact.spelled},
    says="at this minimum lambda_max = 2 lambda_max(S K S^T), at most |S|² lambda_max without measurements",
)
