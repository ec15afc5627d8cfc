"""Domain generalisation in kind: the points that averages pick, on the domain that was left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from sco_flat.averages.swa import spacing, swa
from sco_flat.averages.swad import swad, trace
from sco_flat.averages.window import Window
from sco_flat.curvature import f_gamma
from sco_flat.engines.layout import Layout, Look
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.domains import Domained, Domains
from sco_flat.networks import curvature
from sco_flat.requests import request_from

EVERY = 25
"""Steps between two checkpoints."""
ON_SOURCE, ON_TARGET = 2.0, 5.0
"""Distances of F_gamma on training data and on the target."""


@dataclass(frozen=True)
class Point:
    """A point that one may end with.

    Attributes
    ----------
    accuracy : float
        On the target.
    on_source, on_target : float or None
        F_gamma of the training data and of the target.
    """

    accuracy: float
    on_source: float | None
    on_target: float | None


def validation(look: Look) -> float:
    """The loss of the kept examples of all sources."""
    loss, sample = look.instance, look.layout.sample
    assert isinstance(loss, Domains)
    assert isinstance(sample, Domained)
    found = loss.predict(look.w, sample.kept_inputs, sample.inputs)
    return float(loss.heights(found, sample.kept_labels).mean())


def of_target(look: Look) -> Look:
    """The same point, with the target as its sample."""
    loss, sample = look.instance, cast(Any, look.layout.sample)
    assert isinstance(loss, Domains)
    count = len(sample.law_labels) // loss.groups * loss.groups
    law = replace(sample, inputs=sample.law_inputs[:count], labels=sample.law_labels[:count])
    return Look(Layout(replace(loss, n=count), law, look.layout.rows), look.w)


def read(run: Simulation, w: Any) -> Point:
    """Look at a point."""
    look = run.look(w)
    accuracy = curvature.accuracy(look)
    assert accuracy is not None
    return Point(accuracy, f_gamma(look, ON_SOURCE), f_gamma(of_target(look), ON_TARGET))


def trial(seed: int = 0, **numbers: Any) -> tuple[dict[str, Point], Window]:
    """Run once and look at what the averages pick.

    Parameters
    ----------
    seed : int
        Of the run.
    **numbers
        As of ``sco_flat.run("domains", ...)``; ``perturbation_radius=0``, the default, is ERM.

    Returns
    -------
    points : dict
        ``last``, ``swa``, ``best`` (of the checkpoints, on validation), ``swad``, ``released``.
    window : Window
        Of SWAD.
    """
    asked = request_from("domains", seed=seed, **numbers)
    loss = asked.build()
    run = simulate(loss, asked.sample(loss), asked.settings, seed)
    space = spacing(run, EVERY)
    losses = trace(run, space, validation)
    at = 1 + space * losses.index(min(losses))
    (_, best), *_ = run.snapshots([at])
    found = {"last": read(run, run.last), "swa": read(run, swa(run, space)), "best": read(run, best.copy())}
    mean, window = swad(run, space, validation)
    found["swad"] = read(run, mean)
    found["released"] = read(run, swad(run, space, validation, mode="released")[0])
    return found, window
