"""Domain generalisation in kind: leave one domain out, train on the others, and compare what averages pick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sco_flat.patience import track
from sco_flat.results import Claim, claim
from sco_flat.works.exact import Exact, Number, Word
from sco_flat.works.once import shared
from sco_flat.works.swad.paths import ERM, SAM, Path, path

SOURCE = "Cha et al., in kind"
FINDING = "this package, in kind"
DOMAINS = 6
FLATNESS = ("last", "swa", "swad")
"""Points of which F_gamma is taken."""
RULES = (
    [{"tolerance": r} for r in (1.05, 1.2, 1.5)] + [{"n_start": k} for k in (1, 5, 8)] + [{"n_end": k} for k in (3, 12)]
)
"""Other numbers than (3, 6, 1.3)."""


@dataclass(frozen=True)
class Setting:
    """How it is run.

    Attributes
    ----------
    numbers : dict
        Of the instance.
    every : int
        Steps between two checkpoints.
    radius : float
        Of SAM.
    """

    numbers: dict[str, Any]
    every: int
    radius: float


CALM: dict[str, Any] = {"n": 960, "kept": 48, "step_size": 0.1}
"""Twice the examples and a third of the step size: nothing overfits in a run of this length."""
SETTINGS = {
    ("generated", "overfits"): Setting({"noise": 0.3, "inputs": 24, "steps": 601}, 6, 0.5),
    ("generated", "calm"): Setting({"noise": 0.3, "inputs": 24, "steps": 361} | CALM, 6, 0.5),
    ("digits", "overfits"): Setting({"data": "digits"}, 25, 0.1),
    ("digits", "calm"): Setting({"data": "digits", "steps": 1501} | CALM, 25, 0.1),
}
"""By data and case. Those of generated data were chosen on seeds 0 and 1 so that they overfit as digits do."""


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes
    ----------
    way : {"ERM", "SAM"}
        How it was trained.
    target, seed : int
        The domain left out; the seed.
    accuracy : dict
        On the target, by point.
    flatness : dict
        F_2 on the sources and F_5 on the target, of the points of `FLATNESS`.
    """

    way: str
    target: int
    seed: int
    accuracy: dict[str, float]
    flatness: dict[str, tuple[float, float]]


def picked(run: Path) -> dict[str, Any]:
    """All points by name: ends, averages, and what is left of SWAD without one of its parts."""
    window = run.window()
    points = {
        "last": run.last, "swa": run.swa(), "best": run.best(), "swad": run.dense(window),
        "released": run.dense(run.window(mode="released")), "checkpoints only": run.sparse(window),
    }  # fmt: skip
    if window.start is None or window.end is None:
        points |= dict.fromkeys(("no stop", "at t_s", "at t_e"), run.last)
    else:
        points["no stop"] = run.dense(replace(window, end=len(run.losses) - 1))
        points |= {"at t_s": run.checkpoints[window.start], "at t_e": run.checkpoints[window.end]}
    for rule in RULES:
        ((key, value),) = rule.items()
        points[f"{key}={value:g}"] = run.dense(run.window(**rule))
    return points


@shared
def row(data: str, case: str, way: str, target: int, seed: int) -> Row:
    """Run once, and look.

    Parameters
    ----------
    data, case : str
        A key of `SETTINGS`.
    way : {"ERM", "SAM"}
        SAM with the radius of the setting.
    target, seed : int
        The domain left out; the seed.

    Raises
    ------
    InputError
        For digits without the extra ``data``.
    """
    setting = SETTINGS[data, case]
    ways = {"ERM": ERM, "SAM": SAM | {"perturbation_radius": setting.radius}}
    run = path(seed, setting.every, target=target, domains=DOMAINS, **ways[way], **setting.numbers)
    points = picked(run)
    apart = {w.tobytes(): w for w in points.values()}  # several rules pick the same point
    known = {key: run.accuracy(w) for key, w in apart.items()}
    accuracy = {name: known[w.tobytes()] for name, w in points.items()}
    return Row(way, target, seed, accuracy, {name: run.flatness(points[name]) for name in FLATNESS})


def plan(targets: int, seeds: Iterable[int]) -> list[tuple[str, int, int]]:
    """Way, target and seed of every run."""
    return [(way, target, seed) for seed in seeds for target in range(targets) for way in ("ERM", "SAM")]


@dataclass(frozen=True)
class Table:
    """Means over targets and seeds."""

    rows: list[Row]

    def _of(self, way: str) -> Iterator[Row]:
        return (r for r in self.rows if r.way == way)

    def accuracy(self, way: str, point: str) -> float:
        """On the target."""
        return float(np.mean([r.accuracy[point] for r in self._of(way)]))

    def flatness(self, way: str, point: str, place: int) -> float:
        """F_2 on the sources (place 0), F_5 on the target (1)."""
        return float(np.mean([r.flatness[point][place] for r in self._of(way)]))

    def line(self, way: str, points: Iterable[str]) -> str:
        """Accuracies of some points, and their flatness where it was taken."""
        told = []
        for point in points:
            text = f"{point} {self.accuracy(way, point):.3f}"
            if point in FLATNESS:
                text += f" ({self.flatness(way, point, 0):.4f}/{self.flatness(way, point, 1):.3f})"
            told.append(text)
        return f"{way}: " + ", ".join(told)


MAIN = (*FLATNESS, "best", "released")
PARTS = ("checkpoints only", "no stop", "at t_s", "at t_e", *(f"{k}={v:g}" for rule in RULES for k, v in rule.items()))


def overfitting(found: Table) -> list[Claim]:
    """What COMPANIONS accepts, and how SWAD wins, where a run overfits."""
    says, finds, claims = partial(claim, source=SOURCE), partial(claim, source=FINDING), []
    for way in ("ERM", "SAM"):
        at = partial(found.accuracy, way)
        note = f"target accuracy (F_2 sources/F_5 target): {found.line(way, MAIN)}"
        claims += [
            says(f"{way}: SWAD - last", "conclusion", at("swad") - at("last"), ">=", 0.04, note=note),
            says(f"{way}: SWAD - SWA", "conclusion", at("swad") - at("swa"), ">=", 0.03),
            finds(f"{way}: |SWAD - best validation|", "conclusion", abs(at("swad") - at("best")), "<=", 0.04),
        ]
        (near, far), (near_last, far_last) = (
            [found.flatness(way, point, place) for place in (0, 1)] for point in ("swad", "last")
        )
        note = "it wins as early stopping does: less flat than the last iterate where it was trained"
        claims += [
            finds(f"{way}: F_2 on the sources, SWAD above last", "conclusion", near, ">", near_last, note=note),
            finds(f"{way}: F_5 on the target, SWAD below last", "conclusion", far, "<", far_last),
        ]
    at = partial(found.accuracy, "ERM")
    note, sparse = found.line("ERM", PARTS), abs(at("swad") - at("checkpoints only"))
    return [
        *claims,
        says("last: SAM - ERM", "conclusion", found.accuracy("SAM", "last") - at("last"), ">", 0.0),
        says("ERM: SWAD with stop - without", "conclusion", at("swad") - at("no stop"), ">=", 0.01, note=note),
        finds("ERM: |every iterate - checkpoints only|", "conclusion", sparse, "<=", 0.02),
    ]


def calm(found: Table) -> list[Claim]:
    """Where nothing overfits: the paper's order of flatness, and no gain."""
    last, swa, swad = (found.flatness("ERM", point, 0) for point in ("last", "swa", "swad"))
    gain = found.accuracy("ERM", "swad") - found.accuracy("ERM", "last")
    note = f"target accuracy (F_2 sources/F_5 target): {found.line('ERM', MAIN)}; {found.line('SAM', MAIN)}"
    return [
        claim("ERM: F_2 on the sources, last above SWA", "conclusion", last, ">", swa, SOURCE, note=note),
        claim("ERM: F_2 on the sources, SWA above SWAD", "conclusion", swa, ">", swad, SOURCE),
        claim("ERM: |SWAD - last|, no gain", "conclusion", abs(gain), "<=", 0.02, FINDING),
    ]


CASES = {"overfits": overfitting, "calm": calm}


def decide(data: str, case: str, targets: int, seeds: int, seed: int) -> list[Claim]:
    """Run all, and judge the means."""
    runs = plan(targets, range(seed, seed + seeds))
    rows = [row(data, case, *asked) for asked in track(runs, len(runs), "runs")]
    return CASES[case](Table(rows))


STATEMENT = Exact(
    key="swad.domains",
    title="domain generalisation",
    text="one domain left out: SWAD beats the last iterate as early stopping does, less flat on the sources; in kind",
    numbers={
        "data": Word("generated", ("generated", "digits")),
        "case": Word("overfits", tuple(CASES)),
        "targets": Number(DOMAINS, 1, DOMAINS),
        "seeds": Number(2, 1, 100),
        "seed": Number(0, 0, 10**6),
    },
    decide=decide,
)
