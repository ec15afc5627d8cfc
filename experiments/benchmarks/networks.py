"""Networks: epochs of SAM with one example a step on xor, against NumPy, optax and PyTorch.

All take the same steps from the same start in the same order, in double precision on one thread; the end points are
compared. xor with d = 30, n = 100, width 100, with bias.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks._base import ABSENT, Benchmark, Row, growth, installed, median, race, seconds
from sco_flat import patience
from sco_flat.engines.simulation import simulate
from sco_flat.requests import request_from

EXAMPLES = 100


class Start:
    """One matrix for the first layer and its bias, and the second layer, at the start of one of our runs."""

    def __init__(self, loss: Any, sample: Any, w: np.ndarray) -> None:
        (first, bias), (second, _) = loss.split(w)
        self.first, self.second = np.vstack([first, bias]), second[:, 0].copy()
        self.x = np.hstack([sample.inputs, np.ones((loss.n, 1))])
        self.y, self.eta, self.r = sample.labels, loss.step_size, loss.perturbation_radius


class NumpySam(Start):
    """Single SAM in NumPy, every operation on whole arrays."""

    def slopes(self, first: np.ndarray, second: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The gradient at a point."""
        h = np.maximum(self.x[k] @ first, 0.0)
        apart = 2.0 * (h @ second - self.y[k])
        return np.outer(self.x[k], np.where(h > 0.0, apart * second, 0.0)), apart * h

    def go(self, order: list[int]) -> None:
        """A step for each example."""
        for k in order:
            g, s = self.slopes(self.first, self.second, k)
            norm = np.sqrt(np.vdot(g, g) + s @ s)
            scale = self.r / norm if norm > 0.0 else 0.0
            g, s = self.slopes(self.first + scale * g, self.second + scale * s, k)
            self.first -= self.eta * g
            self.second -= self.eta * s

    def point(self) -> np.ndarray:
        """The weights in one vector."""
        return np.append(self.first.ravel(), self.second)


class OptaxSam(Start):
    """`optax.contrib.sam`, gradients by JAX, the loop over the examples compiled."""

    def __init__(self, loss: Any, sample: Any, w: np.ndarray) -> None:
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # one thread, as all contenders
        import jax
        import optax
        from optax import contrib

        jax.config.update("jax_enable_x64", True)
        super().__init__(loss, sample, w)
        x, y = jax.numpy.asarray(self.x), jax.numpy.asarray(self.y)
        up = optax.chain(contrib.normalize(), optax.sgd(self.r))
        rule = contrib.sam(optax.sgd(self.eta), up, sync_period=2, opaque_mode=True)

        def once(carried: Any, k: Any) -> Any:
            w, state = carried
            slope = jax.grad(lambda w, _: (jax.nn.relu(x[k] @ w[0]) @ w[1] - y[k]) ** 2)
            change, state = rule.update(slope(w, 0), state, w, grad_fn=slope)
            return (optax.apply_updates(w, change), state), None

        self.array, self.wait = jax.numpy.asarray, jax.block_until_ready
        self.w = (jax.numpy.asarray(self.first), jax.numpy.asarray(self.second))
        self.state = rule.init(self.w)
        self.loop = jax.jit(lambda carried, order: jax.lax.scan(once, carried, order)[0])

    def go(self, order: list[int]) -> None:
        """A step for each example."""
        self.w, self.state = self.wait(self.loop((self.w, self.state), self.array(order)))

    def point(self) -> np.ndarray:
        """The weights in one vector."""
        return np.append(*[np.asarray(w).ravel() for w in self.w])


class TorchSam(Start):
    """PyTorch's automatic gradients, as one writes it."""

    def __init__(self, loss: Any, sample: Any, w: np.ndarray) -> None:
        import torch

        torch.set_num_threads(1)
        super().__init__(loss, sample, w)
        self.torch = torch
        self.weights = [torch.tensor(a, requires_grad=True) for a in (self.first, self.second)]
        self.inputs, self.labels = torch.tensor(self.x), torch.tensor(self.y)

    def slopes(self, k: int) -> tuple[Any, ...]:
        """The gradient at the weights."""
        h = self.torch.relu(self.inputs[k] @ self.weights[0])
        found = self.torch.autograd.grad((h @ self.weights[1] - self.labels[k]) ** 2, self.weights)
        return tuple(found)

    def go(self, order: list[int]) -> None:
        """A step for each example."""
        torch = self.torch
        for k in order:
            found = self.slopes(k)
            norm = torch.sqrt(sum((g * g).sum() for g in found))
            push = [self.r / norm * g if norm > 0.0 else g for g in found]
            with torch.no_grad():
                for w, v in zip(self.weights, push, strict=True):
                    w += v
            found = self.slopes(k)
            with torch.no_grad():
                for w, v, g in zip(self.weights, push, found, strict=True):
                    w -= v
                    w -= self.eta * g

    def point(self) -> np.ndarray:
        """The weights in one vector."""
        return np.append(*[w.detach().numpy().ravel() for w in self.weights])


KINDS = {"NumPy": NumpySam, "optax": OptaxSam, "PyTorch": TorchSam}


def ours(epochs: int, width: int) -> tuple[Any, Any, Any, float]:
    """Loss, sample and run, and the CPU seconds of the run."""
    request = request_from(
        "xor", "sam", inputs=30, n=EXAMPLES, width=width, bias="first", batch_size=1, steps=EXAMPLES * epochs + 1
    )
    loss = request.build()
    sample = request.sample(loss)
    began = time.process_time()
    run = simulate(loss, sample, request.settings)
    return loss, sample, run, time.process_time() - began


def measure(rounds: int, epochs: int, few: int, widths: tuple[int, ...], lengths: tuple[int, ...]) -> Iterator[Row]:
    """A race of epochs, then growth in the width (d is 32 of it) and in T."""
    case = "width 100, n = 100, an epoch"
    with patience.unlimited(silent=True):
        loss, sample, short, _ = ours(few, 100)
        order = [int(-b - 2) for b in short.batches()]
        rivals: dict[str, Any] = {}
        for name, kind in KINDS.items():
            if not installed(name):
                rivals[name] = None
                yield Row(case, f"difference to {name}", None, ABSENT)
                continue
            rival = kind(loss, sample, short.started())
            rival.go(order)
            apart = float(np.max(np.abs(rival.point() - short.last)))
            yield Row(case, f"difference to {name}", apart, f"after {few} epochs", most=1e-9)
            rivals[name] = lambda rival=rival: seconds(lambda: rival.go(order)) / few
        yield from race(case, lambda: ours(epochs, 100)[3] / epochs, rivals, rounds, ("ms", 1e3), most=6.0)
        dimensions = [ours(1, width)[0].dimension for width in widths]
        times = [median(lambda w=width: ours(lengths[0], w)[3], rounds) for width in widths]
        yield growth(f"{lengths[0]} epochs, width {widths[0]} to {widths[-1]}", "d", dimensions, times)
        times = [median(lambda e=length: ours(e, 100)[3], rounds) for length in lengths]
        yield growth(f"width 100, {lengths[0]} to {lengths[-1]} epochs", "T", lengths, times)


BENCHMARK = Benchmark(
    title="SAM with one example a step on xor",
    measure=measure,
    sizes={
        "full": {"epochs": 1000, "few": 10, "widths": (25, 50, 100), "lengths": (100, 300, 1000)},
        "quick": {"epochs": 300, "few": 3, "widths": (25, 100), "lengths": (30, 100)},
        "smallest": {"epochs": 2, "few": 1, "widths": (10, 20), "lengths": (1, 2), "rounds": 1},
    },
)
