"""A referee asks at random: float runs, enclosures and proofs of one question side by side never contradict."""

import random

import pytest

from sco_flat import check
from sco_flat.errors import InputError, NotApplicable

STEP_SIZES = ("1/24", "1/16", "1/12", "1/6", "1/4", "3/10", "1/2", "1", "2", "1/1000", "1e-4", "1e-6")
RADII = ("auto", "1/20", "3/10", "1/2", "1", "2", "1e-3", "1e-9")
FAILING = (320, 634)
"""Questions among the 2,000 whose run fails a claim."""
TIGHT = 1e-9
"""Relative distance of a float from its bound, below which rounding may decide."""


def question(seed):
    """A statement with numbers, many of them outside of it or extreme."""
    rng = random.Random(seed)
    key = rng.choice("123345677768")
    asked = {
        "n": rng.choice([2, 3, 4, 5, 6, 7, 8, 10, 12]),
        "steps": rng.choice([1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 32, 64]),
        "step_size": rng.choice(STEP_SIZES), "seed": rng.randrange(50),
    }  # fmt: skip

    def some(share, **options):
        if rng.random() < share:
            asked.update({name: rng.choice(values) for name, values in options.items()})

    some(0.7, flatness_radius=("0", "1e-9", "1/1000", "1/50", "1/10", "3/10"))
    some(0.5, perturbation_radius=RADII)
    some(0.3, event=("any", "one", "free"))
    some(0.15, schedule=("inverse-sqrt", "linear-decay", "warm-up"))
    some(0.1, project=(True,))
    some(0.5, allow_outside=(True,))
    if key == "3":
        some(0.6, preset=("paper", "robust"))
        some(0.3, oracle=("adversarial", "benign", "coordinate", "uniform"))
    if key == "7":
        some(0.4, parameters=("corrected", "printed"))
        extra = [{"epsilon": 1e-12}, {"normalize": False}, {"batch_size": 2}, {"lam": "8e-5", "gamma": "4"},
                 {"gamma": "1e-3"}, {"lam": "1e-6"}]  # fmt: skip
        asked.update(rng.choice(extra) if rng.random() < 0.2 else {})
    if key == "6":
        asked = {name: value for name, value in asked.items() if name not in ("n", "seed", "event")}
        asked["start"] = rng.choice(("zero", "1/100", "-1/10", "1/2", "1/3"))
    return key, asked


def answer(key, evidence, asked):
    """Verdict and claims by name; a question that is refused has none."""
    given = {name: value for name, value in asked.items() if name != "seed" or evidence != "every sample"}
    try:
        found = check(key, evidence=evidence, **given)
    except (InputError, NotApplicable):
        return "refused", {}
    return found.verdict, {c.name: c for c in found.claims}


def tight(c):
    """Whether a float lies so near to its bound that rounding decides."""
    return c.value is not None and c.bound is not None and abs(c.value - c.bound) <= TIGHT * max(abs(c.bound), 1e-9)


def contradictions(key, asked):
    run, ball, proof = (answer(key, e, asked) for e in ("float", "bracket", "every sample"))
    if proof[0] == "proved" and "fails" in (run[0], ball[0]):
        yield "proved for every sample, and fails on one"
    if {run[0], ball[0]} in ({"fails", "proved"}, {"fails", "holds"}):
        yield f"a run {run[0]}, its enclosure {ball[0]}"
    for name, c in run[1].items():
        other, whole = ball[1].get(name), proof[1].get(name)
        apart = other is not None and {c.verdict, other.verdict} in ({"fails", "proved"}, {"fails", "holds"})
        if apart and not tight(c):
            yield f"{name}: {c.verdict} in floats, {other.verdict} in balls"
        if whole is not None and whole.verdict == "proved" and c.verdict == "fails" and not tight(c):
            yield f"{name}: proved for every sample, and fails in floats"
    for name, c in ball[1].items():
        whole = proof[1].get(name)
        if whole is not None and whole.verdict == "proved" and c.verdict == "fails":
            yield f"{name}: proved for every sample, and fails in balls"


@pytest.mark.parametrize("block", [0, *(pytest.param(k, marks=pytest.mark.deep) for k in range(1, 20))])
def test_no_two_answers_contradict(block):
    """2,000 questions in all, 100 of them by default."""
    for seed in range(100 * block, 100 * block + 100):
        key, asked = question(seed)
        assert not list(contradictions(key, asked)), (seed, key, asked)


def test_questions_reach_every_kind_of_answer():
    """Or the test above would say nothing."""
    seen = set()
    for seed in (*range(60), *FAILING):
        key, asked = question(seed)
        seen |= {(e, answer(key, e, asked)[0]) for e in ("float", "bracket", "every sample")}
    for evidence, verdicts in (
        ("float", ("holds", "fails")),
        ("bracket", ("proved", "fails")),
        ("every sample", ("proved",)),
    ):
        for verdict in (*verdicts, "refused"):
            assert (evidence, verdict) in seen, (evidence, verdict)
