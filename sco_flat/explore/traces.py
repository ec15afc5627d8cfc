"""The traces of losses that the page on the window rule offers."""

from __future__ import annotations

from typing import TypedDict

import numpy as np


class Trace(TypedDict):
    """A trace: what the page calls it, what it says of it, and the loss at each checkpoint."""

    name: str
    about: str
    losses: list[float]


FIRST = [5, 4, 3, 2, 1, 1.1, 1.05, 1.1, 1.2, 1.1, 1.3, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1, 2.2, 2.3]
SECOND = [1, 1.1, 1.2, 1.15, 1.1, 1.2, 1.25, 1.2, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1]
FALLING = [15.0 - k for k in range(15)]


def plateau(dimension: int = 50, rho: float = 0.5, steps: int = 2000, every: int = 20, seed: int = 0) -> list[float]:
    """Return ``½ [|w| - rho]_+²`` at the checkpoints of noisy gradient descent from just outside the flat ball.

    Step size 0.1, Gaussian noise of size 0.1 on every coordinate of the gradient.
    """
    rng = np.random.default_rng(seed)
    w, found = np.full(dimension, 0.6 / np.sqrt(dimension)), []
    for t in range(steps):
        norm = float(np.linalg.norm(w))
        if t % every == 0:
            found.append(0.5 * max(norm - rho, 0.0) ** 2)
        w = w - 0.1 * (max(1.0 - rho / norm, 0.0) * w + rng.normal(0.0, 0.1, dimension))
    return found


def walk() -> tuple[list[float], list[float]]:
    """Population risk and empirical risk of every iterate of SA-GD's usual run on the blocks."""
    from sco_flat.averages.swad import trace
    from sco_flat.engines.simulation import simulate
    from sco_flat.requests import request_from

    request = request_from("sagd-blocks", "sagd", steps=64, flatness_radius=0.2)
    built = request.build()
    run = simulate(built, request.sample(built), request.settings, request.seed)
    return trace(run, 1), trace(run, 1, lambda look: look.empirical_risk)


def traces() -> dict[str, Trace]:
    """Every trace by its key, in the order of the page; four digits are enough to draw one."""
    unseen, seen = walk()
    found: dict[str, tuple[str, str, list[float]]] = {
        "valley": ("falls, rests, rises", "A loss that falls to a valley and leaves it.", FIRST),
        "early": ("rests, rises", "The valley begins at the first checkpoint: the released code counts some twice.",
                  SECOND),
        "falling": ("falls all the time", "The loss falls to the last checkpoint.", FALLING),
        "plateau": ("noisy plateau", "Noisy gradient descent on ½[|w| − ρ]₊², every 20th of 2,000 steps.", plateau()),
        "walk": ("SA-GD, fresh examples", "SA-GD walks out of its flat ball, and the loss on fresh examples tells.",
                 unseen),
        "training": ("SA-GD, training loss", "The same run, seen by the training loss.", seen),
    }  # fmt: skip
    return {
        key: {"name": name, "about": about, "losses": [float(f"{v:.4g}") for v in losses]}
        for key, (name, about, losses) in found.items()
    }
