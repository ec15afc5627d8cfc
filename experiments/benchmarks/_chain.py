"""SAM on `sam-chain`: the compiled driver, and the same step by NumPy, optax and PyTorch, all from 0.

Each contender has ``go(steps)``, and ``point()`` with the dense vector that it has reached.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._base import Unmeasured, installed, seconds
from sco_flat import engines, instances, samples
from sco_flat.engines import driver
from sco_flat.engines.layout import Layout
from sco_flat.engines.simulation import _Machine
from sco_flat.settings import Settings


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
        """CPU seconds of one whole run, set-up of the arrays included; those of the loop are kept in ``loop``."""
        began = time.process_time()
        self.layout = Layout(self.instance, self.sample, self.engine.rows(self.instance, self.sample))
        machine = _Machine(self.layout, self.settings, self.engine, 0)
        self.w, v, whole = machine.start(), np.zeros(self.layout.size), np.zeros(self.layout.size)
        steps = self.instance.steps
        window = (1, steps) if averaged else (steps + 2, steps + 2)
        loop = time.process_time()
        reached = driver.advance(*machine.fixed, 1, steps, steps, *window, self.w, v, whole)
        ended = time.process_time()
        if reached != steps:
            raise Unmeasured(f"a block woke up at step {reached}")
        self.loop = ended - loop
        return ended - began

    def step(self) -> float:
        """CPU seconds of one step, without the set-up."""
        self.run(False)
        return self.loop / (self.instance.steps - 1)

    def whole_step(self) -> float:
        """The same with its share of the set-up and of the running average."""
        return self.run(True) / (self.instance.steps - 1)

    def point(self) -> np.ndarray:
        """The dense vector of the last iterate."""
        return self.layout.dense(self.w)


class Formula:
    """The numbers of the loss on a sample, and F_S in words that arrays of NumPy, JAX and PyTorch all understand."""

    def __init__(self, instance: Any, sample: Any) -> None:
        n, c = instance.n, instance.chain()
        self.lam, self.gamma, self.delta_1 = c["lam"], c["gamma"] / n, c["delta_1"]
        self.delta = instance.weights()[1:-1]
        self.shift = np.zeros(self.delta.size)
        self.shift[0] = self.lam
        z = ((sample.codes[:, None] >> np.arange(n)) & 1).astype(float)
        self.p, self.v = z.mean(axis=1)[:, None], np.where(z == 1.0, 1.0, -c["kappa"])
        self.eta, self.r, self.shape = instance.step_size, instance.perturbation_radius, (instance.m, instance.steps)

    def moved(self, array: Callable[[np.ndarray], Any]) -> None:
        """Make another library's arrays of the constants."""
        for name in ("delta", "shift", "p", "v"):
            setattr(self, name, array(getattr(self, name)))

    def risk(self, x: Any, b: Any, positive: Callable[[Any], Any]) -> Any:
        """F_S at (x, b); ``positive`` is the positive part."""
        chain = positive(x[:, 1:] - self.delta * (x[:, :-1] + self.shift))
        coupling = positive(x[:, 0] @ self.v + b + self.delta_1)
        return 0.5 * ((self.p * x[:, 1:] ** 2).sum() + (chain**2).sum() + self.gamma * (coupling**2).sum())


class NumpyPlain(Formula):
    """The step as one writes it from the formula: whole arrays, NumPy makes the temporaries."""

    def __init__(self, instance: Any, sample: Any) -> None:
        super().__init__(instance, sample)
        self.x, self.b = np.zeros(self.shape), 0.0

    def slope(self, x: np.ndarray, b: float) -> tuple[np.ndarray, float]:
        """Gradient at (x, b)."""
        chain = np.maximum(x[:, 1:] - self.delta * (x[:, :-1] + self.shift), 0.0)
        u = self.gamma * np.maximum(x[:, 0] @ self.v + b + self.delta_1, 0.0)
        g = self.p * x
        g[:, 0] = self.v @ u
        g[:, 1:] += chain
        g[:, :-1] -= self.delta * chain
        return g, float(u.sum())

    def go(self, steps: int) -> None:
        """Take steps."""
        for _ in range(steps):
            g, gb = self.slope(self.x, self.b)
            norm = np.sqrt(np.sum(g**2) + gb**2)
            scale = self.r / norm if norm > 0.0 else 0.0
            h, hb = self.slope(self.x + scale * g, self.b + scale * gb)
            self.x = self.x - self.eta * h
            self.b -= self.eta * hb

    def point(self) -> np.ndarray:
        """x, then b."""
        return np.append(self.x.ravel(), self.b)


class NumpyByHand(Formula):
    """The same step with every buffer by hand: whole arrays, no temporaries."""

    def __init__(self, instance: Any, sample: Any) -> None:
        super().__init__(instance, sample)
        self.x, self.b = np.zeros(self.shape), 0.0
        self.g, self.up, self.t = (np.empty(self.shape) for _ in range(3))

    def gradient(self, x: np.ndarray, b: float) -> float:
        """Write the gradient at (x, b) to ``self.g``; return its part on b."""
        g, t = self.g, self.t[:, 1:]
        np.multiply(self.delta, x[:, :-1], out=t)
        t[:, 0] += self.delta[0] * self.lam
        np.subtract(x[:, 1:], t, out=t)
        np.maximum(t, 0.0, out=t)
        np.multiply(self.p, x, out=g)
        u = np.maximum(x[:, 0] @ self.v + b + self.delta_1, 0.0) * self.gamma
        g[:, 0] = self.v @ u
        g[:, 1:] += t
        t *= self.delta
        g[:, :-1] -= t
        return float(u.sum())

    def go(self, steps: int) -> None:
        """Take steps, in place."""
        flat = self.g.ravel()
        for _ in range(steps):
            gb = self.gradient(self.x, self.b)
            norm = (flat @ flat + gb * gb) ** 0.5
            scale = self.r / norm if norm > 0.0 else 0.0
            np.multiply(self.g, scale, out=self.up)
            self.up += self.x
            hb = self.gradient(self.up, self.b + scale * gb)
            np.multiply(self.g, self.eta, out=self.g)
            self.x -= self.g
            self.b -= self.eta * hb

    point = NumpyPlain.point


class OptaxSam(Formula):
    """`optax.contrib.sam` around two plain descents, gradients by JAX, doubles, the whole loop compiled."""

    def __init__(self, instance: Any, sample: Any) -> None:
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # one thread, as all contenders
        import jax
        import optax
        from optax import contrib

        jax.config.update("jax_enable_x64", True)
        super().__init__(instance, sample)
        self.moved(jax.numpy.asarray)
        up = optax.chain(contrib.normalize(), optax.sgd(self.r))
        rule = contrib.sam(optax.sgd(self.eta), up, sync_period=2, opaque_mode=True)
        slope = jax.grad(lambda w, _: self.risk(*w, jax.nn.relu))

        def once(_: Any, carried: Any) -> Any:
            w, state = carried
            change, state = rule.update(slope(w, 0), state, w, grad_fn=slope)
            return optax.apply_updates(w, change), state

        self.w = (jax.numpy.zeros(self.shape), jax.numpy.zeros(()))
        self.state = rule.init(self.w)
        self.loop = jax.jit(lambda steps, w, state: jax.lax.fori_loop(0, steps, once, (w, state)))
        jax.block_until_ready(self.loop(0, self.w, self.state))  # compiles

    def go(self, steps: int) -> None:
        """Take steps."""
        self.w, self.state = self.loop(steps, self.w, self.state)
        self.w[0].block_until_ready()

    def point(self) -> np.ndarray:
        """x, then b."""
        return np.append(np.asarray(self.w[0]).ravel(), float(self.w[1]))


class TorchSam(Formula):
    """PyTorch's automatic gradients, as one writes it, doubles, one thread."""

    def __init__(self, instance: Any, sample: Any) -> None:
        import torch

        torch.set_num_threads(1)
        super().__init__(instance, sample)
        self.moved(torch.tensor)
        self.torch = torch
        self.w = [torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in (self.shape, ())]

    def go(self, steps: int) -> None:
        """Take steps."""
        torch = self.torch
        for _ in range(steps):
            found = torch.autograd.grad(self.risk(*self.w, torch.relu), self.w)
            norm = torch.sqrt(sum((g * g).sum() for g in found))
            push = [self.r / norm * g if norm > 0.0 else g for g in found]
            with torch.no_grad():
                for w, v in zip(self.w, push, strict=True):
                    w += v
            found = torch.autograd.grad(self.risk(*self.w, torch.relu), self.w)
            with torch.no_grad():
                for w, v, g in zip(self.w, push, found, strict=True):
                    w -= v
                    w -= self.eta * g

    def point(self) -> np.ndarray:
        """x, then b."""
        return np.append(*[w.detach().numpy().ravel() for w in self.w])


KINDS = {
    "NumPy from the formula": NumpyPlain,
    "NumPy by hand": NumpyByHand,
    "optax": OptaxSam,
    "PyTorch": TorchSam,
}
"""Whoever takes the same step on whole arrays."""


def rivals(ours: Ours) -> dict[str, Any]:
    """All of them on the same sample, at 0; None for one that is not installed."""
    return {name: kind(ours.instance, ours.sample) if installed(name) else None for name, kind in KINDS.items()}


def stepping(contenders: dict[str, Any], count: int) -> dict[str, Callable[[], float] | None]:
    """What a step of each takes, measured on ``count`` of them."""

    def one(rival: Any) -> Callable[[], float]:
        return lambda: seconds(lambda: rival.go(count)) / count

    return {name: None if rival is None else one(rival) for name, rival in contenders.items()}
