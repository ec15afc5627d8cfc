"""Random smooth convex losses in plain NumPy, and what the worst-case statements say of a run on one."""

import numpy as np


def random_loss(rng, d):
    """A random 1-smooth convex function, zero at 0: a sum of Huber, hinge, smooth and quadratic parts.

    It takes one point, or several as rows, and returns values and slopes.
    """
    count = int(rng.integers(1, 5))
    rows = rng.standard_normal((count, d))
    weights = rng.random(count) + 0.05
    kinds, knees = rng.integers(0, 4, count), rng.random(count) + 0.01
    weights = weights / np.linalg.eigvalsh((rows.T * weights) @ rows)[-1]
    parts = [(kind, np.flatnonzero(kinds == kind)) for kind in np.unique(kinds)]

    def link(kind, p, knee):
        if kind == 0:
            return 0.5 * p * p, p
        if kind == 1:
            bend = np.clip(p, -knee, knee)
            return bend * (p - bend / 2), bend  # 1/2 p² within the knee
        if kind == 2:
            bend = np.maximum(p, 0.0)
            return 0.5 * bend * bend, bend
        root = np.sqrt(1 + (p / knee) ** 2)  # pseudo-Huber: knee² (root - 1)
        return knee**2 * (root - 1), p / root

    def loss(x):
        value, slope = 0.0, 0.0
        for kind, own in parts:
            height, bend = link(kind, x @ rows[own].T, knees[own])
            value = value + height @ weights[own]
            slope = slope + (bend * weights[own]) @ rows[own]
        return value, slope

    return loss


def largest(loss, w, radius, rng):
    """The best of many ascents at once within the radius of w, and its slope."""
    v = np.vstack([loss(w)[1], w, rng.standard_normal((4, w.size))])
    best = loss(w)
    for _ in range(20):
        sizes = np.linalg.norm(v, axis=1)
        v = v[sizes > 0] / sizes[sizes > 0, None]
        if not v.size:
            break
        values, v = loss(w + radius * v)
        top = int(np.argmax(values))
        if values[top] > best[0]:
            best = values[top], v[top].copy()
    return best


def quantity(theorem, loss, w, theta, radius, rng):
    """The quantity of a statement, spelled out; for SA-GD by many ascents, which can only find too little."""
    steps, total, mean = theorem[1], np.zeros_like(w), 0.0
    for _ in range(steps):
        total = total + w
        if theorem[0] == "2":
            value, slope = largest(loss, w, radius, rng)
        else:
            direct = loss(w)[1] if theorem[0] == "5" or rng.random() < 0.7 else rng.standard_normal(w.size)
            size = np.linalg.norm(direct)
            value, slope = loss(w + radius / size * direct if size > 0 else w)
            if theorem[0] == "5" and size == 0:
                slope = np.zeros_like(w)
        mean += value / steps
        w = w - theta * slope
    average = total / steps
    if theorem[0] == "2":
        return largest(loss, average, radius, rng)[0]
    return {"lemma": mean, "5": loss(average)[0]}[theorem[0]]
