"""lambda_max against imbalance at minima of one matrix, with the floor: flat does not mean balanced."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.instances.factors import Minimiser, read
from sco_flat.plots.style import BLACK, BLUE, VERMILLION, headline, listing, new_figure, points
from sco_flat.requests import request_from
from sco_flat.works.factorisation import common
from sco_flat.works.factorisation.flat import is_flat
from sco_flat.works.figures import Data, WorkFigure

BALANCED = "1 0; 0 1/2 | 1 0; 0 1/2 | 1 0; 0 1/2"
"""A balanced minimum of M = diag(1, 1/8)."""
WEIGHTS = (0.55, 1.25)
"""Of the flat minima: up to a = 1.25 no entry of K is above 3."""
SPREADS = (0.003, 0.01, 0.03, 0.1, 0.3, 0.6)
GRID = 1000


def _changed(rng: np.random.Generator, spread: float) -> str:
    """Factors with the same product: ``W_i -> G_i W_i G_{i-1}^-1`` for random fractions G_1 and G_2 near 1."""
    factors = list(read("factors", BALANCED).factors)
    for i in range(len(factors) - 1):
        lower, upper = (Fraction(round(x * GRID), GRID) for x in spread * rng.standard_normal(2))
        scale = Fraction(round(np.exp(spread * rng.standard_normal()) * GRID), GRID)
        one, zero = Fraction(1), Fraction(0)
        g = ((scale, scale * lower), (upper, one + upper * lower))
        inverse = (((one + upper * lower) / scale, -lower), (-upper / scale, one))
        assert Minimiser((inverse, g)).target == ((one, zero), (zero, one))
        factors[i] = Minimiser((factors[i], g)).target
        factors[i + 1] = Minimiser((inverse, factors[i + 1])).target
    return Minimiser(tuple(factors)).text


def _diagonal(weight: float) -> str:
    """``diag(1, a), diag(1, 1/2), diag(1, 1/(4a))``: as long as a is small it is flat."""
    first = Fraction(round(weight * GRID), GRID)
    return f"1 0; 0 {first} | 1 0; 0 1/2 | 1 0; 0 {1 / (4 * first)}"


def data(quick: bool) -> Data:
    """Random minima, and flat ones that are farther and farther from balance."""
    rng = np.random.default_rng(0)
    texts = [_changed(rng, spread) for spread in SPREADS for _ in range(8 if quick else 30)]
    random = np.array([_read(text)[:2] for text in texts])
    flat = np.array([_read(_diagonal(weight)) for weight in np.linspace(*WEIGHTS, 5 if quick else 15)])
    failures = [f"lambda_max / floor = {x:.12g} is below 1" for x in random[:, 1] if x < 1.0 - common.SOLVER]
    failures += ["a diagonal minimum is not flat" for x in flat if not x[2]]
    parameters = {"L": 3, "M": "diag(1, 1/8)", "minima": len(texts), "seed": 0}
    return {"random": random, "flat": flat[:, :2], "failures": failures, "parameters": parameters}


def _read(text: str) -> tuple[float, float, bool]:
    """Imbalance over the fourth power of the norm, lambda_max over the floor, and whether it is flat."""
    loss = common.factorisation(request_from("factorisation", factors=text).build())
    size = float(sum(np.sum(w * w) for w in loss.base))
    ratio = loss.lambda_max(np.zeros(loss.dimension)) / loss.floor()
    return common.imbalance(loss.base) / size**2, ratio, is_flat(loss)


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw both kinds on logarithmic axes.

    Parameters
    ----------
    data : mapping
        ``random`` and ``flat``, shape (k, 2): imbalance and lambda_max over the floor; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.6)
    axes = figure.subplots()
    random, flat = np.asarray(data["random"]), np.asarray(data["flat"])
    axes.plot(random[:, 0], random[:, 1], "o", color=BLUE, markersize=points(4), label="random minima of M")
    axes.plot(
        flat[:, 0], flat[:, 1], "s", color=VERMILLION, markersize=points(6), label="flat minima of M, not balanced"
    )
    axes.axhline(1.0, color=BLACK, linestyle=":", label="floor 2 L s^(2-2/L)")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(r"imbalance $\Sigma\,|W_i W_i^T - W_{i+1}^T W_{i+1}|^2 / |W|^4$")
    axes.set_ylabel("λ_max / floor")
    axes.set_title("no minimum is below the floor")
    axes.legend(loc="upper left")
    headline(figure, "Balance does not decide what is flat", f"{listing(data['parameters'])}; floats at exact minima")
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    random, flat = np.asarray(data["random"]), np.asarray(data["flat"])
    return (
        f"lambda_max over its floor against imbalance at {len(random)} random minima of diag(1, 1/8) at depth 3 (from "
        f"{random[:, 1].min():.4g} to {random[:, 1].max():.3g}) and at {len(flat)} minima that are flat exactly "
        f"although their imbalance is {flat[:, 0].min():.2g} to {flat[:, 0].max():.2g}. Floats at exact minima."
    )


FIGURE = WorkFigure(
    "balance",
    data,
    draw,
    caption,
    "A cloud of points that rises with the imbalance, above a line at 1, and a row of squares on that line at large "
    "imbalance.",
)
