"""Conjecture S3: the valley for mini-batches; measured for every batch size, proved for none.

Why the sketch is no proof
--------------------------
*Marks.* R_i must stay silent for i other than I: ``sum_{z outside A_i} -y_z <= thr/th = dl (n - ½)`` where at most n -
1 of the sample lie outside A_i. A mark ends below ``-dl`` by what one visit of the example adds at most, ``eta lam (r +
dl)`` for batches of one, of ``dl = 2 n eta lam r`` the share ``1/(2n) + eta lam``. So the worst case asks for ``(n - 1)
(1/(2n) + eta lam) <= ½``, that is ``eta lam <= 1/(2n (n - 1))``. With lam = .1 and eta = .24 it is .024, and the limit
is .042, .025, .0167 at n = 4, 5, 6: for batches of one the count closes up to n = 4 of the even n, and not beyond. With
lam of order 1/n² it would close for every n. For batches of k a visit adds ``eta lam (r/sqrt k' + dl)/k``, k' of them
being unmarked, which is less.

*The last marks.* R_I may speak before the last example is marked, at ``-y`` above half of dl. From then on b is not 0,
and until the last mark a batch that holds that example has SAM's direction divided between y and b: then the step of X
is not the recurrence's. That it happens a number of times that is free of T is not proved.

*After it.* R_I stays active: in S1 the coordinate a falls and silences it, here a moves by ``eta mu sig`` times the
residual only. So b is pushed in one direction at every step, by ``eta mu th dl``, that is ``eta² th dl/8`` or ``eta²
tau``, at most: the cycle of two is not symmetric, and the two-step inequality of S1 has to carry that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sco_flat.engines.simulation import simulate
from sco_flat.instances.base import Loss
from sco_flat.instances.sam_valley_epochs import SamValleyEpochs
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import CONSTANT_STEP, FROM_ZERO, NO_EPSILON, NORMALIZED, UNPROJECTED
from sco_flat.works.base import Hypothesis, Statement, build, hypothesis_claims
from sco_flat.works.valley.common import own_size, sample_claims

TITLE = "Conjecture S3"


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """The conditions of the walk along the floor, and ``margin <= r/8``."""
    assert isinstance(loss, SamValleyEpochs)
    margin, eighth = loss.valley()["margin"], loss.perturbation_radius / 8.0
    mend = f"the largest legal margin is {eighth:.12g}"
    return (
        *(Hypothesis(c.name, c.key, c.value, c.relation, c.limit, c.mend, TITLE) for c in loss.conditions()),
        own_size(loss.made_for, loss.n, TITLE),
        Hypothesis("margin <= r/8", "margin", margin, "<=", eighth, mend, TITLE),
    )


def claims(request: Request) -> list[Claim]:
    """The risk of every suffix for the batch size asked for, or for the full batch and every smaller one."""
    loss = build(request, STATEMENT)
    sample, found = request.sample(loss), hypothesis_claims(hypotheses(loss))
    found += sample_claims(sample, TITLE)
    asked = request.settings.batch_size
    sizes = [asked] if asked is not None else [None, *range(1, loss.n)]
    least = loss.step_size * loss.perturbation_radius**2 * loss.steps / 80.0
    for size in sizes:
        run = simulate(loss, sample, replace(request.settings, batch_size=size), request.seed)
        label = "the full batch" if size is None else f"batches of {size}"
        norm = float(np.sqrt(np.sum(run.last**2)))
        found.append(claim(f"|w_T| <= 1, no projection, {label}", "dynamics", norm, "<=", 1.0, TITLE))
        start, risk = run.lowest_suffix()
        name = f"F of every suffix average, {label} (lowest at {start}) >= eta r² T/80"
        found.append(claim(name, "conclusion", risk[0], ">=", least, f"{TITLE}: measured, not proved"))
    return found


STATEMENT = Statement(
    key="valley.sam-batches",
    title=TITLE,
    text="SAM, every batch size: every suffix average has F of order eta r² T (measured; there is a sketch, no proof)",
    instance="sam-valley-epochs",
    method="sam",
    defaults={"n": 6, "steps": 1024, "step_size": 0.16, "gamma": 0.5},
    claims=claims,
    hypotheses=hypotheses,
    needs=(CONSTANT_STEP, NORMALIZED, NO_EPSILON, UNPROJECTED, FROM_ZERO),
    event="one",
)
