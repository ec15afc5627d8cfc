"""Networks: epochs a second of SAM with one example a step on xor, against NumPy and, where it is installed, PyTorch.

All three take the same steps from the same start in the same order, in double precision on one thread; the end points
are compared. xor with d = 30, n = 100, width 100, with bias.
Run: python experiments/bench_networks.py [--quick] [--json]
"""

from __future__ import annotations

import importlib.util
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads

import numpy as np
from _bench import arguments, show

from sco_flat import patience
from sco_flat.engines.simulation import simulate
from sco_flat.requests import request_from

EPOCHS = 10_000
"""Epochs of the run that has to end within a minute."""


def order_of(run: object) -> list[int]:
    """The example of each step."""
    return [int(-b - 2) for b in run.batches()]  # type: ignore[attr-defined]


class NumpySam:
    """Single SAM in NumPy: one matrix for the first layer and its bias, every operation on whole arrays."""

    def __init__(self, loss: object, sample: object, w: np.ndarray) -> None:
        (first, bias), (second, _) = loss.split(w)  # type: ignore[attr-defined]
        self.first, self.second = np.vstack([first, bias]), second[:, 0].copy()
        self.x = np.hstack([sample.inputs, np.ones((loss.n, 1))])  # type: ignore[attr-defined]
        self.y, self.eta, self.r = sample.labels, loss.step_size, loss.perturbation_radius  # type: ignore[attr-defined]

    def slopes(self, first: np.ndarray, second: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The gradient at a point."""
        h = np.maximum(self.x[k] @ first, 0.0)
        apart = 2.0 * (h @ second - self.y[k])
        return np.outer(self.x[k], np.where(h > 0.0, apart * second, 0.0)), apart * h

    def step(self, k: int) -> None:
        """One step."""
        g, s = self.slopes(self.first, self.second, k)
        norm = np.sqrt(np.vdot(g, g) + s @ s)
        scale = self.r / norm if norm > 0.0 else 0.0
        g, s = self.slopes(self.first + scale * g, self.second + scale * s, k)
        self.first -= self.eta * g
        self.second -= self.eta * s

    def point(self) -> np.ndarray:
        """The weights in one vector."""
        return np.append(self.first.ravel(), self.second)


class TorchSam:
    """The same with PyTorch's automatic gradients, as one writes it."""

    def __init__(self, loss: object, sample: object, w: np.ndarray) -> None:
        import torch

        torch.set_num_threads(1)
        plain = NumpySam(loss, sample, w)
        self.torch, self.eta, self.r = torch, plain.eta, plain.r
        self.weights = [torch.tensor(a, requires_grad=True) for a in (plain.first, plain.second)]
        self.x, self.y = torch.tensor(plain.x), torch.tensor(plain.y)

    def slopes(self, k: int) -> tuple:
        """The gradient at the weights."""
        h = self.torch.relu(self.x[k] @ self.weights[0])
        return self.torch.autograd.grad((h @ self.weights[1] - self.y[k]) ** 2, self.weights)

    def step(self, k: int) -> None:
        """One step."""
        torch = self.torch
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


def ours(epochs: int) -> tuple[object, object, object, float]:
    """Run it; the second time is the one that counts."""
    request = request_from(
        "xor", "sam", inputs=30, n=100, width=100, bias="first", batch_size=1, steps=100 * epochs + 1
    )
    loss = request.build()
    sample = request.sample(loss)
    began = time.perf_counter()
    run = simulate(loss, sample, request.settings)
    return loss, sample, run, time.perf_counter() - began


if __name__ == "__main__":
    args = arguments(__doc__)
    with patience.unlimited(silent=True):
        ours(1)
        epochs = 300 if args.quick else EPOCHS
        *_, seconds = ours(epochs)
        few = 3 if args.quick else 10
        loss, sample, short, _ = ours(few)
    rows = [
        ("ours", epochs / seconds, "epochs/s", None, ""),
        (f"ours: {EPOCHS} epochs", seconds * EPOCHS / epochs, "s", 60.0, "<"),
    ]
    kinds = {"NumPy": NumpySam}
    if importlib.util.find_spec("torch"):
        kinds["PyTorch"] = TorchSam
    for name, kind in kinds.items():
        theirs = kind(loss, sample, short.started())
        order = order_of(short)
        began = time.perf_counter()
        for k in order:
            theirs.step(k)
        rate = few / (time.perf_counter() - began)
        error = float(np.max(np.abs(theirs.point() - short.last)))
        rows += [
            (name, rate, "epochs/s", None, ""),
            (f"ours / {name}", epochs / seconds / rate, "x", None, ""),
            (f"largest difference to {name} after {few} epochs", error, "", 1e-9, "<"),
        ]
    show(rows, args.json)
    if "PyTorch" not in kinds and not args.json:
        print("PyTorch is not installed")
