"""The ends of gradient descent's escape, certified: exact minima of the same M, flatter than 2/eta.

A float run finds the end, which is snapped to exact factors. They are part of the question, so that a certificate holds
them; what is proved is about them, not about the run.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sco_flat.errors import InputError
from sco_flat.instances import factors as exact
from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.base import Constant, Provable
from sco_flat.proofs.question import Question
from sco_flat.requests import request_from
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.factorisation import departure
from sco_flat.works.factorisation.proofs import points
from sco_flat.works.factorisation.proofs.hessian import floor, lambda_max
from sco_flat.works.factorisation.rechecks import escape as rechecks

SOURCE = "this package"
ENDS = {"end_plus": "+", "end_minus": "-"}
DIGITS = 12
FOUND = "a float run found the ends, or they were given; what is proved is about these exact factors"


def step_size(question: Question) -> Fraction:
    """``eta = c 2/lambda_max`` in twelve digits."""
    low, high = lambda_max(points.minimum(question))
    return Fraction(f"{float(edge(question) * 4 / (low + high)):.{DIGITS}g}")


def edge(question: Question) -> Fraction:
    """c."""
    return Fraction(question.options.get("edge", Fraction(11, 10)))


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """The start is unstable, and some minimum is stable."""
    return _conditions(question, step_size(question))


def _conditions(question: Question, eta: Fraction) -> list[tuple[Claim, str]]:
    found, e, c = points.minimum(question), question.evidence, edge(question)
    start, share = (tuple(eta * x / 2 for x in ends) for ends in (lambda_max(found), floor(found)))
    off = max(abs(x - c) for x in start)
    listed = (
        ("|eta lambda_max / 2 - c| <= 1e-8 c", (off, off), "<=", c / 10**8),
        ("eta lambda_max / 2 > 1", start, ">", 1),
        ("eta 2 L s^(2-2/L) / 2 < 1", share, "<", 1),
    )
    return [(decide_exactly(name, "hypothesis", v, r, b, SOURCE, e), "edge") for name, v, r, b in listed]  # type: ignore[arg-type]


def witness(question: Question) -> Question:
    """Run gradient descent from both sides and keep the ends, snapped.

    The step size in twelve digits becomes that of the question.

    Raises
    ------
    InputError
        If a run does not settle, or an end that was given is no minimum of the same loss.
    """
    found = points.minimum(question)
    for name in ENDS:
        if name in question.options and not _same(exact.read(name, question.options[name]), found):
            limit = f"is no minimum of this loss: its factors must have the shapes {_spoken(found)} and the product M"
            raise InputError(name, question.options[name], limit, "leave it out, and a run finds one")
    eta = step_size(question)
    options = dict(question.options)
    numbers = {"factors": options.get("factors", "depth-3"), "steps": question.steps, "edge": float(edge(question))}
    for name, sign in ENDS.items():
        if name in options:
            continue
        ran = departure.leave(request_from("factorisation", "gd", **numbers), departure.SIGNS[sign])
        if ran.end is None:
            limit = f"from {sign}v_1 the run has not settled: its loss is {ran.loss:.3g}"
            raise InputError("steps", question.steps, limit, "take more steps, or another edge")
        options[name] = ran.end.text
    return replace(question, options=options, step_size=(eta, eta))


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Exact minima of the same M, and flatter."""
    found, eta = points.minimum(question), question.step_size[0]
    ledger, start = points.started(question, found), lambda_max(found)
    ledger.found += [c for c, _ in _conditions(question, eta)]
    stable = 2 / eta
    ledger.say("dynamics", "lambda_max of the start - 2/eta", (start[0] - stable, start[1] - stable), ">", 0, SOURCE,
               points.written(start))  # fmt: skip
    for name, sign in ENDS.items():
        end = exact.read(name, question.options[name])
        off = exact.squared(exact.minus(end.target, found.target))
        ledger.say("dynamics", f"end from {sign}v_1: |M of the end - M|²", off, "==", 0, SOURCE, FOUND)
        ends = lambda_max(end)
        share = (ends[0] * eta / 2, ends[1] * eta / 2)
        ledger.say("conclusion", f"end from {sign}v_1: eta lambda_max / 2 < 1", share, "<", 1, SOURCE,
                   f"end from {sign}v_1: {points.written(ends)}")  # fmt: skip
        ledger.say("conclusion", f"end from {sign}v_1: lambda_max - that of the start", points.apart(ends, start), "<",
                   0, SOURCE)  # fmt: skip
    return ledger.found


def _same(one: exact.Minimiser, other: exact.Minimiser) -> bool:
    """Whether both are minima of the same loss."""
    return _shapes(one) == _shapes(other) and one.target == other.target


def _shapes(found: exact.Minimiser) -> list[tuple[int, int]]:
    return [(len(w), len(w[0])) for w in found.factors]


def _spoken(found: exact.Minimiser) -> str:
    return ", ".join(f"{rows} x {columns}" for rows, columns in _shapes(found))


ESCAPE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=rechecks.escape,
    constants={"edge": Constant(10**6)},
    texts={"factors": exact.spelled} | dict.fromkeys(ENDS, exact.spelled),
    witness=witness,
    says="this minimum has lambda_max > 2/eta, and the two ends are minima of the same M with lambda_max < 2/eta; "
    "that a run reaches them is not proved",
)
