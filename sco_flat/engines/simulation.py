"""Run a method on an instance and a sample, on the engine asked for or the sparsest that supports it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import _jit, engines
from sco_flat.engines import driver as _driver
from sco_flat.engines.base import Engine
from sco_flat.engines.batches import drawn
from sco_flat.engines.layout import Layout, Look, Vector, laid_out, risk_of
from sco_flat.engines.slices import Slices
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.instances.kernels.general import no_upper
from sco_flat.methods.base import no_oracle
from sco_flat.patience import track
from sco_flat.results import Interval
from sco_flat.samples import Sample, everyone, streams
from sco_flat.settings import Settings
from sco_flat.traits import objection
from sco_flat.vocabulary import SCHEDULES

DETAILED = 2048
"""Blocks and frontier runs up to this length evaluate every suffix average in full, longer ones from squares."""

KEPT = (_jit.ZERO_STEP, _jit.UNDERFLOW_STEP, _jit.PASSIVE_STEP, _jit.CLOSED, _jit.SOLVED)
"""Flags that outlast a promotion."""


def choose_engine(instance: Loss, settings: Settings) -> Engine:
    """Return the engine by name, or for ``auto`` the sparsest without an objection.

    Raises
    ------
    InputError
        If the engine asked for cannot run this; it never falls back in silence.
    """
    facts = instance.facts() | settings.facts()
    if settings.engine != "auto":
        chosen = engines.get(settings.engine)
        reason = objection(chosen, facts)
        if reason is not None:
            raise InputError("engine", settings.engine, reason, "use --engine dense or leave it out")
        return chosen
    known = sorted((engines.get(name) for name in engines.names()), key=lambda engine: engine.place)
    return next(engine for engine in known if objection(engine, facts) is None)


def suited(instance: Loss, settings: Settings) -> Engine:
    """Return the engine of a run, once nothing speaks against the run.

    Raises
    ------
    InputError
        If the engine or the oracle cannot do this on this loss.
    """
    engine = choose_engine(instance, settings)
    if settings.maximiser is not None:
        reason = objection(settings.maximiser, instance.facts() | settings.facts())
        if reason is not None:
            raise InputError("oracle", settings.oracle, reason, "use --oracle ascent (dense engine)")
    return engine


@dataclass(frozen=True, eq=False)
class Simulation:
    """A finished run: the last iterate, the window sum, and what is needed to run it again."""

    layout: Layout
    settings: Settings
    engine: Engine
    seed: int
    last: Vector
    window_sum: Vector
    window: tuple[int, int]
    zero_step: int
    underflow_step: int
    tied_steps: int
    oracle_gap: float
    projections: tuple[int, int]  # onto one half-space that is certified, onto several at once
    settled: int

    @property
    def instance(self) -> Loss:
        """The instance."""
        return self.layout.instance

    @functools.cached_property
    def average(self) -> Vector:
        """Average of the window, on the stored coordinates."""
        first, last = self.window
        mean = self.window_sum / (last - first + 1)
        self.layout.stamp_sum(mean, first, last, float(last - first + 1))
        return mean

    def started(self) -> Vector:
        """w_1 on the stored coordinates."""
        return _Machine(self.layout, self.settings, self.engine, self.seed).start()

    def batches(self) -> NDArray[np.int64]:
        """Examples of every update as bit masks; a single mask stands for all updates."""
        return _Machine(self.layout, self.settings, self.engine, self.seed).batches

    def factors(self) -> NDArray[np.float64]:
        """The multiple of the mean over its examples that each update descends on; one stands for all."""
        return _Machine(self.layout, self.settings, self.engine, self.seed).factors

    def look(self, w: Vector) -> Look:
        """Hold a stored point against its risks."""
        return Look(self.layout, w)

    def snapshots(self, times: Iterable[int]) -> Iterator[tuple[int, Vector]]:
        """Run again and yield (t, w_t) at some times, ascending; the vector is reused, so that none is stored."""
        steps = self.instance.steps
        run = _Machine(self.layout, self.settings, self.engine, self.seed)
        w, v, whole = run.start(), np.zeros(self.layout.size), np.zeros(self.layout.size)
        now = 1
        for t in times:
            if not now <= t <= steps:
                raise InputError("snapshots", t, f"times ascend from 1 to T = {steps}", "leave it out")
            _driver.advance(*run.fixed, now, t, steps, steps + 2, steps + 2, w, v, whole)
            now = t
            self.layout.stamp(w, t)
            yield t, w

    def suffix(self, start: int) -> Vector:
        """Suffix average of [start, T], from a run of its own unless it is at hand."""
        if (start, self.instance.steps) == self.window:
            return self.average
        return simulate(
            self.instance, self.layout.sample, self.settings, self.seed, (start, self.instance.steps)
        ).average

    def iterates(self) -> Iterator[tuple[int, Vector]]:
        """Run again and yield (t, w_t) for t = 1..T; the vector is reused."""
        steps = self.instance.steps
        run = _Machine(self.layout, self.settings, self.engine, self.seed)
        w, v, whole = run.start(), np.zeros(self.layout.size), np.zeros(self.layout.size)
        yield 1, w
        for t in track(range(1, steps), steps, "steps"):
            # a window behind the run: no average is kept
            _driver.advance(*run.fixed, t, t + 1, steps, steps + 2, steps + 2, w, v, whole)
            self.layout.stamp(w, t + 1)
            yield t + 1, w

    @functools.cached_property
    def left_at(self) -> int:
        """The first t at which w_t is beyond what a double holds; 0 if there is none."""
        if np.isfinite(self.last).all() and np.isfinite(self.window_sum).all():
            return 0
        return next((t for t, w in self.iterates() if not np.isfinite(w).all()), 0)

    @functools.cached_property
    def suffix_risks(self) -> NDArray[np.float64]:
        """Population risk of every suffix average as [lower, upper], shape (T, 2), from a second run.

        It takes iterates off the sum of the first run, at the cost of one risk an iterate. Long blocks and
        frontier runs log what changes instead, and the squares of all suffixes follow from that at the cost of
        one change each. Memory is that of a few points.
        """
        if self.engine.name != "dense" and self.instance.steps > DETAILED and self.instance.from_squares:
            sparse = self._sparse_suffix_risks()
            if sparse is not None:
                return sparse
        layout, instance = self.layout, self.instance
        steps = instance.steps
        profiles = np.zeros((steps, instance.profile_size(layout.rows.size)))
        run = _Machine(layout, self.settings, self.engine, self.seed)
        whole = self.window_sum.copy()
        if self.window != (1, steps):
            raise ValueError("every suffix needs the sum over the whole run")
        lean = layout.params._replace(passive=0)
        _driver.replay(
            *run.fixed, _driver.advance, steps, run.start(), np.zeros(layout.size), whole,
            instance.profile, lean, self.settled, np.zeros(layout.size), np.zeros(layout.size), profiles,
        )  # fmt: skip
        if layout.streamed:
            run.checked()
            layout.sleeping.finish_all(profiles, self.settled, steps, functools.partial(risk_of, instance))
        elif layout.params.passive:
            sleeping = self.last.copy()
            sleeping[: layout.rows.size * instance.length] = 0.0
            sleeping[-1] = 0.0
            share, none = (np.zeros(profiles.shape[1]) for _ in range(2))
            instance.profile(layout.params, run.work, sleeping, share)
            instance.profile(layout.params, run.work, np.zeros(layout.size), none)
            profiles[max(self.settled - 1, 0) :] += share - none
        return np.array([risk_of(instance, p) for p in track(profiles, steps, "suffixes")])

    def _sparse_suffix_risks(self) -> NDArray[np.float64] | None:
        """Return the risks from the log of changes; None where too much changes for a log."""
        layout, instance = self.layout, self.instance
        steps, size, blocks = instance.steps, layout.size, layout.rows.size
        run = _Machine(layout, self.settings, self.engine, self.seed)
        # each entry of a walk or a chain changes once or twice; more than that is another kind of run
        room = 4 * (steps + blocks * instance.length)
        layout.check_memory(4, self.engine.name, extra=2 * room)
        counts, places = np.zeros(steps, dtype=np.int64), np.zeros(room, dtype=np.int64)
        amounts = np.zeros(room)
        w = run.start()
        spare = [np.zeros(size) for _ in range(3)]
        fixed = *run.fixed, _driver.advance
        peak = float(
            _driver.changes(
                *fixed, steps, everyone(instance.n), w, spare[0], w.copy(), spare[1], counts, places, amounts
            )
        )
        run.checked()
        if peak < 0.0:
            return None
        used = int(counts.sum())
        squares = np.zeros((steps, blocks + 1))
        keep = np.append(np.arange(blocks * instance.length), size - 1)
        # sleeping blocks do not enter the squares: hand over the stored entries and b
        places[:used][places[:used] == size - 1] = keep.size - 1
        _driver.backwards(
            instance.length, instance.square_weights(), np.ascontiguousarray(w[keep]), counts, places[:used],
            amounts[:used], np.zeros(keep.size), np.zeros(keep.size, dtype=np.int64), squares,
        )  # fmt: skip
        codes = layout.sample.at(layout.rows)
        risks = functools.partial(instance.risks_from_squares, squares, codes, peak)
        return risks(self.look(self.last).profile(risks))

    def lowest_suffix(self) -> tuple[int, Interval]:
        """Start and risk of the suffix average of smallest population risk (by the lower end)."""
        risks = self.suffix_risks
        start = int(np.argmin(risks[:, 0]))
        return start + 1, (float(risks[start, 0]), float(risks[start, 1]))


class _Machine:
    """The arguments that stay fixed during a run."""

    def __init__(self, layout: Layout, settings: Settings, engine: Engine, seed: int) -> None:
        instance, method, oracle = layout.instance, settings.rule, settings.maximiser
        self.layout, self.settings, self.seed = layout, settings, seed
        numerical = oracle is not None and not oracle.exact
        random = streams(seed, "order", "oracle")
        self.batches, self.factors, table = drawn(layout.sample, instance.steps, settings, random["order"])
        track = engine.track and instance.windows and settings.facts()["one_coordinate"]
        self.seen = layout.size if track and settings.project else 0  # what a projection saw last, first in scratch
        self.work = layout.work(track, scratch=2 if numerical else int(self.seen > 0), order=table)
        key = int(random["oracle"].integers(0, 2**62))
        own = _jit.freeze([settings.own.get(k, p.default) for k, p in method.parameters.items()] or [0.0], np.float64)
        knobs = _jit.Knobs(instance.perturbation_radius, float(settings.epsilon), int(settings.normalize), key, own)
        if layout.streamed:  # what the run has asked for, whoever runs it again need not
            self.work.coupled[2 * layout.rows.size :] = layout.sleeping.tape
        kernels = (
            instance.value,
            instance.gradient,
            instance.descend,
            instance.upper if numerical else no_upper,  # which takes the scratch space of a search
            method.step,
            no_oracle if oracle is None else oracle.kernel_on(instance),
        )
        for kernel in (*kernels, _driver.advance):
            _ = kernel.compiled  # ahead of the watch, which takes its time for that of steps
        self.fixed: tuple[Any, ...] = (
            layout.params,
            self.work,
            knobs,
            _schedule(instance, settings),
            *kernels,
            self.batches,
            self.factors,
            self._limits(),
            np.zeros(max(method.memory * layout.size, 1)),
        )

    def going_on(self, before: _Machine, w: Vector) -> _Machine:
        """Take over from a run with fewer stored blocks, at w."""
        work = self.work
        for place in KEPT:
            work.flags[place] = before.work.flags[place]
        work.touched[:] = self.layout.instance.length  # which entries have moved is not carried over
        work.scratch[: self.seen] = w[: self.seen]
        work.stats[_jit.MOST_SQUARES] = math.inf
        return self

    def answered(self, w: Vector, v: Vector) -> bool:
        """Answer what was asked about columns that are not stored, and keep it for whoever runs this again."""
        if not self.layout.streamed:
            return False
        sleeping = self.layout.sleeping
        sleeping.follow(self.work, w)
        if self.work.flags[_jit.STATUS] != _jit.COLUMNS:
            return False
        sleeping.answer(self.work, sleeping.now, w, v)
        sleeping.tape[:] = self.work.coupled[2 * self.layout.rows.size :]
        return True

    def checked(self) -> None:
        """A run that repeats another one has no new question."""
        if self.layout.streamed and self.work.flags[_jit.STATUS] != _jit.OK:
            raise RuntimeError("a run of columns that are not stored did not repeat itself")

    def _limits(self) -> _jit.Limits:
        """Where the iterates have to stay."""
        settings, size = self.settings, self.layout.size
        low = high = np.zeros(0)
        if settings.clamp is not None:
            centre = self.start()
            low, high = centre - settings.clamp, centre + settings.clamp
            # rounded inwards: the distance to the start is at most the clamp as doubles have it
            low = np.where(centre - low > settings.clamp, np.nextafter(low, centre), low)
            high = np.where(high - centre > settings.clamp, np.nextafter(high, centre), high)
        elif settings.box is not None:
            low, high = (np.asarray(end, dtype=np.float64) for end in settings.box)
            if low.shape != (size,) or high.shape != (size,) or not (low <= high).all():
                limit = f"is a pair of arrays of shape ({size},), low <= high"
                raise InputError("box", f"of shapes {low.shape}, {high.shape}", limit, "leave it out")
        begin, end, cap = self.layout.instance.cap()
        low, high = _jit.freeze(low, np.float64), _jit.freeze(high, np.float64)
        return _jit.Limits(int(settings.project), begin, end, cap, low, high)

    def start(self) -> Vector:
        """w_1 on the stored coordinates."""
        if self.settings.zero_start:
            return np.zeros(self.layout.size)
        if self.settings.own_start:
            return self.layout.instance.own_start(streams(self.seed, "start")["start"])
        return self.settings.start_vector(self.layout.size, streams(self.seed, "start")["start"])


def _schedule(instance: Loss, settings: Settings) -> _jit.Schedule:
    """Step sizes, and the stages if there are any."""
    plan = settings.plan
    kind = _driver.STAGES if plan else SCHEDULES.index(settings.schedule)
    ends = np.cumsum([count for count, _, _ in plan])
    if plan and ends[-1] != instance.steps - 1:
        limit = f"have {ends[-1]} steps and T = {instance.steps} asks for {instance.steps - 1}"
        raise InputError("stages", settings.stages, limit, "let them add up to T - 1")
    sizes, radii = [size for _, size, _ in plan], [radius for _, _, radius in plan]
    return _jit.Schedule(
        kind, instance.step_size, max(instance.steps // 10, 1),
        _jit.freeze(ends, np.int64), _jit.freeze(sizes, np.float64), _jit.freeze(radii, np.float64),
    )  # fmt: skip


def _stage_of(settings: Settings, t: int) -> int:
    """The stage of the update from w_t."""
    return int(np.searchsorted(np.cumsum([count for count, _, _ in settings.plan]), t))


def _refused(instance: Loss, settings: Settings, t: int, status: int) -> InputError:
    """The error for a step that a kernel refused."""
    if status == _jit.DIVERGED:
        size = settings.plan[_stage_of(settings, t)][1] if settings.plan else instance.step_size
        limit = f"the run diverges: at step {t} the gradient is beyond what a double holds"
        return InputError("step-size", size, limit, "choose a smaller step size or another start")
    if status == _jit.DEAD:
        limit = f"at step {t} the hidden layer, which a norm divides, is 0 on an example"
        return InputError("network", instance.resolved()["network"], limit, "choose another seed, start or width")
    if settings.maximiser is None or not settings.maximiser.exact:
        limit = f"at step {t} too many half-spaces meet in one projection"
        return InputError("n", instance.n, limit, "choose a smaller n, or another start")
    limit = f"at step {t} the maximisers of F_S(w + v) are not known exactly"
    return InputError("oracle", settings.oracle, limit, "use --oracle ascent (dense engine)")


def simulate(
    instance: Loss,
    sample: Sample,
    settings: Settings,
    seed: int = 0,
    window: tuple[int, int] | None = None,
) -> Simulation:
    """Run ``settings.method`` for T = ``instance.steps`` iterates.

    Parameters
    ----------
    instance : Loss
        The loss, with n, T, eta, r and rho.
    sample : Sample
        The columns.
    settings : Settings
        Method, oracle, engine, schedule, start.
    seed : int
        Root of the streams "order", "oracle" and "start"; the sample has its own.
    window : (int, int), optional
        Iterates a..b (1-based, inclusive) to average; the whole run by default.

    Returns
    -------
    Simulation
        Last iterate and window sum on the stored coordinates.

    Raises
    ------
    InputError
        If the engine cannot run this, the state does not fit, or an exact oracle leaves the regime in which
        it knows the maximisers.
    """
    engine = suited(instance, settings)
    steps = instance.steps
    first, last = window or (1, steps)
    if not 1 <= first <= last <= steps:
        raise InputError(
            "window", (first, last), f"must satisfy 1 <= a <= b <= T = {steps}", "choose a window in the run"
        )
    layout = laid_out(engine, instance, sample)
    run = _Machine(layout, settings, engine, seed)
    w, v, whole = run.start(), np.zeros(layout.size), np.zeros(layout.size)
    t, slices = 1, Slices(steps, layout.size * instance.n)
    while True:
        t = int(_driver.advance(*run.fixed, t, slices.after(t), steps, first, last, w, v, whole))
        flags = run.work.flags
        if run.answered(w, v):
            slices = slices.anew()
            continue
        if flags[_jit.STATUS] == _jit.OK:
            if t < steps:
                continue
            slices.close()
            break
        if flags[_jit.STATUS] != _jit.PROMOTE:
            raise _refused(instance, settings, t, int(flags[_jit.STATUS]))
        woken = instance.woken(run.work.coupled[: instance.m])
        layout, (w, whole) = layout.promote(woken, (w, whole))
        run = _Machine(layout, settings, engine, seed).going_on(run, w)
        v = np.zeros(layout.size)
    woken = layout.woken(w)
    if woken.size:  # the last step woke blocks and no gradient was taken since
        layout, (w, whole) = layout.promote(woken, (w, whole))
    layout.stamp_sum(whole, first, last)
    stats = run.work.stats
    return Simulation(
        layout, settings, engine, seed, w, whole, (first, last),
        zero_step=int(flags[_jit.ZERO_STEP]),
        underflow_step=int(flags[_jit.UNDERFLOW_STEP]),
        tied_steps=int(flags[_jit.TIED_STEPS]),
        oracle_gap=float(stats[_jit.GAP]),
        projections=(int(flags[_jit.CLOSED]), int(flags[_jit.SOLVED])),
        settled=int(flags[_jit.PASSIVE_STEP]),
    )  # fmt: skip


def follow(
    instance: Loss, sample: Sample, settings: Settings, seed: int, times: Iterable[int]
) -> Iterator[tuple[int, Look]]:
    """Run once and look at the iterates of some times, as `stretches`, without the means."""
    return ((t, look) for t, look, _ in stretches(instance, sample, settings, seed, times))


def stretches(
    instance: Loss, sample: Sample, settings: Settings, seed: int, times: Iterable[int]
) -> Iterator[tuple[int, Look, Vector]]:
    """Run once: t, a look at a copy of w_t, and the mean of the iterates after the time before, up to w_t.

    Parameters
    ----------
    instance, sample, settings, seed
        As of `simulate`. The engine is one that stores every coordinate.
    times : iterable of int
        Ascending, from 1 to T; the time before the first is 1, and the mean at time 1 is w_1.

    Raises
    ------
    InputError
        As `simulate`, when the step that cannot be taken is reached.
    """
    engine = engines.get("dense")
    layout = Layout(instance, sample, engine.rows(instance, sample))
    layout.check_memory(3, engine.name)
    run = _Machine(layout, settings, engine, seed)
    steps, now = instance.steps, 1
    w, v, whole = run.start(), np.zeros(layout.size), np.zeros(layout.size)
    look = Look(layout, w)
    for t in times:
        if not now <= t <= steps:
            raise InputError("times", t, f"ascend from 1 to T = {steps}", "leave it out")
        reached = int(_driver.advance(*run.fixed, now, t, steps, now + 1, t, w, v, whole))
        if run.work.flags[_jit.STATUS] != _jit.OK:
            raise _refused(instance, settings, reached, int(run.work.flags[_jit.STATUS]))
        yield t, look.at(w.copy()), w.copy() if t == now else whole / (t - now)
        now = t
