"""What is proved of one exact minimum: its lambda_max, whether it is flat, whether it is balanced."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sco_flat.instances import factors as exact
from sco_flat.instances.factors import Matrix, Minimiser
from sco_flat.proofs.balls import decide_exactly, decimal
from sco_flat.proofs.base import Provable
from sco_flat.proofs.question import Question
from sco_flat.results import Claim, Kind, Relation
from sco_flat.samples import Sample
from sco_flat.works.factorisation.proofs.eigenvalues import DIGITS, rounded_vector
from sco_flat.works.factorisation.proofs.hessian import Ends, floor, lambda_max, norm_squared, twice_gram
from sco_flat.works.factorisation.rechecks import points as rechecks

PAPER, NEW = "arXiv 2509.25783", "this package"
MIXED = "curvature of the loss along A_i^T X B_i^T / lambda_max"
NONE: Ends = (Fraction(0), Fraction(0))
NEARLY = 1 - Fraction(1, 10**8)
POSITIVE = "lambda_max of the Hessian > 0"
ABOVE = "lambda_max - 2 L s^(2-2/L) >= 0"
FLAT_IS = "flat: lambda_max - 2 L s^(2-2/L)"
NOT_FLAT = "not flat: lambda_max - 2 L s^(2-2/L) > 0"
SPREAD = "so |a_i||b_i| of every top pair is one number: spread of the squares"
PARALLEL = "and a_i is parallel to b_(i+1): |a_i|²|b_(i+1)|² - (a_i . b_(i+1))²"
DIFFER = "but |A_i||B_i| differ: (largest / smallest)²"
EVEN = "balanced, diag(2, 1, 1/2)³: lambda_max - floor"
EQUAL = "equal norms alone: |W_1|² - |W_2|²"
SHARP = "equal norms alone: lambda_max - floor"
BALANCED_FLAT = "balanced: lambda_max - 2 L s^(2-2/L)"
UNDECIDED = "2 L s^(2-2/L) is no fraction, or the minimum is too large to decide equality"
UNEVEN = "not balanced: |W_i W_i^T - W_(i+1)^T W_(i+1)|² over all i"


class Ledger:
    """Collects claims about fractions or their enclosures."""

    def __init__(self, question: Question) -> None:
        self.found: list[Claim] = []
        self._evidence = question.evidence

    def say(
        self, kind: Kind, name: str, value: Ends | Fraction | int, relation: Relation, bound: Fraction | int,
        source: str = PAPER, note: str = "",
    ) -> None:  # fmt: skip
        """Decide one."""
        ends = value if isinstance(value, tuple) else (Fraction(value), Fraction(value))
        self.found.append(decide_exactly(name, kind, ends, relation, bound, source, self._evidence, note))


def minimum(question: Question) -> Minimiser:
    """The factors that a question is about."""
    return exact.read("factors", question.options.get("factors", "depth-3"))


def written(ends: Ends) -> str:
    """Both ends in `DIGITS` digits."""
    low, high = (f"{Decimal(decimal(x, up, DIGITS)):f}" for x, up in zip(ends, (False, True), strict=True))
    return f"lambda_max = {low}" if ends[0] == ends[1] else f"lambda_max is in [{low}, {high}]"


def apart(one: Ends, other: Ends) -> Ends:
    """The difference of two enclosed numbers."""
    return one[0] - other[1], one[1] - other[0]


def started(question: Question, found: Minimiser) -> Ledger:
    """A ledger with what every point needs."""
    ledger = Ledger(question)
    ledger.say("hypothesis", "|M|² > 0 in the Frobenius norm", exact.squared(found.target), ">", 0)
    return ledger


def curvature(found: Minimiser, x: Matrix) -> Fraction:
    """Second derivative of the loss along the blocks ``A_i^T X B_i^T``, for a unit step: from the parameters' side."""
    after, before = exact.sides(found.factors)
    blocks = [
        exact.multiply(exact.multiply(exact.transposed(a), x), exact.transposed(b))
        for a, b in zip(after, before, strict=True)
    ]
    moved = [exact.multiply(exact.multiply(a, y), b) for a, y, b in zip(after, blocks, before, strict=True)]
    total = moved[0]
    for share in moved[1:]:
        total = exact.minus(total, exact.scaled(share, Fraction(-1)))
    return 2 * exact.squared(total) / sum(map(exact.squared, blocks), Fraction(0))


def top_matrix(found: Minimiser) -> Matrix:
    """The top eigenvector of K as a matrix, rounded."""
    x = rounded_vector(twice_gram(found))
    rows = len(found.target)
    return tuple(tuple(Fraction(entry) for entry in x[i::rows]) for i in range(rows))


def lambda_claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Both ends of lambda_max, the closed-form eigenvector, and the floor."""
    found = minimum(question)
    ledger, ends = started(question, found), lambda_max(found)
    reached = curvature(found, top_matrix(found))
    ledger.say("dynamics", MIXED, (reached / ends[1], reached / ends[0]), ">=", NEARLY)
    ledger.say("conclusion", POSITIVE, ends, ">", 0, note=written(ends))
    ledger.say("conclusion", ABOVE, apart(ends, floor(found)), ">=", 0)
    return ledger.found


def top_vectors(matrix: Matrix, value: Fraction) -> list[tuple[Fraction, ...]]:
    """A basis of the kernel of ``value I - M^T M``, and sums of two of it."""
    gram = exact.multiply(exact.transposed(matrix), matrix)
    basis = exact.kernel(exact.minus(exact.scaled(exact.identity(len(gram)), value), gram))
    sums = [(x, y) for i, x in enumerate(basis) for y in basis[:i]]
    return basis + [tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in sums]


def top_pairs(found: Minimiser) -> tuple[Fraction, Fraction]:
    """Largest spread of ``|a_i|²|b_i|²`` over i and largest gap in Cauchy's inequality, over the top singular pairs.

    A basis and the sums of two of it are enough for all pairs: the minors of (a_i, b_{i+1}) are quadratic forms in v,
    which vanish where these do; then ``a_i = c_i b_{i+1}`` with one c_i, so that ``|a_i|²|b_i|²/|v|⁴`` is constant.
    """
    after, before = exact.sides(found.factors)
    size = norm_squared(found.target)[0]
    spread = parallel = Fraction(0)
    for v in top_vectors(found.target, size):
        right = tuple((x,) for x in v)
        u = exact.multiply(found.target, right)
        a = [exact.multiply(exact.transposed(x), u) for x in after]
        b = [exact.multiply(x, right) for x in before]
        unit = exact.squared(u) * exact.squared(right)
        lengths = [exact.squared(x) * exact.squared(y) / unit for x, y in zip(a, b, strict=True)]
        spread = max(spread, max(lengths) - min(lengths))
        for x, y in zip(a[:-1], b[1:], strict=True):
            met = exact.multiply(exact.transposed(x), y)[0][0]
            parallel = max(parallel, (exact.squared(x) * exact.squared(y) - met**2) / unit)
    return spread, parallel


def products(found: Minimiser) -> Ends:
    """``(largest / smallest |A_i||B_i|)²``."""
    after, before = exact.sides(found.factors)
    sizes = [(norm_squared(a), norm_squared(b)) for a, b in zip(after, before, strict=True)]
    both = [(a[0] * b[0], a[1] * b[1]) for a, b in sizes]
    low, high = (max(x[k] for x in both) for k in (0, 1))
    return low / min(x[1] for x in both), high / min(x[0] for x in both)


def flat_claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Whether the minimum is flat, and then what follows and what does not."""
    found = minimum(question)
    ledger, above = started(question, found), apart(lambda_max(found), floor(found))
    if above != NONE:
        ledger.say("conclusion", NOT_FLAT, above, ">", 0, note=UNDECIDED if above[0] <= 0 else "")
        return ledger.found
    ledger.say("conclusion", FLAT_IS, 0, "==", 0)
    spread, parallel = top_pairs(found)
    ledger.say("conclusion", SPREAD, spread, "==", 0)
    ledger.say("conclusion", PARALLEL, parallel, "==", 0)
    ratio = products(found)
    if ratio[0] > 1:
        ledger.say("conclusion", DIFFER, ratio, ">", 1, NEW)
    return ledger.found


def imbalance(found: Minimiser) -> Fraction:
    """``sum_i |W_i W_i^T - W_{i+1}^T W_{i+1}|²``."""
    pairs = zip(found.factors[:-1], found.factors[1:], strict=True)
    return sum(
        (
            exact.squared(
                exact.minus(
                    exact.multiply(w, exact.transposed(w)), exact.multiply(exact.transposed(after), after)
                )
            )
            for w, after in pairs
        ),
        Fraction(0),
    )  # fmt: skip


def balance_claims(question: Question, sample: Sample | None) -> list[Claim]:
    """The two printed points, and the one at hand."""
    found = minimum(question)
    ledger = started(question, found)
    even, equal = (exact.read("factors", name) for name in ("balanced", "equal-norms"))
    ledger.say("conclusion", EVEN, apart(lambda_max(even), floor(even)), "==", 0)
    sizes = [norm_squared(w) for w in equal.factors]
    ledger.say("dynamics", EQUAL, apart(*sizes), "==", 0, NEW)
    ledger.say("conclusion", SHARP, apart(lambda_max(equal), floor(equal)), ">", 0, NEW)
    uneven, above = imbalance(found), apart(lambda_max(found), floor(found))
    if not uneven:
        ledger.say("conclusion", BALANCED_FLAT, above, "==", 0)
    elif above == NONE:
        ledger.say("conclusion", FLAT_IS, 0, "==", 0, NEW)
        ledger.say("conclusion", UNEVEN, uneven, ">", 0, NEW)
    else:
        ledger.say("conclusion", NOT_FLAT, above, ">", 0, note=UNDECIDED if above[0] <= 0 else "")
        ledger.say("conclusion", UNEVEN, uneven, ">", 0)
    return ledger.found


def nothing(question: Question) -> list[tuple[Claim, str]]:
    """Every exact minimum is inside."""
    return []


LAMBDA, FLAT, BALANCE = (
    Provable(hypotheses=nothing, claims=claims, recheck=recheck, texts={"factors": exact.spelled}, says=says)
    for claims, recheck, says in (
        (lambda_claims, rechecks.lambda_max, "2 lambda_max(K) at this minimum is met by a curvature, >= 2 L s^(2-2/L)"),
        (flat_claims, rechecks.flat, "this minimum is flat, and what is listed holds of all its top pairs"),
        (balance_claims, rechecks.balance, "what is listed, of this minimum and of the two named ones"),
    )
)
