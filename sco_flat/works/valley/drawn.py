"""The sample of SAM's valley that a proof and its re-check are about."""

from __future__ import annotations

import math

from sco_flat.errors import InputError
from sco_flat.instances.families import Family, family, miss_chance
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample, streams

LEAST_N = 4
"""Smallest n of the loss."""
LONGEST = 2**14
"""Largest T of a run that is walked, in balls and once more in rational intervals."""
COHERENCE = 0.125
"""What products of different codes of signs may reach."""


def columns(n: int) -> int:
    """Number of sets for an n; odd and small ones are refused where the sample is drawn."""
    return math.ceil(1 / miss_chance(n * n, n)) if n > 1 else 1


def sets(question: Question) -> Family:
    """The family of seed 0, as that of the loss.

    Raises
    ------
    InputError
        If it does not fit into memory, or its codes of signs are not as far apart as the theorem asks.
    """
    length = 0 if question.options.get("codes") != "signs" else 200 * question.n
    return family(question.n**2, question.width, 0, length, COHERENCE)


def examples(question: Question, event: str) -> Sample:
    """Draw the examples; the same as for a run in floating point.

    Raises
    ------
    InputError
        For numbers with which there is no loss.
    """
    n = question.n
    if n % 2 or n < LEAST_N:
        raise InputError(
            "n", n, f"the sets are halves of n² points, for an even n of at least {LEAST_N}",
            f"choose n = {max(LEAST_N, n + n % 2)}",
        )  # fmt: skip
    if question.options.get("scope") == "all":
        mend = "leave it out, or ask for --evidence every-sample"
        raise InputError("scope", "all", "a sample is drawn for given numbers", mend)
    return sets(question).draw(n, event, streams(question.seed, "sample")["sample"])


def sample(question: Question, event: str) -> Sample:
    """Draw the examples of a run that is walked.

    Raises
    ------
    InputError
        As in `examples`, and for numbers with which no run can be walked.
    """
    for name in question.spread:
        text, mend = question.as_dict()[name], "give one number, or ask for --evidence every-sample"
        raise InputError(name.replace("_", "-").replace("perturbation-", ""), text, "one run has one of it", mend)
    if question.steps > LONGEST:
        mend = "choose fewer, or ask for --evidence every-sample"
        raise InputError("steps", question.steps, f"a run is walked for at most {LONGEST:,} steps", mend)
    return examples(question, event)
