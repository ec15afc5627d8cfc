"""The same through a few measurements: ``sum_k <S_k, W_L ... W_1 - M>²``."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, hypothesis_claims
from sco_flat.works.factorisation import common
from sco_flat.works.factorisation.lambda_ import closed_forms

TITLE = "sensing"
SOURCE = common.NEW


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """At least one measurement."""
    count = common.factorisation(loss).measurements
    return (Hypothesis("measurements >= 1", "measurements", count, ">=", 1.0, "the smallest legal number is 1", TITLE),)


def claims(request: Request) -> list[Claim]:
    """``2 lambda_max(S K S^T)`` beside the Hessian, and beside the loss that sees every entry."""
    loss, found = common.at_minimum(request, STATEMENT)
    found += hypothesis_claims(hypotheses(loss))
    found += closed_forms(loss)
    gram = loss.masks @ loss.masks.T
    bound = float(np.linalg.eigvalsh(gram.astype(float))[-1]) * _all_seen(loss)
    name = "lambda_max <= |S|² lambda_max of the loss that sees every entry"
    value = loss.lambda_max(np.zeros(loss.dimension))
    found.append(claim(name, "conclusion", value, "<=", bound, SOURCE, slack=common.SOLVER))
    return found


def _all_seen(loss: Any) -> float:
    """lambda_max without measurements."""
    after, before = loss.sides(np.zeros(loss.dimension))
    whole = sum(np.kron(b.T @ b, a @ a.T) for a, b in zip(after, before, strict=True))
    return 2.0 * float(np.linalg.eigvalsh(whole)[-1])


def proof() -> Any:
    """The proof in fractions, and its re-check."""
    from sco_flat.works.factorisation.proofs.sensing import SENSING

    return SENSING


STATEMENT = common.at_a_minimum(
    instance="factorisation",
    key="factorisation.sensing",
    title=TITLE,
    text="where the loss is 0, sum_k <S_k, W_L ... W_1 - M>² has lambda_max = 2 lambda_max(S K S^T)",
    defaults=common.DEFAULTS | {"measurements": 5},
    claims=claims,
    hypotheses=hypotheses,
    proof=proof,
    unread=common.UNREAD | {"edge": common.ALL_SEEN["edge"]},
)
