"""What is asked about sleeping blocks whose numbers are not stored, and made from their codes whenever it is.

A run leaves one look at all columns for every question: the sums at w and at w + v, and the squared norm of the
gradient. Sums are taken stretch by stretch, as where all numbers are stored, so both have the same bits; those of
stretches without a stored block are remembered with the sample, and a second run, or a mean, asks for nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sco_flat import _jit, memory
from sco_flat.columns import STRETCH, Streamed, spread
from sco_flat.errors import InputError
from sco_flat.instances.kernels import sam_chain_columns as columns

Vector = NDArray[np.float64]

VERSIONS = 64
"""How often the sums at w may change in a run; where they do more often, nothing is gained by making them again."""
TURNS = 8
"""Steps that may move sleeping blocks: each makes every later look at them longer."""
NUMBERS = 4.0
"""Vectors of all numbers that who asks for one holds, about."""
SMALL = 2.0**-899
"""Squared norms from here on do not have to be lifted, see `sco_flat.methods.sam`."""
OUTWARDS = 1.0 + 2.0**-30
"""What ends of numbers are multiplied by, so that no rounding is outside of them."""
MOVING = -1.0
"""The name of numbers that are not kept: those of a direction that moves sleeping blocks."""


@dataclass(frozen=True)
class View:
    """Numbers of all sleeping blocks: the steps that led to them, and what is made of these.

    Attributes
    ----------
    turns : tuple of tuple of float
        Rows of `kernels.sam_chain_columns`.
    kind : int
        One of ``STATE`` .. ``REST`` there.
    base, window, factor
        Turns before the window of a mean, its length, and what divides (or multiplies) in the end.
    """

    turns: tuple[tuple[float, ...], ...] = ()
    kind: int = columns.STATE
    base: int = 0
    window: float = 0.0
    factor: float = 0.0

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As kernels take them."""
        turns = np.array(self.turns, dtype=np.float64).reshape(-1, columns.WIDTH)
        return turns, self.kind, self.base, self.window, self.factor

    def hull(self) -> tuple[float, float]:
        """Ends between which every number is, and every mean of such numbers of iterates.

        They follow from the least slope and the largest, rounded outwards by far more than sums of 64 numbers round.
        """
        low = high = least = most = 0.0
        for turn in self.turns:
            ones, zeros = (np.array(turn[k : k + 64]) for k in (columns.ONES, columns.ZEROS))
            ends = sorted(
                turn[columns.SIZE] * turn[columns.SHARE] * float(np.sum(pick(pick(ones, zeros), 0.0)))
                for pick in (np.minimum, np.maximum)
            )
            low, high = low - ends[1] * OUTWARDS, high - ends[0] * OUTWARDS
            least, most = min(least, low), max(most, high)
        return least * OUTWARDS, most * OUTWARDS

    @property
    def nothing(self) -> bool:
        """Whether no step has moved a sleeping block."""
        return not self.turns

    def before(self, t: int) -> View:
        """The numbers at w_t."""
        return View(tuple(turn for turn in self.turns if turn[columns.TIME] < t))

    def mean(self, first: int, last: int, divisor: float) -> View:
        """The sum of the iterates w_first .. w_last over a number, from the numbers at the last iterate of the run."""
        base, count = len(self.before(first).turns), float(last - first + 1)
        return replace(self, kind=columns.MEAN, base=base, window=count, factor=divisor)

    def rest(self, t: int, steps: int) -> View:
        """Of the iterates from w_t on, as the driver's replay makes it."""
        return replace(self, kind=columns.REST, base=0, window=float(t), factor=1.0 / (steps - t + 1))


class Pulled(Protocol):
    """What is asked of a loss whose blocks have a number while they sleep."""

    n: int

    @property
    def m(self) -> int:
        """Number of columns."""

    @property
    def length(self) -> int:
        """Entries of a block."""

    @property
    def wake_at(self) -> float:
        """A block wakes where its number falls below minus this."""

    @property
    def shift(self) -> float:
        """What the coupling of an example adds to its sum."""

    @property
    def pull(self) -> tuple[float, float]:
        """What a number is multiplied by for a zero, with the other sign, and the probability of a one."""

    def pulls(self, sums: Vector) -> tuple[Vector, Vector, float]:
        """What a one and a zero of each example add to the slope of a column, and its factor, from the sums."""


@dataclass(eq=False)
class Sleeping:
    """The sleeping blocks of a run.

    A stored point names the view that belongs to it by its number in ``book``, in the coordinate before b.
    """

    instance: Pulled
    sample: Streamed
    rows: NDArray[np.int64]
    book: list[View] = field(default_factory=lambda: [View()])
    now: View = field(default_factory=View)

    def __post_init__(self) -> None:
        self.n = self.instance.n
        self.record = 2 * self.n + 2
        self.tape = np.zeros((VERSIONS + 1) * self.record)

    def name(self, view: View) -> float:
        """The number of a view."""
        if view not in self.book:
            self.book.append(view)
        return float(self.book.index(view))

    def view(self, w: Vector) -> View:
        """The view of a stored point.

        Raises
        ------
        InputError
            If it is a direction that moves sleeping blocks.
        """
        if w[-2] < 0.0:
            limit = "moves columns that are not stored"
            raise InputError("engine", "frontier", limit, "use --engine blocks, which stores them")
        return self.book[int(w[-2])]

    def _special(self, firsts: Vector) -> dict[int, tuple[NDArray[np.int64], Vector]]:
        """Stretches that hold stored blocks, and the first one, with their places and first coordinates."""
        own = self.rows // STRETCH
        return {k: (self.rows[own == k], firsts[own == k]) for k in sorted({0, *own.tolist()})}

    def _remembered(self, key: tuple[Any, ...], make: Callable[[int], Vector], special: set[int], width: int) -> Vector:
        """What each stretch without stored blocks gives, shape (stretches, width)."""
        count = -(-self.instance.m // STRETCH)
        kept = self.sample.kept
        key = (*key, self.instance.pull, tuple(sorted(special)))
        if key not in kept:
            found = np.zeros((count, width))
            others = [k for k in range(count) if k not in special]
            if others and not key[1].nothing:
                for k, part in zip(
                    others, spread("stretches of columns", lambda j: make(others[j]), len(others)), strict=True
                ):
                    found[k] = part
            kept[key] = found
        return np.asarray(kept[key])

    def _ends(self, k: int) -> tuple[int, int]:
        return k * STRETCH, min((k + 1) * STRETCH, self.instance.m)

    def sums(self, view: View, firsts: Vector, start: Vector) -> Vector:
        """Go on with the sums in ``start``, ``RESULTS`` numbers, over all columns."""
        kernel, pull = columns.column_sums, self.instance.pull
        special = self._special(firsts)
        _ = kernel.compiled  # by one thread

        def make(k: int, begin: Vector | None = None) -> Vector:
            found = np.zeros(columns.RESULTS) if begin is None else begin.copy()
            places, values = special.get(k, (self.rows[:0], firsts[:0]))
            stream, ends = self.sample.columns.stream, self._ends(k)
            kernel(*stream, *ends, self.n, *view.arguments, *pull, places, values, found)
            return found

        parts = self._remembered(("sums", view), make, set(special), columns.RESULTS)
        whole = make(0, start)
        for k in range(1, parts.shape[0]):
            part = make(k) if k in special else parts[k]
            lowest = min(whole[columns.LOWEST], part[columns.LOWEST])
            whole = whole + part
            whole[columns.LOWEST] = lowest
        return whole

    def squares(self, view: View, gradient: Vector, work: _jit.Work) -> float:
        """Squared norm of a gradient without b, its sleeping blocks among the others."""
        kernel, length = columns.column_squares, self.instance.length
        own = self.rows // STRETCH
        special = set(own.tolist())
        _ = kernel.compiled

        def make(k: int) -> Vector:
            lanes, blocks = np.zeros(8), np.flatnonzero(own == k)
            kernel(
                *self.sample.columns.stream, *self._ends(k), self.n, *view.arguments, self.rows[blocks], blocks,
                work.low, work.high, length, gradient, lanes,
            )  # fmt: skip
            return lanes

        parts = self._remembered(("squares", view), make, special, 8)
        whole = np.zeros(8)
        for k in range(parts.shape[0]):
            whole = whole + (make(k) if k in special else parts[k])
        low = (whole[0] + whole[4]) + (whole[2] + whole[6])
        return float(low + ((whole[1] + whole[5]) + (whole[3] + whole[7])))

    def _numbers(self, view: View, begin: int, out: Vector) -> None:
        """Write the numbers of the columns from ``begin`` on."""
        stream = self.sample.columns.stream
        columns.column_numbers(*stream, begin, begin + out.size, self.n, *view.arguments, out)

    def at(self, view: View, places: NDArray[np.int64]) -> Vector:
        """The numbers of some blocks."""
        found = np.zeros(places.size)
        for k, place in enumerate(places.tolist()):
            self._numbers(view, place, found[k : k + 1])
        return found

    def all(self, view: View) -> Vector:
        """The number of every block.

        Raises
        ------
        InputError
            If they do not fit into memory.
        """
        memory.ask(
            NUMBERS * 8.0 * self.instance.m, "leave out what looks at every number of a column, or take a smaller n"
        )
        found = np.zeros(self.instance.m)

        def make(k: int) -> None:
            begin, end = self._ends(k)
            self._numbers(view, begin, found[begin:end])

        for _ in spread("stretches of columns", make, -(-found.size // STRETCH)):
            pass
        return found

    def turn(self, sums: Vector, size: float = 0.0, weight: float = 0.0, t: int = 0) -> tuple[float, ...]:
        """A row of ``turns``: the slopes where the examples have these sums, and the step along them."""
        row = np.zeros(columns.WIDTH)
        ones, zeros, share = self.instance.pulls(sums)
        row[columns.ONES : columns.ONES + self.n] = ones
        row[columns.ZEROS : columns.ZEROS + self.n] = zeros
        row[[columns.SHARE, columns.SIZE, columns.WEIGHT, columns.TIME]] = share, size, weight, t
        return tuple(row.tolist())

    def follow(self, work: _jit.Work, w: Vector) -> None:
        """Note a step that has moved sleeping blocks since the last question.

        Raises
        ------
        InputError
            If there are too many of them.
        """
        flags = work.flags
        if not flags[_jit.MOVED]:
            return
        if len(self.now.turns) == TURNS:
            limit = f"keeps the {TURNS} steps that moved columns which are not stored, and there is another one"
            raise InputError("engine", "frontier", limit, "use --engine blocks, which stores them, or a smaller n")
        place, t = self.n * (int(flags[_jit.MOVED]) - 1), int(flags[_jit.PASSIVE_STEP]) - 1
        size, weight = work.stats[_jit.MOVED_SIZE], work.stats[_jit.MOVED_WEIGHT]
        turn = self.turn(work.sums[place : place + self.n], float(size), float(weight), t)
        self.now = replace(self.now, turns=(*self.now.turns, turn))
        w[-2] = self.name(self.now)
        flags[_jit.MOVED] = 0

    def asleep(self, lowest: float) -> None:
        """Refuse to go on where a block wakes.

        Raises
        ------
        InputError
            Then.
        """
        if lowest + self.instance.wake_at < 0.0:
            limit = "does not store the columns, and blocks wake up"
            raise InputError("engine", "frontier", limit, "use --engine blocks, which stores them, or a smaller n")

    def _ends_of(self, view: View, start: float, size: float) -> tuple[float, float]:
        """Ends of what comes of ``start``, as doubles have it, when every sleeping column adds to it.

        A column adds a number between its least one and its largest, or ``-kappa`` times such a one: at most ``top``.
        Rounding keeps the order, so the sum is at most that of so many times ``top``, and m additions of numbers of
        one sign round by less than ``2 m u`` times what they reach; ``size`` is that of the parts of ``start``.
        """
        low, high = view.hull()
        m, kappa = self.instance.m, self.instance.pull[0]
        top, rounding = m * max(high, -kappa * low) * OUTWARDS, 2.0 * m * float(np.finfo(float).eps)
        down = -m * low * OUTWARDS
        return start - down - rounding * (size + down), start + top + rounding * (size + top)

    def _quiet(self, view: View, w: Vector, firsts: Vector) -> float | None:
        """An upper bound of the sums of all examples at w, if it shows that the coupling is off and all columns sleep.

        Then all that is ever read of the sums, their positive parts, is 0, and nobody has to look at a column.
        """
        instance = self.instance
        bits = self.sample.at(self.rows) >> np.arange(self.n)[:, None] & 1
        parts = np.where(bits == 1, firsts, -instance.pull[0] * firsts)
        own, size = parts.sum(axis=1), abs(float(w[-1])) + float(np.abs(parts).sum(axis=1).max())
        above = self._ends_of(view, float(w[-1] + own.max()), size)[1]
        return above if above + instance.shift < 0.0 <= view.hull()[0] + instance.wake_at else None

    def answer(self, work: _jit.Work, view: View, w: Vector, v: Vector) -> None:
        """Answer what a kernel has asked for, at w whose view is given; v is its direction, or its gradient.

        Raises
        ------
        InputError
            If a block wakes, or the answers do not fit.
        """
        flags, n, length = work.flags, self.n, self.instance.length
        question, scale = int(flags[_jit.ASKED]), float(work.stats[_jit.SHIFT])
        version = int(flags[_jit.VERSION])
        if version >= VERSIONS:
            limit = f"the coupling changes on more than {VERSIONS} steps, and each of them looks at all columns"
            raise InputError("engine", "frontier", limit, "use --engine blocks, which stores them, or a smaller n")
        record = version if question == _jit.AT_W else max(version - 1, 0)
        tape = work.coupled[2 * self.rows.size + record * self.record :][: self.record]
        firsts = np.arange(self.rows.size) * length
        if question == _jit.SQUARES:
            # of a gradient at w + v, the sums at w + v tell
            place = n if scale != 0.0 else 0
            slope = View((*view.turns, self.turn(work.sums[place : place + n])), columns.SLOPE)
            tape[2 * n] = self.squares(slope, v, work)
            if tape[2 * n] < SMALL:
                limit = f"its squared gradient is {tape[2 * n]:.3g}, which has to be lifted column by column"
                raise InputError("engine", "frontier", limit, "use --engine blocks, which stores them, or a smaller n")
        else:
            start = np.zeros(columns.RESULTS)
            values, start[:n] = w[firsts], w[-1]
            if question == _jit.AT_V:
                if flags[_jit.V_PASSIVE]:
                    turns = (*view.turns, self.turn(work.sums[:n]))
                    view = replace(view, turns=turns, kind=columns.SHIFTED, factor=scale)
                values, start[:n] = w[firsts] + scale * v[firsts], w[-1] + scale * v[-1]
            above = self._quiet(view, w, values) if question == _jit.AT_W else None
            if above is None:
                found = self.sums(view, values, start)
                self.asleep(found[columns.LOWEST])
            else:
                found = np.full(columns.RESULTS, above)
            place = 0 if question == _jit.AT_W else n
            tape[place : place + n] = found[:n]
        tape[2 * n + 1] = int(tape[2 * n + 1]) | question
        flags[_jit.STATUS] = _jit.OK

    def finish(self, profile: Vector, view: View, risk: Callable[[Vector], Any]) -> Vector:
        """Add the sleeping blocks to the profile of a point, which the kernel leaves to this.

        The risk grows with both numbers. Where it is the same double at both ends of what blocks may add, the upper end
        is as good as the sums, and nobody has to look at a column.

        Parameters
        ----------
        profile : ndarray
            As the kernel leaves it, without the shift.
        view : View
            Of the point.
        risk : callable
            What is read of a profile.
        """
        shift, ends = self.instance.shift, np.array([profile, profile])
        for k in (2, 3):
            ends[:, k] = np.array(self._ends_of(view, float(profile[k]), abs(float(profile[k])))) + shift
        if np.array_equal(risk(ends[0]), risk(ends[1])):
            return np.asarray(ends[1])
        start = np.zeros(columns.RESULTS)
        start[[columns.WORST, columns.AVERAGE]] = profile[2:]
        found = self.sums(view, np.zeros(self.rows.size), start)
        ends[1, 2:] = found[[columns.WORST, columns.AVERAGE]] + shift
        return np.asarray(ends[1])

    def finish_all(self, profiles: Vector, settled: int, steps: int, risk: Callable[[Vector], Any]) -> None:
        """Add them to the profiles of all suffix averages, shape (T, P), in the way of `Simulation.suffix_risks`."""
        moving, shift = max(settled - 1, 0), self.instance.shift
        for t in range(1, moving + 1):
            profiles[t - 1] = self.finish(profiles[t - 1], self.now.rest(t, steps), risk)
        later = profiles[moving:]
        later[:, 2:] += shift
        ends = np.array(self._ends_of(self.now, 0.0, 0.0))
        ends += 4.0 * float(np.finfo(float).eps) * np.array([-1.0, 1.0]) * (np.abs(ends).max() + shift)
        low, high = (later + np.array([0.0, 0.0, end, end]) for end in ends)
        if all(np.array_equal(risk(a), risk(b)) for a, b in zip(low, high, strict=True)):
            later[:] = high
            return
        share = self.sums(self.now, np.zeros(self.rows.size), np.zeros(columns.RESULTS))
        later[:, 2:] += (share[[columns.WORST, columns.AVERAGE]] + shift) - shift
