"""Slips of the paper (arXiv 2307.11007v2), each with what it computes."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.errata import Erratum, exact
from sco_flat.works.wen_li_ma import batch_norm, label_smoothing, other_labels
from sco_flat.works.wen_li_ma.constructions import generaliser, memoriser, pattern_neurons, printed_radius
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.kinks import tilted
from sco_flat.works.wen_li_ma.nets import Shallow, kinks, misses, trace, wrong

D, SIZE, SEED = 6, 20, 0
Pair = tuple[Claim | None, Claim]


def _radius() -> Pair:
    data, found = xor(D, SIZE, SEED), "Propositions 4.1 and 4.2"
    net = memoriser(data)
    off = printed_radius(net, D)
    printed = trace(off, data) ** 2 * off.radicand
    true = trace(net, data) ** 2 * net.radicand
    name = "Tr² of the memoriser, d = 6, with r"
    floor = 16 * (D + 1)
    return exact(f"{name} = (d² + 1)^(1/4)", printed, "==", floor, found), exact(
        f"{name} = (d + 1)^(1/4)", true, "==", floor, found
    )


def _normed() -> Pair:
    rests = batch_norm.chosen(8, 7, SEED)
    found = batch_norm.parts(batch_norm.own(rests, Fraction(10)), batch_norm.complete(rests))
    return None, exact(
        "BatchNorm, generaliser: the trace's part of the two later layers", found.later, "==", 8, "Lemma A.3"
    )


def _smoothing() -> Pair:
    p = Fraction(1, 5)
    curvature = label_smoothing.derivatives(p, (1 - p) / p)[1]
    name = "second derivative of the smoothed loss at its minimiser, p = 1/5"
    source = "Lemma A.13"
    return exact(name, curvature, "==", 1 / (p * (1 - p)), source), exact(name, curvature, "==", p * (1 - p), source)


def _scale() -> Pair:
    data, values = other_labels.labelled(D, SIZE, 3, SEED)
    net = Shallow(pattern_neurons(data, 3, values), data.length)
    floor = (4 * sum(map(abs, data.labels), Fraction(0)) / SIZE) ** 2 * data.length
    off = trace(other_labels.printed_scale(net, data), data) ** 2
    true = trace(net, data) ** 2 * net.radicand
    name = "Tr², d = 6, s = 3, with r²"
    source = "Proposition A.1"
    return exact(f"{name} = |y| (R² + 1)", off, "==", floor, source), exact(
        f"{name} = |y| sqrt(R² + 1)", true, "==", floor, source
    )


def _vectors() -> Pair:
    data, values = other_labels.labelled(D, SIZE, 3, SEED)
    net = Shallow(pattern_neurons(data, 3, values), data.length)
    return None, exact(
        "points of the cube with f != y, 2^s neurons with w_j",
        misses(net, data) + wrong(net, data),
        "==",
        0,
        "Proposition A.1",
    )


def _index() -> Pair:
    data = xor(D, SIZE, SEED)
    net = generaliser(data)
    return None, exact(
        "points of the cube with the wrong sign, four neurons", misses(net, data) + wrong(net, data), "==", 0, "(5)"
    )


def _accuracy() -> Pair:
    data = xor(D, SIZE, SEED)
    errors, count = wrong(generaliser(data), data), len(data.rest)
    right = Fraction(count - errors, count)
    source = "section 3"
    return (
        exact("Pr(y f > 0), called the error, at the generaliser", right, "==", 0, source),
        exact("Pr(y f <= 0), the error, at the generaliser", 1 - right, "==", 0, source),
    )


def _titles() -> Pair:
    data = xor(D, SIZE, SEED)
    name = "with bias: other points that a flattest network has wrong"
    return None, exact(name, wrong(memoriser(data), data), "==", len(data.rest), "titles of sections 4 and 5")


def _differentiable() -> Pair:
    data = xor(4, 16, SEED, bias=False)
    flat, smooth = generaliser(data), tilted(data, Fraction(1, 1000))
    on, reached = kinks(flat, data), trace(smooth, data) ** 2 * smooth.radicand
    assert trace(flat, data) == 4
    return (
        exact("points on a kink of the flattest network without bias, d = 4", on, "==", 0, "Lemma 4.1"),
        exact("Tr² of a differentiable one near the infimum 32 d", reached, ">", 32 * 4, "Lemma 4.1"),
    )


def entries() -> list[Erratum]:
    """All entries, in the order of the paper."""
    return [
        Erratum(
            "w1", "Propositions 4.1 and 4.2", "the radius r = (d² + 1)^(1/4)",
            "r = (d + 1)^(1/4), since |(x, 1)|² = d + 1",
            "false", _radius, "sco-flat check wen-li-ma.memoriser",
        ),
        Erratum(
            "w2", "Lemma 4.1 and Theorem 3.1", "Tr of the Hessian = (2/n) sum |grad f|² at every interpolator",
            "where f is differentiable; the flattest network without bias is not, and over differentiable ones the "
            "infimum on the cube is 4 sqrt(2) sqrt(d), not 4 sqrt(d)", "gap", _differentiable,
            "sco-flat check wen-li-ma.kinks",
        ),
        Erratum(
            "w3", "section 3, what is measured", "the error is Pr(y f > 0)", "that is the accuracy", "misprint",
            _accuracy,
            "sco-flat check wen-li-ma.generaliser",
        ),
        Erratum(
            "w4", "titles of sections 4 and 5", "Former and Latter",
            "the other way round: with a bias it is already the flattest networks that need not generalise", "misprint",
            _titles, "sco-flat check wen-li-ma.memoriser",
        ),
        Erratum(
            "w5", "equation (5)", "W_2 has the index 2i + j", "an index that runs through the four neurons", "misprint",
            _index, "sco-flat check wen-li-ma.generaliser",
        ),
        Erratum(
            "w6", "Lemma A.3", "a constant that is off by a factor 2",
            "by the Jacobian the two later layers have a part of 4 sum |a g|, which is 8", "misprint", _normed,
            "sco-flat check wen-li-ma.batch-norm",
        ),
        Erratum(
            "w7", "Lemma A.13", "label smoothing scales the trace by 1/(p (1 - p))", "by p (1 - p)", "false",
            _smoothing,
            "sco-flat check wen-li-ma.label-smoothing",
        ),
        Erratum(
            "w8", "Proposition A.1", "r² = |y| (R² + 1)", "r² = |y| sqrt(R² + 1)", "false", _scale,
            "sco-flat check wen-li-ma.other-labels",
        ),
        Erratum(
            "w9", "Proposition A.1", "W is made of v_j", "of w_j", "misprint", _vectors,
            "sco-flat check wen-li-ma.other-labels",
        ),
    ]  # fmt: skip
