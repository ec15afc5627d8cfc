"""Which examples each update of a run descends on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.methods.base import grouped_batches, listed_batches, random_batches
from sco_flat.samples import MAX_N, Sample, alone, everyone, popcounts
from sco_flat.settings import Settings


def drawn(
    sample: Sample, steps: int, settings: Settings, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64] | None]:
    """Return the examples of every update as batches, the factors of their mean losses, and the table of listed ones.

    A single one stands for all updates. The factor is the share of the batch whose loss is not zero by decree, 1 where
    nothing is left out.
    """
    n, rule, size, out = sample.n, settings.rule, settings.batch_size, settings.left_out
    if out is not None and out >= n:
        raise InputError("left_out", out, f"the examples are 0 to {n - 1}", "choose one of them")
    if rule.picks is not None:
        picks = rule.picks(n, steps, settings.order, rng)
        # a step whose only example is left out is not taken
        batches = alone(n, picks)
        return batches if out is None else np.where(picks == out, np.int64(0), batches), np.ones(batches.size), None
    if size is None or "batch_size" not in rule.reads:
        return np.array([everyone(n)], dtype=np.int64), np.array([n / (n + sample.idle)]), None
    if size > n:
        raise InputError("batch-size", size, f"at most n = {n}", "leave it out for the full batch")
    if sample.any_batch:
        if out is not None:
            raise InputError("left_out", out, f"no example is left out of the batches of {size}", "use sgd")
        if sample.groups > 1:
            if settings.order != "without-replacement":
                limit = "batches with a share of each source are drawn without replacement"
                raise InputError("order", settings.order, limit, "leave it out")
            listed, table = grouped_batches(n, steps, size, sample.groups, rng)
        else:
            listed, table = listed_batches(n, steps, size, settings.order, rng)
        return listed, np.ones(listed.size), table
    if n > MAX_N:
        raise InputError("batch-size", size, f"batches are drawn from at most {MAX_N} examples", "leave it out")
    batches = random_batches(n, steps, size, rng)
    if out is not None:
        batches &= ~(np.int64(1) << np.int64(out))
    return batches, popcounts(batches) / size, None
