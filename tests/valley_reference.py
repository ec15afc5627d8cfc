"""SAM's valley once more: the scalar recurrence of the walk, and SAM by the definition, with generic projections."""

import math

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls


def recurrence(loss):
    """``B_t`` and ``X_t`` for t = 1..T, and q where there is one; written for numbers only."""
    v, eta, r, steps = loss.valley(), loss.step_size, loss.perturbation_radius, loss.steps
    length = math.hypot(1.0, v["lift"])
    b, x, q = 2.0 * v["tau"], 0.0, 0.0
    found = [(0.0, 0.0, 0.0)]
    for _ in range(2, steps + 1):
        found.append((b, x, q))
        inside = b + v["lift"] * q - v["tau"]
        assert inside > 0.0
        assert b <= v["h"] + v["c"] * x
        excess = b + r / length - v["c"] * x - v["h"]
        assert excess > 0.0
        push = v["gamma"] * (inside + r * length)
        b, x, q = eta * (push + excess) - b, x + eta * v["c"] * excess, q - eta * push * v["lift"]
        assert b > 0.0
    return np.array(found)


def along_code(loss, sample, w):
    """``|<u_I, b>|``, ``<u_I, x>`` and q of a dense point, and the largest of what should be 0."""
    points = loss.points
    code = loss.sets.signs()[sample.event.columns[0]]
    b, x = w[points : points + code.size], w[points + code.size : points + 2 * code.size]
    rest = max(np.abs(b - (code @ b) * code).max(), np.abs(x - (code @ x) * code).max())
    return abs(code @ b), code @ x, w[-2] if loss.lifted else 0.0, rest


def taken_off(normals, levels, point):
    """``p - proj(p)`` for a polyhedron, by non-negative least squares on all its multipliers."""
    excess = normals @ point - levels
    if not np.any(excess > 0.0):
        return np.zeros(point.size)
    low = cholesky(normals @ normals.T, lower=True)
    found, _ = nnls(low.T, solve_triangular(low, excess, lower=True), maxiter=10**5)
    return normals.T @ found


class ByDefinition:
    """Gradients of the empirical risk from the definition of the loss, S1, orthonormal codes."""

    def __init__(self, loss, sample):
        self.v, self.examples, self.points = loss.valley(), sample.codes, loss.points
        self.held, self.codes = loss.sets.sets().astype(float), loss.sets.signs()
        self.r, self.eta, self.steps = loss.perturbation_radius, loss.step_size, loss.steps
        self.sides = np.concatenate([np.hstack([s * self.codes, -self.v["c"] * self.codes]) for s in (1.0, -1.0)])
        far = [np.full((len(self.codes), 1), self.v["sigma"]), -self.v["theta"] * self.held, self.codes]
        self.far = np.hstack(far)

    def gradient(self, w):
        """Of F_S at a dense point."""
        v, size = self.v, len(self.codes)
        cuts = [self.points, self.points + size, self.points + 2 * size]
        y, b, x, a = np.split(w, cuts)
        rise = [np.zeros(k) for k in (self.points, size, size, 1)]
        for z in self.examples:
            beyond = taken_off(self.codes[self.held[:, z] == 1.0], 0.0, x)
            length = float(np.linalg.norm(beyond))
            rise[2] += max(1.0 - v["margin"] / length, 0.0) * beyond / len(self.examples) if length else 0.0
            start = v["lam"] * max(a[0] + y[z] + v["dl"], 0.0) / len(self.examples)
            rise[0][z] += start
            rise[3] += start
        walls = (1.0 + v["c"] ** 2) * taken_off(self.sides, v["h"], np.concatenate([b, x]))
        far = v["mu"] * v["nn"] * taken_off(self.far, v["tau_R"], np.concatenate([a, y, b]))
        norm = float(np.linalg.norm(b))
        rise[0] += far[1 : 1 + self.points]
        rise[1] += walls[:size] + far[1 + self.points :]
        rise[1] += v["gamma"] * max(norm - v["tau"], 0.0) * b / norm if norm else 0.0
        rise[2] += walls[size:]
        rise[3] += far[:1]
        return np.concatenate(rise)

    def run(self, *, radius=None):
        """All iterates of SAM, or of gradient descent for the radius 0."""
        r = self.r if radius is None else radius
        w = np.zeros(self.points + 2 * len(self.codes) + 1)
        found = [w]
        for _ in range(self.steps - 1):
            at = w
            if r:
                up = self.gradient(w)
                at = w + r * up / np.linalg.norm(up)
            w = w - self.eta * self.gradient(at)
            found.append(w)
        return np.array(found)


def single_precision(loss, sample, *, noise=0.0, epsilon=0.0):
    """The average of SAM in float32, R being projected on where one half-space is exceeded alone."""
    kind = np.float32
    v = {key: kind(value) for key, value in loss.valley().items()}
    held, size, points = loss.sets.sets().astype(kind), loss.columns, loss.points
    half, one, zero = kind(0.5), kind(1.0), kind(0.0)
    rng = np.random.default_rng(1)

    def gradient(w):
        y, b, x, a = w[:points], w[points : points + size], w[points + size : points + 2 * size], w[-1]
        out = np.zeros_like(w)
        share = one / kind(loss.n)
        for z in sample.codes:
            start = share * v["lam"] * max(a + y[z] + v["dl"], zero)
            out[z] += start
            out[-1] += start
            seen = np.where(held[:, z] > half, np.maximum(x, zero), zero)
            length = np.sqrt(np.sum(seen * seen, dtype=kind))
            if length > v["margin"]:
                out[points + size : points + 2 * size] += share * (one - v["margin"] / length) * seen
        excess = np.maximum(np.abs(b) - v["c"] * x - v["h"], zero)
        assert np.all(v["c"] * np.abs(b) + x + v["h"] / v["c"] >= zero)  # no apex
        out[points : points + size] += np.sign(b) * excess
        out[points + size : points + 2 * size] -= v["c"] * excess
        norm = np.sqrt(np.sum(b * b, dtype=kind))
        if norm > v["tau"]:
            out[points : points + size] += v["gamma"] * (norm - v["tau"]) * b / norm
        far = b + v["sigma"] * a - v["theta"] * (held @ y) - v["tau_R"]
        if far.max() > zero:
            i = int(np.argmax(far))
            assert np.count_nonzero(far > zero) == 1
            out[points + i] += v["mu"] * far[i]
            out[-1] += v["mu"] * v["sigma"] * far[i]
            out[:points] -= v["mu"] * v["theta"] * far[i] * held[i]
        return out

    w = (noise * rng.standard_normal(points + 2 * size + 1)).astype(kind)
    total = np.zeros_like(w)
    for _ in range(loss.steps):
        total += w
        up = gradient(w)
        length = np.sqrt(np.sum(up * up, dtype=kind)) + kind(epsilon)
        if length > zero:
            w = w - kind(loss.step_size) * gradient(w + kind(loss.perturbation_radius) * up / length)
    assert w.dtype == kind
    return (total / kind(loss.steps)).astype(float)
