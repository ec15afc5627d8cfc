"""What the benchmarks share: a triad to measure memory by, a NumPy SAM to compare with, and a table."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from sco_flat import engines, instances, samples
from sco_flat.engines import driver as _driver
from sco_flat.engines.layout import Layout
from sco_flat.engines.simulation import _Machine
from sco_flat.settings import Settings


@numba.njit(cache=False)
def _triad(a, b, c, s):  # type: ignore[no-untyped-def]
    for i in range(a.size):
        a[i] = b[i] + s * c[i]


def best(call: Callable[[], Any], repeats: int) -> float:
    """Seconds of the fastest of several calls."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def triad_seconds_per_byte(total_bytes: int, repeats: int = 9) -> float:
    """STREAM's triad on three arrays that take ``total_bytes`` together, 24 bytes an element, one thread."""
    size = max(total_bytes // 24, 1024)
    a, b, c = (np.ones(size) for _ in range(3))
    _triad(a, b, c, 2.0)
    inner = max(1, 2**24 // size)

    def several() -> None:
        for _ in range(inner):
            _triad(a, b, c, 2.0)

    return best(several, repeats) / (24 * size * inner)


class NumpySam:
    """The same SAM step on the SAM chain in NumPy with every buffer by hand: whole arrays, no temporaries."""

    def __init__(self, instance: Any, sample: Any) -> None:
        m, steps, n = instance.m, instance.steps, instance.n
        c = instance.chain()
        self.lam, self.gamma, self.delta_1 = c["lam"], c["gamma"], c["delta_1"]
        self.delta = instance.weights()[1:-1]
        self.eta, self.r = instance.step_size, instance.perturbation_radius
        z = ((sample.codes[:, None] >> np.arange(n)) & 1).astype(float)
        self.p = z.mean(axis=1)[:, None]
        self.v = np.where(z == 1.0, 1.0, -c["kappa"])
        self.x, self.b = np.zeros((m, steps)), 0.0
        self.g, self.up, self.t = (np.empty((m, steps)) for _ in range(3))

    def gradient(self, x: np.ndarray, b: float) -> float:
        """Write the gradient at (x, b) to ``self.g``; return its part on b."""
        g, t = self.g, self.t[:, 1:]
        np.multiply(self.delta, x[:, :-1], out=t)
        t[:, 0] += self.delta[0] * self.lam
        np.subtract(x[:, 1:], t, out=t)
        np.maximum(t, 0.0, out=t)
        np.multiply(self.p, x, out=g)
        u = np.maximum(x[:, 0] @ self.v + b + self.delta_1, 0.0) * (self.gamma / self.v.shape[1])
        g[:, 0] = self.v @ u
        g[:, 1:] += t
        t *= self.delta
        g[:, :-1] -= t
        return float(u.sum())

    def step(self) -> None:
        """One SAM step in place."""
        gb = self.gradient(self.x, self.b)
        flat = self.g.ravel()
        norm = (flat @ flat + gb * gb) ** 0.5
        scale = self.r / norm if norm > 0.0 else 0.0
        np.multiply(self.g, scale, out=self.up)
        self.up += self.x
        hb = self.gradient(self.up, self.b + scale * gb)
        np.multiply(self.g, self.eta, out=self.g)
        self.x -= self.g
        self.b -= self.eta * hb


class Ours:
    """The compiled driver on one layout, started afresh at will."""

    def __init__(self, n: int, steps: int, engine: str, eta: float = 0.25) -> None:
        cls = instances.get("sam-chain")
        self.instance = cls(n=n, steps=steps, step_size=eta, perturbation_radius=cls.auto_radius(steps, eta, 0.0))
        stream = samples.streams(0, "sample")["sample"]
        self.sample = samples.draw(n, self.instance.m, self.instance.bad_code, "one", stream)
        self.engine = engines.get(engine)
        self.settings = Settings("sam", engine=engine)

    def run(self, averaged: bool) -> float:
        """Seconds of one whole run, set-up of the arrays included."""
        began = time.perf_counter()
        layout = Layout(self.instance, self.sample, self.engine.rows(self.instance, self.sample))
        machine = _Machine(layout, self.settings, self.engine, 0)
        w, v, whole = machine.start(), np.zeros(layout.size), np.zeros(layout.size)
        steps = self.instance.steps
        window = (1, steps) if averaged else (steps + 2, steps + 2)
        self.loop = time.perf_counter()
        reached = _driver.advance(*machine.fixed, 1, steps, steps, *window, w, v, whole)
        ended = time.perf_counter()
        self.loop = ended - self.loop
        if reached != steps:
            raise RuntimeError(f"a block woke up at step {reached}")
        self.w, self.layout = w, layout
        return ended - began


class PlainNumpySam(NumpySam):
    """The same step as one writes it from the formula: whole arrays, NumPy makes the temporaries."""

    def slope(self, x: np.ndarray, b: float) -> tuple[np.ndarray, float]:
        """Gradient at (x, b)."""
        before = x[:, :-1].copy()
        before[:, 0] += self.lam
        chain = np.maximum(x[:, 1:] - self.delta * before, 0.0)
        u = np.maximum(x[:, 0] @ self.v + b + self.delta_1, 0.0) * (self.gamma / self.v.shape[1])
        g = self.p * x
        g[:, 0] = self.v @ u
        g[:, 1:] += chain
        g[:, :-1] -= self.delta * chain
        return g, float(u.sum())

    def step(self) -> None:
        """One SAM step."""
        g, gb = self.slope(self.x, self.b)
        norm = np.sqrt(np.sum(g**2) + gb**2)
        scale = self.r / norm if norm > 0.0 else 0.0
        h, hb = self.slope(self.x + scale * g, self.b + scale * gb)
        self.x = self.x - self.eta * h
        self.b -= self.eta * hb


def peak_mebibytes() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exponent(sizes: list[float], seconds: list[float]) -> float:
    """Slope of log seconds over log size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def arguments(doc: str | None) -> argparse.Namespace:
    """Read ``--quick`` and ``--json``."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and sizes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def show(rows: list[tuple[str, float, str, float | None, str]], as_json: bool) -> None:
    """Print (what, value, unit, limit, direction): direction is ``<`` or ``>`` where something must be reached."""
    if as_json:
        keys = ("what", "value", "unit", "limit", "direction")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1))
        return
    width = max(len(row[0]) for row in rows)
    for what, value, unit, limit, direction in rows:
        verdict = ""
        if limit is not None:
            good = value < limit if direction == "<" else value > limit
            verdict = f"   must be {direction} {limit:g}: {'reached' if good else 'MISSED'}"
        print(f"{what:<{width}}  {value:>12.4g} {unit}{verdict}")
