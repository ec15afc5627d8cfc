"""Check an instance of your own: a weighted hinge that claims the constants of the unweighted one, then mended.

Run: python experiments/own_instance.py
"""

import cvxpy as cp
import numpy as np

import sco_flat
from sco_flat.terminal.texts import inspection_text


class WeightedHinge:
    """f(w, z) = 1/2 [|z * a * w| - rho]_+^2, z in {0, 1}^d fair, on the unit ball."""

    dimension = 4
    smoothness = 1.0
    lipschitz = 0.9
    flat_minimum = np.zeros(4)
    flatness_radius = 0.1
    loss_rho = 0.1

    def __init__(self, weights):
        self.weights = np.array(weights)

    def value(self, w, z):
        """The loss of one example."""
        return 0.5 * max(np.linalg.norm(z * self.weights * w) - self.loss_rho, 0.0) ** 2

    def gradient(self, w, z):
        """Its gradient in w; at a kink any subgradient."""
        felt = z * self.weights
        norm = np.linalg.norm(felt * w)
        return np.zeros(4) if norm <= self.loss_rho else (1.0 - self.loss_rho / norm) * felt**2 * w

    def draw(self, rng):
        """One example."""
        return rng.integers(0, 2, size=4)

    def loss_cvxpy(self, w, z):
        """Optional: an expression that cvxpy's rules can prove convex, compared with value."""
        return 0.5 * cp.square(cp.pos(cp.norm(cp.multiply(z * self.weights, w)) - self.loss_rho))


if __name__ == "__main__":
    wrong = WeightedHinge([0.5, 0.8, 1.0, 1.2])
    found = sco_flat.check(wrong)
    print(inspection_text(found))

    # a witness is two points and an inequality: plug it back in
    witness = found.witnesses["smoothness"]
    x, y = witness.points
    change = np.linalg.norm(wrong.gradient(x, witness.z) - wrong.gradient(y, witness.z))
    print(f"\nplugged in: {change / np.linalg.norm(x - y):.6f} > {wrong.smoothness}")

    # the largest weight is 1: now the constants are those of the loss
    mended = WeightedHinge(wrong.weights / 1.2)
    print({name: w.holds_up(mended) for name, w in found.witnesses.items()}, "\n")
    print(inspection_text(sco_flat.check(mended)))
