"""Samples as column codes: draws with a bad column, without one being waited for.

Setting (arXiv 2511.03548, the proofs of its lower bounds): a sample is ``n`` vectors ``z_1 .. z_n`` of
``m`` independent fair bits. Only its columns matter, and column ``i`` is the ``n``-bit code ``c_i`` whose
bit ``k`` is ``z_k(i)``; the ``c_i`` are independent and uniform in ``[0, 2^n)``. A *bad* column is one with
a given code, all zeros or all ones, so that the sample never saw the other value of that coordinate.
"""

from __future__ import annotations

import functools
import math
import operator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sco_flat import memory
from sco_flat.errors import InputError
from sco_flat.numbers import real
from sco_flat.results import Event
from sco_flat.vocabulary import MAX_SEED, word

EventKind = Literal["any", "one", "free"]

MAX_N = 62  # codes and 2^n itself have to fit a signed 64-bit integer


EVERYONE = -1
"""The batch of all examples, where a bit mask is too short for them."""

SIZE_BITS = 40
"""A batch of several listed examples is ``-(first + (count - 1) 2^40 + 2)``: a stretch of ``Work.order``."""


def everyone(n: int) -> int:
    """Return the batch of all n examples: a bit mask, or `EVERYONE` beyond `MAX_N`."""
    return (1 << n) - 1 if n <= MAX_N else EVERYONE


def alone(n: int, picks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return batches of one example each: bit masks, or ``-(k + 2)`` for example k beyond `MAX_N`."""
    return np.int64(1) << picks if n <= MAX_N else -(picks + 2)


def members(n: int, batch: int) -> NDArray[np.int64]:
    """Return the examples of a batch."""
    if batch == EVERYONE:
        return np.arange(n)
    if batch < 0:
        return np.array([-batch - 2])
    return np.array([k for k in range(n) if batch >> k & 1])


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample of ``n`` examples, stored by columns.

    Parameters
    ----------
    codes : ndarray of int64, shape (m,)
        Bit ``k`` of ``codes[i]`` is bit ``i`` of example ``k``. Kept read-only (a writeable array is copied).
    n : int
        Number of examples, 1 to 62.
    event : Event
        What was asked of the draw, the bad columns it holds and how likely that event was.
    idle : int
        Further examples whose loss is zero: runs descend on the sum of the n losses over ``n + idle``.
    """

    codes: NDArray[np.int64]
    n: int
    event: Event
    idle: int = 0

    any_batch: ClassVar[bool] = False
    groups: ClassVar[int] = 1

    def __post_init__(self) -> None:
        codes = np.asarray(self.codes, dtype=np.int64)
        if codes.flags.writeable:
            codes = codes.copy()
            codes.setflags(write=False)
        object.__setattr__(self, "codes", codes)

    def __reduce__(self) -> tuple[object, ...]:
        # an unpickled array is writeable: go through the constructor again
        return (type(self), (self.codes, self.n, self.event, self.idle))

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Codes of some columns."""
        return self.codes[places]

    def constant(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Columns without a one, and those without a zero, ascending."""
        return np.flatnonzero(self.codes == 0), np.flatnonzero(self.codes == (1 << self.n) - 1)

    def ones(self) -> NDArray[np.int64]:
        """How many columns have 0, 1 .. n ones."""
        return np.bincount(popcounts(self.codes), minlength=self.n + 1)

    def facts(self) -> dict[str, Any]:
        """What was drawn, for whoever speaks about it."""
        return {
            "event": self.event.kind, "bad_columns": len(self.event.columns), "event_flaw": self.event.flaw,
        }  # fmt: skip

    @property
    def width(self) -> int:
        """The number of columns ``m``."""
        return int(self.codes.size)


@dataclass(frozen=True, eq=False)
class Examples:
    """A sample of n examples that are vectors with labels.

    Parameters
    ----------
    inputs : ndarray, shape (n, d)
        One example a row.
    labels : ndarray, shape (n,)
        Their labels.
    target : ndarray, shape (d,)
        The point that labelled them; it belongs to the law of z.
    idle : int
        As of `Sample`.
    """

    inputs: NDArray[np.float64]
    labels: NDArray[np.float64]
    target: NDArray[np.float64]
    idle: int = 0

    any_batch: ClassVar[bool] = False  # kernels read batches of several examples beyond `MAX_N` from ``Work.order``

    @property
    def groups(self) -> int:
        """Parts of the sample of which each batch holds as many examples."""
        return 1

    @property
    def n(self) -> int:
        """Number of examples."""
        return int(self.labels.size)

    @property
    def event(self) -> Event:
        """No event was asked for."""
        return Event("free", (), 1.0)

    def facts(self) -> dict[str, Any]:
        """What was drawn, for whoever speaks about it."""
        return {"event": "free"}


def generator(seed: int) -> np.random.Generator:
    """Return the root generator of a seed: Philox, the same stream on every platform.

    Raises
    ------
    InputError
        The seed is not an integer in ``[0, 2^128)``.
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(_seed(seed))))


def streams(seed: int, *names: str) -> dict[str, np.random.Generator]:
    """Return one independent generator per name.

    A stream depends on the seed and on its own name only. So the sample of a seed stays the same whether or
    not the method, its order or its oracle are random too, and in whatever sequence they draw.

    Parameters
    ----------
    seed : int
        Non-negative, below ``2^128``.
    *names : str
        Non-empty names such as ``"sample"``, ``"order"``, ``"oracle"``, ``"start"``.

    Raises
    ------
    InputError
        The seed is not an integer in ``[0, 2^128)``, or a name is empty.
    """
    seed = _seed(seed)
    children = {}
    for name in names:
        if not name:
            raise InputError("stream", repr(name), "a name has at least one character", "name the stream")
        # the bytes of the name are the spawn key: injective, unlike a short hash of it
        sequence = np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))
        children[name] = np.random.Generator(np.random.Philox(sequence))
    return children


def first_bad(m: int, chance: float, rng: np.random.Generator) -> int:
    """Draw the place of the first bad of m columns, given that there is one."""
    # 1 - U (1 - (1-p)^m) is the survival function at J; expm1 and log1p keep tiny p and huge m apart
    step = math.log1p(-chance)
    return min(int(math.log1p(rng.random() * math.expm1(m * step)) / step), m - 1)


def draw(
    n: int, width: int | None, bad_code: int, event: EventKind, rng: np.random.Generator, density: float = 0.5
) -> Sample:
    """Draw a sample, if wanted conditionally on its bad columns, exactly and in one pass.

    Under ``"any"`` the place ``J`` of the first bad column is geometric (with ``2^-n`` for fair bits), cut off at
    ``m``, and its distribution function inverts in closed form. Given ``J = j`` the columns before ``j`` have the
    law of a column that is not bad, and those after it are plain. This is the conditional law itself, hence the number
    of bad columns is binomial given at least one and their places are uniform; with fair bits nothing is redrawn.

    Parameters
    ----------
    n : int
        Number of examples, 1 to 62.
    width : int or None
        Number of columns ``m``; None for ``2^n``, the choice of the theorems.
    bad_code : int
        The code of a bad column, in ``[0, 2^n)``: 0 for all zeros, ``2^n - 1`` for all ones.
    event : {"any", "one", "free"}
        At least one bad column, exactly one, or plain independent draws left to chance.
    rng : numpy.random.Generator
        The source of randomness, the only state.
    density : float
        Probability that a bit is 1, in (0, 1); the theorems have fair bits.

    Returns
    -------
    Sample
        With ``event.columns`` all bad columns in increasing order, and ``event.probability`` that of the event
        under plain draws (0.0 where it is below the smallest double).

    Raises
    ------
    InputError
        A parameter outside its range, an impossible event, or more columns than the free memory holds.
    """
    n = _integer("n", n, f"an integer from 1 to {MAX_N}: a column is one {MAX_N}-bit code", 1, MAX_N)
    size = 1 << n
    limit = "the number of columns is an integer, at least 1"
    m = size if width is None else _integer("width", width, limit, 0, None)
    bad = _integer("bad_code", bad_code, f"a code of n = {n} bits lies in [0, {size - 1}]", 0, size - 1)
    event = word("event", event, get_args(EventKind))  # type: ignore[assignment]
    density = _density(density)
    _random(rng)
    if m == 0:
        if event == "free":
            raise InputError("width", m, limit, "give at least 1")
        raise InputError("event", event, "event impossible: width = 0 leaves no column to be bad", "give width >= 1")
    if event != "free" and _bad_chance(n, bad, density) > 0.999:
        raise InputError("density", density, "makes nearly every column bad", "choose one nearer to 0.5")
    memory.ask(drawing_bytes(n, m), functools.partial(_narrower, n, width))
    fair = density == 0.5

    def plain(count: int) -> NDArray[np.int64]:
        return rng.integers(0, size, size=count, dtype=np.int64) if fair else _biased_codes(n, count, density, rng)

    def other(count: int) -> NDArray[np.int64]:
        if fair:
            return _other_codes(size, bad, count, rng)
        found = plain(count)
        while (again := np.flatnonzero(found == bad)).size:
            found[again] = plain(again.size)
        return found

    codes: NDArray[np.int64]
    if event == "free":
        codes = plain(m)
    elif event == "one":
        codes = other(m)
        codes[rng.integers(0, m)] = bad
    else:
        first = first_bad(m, _bad_chance(n, bad, density), rng)
        codes = np.empty(m, dtype=np.int64)
        codes[:first] = other(first)
        codes[first] = bad
        codes[first + 1 :] = plain(m - first - 1)
    codes.setflags(write=False)
    columns = tuple(np.flatnonzero(codes == bad).tolist())
    return Sample(codes, n, Event(event, columns, event_probability(n, m, event, bad, density)))


def _density(value: Any) -> float:
    density = real("density", value)
    if not 0.0 < density < 1.0:
        raise InputError("density", value, "is a probability between 0 and 1", "0.5 is that of the theorems")
    return density


def _random(rng: Any) -> None:
    if not isinstance(rng, np.random.Generator):
        raise InputError("rng", rng, "is a numpy.random.Generator", "write for example np.random.default_rng(0)")


def event_probability(n: int, width: int, event: EventKind, bad_code: int = 0, density: float = 0.5) -> float:
    """Return the probability of an event under ``width`` plain columns of ``n`` bits each.

    With q for the probability of a bad column, ``2^-n`` for fair bits: ``1 - (1 - q)^m`` for ``"any"``, ``m q (1 -
    q)^(m-1)`` for ``"one"``, 1 for ``"free"``; at ``m = 1/q`` the first is at least ``1 - 1/e`` and the second at
    least ``1/e``.
    """
    chance = _bad_chance(n, bad_code, density)
    step = math.log1p(-chance)
    if event == "any":
        return -math.expm1(width * step)
    if event == "one":
        return chance * float(width) * math.exp((width - 1) * step)
    return 1.0


def _bad_chance(n: int, bad_code: int, density: float) -> float:
    """Probability that a column has the bad code."""
    if density == 0.5:
        return math.ldexp(1.0, -n)
    ones = bad_code.bit_count()
    return density**ones * (1.0 - density) ** (n - ones)


def _biased_codes(n: int, count: int, density: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw codes of n bits that are 1 with a probability of ``density`` each, bit by bit."""
    codes = np.zeros(count, dtype=np.int64)
    for k in range(n):
        codes |= (rng.random(count) < density).astype(np.int64) << k
    return codes


def popcounts(codes: NDArray[np.int64], mask: int | None = None) -> NDArray[np.int64]:
    """Count the ones of every code, only at the bits of ``mask`` if one is given.

    Parameters
    ----------
    codes : ndarray of int64, any shape
        Non-negative codes.
    mask : int, optional
        The examples to count over, as a set of bits.

    Returns
    -------
    ndarray of int64
        The counts, in the shape of ``codes``; signed, so that differences of counts do not wrap.
    """
    return np.bitwise_count(codes if mask is None else codes & mask).astype(np.int64)


def _other_codes(size: int, bad: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw codes uniform over all but the bad one: one value fewer, and a step past the bad code."""
    codes = rng.integers(0, size - 1, size=count, dtype=np.int64)
    codes += codes >= bad
    return codes


def _narrower(n: int, width: int | None, have: int) -> str:
    """What to take instead of a width that does not fit."""
    if width is None or width == 1 << n:
        return f"take --n {memory.largest(lambda k: drawing_bytes(k, 1 << k) <= have, n)} or less"
    fits = memory.largest(lambda m: drawing_bytes(n, m) <= have, width)
    return f"take --width {memory.rounded(fits)} or less"


def drawing_bytes(n: int, width: int) -> int:
    """Memory that a draw takes: two arrays of codes and one of flags, a tuple of about width / 2^n integers."""
    return 17 * width + 40 * (width >> n)


def _integer(key: str, value: Any, limit: str, low: int, high: int | None) -> int:
    """Return ``value`` as a Python integer in ``[low, high]``; a Boolean is not a number here."""
    mend = f"give an integer from {low}" + ("" if high is None else f" to {high}")
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(key, repr(value), limit, mend) from None
    if isinstance(value, (bool, np.bool_)) or number < low or (high is not None and number > high):
        raise InputError(key, value, limit, mend)
    return number


def _seed(seed: Any) -> int:
    """Return a valid seed as a Python integer."""
    return _integer("seed", seed, f"a seed is an integer in [0, 2^{MAX_SEED.bit_length()})", 0, MAX_SEED)
