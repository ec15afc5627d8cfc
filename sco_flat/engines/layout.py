"""Which coordinates are stored, the scratch space of the kernels, and points held against their risks."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sco_flat import _jit, memory
from sco_flat.columns import Streamed
from sco_flat.engines.base import Engine
from sco_flat.engines.sleeping import MOVING, Pulled, Sleeping
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.results import Interval
from sco_flat.samples import Sample, everyone

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layout:
    """The stored coordinates of a run: blocks ``rows`` in full, one number for each other block, then b.

    Where the columns are a stream, one number names those of all other blocks; see `sco_flat.engines.sleeping`.
    """

    instance: Loss
    sample: Sample
    rows: NDArray[np.int64]

    @property
    def full(self) -> bool:
        """Whether every block is stored, so that a stored vector is the dense one."""
        return self.rows.size == self.instance.m or not self.instance.has_blocks

    @property
    def streamed(self) -> bool:
        """Whether sleeping blocks have numbers that are not stored: the coordinate before b names them instead."""
        return isinstance(self.sample, Streamed) and not self.full and self.instance.passive > 0

    @functools.cached_property
    def sleeping(self) -> Sleeping:
        """The numbers of sleeping blocks that are not stored."""
        return Sleeping(cast(Pulled, self.instance), cast(Streamed, self.sample), self.rows)

    @property
    def size(self) -> int:
        """Number of stored coordinates."""
        numbers = 0 if self.full else 1 if self.streamed else self.instance.passive * self.instance.m
        return int(self.rows.size * self.instance.length + numbers + 1)

    def check_memory(self, vectors: int, engine: str, extra: int = 0) -> None:
        """Refuse before allocating.

        Raises
        ------
        InputError
            If ``vectors`` stored vectors and ``extra`` numbers do not fit into the free memory; see `memory.ask`.
        """
        mend = "use --engine blocks or frontier" if engine == "dense" else "choose a smaller n or T"
        memory.ask(8 * (vectors * self.size + extra), mend)

    def stamp(self, w: Vector, t: int) -> None:
        """Let w_t say which numbers its sleeping blocks have, where these are not stored."""
        if self.streamed:
            w[-2] = self.sleeping.name(self.sleeping.now.before(t))

    def stamp_sum(self, w: Vector, first: int, last: int, divisor: float = 1.0) -> None:
        """Let the sum of the iterates w_first .. w_last over a number say the same."""
        if self.streamed:
            w[-2] = self.sleeping.name(self.sleeping.now.mean(first, last, divisor))

    @functools.cached_property
    def params(self) -> _jit.Params:
        """The instance on this layout, for the kernels."""
        return self.instance.params(self.sample, self.rows)

    def work(self, track: bool = False, scratch: int = 0, order: NDArray[np.int64] | None = None) -> _jit.Work:
        """Fresh scratch space, with the order of the examples if there is one.

        Windows are whole blocks unless they are tracked from a start with nothing moving.
        """
        length, count, m = self.instance.length, self.rows.size, self.instance.m
        coupled = 2 * m if self.instance.passive else 1
        if self.streamed:
            coupled = 2 * count + self.sleeping.tape.size
        flags = np.zeros(_jit.NFLAGS, dtype=np.int64)
        flags[_jit.TRACK] = track
        flags[_jit.STATE_DIRTY] = 1
        flags[_jit.STREAM] = self.streamed
        stats = np.zeros(_jit.NSTATS)
        bad = np.zeros(0, dtype=np.int64)
        high = np.full(count, length, dtype=np.int64)
        constant = self.instance.constant_columns(self.sample, self.rows)
        if constant is not None:
            bad, stats[_jit.NEAR] = constant
            if track:
                high[:] = 0
        point, slack, slope = (np.zeros(_jit.CHUNK + 8) for _ in range(3))
        return _jit.Work(
            flags,
            stats,
            np.zeros(3 * self.instance.n),
            np.zeros(coupled),
            point,
            slack,
            slope,
            np.zeros(max((scratch + self.instance.scratch) * self.size, 1)),
            np.full(count, -1.0),
            np.zeros(count, dtype=np.int64),
            high,
            bad,
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(1, dtype=np.int64) if order is None else order,
        )

    def dense(self, w: Vector) -> Vector:
        """Spread a stored vector over all d coordinates: blocks first, then b."""
        if self.full:
            return w.copy()
        instance = self.instance
        memory.ask(8 * instance.dimension, "leave out what looks at all coordinates, or choose a smaller n")
        spread = np.zeros((instance.m, instance.length))
        stored = self.rows.size * instance.length
        if self.streamed:
            spread[:, 0] = self.sleeping.all(self.sleeping.view(w))
        elif instance.passive:
            spread[:, 0] = w[stored:-1]
        spread[self.rows] = w[:stored].reshape(self.rows.size, instance.length)
        return np.append(spread.ravel(), w[-1])

    def woken(self, w: Vector) -> NDArray[np.int64]:
        """Blocks that are stored as one number but do not sleep at w."""
        none = np.zeros(0, dtype=np.int64)
        if self.full or self.streamed:
            return none
        if not self.instance.passive:
            return none if Look(self, w).value() is not None else self.instance.woken(w[:0])
        return self.instance.woken(w[self.rows.size * self.instance.length : -1])

    def promote(self, woken: NDArray[np.int64], vectors: tuple[Vector, ...]) -> tuple[Layout, tuple[Vector, ...]]:
        """Store more blocks in full; return the new layout and the vectors on it."""
        layout = Layout(self.instance, self.sample, np.union1d(self.rows, woken))
        layout.check_memory(len(vectors) + 1, "blocks")
        return layout, tuple(layout.take(self, w) for w in vectors)

    def take(self, other: Layout, w: Vector) -> Vector:
        """Move a vector from a layout with fewer stored blocks."""
        length, passive = self.instance.length, self.instance.passive
        new = np.zeros(self.size)
        blocks = new[: self.rows.size * length].reshape(self.rows.size, length)
        stored = other.rows.size * length
        if passive:
            blocks[:, 0] = w[stored:-1][self.rows]
            if not self.full:
                new[self.rows.size * length : -1] = w[stored:-1]
                new[self.rows.size * length : -1][self.rows] = 0.0
        blocks[np.searchsorted(self.rows, other.rows)] = w[:stored].reshape(other.rows.size, length)
        new[-1] = w[-1]
        return new


def laid_out(engine: Engine, instance: Loss, sample: Sample) -> Layout:
    """Return the layout of a run; an engine that has to see all columns has them stored.

    Raises
    ------
    InputError
        If that does not fit into memory.
    """
    if isinstance(sample, Streamed) and not engine.streams:
        sample = sample.stored()
    layout = Layout(instance, sample, engine.rows(instance, sample))
    layout.check_memory(4, engine.name)
    return layout


class Look:
    """One stored point and everything that is measured at it.

    Parameters
    ----------
    layout : Layout
        Where the point is stored.
    w : ndarray, shape (layout.size,)
        The point.
    batch : int, optional
        Examples to average over, as a bit mask (or see `sco_flat.samples.alone`); all by default.
    room : list of Work, optional
        The scratch space of another look at the layout, the only entry; its own by default.
    """

    def __init__(
        self, layout: Layout, w: Vector, batch: int | None = None, room: list[_jit.Work] | None = None
    ) -> None:
        self.layout, self.w = layout, w
        self.instance = layout.instance
        self._room = [layout.work()] if room is None else room
        self.batch = everyone(self.instance.n) if batch is None else batch

    def at(self, w: Vector, batch: int | None = None) -> Look:
        """Look at another point in the same scratch space, where many points are looked at one after the other."""
        return Look(self.layout, w, batch, self._room)

    @property
    def _work(self) -> _jit.Work:
        return self._room[0]

    def _fresh(self) -> None:
        flags, streamed = self._work.flags, self.layout.streamed
        flags[:] = 0
        flags[_jit.STATE_DIRTY] = flags[_jit.V_COUPLED] = 1
        flags[_jit.V_PASSIVE], flags[_jit.STREAM] = not streamed, streamed
        if streamed:
            self._work.coupled[2 * self.layout.rows.size :] = 0.0

    def _ask(self, kernel: Any, v: Vector, scale: float, gradient: Vector, *more: Any) -> Any:
        """Call a kernel until it has all that it asks for of columns that are not stored."""
        arguments = self.layout.params, self._work, self.batch, self.w, *more
        found = kernel(*arguments)
        while self._work.flags[_jit.STATUS] == _jit.COLUMNS:
            sleeping, squares = self.layout.sleeping, self._work.flags[_jit.ASKED] == _jit.SQUARES
            if scale != 0.0:
                sleeping.view(v)
            if squares and self.batch != everyone(self.instance.n):
                limit = "does not store the columns, and this looks at the gradient of a part of the sample"
                raise InputError("engine", "frontier", limit, "use --engine blocks, which stores them")
            sleeping.answer(self._work, sleeping.view(self.w), self.w, gradient if squares else v)
            found = kernel(*arguments)
        return found

    def value(self, v: Vector | None = None, scale: float = 0.0) -> float | None:
        """F_S at w + scale v; None where that would wake a sleeping block."""
        self._fresh()
        v = self.w if v is None else v
        found = self._ask(self.instance.value, v, scale, v, v, scale)
        return None if self._work.flags[_jit.STATUS] else float(found)

    @functools.cached_property
    def empirical_risk(self) -> float:
        """F_S(w)."""
        found = self.value()
        if found is None:
            raise RuntimeError("a point whose blocks are awake on a layout that has them asleep")
        return found

    def upper(self, radius: float) -> float:
        """The instance's upper bound of the SAER."""
        if self._work.scratch.size < (1 + self.instance.scratch) * self.layout.size:
            self._room[0] = self.layout.work(scratch=1)
        self._fresh()
        kernels = self.instance.value, self.instance.gradient

        def upper(params: _jit.Params, work: _jit.Work, *given: Any) -> Any:
            return self.instance.upper(params, work, *kernels, *given)

        return float(self._ask(upper, self.w, 0.0, self._work.scratch, radius))

    def gradient(self, v: Vector | None = None, scale: float = 0.0) -> Vector | None:
        """Gradient of F_S at w + scale v on the stored coordinates; None where a sleeping block would wake."""
        self._fresh()
        out, v = np.zeros(self.layout.size), self.w if v is None else v
        self._ask(self.instance.gradient, v, scale, out, v, scale, out)
        if self.layout.streamed and self._work.flags[_jit.V_PASSIVE]:
            out[-2] = MOVING
        return None if self._work.flags[_jit.STATUS] else out

    def ascend(self, radius: float, rounds: int = 12) -> list[float]:
        """Values of F_S within the radius that ``v <- r grad / |grad|`` finds from the gradient at w.

        It ends where a gradient moves columns that are not stored: the SAER is then less well known from below.
        """
        values: list[float] = []
        v: Vector | None = None
        for _ in range(rounds):
            slope = self.gradient(v, 1.0 if v is not None else 0.0)
            norm = 0.0 if slope is None else float(np.sqrt(np.sum((slope / max(np.abs(slope).max(), 1e-300)) ** 2)))
            if slope is None or norm == 0.0 or (self.layout.streamed and slope[-2] == MOVING):
                break
            v = slope / max(np.abs(slope).max(), 1e-300) * (radius / norm)
            value = self.value(v, 1.0)
            if value is None:
                break
            values.append(value)
        return values

    @property
    def b(self) -> float:
        """The scalar coordinate."""
        return float(self.w[-1])

    def profile(self, risk: Callable[[Vector], Any] | None = None) -> Vector:
        """The numbers on which the population risk depends, or what else is read of them."""
        out = np.zeros(self.instance.profile_size(self.layout.rows.size))
        if self.layout.streamed:
            self._fresh()
        self.instance.profile(self.layout.params, self._work, self.w, out)
        if self.layout.streamed:
            risk = risk or functools.partial(risk_of, self.instance)
            out = self.layout.sleeping.finish(out, self.layout.sleeping.view(self.w), risk)
        return out

    def example_norms(self) -> Vector:
        """xi_k(w) of every example (norm-hinge losses)."""
        self.value()
        return np.array(self._work.sums[: self.instance.n])

    def blocks(self) -> Vector:
        """Stored blocks of the point, one a row."""
        count, length = self.layout.rows.size, self.instance.length
        return self.w[: count * length].reshape(count, length)

    @functools.cached_property
    def held(self) -> bool:
        """Whether a double holds the point and its risk."""
        return bool(np.isfinite(self.w).all()) and math.isfinite(self.empirical_risk)

    @property
    def population_risk(self) -> Interval:
        """F(w), exact or as [lower, upper]; not a number where a double does not hold it."""
        return risk_of(self.instance, self.profile())

    @functools.cached_property
    def saer(self) -> Interval:
        """[lower, upper] of the sharpness-aware empirical risk ``F_S^r(w)``; not a number as above."""
        return self.instance.saer_bracket(self) if self.held else UNKNOWN

    @functools.cached_property
    def flatness_radius(self) -> float | None:
        """Flatness radius of F_S at a zero of F_S, None where it is not known."""
        return self.instance.flatness_at(self) if self.held else None


UNKNOWN = (math.nan, math.nan)


def risk_of(instance: Loss, profile: Vector) -> Interval:
    """The population risk from a profile; not a number where a double does not hold it."""
    if not np.isfinite(profile).all():
        return UNKNOWN
    try:
        return instance.population_risk(profile)
    except OverflowError:
        return UNKNOWN
