# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How to test a loss of your own
#
# You have a loss on paper, and say of it that it is convex, smooth, flat around some point. Before you build on that,
# let the package look for points that say otherwise. Needed are four things: the loss of one example, its gradient, a
# way to draw an example, and what you claim.

# %%
import numpy as np

import sco_flat
from sco_flat.terminal.texts import inspection_text


class WeightedHinge:
    """f(w, z) = ½ [|z * a * w| - rho]_+² on the unit ball, z fair bits."""

    dimension = 4
    smoothness, lipschitz = 1.0, 0.9  # leave out what you do not claim
    flat_minimum, flatness_radius = np.zeros(4), 0.1
    rho = 0.1

    def __init__(self, weights):
        self.weights = np.array(weights)

    def value(self, w, z):
        """The loss of one example."""
        return 0.5 * max(np.linalg.norm(z * self.weights * w) - self.rho, 0.0) ** 2

    def gradient(self, w, z):
        """Its gradient in w."""
        felt = z * self.weights
        norm = np.linalg.norm(felt * w)
        return np.zeros(4) if norm <= self.rho else (1.0 - self.rho / norm) * felt**2 * w

    def draw(self, rng):
        """One example."""
        return rng.integers(0, 2, size=4)


problem = WeightedHinge([0.5, 0.8, 1.0, 1.2])
found = sco_flat.check(problem)
print(inspection_text(found))

# %% [markdown]
# Three claims are wrong, and each comes with its *witness*: points to plug in, so that nobody has to believe the
# search. A weight of 1.2 makes the loss steeper than claimed, and the flat ball smaller.

# %%
witness = found.witnesses["smoothness"]
assert witness.holds_up(problem)
mended = WeightedHinge(problem.weights / 1.2)
assert not witness.holds_up(mended)
print(sco_flat.check(mended).verdict)

# %% [markdown]
# What is not refuted *holds*. That is no proof: the search is finite, and the notes of the table say how many points
# it looked at. With a method `loss_cvxpy(w, z)` convexity is proved by cvxpy's rules.
#
# ## Run methods on it
#
# For that the loss needs compiled kernels, one file: see [Add an instance](contribute.md#add-an-instance). A file
# outside the package will do; `sco-flat --plugin mine.py run your-loss --method sam` finds it. [Lecture
# 5](../lectures/5_build_your_own.ipynb) walks through one.
