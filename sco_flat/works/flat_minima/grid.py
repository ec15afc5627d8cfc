"""The grid of ``sco-flat reproduce``: which theorem is checked with which numbers, and what is expected."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from sco_flat.works.base import Case


def _product(**axes: Any) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _theorem1(quick: bool) -> Iterator[Case]:
    sizes, seeds = ((6, 8), (0,)) if quick else ((4, 6, 8, 10, 14), range(2))
    radii = (0.1, 0.6) if quick else (0.05, 0.3, 1.0)
    for x in _product(n=sizes, flatness_radius=(0.0, 0.1, 0.25, 0.5), perturbation_radius=radii, seed=seeds):
        yield Case("flat-minima.1", "e_I and rho e_b", x)


def _theorem2(quick: bool) -> Iterator[Case]:
    steps, seeds = ((16, 64), (0,)) if quick else ((16, 64, 256, 1024), range(2))
    oracles = ("adversarial", "benign", "coordinate", "uniform")
    for x in _product(steps=steps, step_size=(0.125, 0.25), flatness_radius=(0.0, 0.02), oracle=oracles, seed=seeds):
        yield Case("flat-minima.2", "from 0, four oracles", x)


def _theorem3(quick: bool) -> Iterator[Case]:
    steps, seeds = ((16, 64), (0,)) if quick else ((8, 16, 64, 256), range(2))
    sizes = (6,) if quick else (4, 6, 10, 16)
    for x in _product(n=sizes, steps=steps, step_size=(0.25, 1.0), flatness_radius=(0.0, 0.02), seed=seeds):
        yield Case("flat-minima.3", "paper's weights, adversarial oracle", x | {"preset": "paper"})
        for oracle in ("coordinate", "uniform"):
            yield Case(
                "flat-minima.3", "robust weights, any correct oracle", x | {"preset": "robust", "oracle": oracle}
            )


def _theorem4(quick: bool) -> Iterator[Case]:
    steps = (16, 64) if quick else (16, 64, 256)
    for x in _product(n=(6,) if quick else (6, 10), steps=steps, step_size=(0.125, 0.25), flatness_radius=(0.0, 0.02)):
        yield Case("flat-minima.4", "mean over 16 samples", x)


def _theorem5(quick: bool) -> Iterator[Case]:
    steps, seeds = ((16, 64), (0,)) if quick else ((16, 64, 256, 1024), range(3))
    for x in _product(n=(6,) if quick else (6, 12), steps=steps, step_size=(1 / 32, 1 / 16), seed=seeds):
        yield Case("flat-minima.5", "from 0", x)
    for x in _product(steps=steps[:2], step_size=(1 / 32, 1 / 16), seed=seeds):
        yield Case("flat-minima.5", "from a random start", x | {"start": ("gaussian", 0.02)})


def _theorem6(quick: bool) -> Iterator[Case]:
    radii = (0.1, 0.5) if quick else (0.01, 0.1, 0.25, 0.5)
    for x in _product(perturbation_radius=radii, step_size=(0.1, 0.5, 1.0), steps=(8, 64)):
        yield Case("flat-minima.6", "from 0", x)
        reach = 0.5 * x["step_size"] * x["perturbation_radius"]
        yield Case("flat-minima.6", "from a positive start", x | {"start": np.array([reach])})


def _theorem7(quick: bool) -> Iterator[Case]:
    sizes, steps = ((6, 12), (16, 64)) if quick else ((6, 8, 12, 16), (6, 16, 64, 256))
    for x in _product(n=sizes, steps=steps, step_size=(1 / 24, 1 / 6, 1.0, 3.0), seed=(0,) if quick else (0, 1)):
        yield Case("flat-minima.7", "corrected constants", x)
    for x in _product(n=() if quick else (20,), steps=(64, 256), step_size=(1 / 6, 1.0)):
        yield Case("flat-minima.7", "corrected constants", x)
    for x in _product(n=(12,) if quick else (12, 14), steps=(16, 32), step_size=(1 / 24, 1 / 6), seed=(0,)):
        yield Case("flat-minima.7", "printed constants", x | {"parameters": "printed"}, "fails", "first-update item 2")


def _theorem8(quick: bool) -> Iterator[Case]:
    steps = (16, 64) if quick else (16, 64, 256)
    for x in _product(n=(6,) if quick else (6, 10), steps=steps, step_size=(1 / 32, 1 / 16)):
        yield Case("flat-minima.8", "mean over 16 samples", x)


def _minimisers(quick: bool, name: str, label: str) -> Iterator[Case]:
    for rho in (0.25,) if quick else (0.1, 0.25, 0.5):
        for share in (0.5, 1.0):
            numbers = {"flatness_radius": rho, "perturbation_radius": share * rho}
            yield Case(f"flat-minima.{name}", label, numbers)


def _not_smooth() -> Iterator[Case]:
    for radius in (0.1, 0.5):
        yield Case("flat-minima.saer-not-smooth", "second differences", {"perturbation_radius": radius})


def _reach(quick: bool, name: str) -> Iterator[Case]:
    for steps in (16,) if quick else (16, 64):
        yield Case(f"flat-minima.{name}-corollary", "T, 4T, 16T", {"steps": steps})


def cases(quick: bool) -> list[Case]:
    """Return all checks in the order of the paper; ``quick`` takes a smaller grid of the same shape."""
    groups = (
        _minimisers(quick, "saer-minimisers", "drawn zeros of F_S"),
        _theorem1(quick),
        _minimisers(quick, "flat-minimisers", "drawn members and c e_I"),
        _theorem2(quick),
        _reach(quick, "2"),
        _not_smooth(),
        _theorem3(quick),
        _theorem4(quick),
        (Case("flat-minima.4-corollary", "n, 2n"),),
        _theorem5(quick),
        _reach(quick, "5"),
        _theorem6(quick),
        _theorem7(quick),
        (Case("flat-minima.constant-radius", "T, 4T", {"n": 6 if quick else 8}),),
        _theorem8(quick),
        (Case("flat-minima.8-corollary", "n, 2n"),),
    )
    return [case for group in groups for case in group]
