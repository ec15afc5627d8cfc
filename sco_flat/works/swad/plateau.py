"""An average of the plateau lies deep in the ball that its iterates hardly ever enter.

Setting
    ``f(w) = ½ [|w| - rho]_+²`` in d = 50, flat of radius rho = ½ around 0; ``w <- w - .1 (grad f(w) + noise)``, the
    noise normal of variance .01 in each direction, from ``rho e_1``; checkpoints every 20 steps, the released rule.
Why
    In d directions noise of size s = .01 a step pushes |w| outwards by about ``(d-1) s²/(2|w|)``, the loss inwards by
    ``.1 (|w| - rho)``: they balance outside the ball, at ``|w| (|w| - rho) = 5 (d-1) s²``. The direction of w is left
    to chance and turns, so that means of long stretches are short. In floats, over the seeds.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sco_flat.averages.window import swad_window
from sco_flat.results import Claim, claim
from sco_flat.works.exact import Exact, Number

SOURCE = "this package (measured)"
DIMENSION, STEP_SIZE, NOISE, EVERY = 50, 0.1, 0.1, 20
SHARE = 0.6
"""Of rho: what is called deep in the ball."""


def walk(seed: int, steps: int, rho: float) -> NDArray[np.float64]:
    """The iterates of one seed, of shape (T, d)."""
    rng = np.random.default_rng(seed)
    iterates = np.empty((steps, DIMENSION))
    w = np.zeros(DIMENSION)
    w[0] = rho
    for t in range(steps):
        iterates[t] = w
        size = float(np.linalg.norm(w))
        pull = w * (1.0 - rho / size) if size > rho else 0.0
        w = w - STEP_SIZE * (pull + NOISE * rng.standard_normal(DIMENSION))
    return iterates


def averaged(iterates: NDArray[np.float64], rho: float) -> NDArray[np.float64]:
    """SWAD's mean by the released rule, fed with f at the checkpoints."""
    at = np.linalg.norm(iterates[::EVERY], axis=1)
    weights = swad_window(0.5 * np.maximum(at - rho, 0.0) ** 2, mode="released").weights or {}
    places = -(-np.arange(len(iterates)) // EVERY)
    segments = [count * iterates[places == k].mean(axis=0) for k, count in weights.items()]
    return np.asarray(np.sum(segments, axis=0) / sum(weights.values()))


def balance(rho: float) -> float:
    """|w| where noise and loss balance."""
    spread = (DIMENSION - 1) * STEP_SIZE * NOISE**2 / 2.0
    return 0.5 * (rho + math.sqrt(rho**2 + 4.0 * spread))


def decide(seed: int, seeds: int, steps: int, flatness_radius: Fraction) -> list[Claim]:
    """Where the iterates are, and where their averages."""
    rho = float(flatness_radius)
    sizes, means, full = [], [], []
    for k in range(seeds):
        run = walk(seed + k, steps, rho)
        sizes.append(np.linalg.norm(run, axis=1))
        means.append(float(np.linalg.norm(averaged(run, rho))))
        full.append(float(np.linalg.norm(run.mean(axis=0))))
    middle, inside = float(np.median(means)), float(np.mean(np.array(sizes) <= rho))
    typical = f"noise and loss balance at {balance(rho):.4g}"
    listed = f"mean {np.mean(means):.3g}, largest {max(means):.3g}; median of the full averages {np.median(full):.3g}"
    return [
        claim("mean |w| of the iterates", "conclusion", float(np.mean(sizes)), ">", rho, SOURCE, note=typical),
        claim("share of the iterates in the ball", "conclusion", inside, "<", 0.5, SOURCE),
        claim("SWAD: median of |mean|", "conclusion", middle, "<", SHARE * rho, SOURCE, note=listed),
    ]


STATEMENT = Exact(
    key="swad.plateau",
    title="noise on a plateau",
    text="GD with noise on ½ [|w| - rho]_+² stays outside the ball, SWAD's average is deep inside (measured)",
    numbers={
        "seed": Number(0, 0, 2**31),
        "seeds": Number(10, 10, 100),
        "steps": Number(4000, 2000, 20000),
        "flatness_radius": Number(Fraction(1, 2), Fraction(1, 5), 1),
    },
    decide=decide,
)
